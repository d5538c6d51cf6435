import { groupOf } from "../policy/api-group.ts";
import { type JsonObject, nested, ownField } from "../policy/decode.ts";
import type { Manifest } from "../render/render.ts";
import {
  anyValue,
  type DeclaredWorkloads,
  labelsOf,
  type RuntimeLabels,
  specTemplate,
  workload,
} from "./pod-template.ts";
import { rollout, type TemplateLookup } from "./rollout.ts";
import { sparkApplication } from "./spark-application.ts";

/** null = no kind that this program knows to run pods. Pods with zero replicas count: scaling is no change in Git. */
export function workloadsOf(manifest: Manifest, templates: TemplateLookup): DeclaredWorkloads | null {
  const group = groupOf(manifest.object);
  const { kind } = manifest.object;
  if (group === "sparkoperator.k8s.io") return sparkApplication(manifest);
  if (group === "argoproj.io" && kind === "Rollout") return rollout(manifest, templates);
  const controller = Object.hasOwn(CONTROLLERS, `${group}/${kind}`)
    ? CONTROLLERS[`${group}/${kind}`]
    : undefined;
  return controller === undefined ? null : builtIn(manifest, controller);
}

interface Controller {
  readonly template: (object: JsonObject) => JsonObject | null;
  /** Labels that the controller puts on each pod; values only where they are known beforehand. */
  readonly runtime: (object: JsonObject) => RuntimeLabels;
}

/** Template hash and revision labels: pkg/controller/{deployment,daemon,statefulset,job} of kubernetes/kubernetes. */
const CONTROLLERS: Readonly<Record<string, Controller>> = {
  "/Pod": { template: (pod) => pod, runtime: () => anyValue() },
  "/ReplicationController": { template: specTemplate, runtime: () => anyValue() },
  "apps/ReplicaSet": { template: specTemplate, runtime: () => anyValue() },
  "apps/Deployment": { template: specTemplate, runtime: () => anyValue("pod-template-hash") },
  "apps/StatefulSet": {
    template: specTemplate,
    runtime: () =>
      anyValue(
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "statefulset.kubernetes.io/pod-name",
      ),
  },
  "apps/DaemonSet": {
    template: specTemplate,
    runtime: () => anyValue("controller-revision-hash", "pod-template-generation"),
  },
  "batch/Job": { template: specTemplate, runtime: jobLabels },
  "batch/CronJob": {
    template: (object) => specTemplate(nested(object, "spec", "jobTemplate") ?? {}),
    runtime: (object) => jobLabels({ spec: nested(object, "spec", "jobTemplate", "spec") ?? {} }),
  },
};

function builtIn(manifest: Manifest, controller: Controller): DeclaredWorkloads {
  const template = controller.template(manifest.object) ?? {};
  const { labels, bad } = labelsOf(template);
  const runtime = controller.runtime(manifest.object);
  return {
    workloads: [workload(manifest, null, template, labels, runtime)],
    badLabels: bad,
    incomplete: false,
  };
}

/** A Job's name labels its pods; one with a generated name, or of a CronJob, gets a name nobody knows. */
function jobLabels(object: JsonObject): RuntimeLabels {
  const spec = nested(object, "spec") ?? {};
  // manualSelector: the author labels the pods alone (batch strategy, generateSelector).
  if (ownField(spec, "manualSelector") === true) return anyValue();
  const name = nested(object, "metadata")?.["name"];
  const anyKeys = ["batch.kubernetes.io/controller-uid", "controller-uid"];
  if (ownField(spec, "completionMode") === "Indexed")
    anyKeys.push("batch.kubernetes.io/job-completion-index");
  const nameKeys = ["batch.kubernetes.io/job-name", "job-name"];
  if (typeof name !== "string") return anyValue(...anyKeys, ...nameKeys);
  return { known: new Map(nameKeys.map((key) => [key, name])), anyValue: anyKeys };
}
