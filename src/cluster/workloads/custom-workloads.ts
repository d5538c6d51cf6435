import { groupOf } from "../../policy/model/api-group.ts";
import type { Manifest } from "../../render/render.ts";
import type { ObjectLookup } from "../object-lookup.ts";
import { argoWorkflow } from "./argo-workflow.ts";
import { jobSet, leaderWorkerSet, scaledJob, volcanoJob } from "./batch-operators.ts";
import { deploymentConfig } from "./deployment-config.ts";
import { knativeService } from "./knative.ts";
import { advancedCronJob, broadcastJob, cloneSet, kruiseDaemonSet, kruiseStatefulSet } from "./kruise.ts";
import { virtualMachine, virtualMachineInstance } from "./kubevirt.ts";
import { notebook, rayCluster, trainingJob } from "./machine-learning.ts";
import type { DeclaredWorkloads } from "./pod-template.ts";
import { sparkConnect } from "./spark-connect.ts";
import { pipelineRun, taskRun } from "./tekton.ts";

type ReadCustomWorkloads = (manifest: Manifest, find: ObjectLookup) => DeclaredWorkloads;

/** Custom resources whose pods stand in them at a known place, as "group/Kind"; each file cites the operator's source. */
const CUSTOM_WORKLOADS: Readonly<Record<string, ReadCustomWorkloads>> = {
  "serving.knative.dev/Service": knativeService,
  "serving.knative.dev/Configuration": knativeService,
  "argoproj.io/Workflow": argoWorkflow,
  "argoproj.io/CronWorkflow": argoWorkflow,
  "argoproj.io/WorkflowTemplate": argoWorkflow,
  "tekton.dev/TaskRun": taskRun,
  "tekton.dev/PipelineRun": pipelineRun,
  "kubevirt.io/VirtualMachine": virtualMachine,
  "kubevirt.io/VirtualMachineInstance": virtualMachineInstance,
  "kubevirt.io/VirtualMachineInstanceReplicaSet": virtualMachine,
  "apps.kruise.io/CloneSet": cloneSet,
  "apps.kruise.io/StatefulSet": kruiseStatefulSet,
  "apps.kruise.io/DaemonSet": kruiseDaemonSet,
  "apps.kruise.io/BroadcastJob": broadcastJob,
  "apps.kruise.io/AdvancedCronJob": advancedCronJob,
  "jobset.x-k8s.io/JobSet": jobSet,
  "leaderworkerset.x-k8s.io/LeaderWorkerSet": leaderWorkerSet,
  "keda.sh/ScaledJob": scaledJob,
  "batch.volcano.sh/Job": volcanoJob,
  "kubeflow.org/TFJob": trainingJob,
  "kubeflow.org/PyTorchJob": trainingJob,
  "kubeflow.org/XGBoostJob": trainingJob,
  "kubeflow.org/PaddleJob": trainingJob,
  "kubeflow.org/JAXJob": trainingJob,
  "kubeflow.org/Notebook": notebook,
  "ray.io/RayCluster": rayCluster,
  "apps.openshift.io/DeploymentConfig": deploymentConfig,
  "sparkoperator.k8s.io/SparkConnect": sparkConnect,
};

/** null = no such kind. */
export function customWorkloads(manifest: Manifest, find: ObjectLookup): DeclaredWorkloads | null {
  const name = `${groupOf(manifest.object)}/${manifest.object.kind}`;
  return Object.hasOwn(CUSTOM_WORKLOADS, name) ? (CUSTOM_WORKLOADS[name]?.(manifest, find) ?? null) : null;
}

/** Their names without the group. */
export const CUSTOM_WORKLOAD_KINDS: readonly string[] = Object.keys(CUSTOM_WORKLOADS).map((name) =>
  name.slice(name.indexOf("/") + 1),
);
