import { isPolicyKindName } from "../policy/unmodelled/policy-kinds.ts";
import type { Bound, Effect } from "../targets/unknown.ts";
import { isPodMakingKindName } from "./pod-making-kinds.ts";

const EVERY_EFFECT: readonly Effect[] = ["policy", "workload", "namespace", "service", "entry-point"];

/**
 * What an unknown can change at most: which of the kinds that decide anything it may create. Empty = it decides nothing
 * (design section 5, "Partly readable").
 */
export function effectsOf(bound: Bound): ReadonlySet<Effect> {
  if (bound.kinds === null) return new Set(EVERY_EFFECT);
  return new Set(bound.kinds.flatMap(effectsOfKind));
}

/** By the kind's name alone: a template's literal `kind:` line does not say the group. */
function effectsOfKind(kind: string): readonly Effect[] {
  const policy: readonly Effect[] = isPolicyKindName(kind) ? ["policy"] : [];
  // Knative's Service makes pods; its name is the core one's.
  if (Object.hasOwn(EFFECTS, kind)) return [...policy, ...(EFFECTS[kind] ?? [])];
  return isPodMakingKindName(kind) ? [...policy, "workload"] : policy;
}

const WORKLOAD: readonly Effect[] = ["workload"];
const SERVICE: readonly Effect[] = ["service"];
const ENTRY_POINT: readonly Effect[] = ["entry-point"];
const POLICY: readonly Effect[] = ["policy"];

const EFFECTS: Readonly<Record<string, readonly Effect[]>> = {
  Pod: WORKLOAD,
  Deployment: WORKLOAD,
  ReplicaSet: WORKLOAD,
  ReplicationController: WORKLOAD,
  StatefulSet: WORKLOAD,
  DaemonSet: WORKLOAD,
  Job: WORKLOAD,
  CronJob: WORKLOAD,
  Rollout: WORKLOAD,
  SparkApplication: WORKLOAD,
  ScheduledSparkApplication: WORKLOAD,
  Namespace: ["namespace"],
  Service: SERVICE,
  Endpoints: SERVICE,
  EndpointSlice: SERVICE,
  Application: ENTRY_POINT,
  ApplicationSet: ENTRY_POINT,
  Kustomization: ENTRY_POINT,
  HelmRelease: ENTRY_POINT,
  GitRepository: ENTRY_POINT,
  OCIRepository: ENTRY_POINT,
  HelmRepository: ENTRY_POINT,
  Bucket: ENTRY_POINT,
  // They write or change policies, labels or pods at run time.
  ClusterPolicy: POLICY,
  Policy: POLICY,
  GeneratingPolicy: POLICY,
  NamespacedGeneratingPolicy: POLICY,
  MutatingPolicy: POLICY,
  NamespacedMutatingPolicy: POLICY,
  MutatingAdmissionPolicy: POLICY,
  Assign: POLICY,
  AssignMetadata: POLICY,
  ModifySet: POLICY,
  CleanupPolicy: POLICY,
  ClusterCleanupPolicy: POLICY,
  DeletingPolicy: POLICY,
  NamespacedDeletingPolicy: POLICY,
  ConfigurationPolicy: POLICY,
  NamespaceConfig: POLICY,
  GroupConfig: POLICY,
  UserConfig: POLICY,
  Tenant: POLICY,
  TenantResource: POLICY,
  GlobalTenantResource: POLICY,
  Composition: POLICY,
  ResourceGraphDefinition: POLICY,
  ClientIntents: POLICY,
  PodDefault: POLICY,
  OverridePolicy: POLICY,
  ClusterOverridePolicy: POLICY,
  HNCConfiguration: POLICY,
  // Anything may stand inside.
  List: EVERY_EFFECT,
  HelmChart: EVERY_EFFECT,
  HelmChartConfig: EVERY_EFFECT,
  ManifestWork: EVERY_EFFECT,
  ManifestWorkReplicaSet: EVERY_EFFECT,
  Object: EVERY_EFFECT,
  Release: EVERY_EFFECT,
  ClusterResourceSet: EVERY_EFFECT,
  HelmChartProxy: EVERY_EFFECT,
  Chart: EVERY_EFFECT,
  PackageInstall: EVERY_EFFECT,
  App: EVERY_EFFECT,
  ClusterProfile: EVERY_EFFECT,
  Profile: EVERY_EFFECT,
  TemplateInstance: EVERY_EFFECT,
};
