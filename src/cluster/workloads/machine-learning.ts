import { isObject, type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import { type DeclaredWorkloads, labelsOf } from "./pod-template.ts";
import { STATEFUL_SET_LABELS } from "./stateful-set-labels.ts";
import { type TemplatedPods, templatedWorkloads } from "./templated-pods.ts";

/**
 * kubeflow.org training jobs of the Training Operator (kubeflow/trainer, release-1.9:
 * pkg/apis/kubeflow.org/v1/common_types.go and pkg/controller.v1/common/pod.go, createNewPod): a template for each type of
 * replica. MPIJob is not among them: two operators serve it and label differently.
 */
export function trainingJob(manifest: Manifest): DeclaredWorkloads {
  const { kind, metadata } = manifest.object;
  const spec = nested(manifest.object, "spec") ?? {};
  const replicas = nested(spec, REPLICAS[kind] ?? "") ?? {};
  const types = Object.entries(replicas).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  const leads = types.some(([type]) => isLead(type));
  const pods = types.flatMap(([type, replica]): readonly TemplatedPods[] => {
    const role = type.toLowerCase();
    const one: TemplatedPods = {
      role,
      template: nested(replica, "template"),
      known: {
        "training.kubeflow.org/job-name": metadata.name ?? null,
        "training.kubeflow.org/replica-type": role,
        ...(isLead(type) ? { "training.kubeflow.org/job-role": "master" } : {}),
      },
      anyValue: ["training.kubeflow.org/operator-name", "training.kubeflow.org/replica-index"],
    };
    // Without a chief the first worker of a TFJob leads (tfjob_controller.go, IsMasterRole).
    return kind === "TFJob" && role === "worker" && !leads
      ? [
          one,
          { ...one, role: "worker-0", known: { ...one.known, "training.kubeflow.org/job-role": "master" } },
        ]
      : [one];
  });
  return templatedWorkloads(manifest, pods, types.length === 0);
}

const REPLICAS: Readonly<Record<string, string>> = {
  TFJob: "tfReplicaSpecs",
  PyTorchJob: "pytorchReplicaSpecs",
  XGBoostJob: "xgbReplicaSpecs",
  PaddleJob: "paddleReplicaSpecs",
  JAXJob: "jaxReplicaSpecs",
};

function isLead(type: string): boolean {
  return /^(master|chief)$/i.test(type);
}

/**
 * kubeflow.org Notebook: a StatefulSet whose pods carry the labels of the Notebook itself, not those of its template
 * (kubeflow/kubeflow, components/notebook-controller/controllers/notebook_controller.go, generateStatefulSet).
 */
export function notebook(manifest: Manifest): DeclaredWorkloads {
  const spec = nested(manifest.object, "spec", "template", "spec");
  const name = manifest.object.metadata.name ?? null;
  const template =
    spec === null ? null : { metadata: { labels: manifest.object.metadata.labels ?? {} }, spec };
  return templatedWorkloads(manifest, [
    {
      role: null,
      template,
      defaults: { statefulset: name, "notebook-name": name },
      anyValue: STATEFUL_SET_LABELS,
    },
  ]);
}

/**
 * ray.io RayCluster: a head and groups of workers (ray-project/kuberay, ray-operator/apis/ray/v1/raycluster_types.go and
 * controllers/ray/common/pod.go, labelPod: the template's labels win). With fault tolerance in Redis a clean-up Job runs
 * when the cluster goes.
 */
export function rayCluster(manifest: Manifest): DeclaredWorkloads {
  const spec = nested(manifest.object, "spec") ?? {};
  const head = nested(spec, "headGroupSpec") ?? {};
  const workers = objects(ownField(spec, "workerGroupSpecs")).map((group) => {
    const name = ownField(group, "groupName");
    return rayPods(manifest, group, "worker", typeof name === "string" ? name : null);
  });
  const cleansUp = nested(spec, "gcsFaultToleranceOptions") !== null;
  return templatedWorkloads(manifest, [rayPods(manifest, head, "head", "headgroup"), ...workers], cleansUp);
}

function rayPods(manifest: Manifest, group: JsonObject, type: string, name: string | null): TemplatedPods {
  const ofGroup = labelsOf({ metadata: { labels: ownField(group, "labels") } }).labels;
  return {
    role: type === "head" ? "head" : name,
    template: nested(group, "template"),
    known: Object.fromEntries(ofGroup),
    defaults: {
      "ray.io/is-ray-node": "yes",
      "ray.io/cluster": manifest.object.metadata.name ?? null,
      "ray.io/node-type": type,
      "ray.io/group": name,
      "ray.io/identifier": null,
      "app.kubernetes.io/name": "kuberay",
      "app.kubernetes.io/created-by": "kuberay-operator",
    },
  };
}
