import { groupOf } from "../../policy/model/api-group.ts";
import { type JsonObject, nested } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { ObjectLookup } from "../object-lookup.ts";
import { customWorkloads } from "./custom-workloads.ts";
import { jobLabels } from "./job-labels.ts";
import {
  anyValue,
  type DeclaredWorkloads,
  labelsOf,
  type RuntimeLabels,
  specTemplate,
  workload,
} from "./pod-template.ts";
import { rollout } from "./rollout.ts";
import { sparkApplication } from "./spark-application.ts";
import { STATEFUL_SET_LABELS } from "./stateful-set-labels.ts";

/** null = no kind that this program knows to run pods. Pods with zero replicas count: scaling is no change in Git. */
export function workloadsOf(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads | null {
  const group = groupOf(manifest.object);
  const { kind } = manifest.object;
  if (group === "sparkoperator.k8s.io" && kind !== "SparkConnect") return sparkApplication(manifest);
  if (group === "argoproj.io" && kind === "Rollout") return rollout(manifest, find);
  const custom = customWorkloads(manifest, find);
  if (custom !== null) return custom;
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
    runtime: () => anyValue(...STATEFUL_SET_LABELS),
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

/** Read once for both sides of a comparison, which share the manifests of what did not change. */
function builtIn(manifest: Manifest, controller: Controller): DeclaredWorkloads {
  let declared = DECLARED.get(manifest);
  if (declared === undefined) {
    declared = readBuiltIn(manifest, controller);
    DECLARED.set(manifest, declared);
  }
  return declared;
}

const DECLARED = new WeakMap<Manifest, DeclaredWorkloads>();

function readBuiltIn(manifest: Manifest, controller: Controller): DeclaredWorkloads {
  const template = controller.template(manifest.object) ?? {};
  const { labels, bad } = labelsOf(template);
  const runtime = controller.runtime(manifest.object);
  return {
    workloads: [workload(manifest, null, template, labels, runtime)],
    badLabels: bad,
    incomplete: false,
  };
}
