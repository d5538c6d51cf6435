import type { AmbientWorkload, Profile } from "../config/config.ts";
import { isEnforced } from "../policy/model/enforcement.ts";
import { type ObjectUnknown, objectUnknown } from "../policy/model/object-unknown.ts";
import type { Policy } from "../policy/model/policy.ts";
import { type PolicyInputs, policyInputs } from "../policy/model/policy-inputs.ts";
import type { PolicyRemark } from "../policy/model/policy-reading.ts";
import { policyOf } from "../policy/policy-of.ts";
import type { Manifest, RenderedTarget } from "../render/render.ts";
import type { Environment } from "../targets/targets.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Cluster, Workload } from "./cluster.ts";
import { collisionsOf } from "./collisions.ts";
import type { Declarations } from "./declarations.ts";
import { equalPriorities } from "./equal-priority.ts";
import { namespacesOf } from "./namespaces.ts";
import type { ObjectLookup } from "./object-lookup.ts";
import { openNamespacesOf } from "./open-namespaces.ts";
import { type ClusterProfile, clusterProfile } from "./profile.ts";
import { unmodelledKindsOf } from "./unmodelled-kinds.ts";
import { namespaceOf } from "./workloads/pod-template.ts";
import { workloadsOf } from "./workloads/workloads-of.ts";

/** What one environment declares on one side, from everything that its targets rendered to and what nobody could read. */
export function clusterOf(
  environment: Environment,
  rendered: readonly RenderedTarget[],
  declarations: Declarations,
  unknowns: readonly Unknown[] = [],
  /** Who enforces, where somebody else than the environment says it. */
  stated: ClusterProfile | null = null,
): Cluster {
  const manifests = rendered.flatMap((target) => target.manifests);
  const profile = clusterProfile(stated, environment, manifests);
  const inputs = policyInputs(profile.name, manifests);
  const read = readManifests(manifests, inputs);
  const enforced = (policy: Policy) => isEnforced(profile.name, policy);
  const policies = read.policies.filter(enforced);
  const unenforced = read.policies.filter((policy) => !enforced(policy));
  const workloads = new Map([
    ...declarations.workloads.map(ambientWorkload).map((one) => [one.key, one] as const),
    ...numbered(read.workloads).map((one) => [one.key, one] as const),
  ]);
  const namespaces = namespacesOf(environment, manifests, declarations);
  const allUnknowns = withUniqueIds([
    ...environment.unread.map(({ unknown }) => unknown),
    ...unknowns,
    ...rendered.flatMap((target) => target.unknowns),
    ...read.unknowns,
  ]);
  return {
    namespaces,
    workloads: new Map([...workloads].sort(([a], [b]) => (a < b ? -1 : 1))),
    policies,
    unenforced,
    profile,
    inputs,
    remarks: [
      ...read.remarks,
      ...equalPriorities(profile.name, policies),
      ...notEnforced(profile.name, unenforced),
    ],
    unknowns: allUnknowns,
    openNamespaces: openNamespacesOf({
      environment,
      namespaces,
      workloads,
      manifests,
      unknowns: allUnknowns,
      incomplete: read.incomplete,
    }),
    collisions: collisionsOf(manifests),
    duplicates: documentsWithDuplicateKeys(manifests),
    unmodelledKinds: unmodelledKindsOf(read.unmodelled),
    podCIDRs: declarations.podCIDRs,
  };
}

/** Once an object, however many policies it holds. */
function notEnforced(profile: Profile, policies: readonly Policy[]): readonly PolicyRemark[] {
  return [...new Set(policies.map(({ manifest }) => manifest))].map((manifest) => ({
    code: "kind-not-enforced",
    manifest,
    pointer: "/kind",
    detail: `who enforces policies here (profile ${profile}) does not read ${manifest.object.kind} of ${manifest.object.apiVersion}`,
  }));
}

interface ReadManifests {
  readonly policies: readonly Policy[];
  readonly workloads: readonly Workload[];
  readonly unknowns: readonly ObjectUnknown[];
  readonly remarks: readonly PolicyRemark[];
  /** Namespaces of objects that make pods of a template which does not stand in the environment. */
  readonly incomplete: readonly string[];
  /** Neither a policy, nor an unknown, nor a workload. */
  readonly unmodelled: readonly Manifest[];
}

function readManifests(manifests: readonly Manifest[], inputs: PolicyInputs): ReadManifests {
  const remarks: PolicyRemark[] = [];
  const policies: Policy[] = [];
  const workloads: Workload[] = [];
  const unknowns: ObjectUnknown[] = [];
  const incomplete: string[] = [];
  const unmodelled: Manifest[] = [];
  const find = objectLookup(manifests);
  for (const manifest of manifests) {
    const reading = policyOf(manifest, inputs);
    if (reading !== null) {
      policies.push(...reading.policies);
      unknowns.push(...reading.unknowns);
      remarks.push(...reading.remarks);
      continue;
    }
    const declared = workloadsOf(manifest, find);
    if (declared === null) {
      unmodelled.push(manifest);
      continue;
    }
    workloads.push(...declared.workloads);
    if (declared.badLabels.length > 0) unknowns.push(refusedWorkload(manifest, declared.badLabels));
    if (declared.incomplete) incomplete.push(namespaceOf(manifest));
  }
  return { policies, workloads, unknowns, remarks, incomplete, unmodelled };
}

/** The API server refuses a label that is no string: what runs is an older version of the object, or nothing. */
function refusedWorkload(manifest: Manifest, keys: readonly string[]): ObjectUnknown {
  return objectUnknown(manifest, "invalid-document", {
    detail: `labels of the pod template must be strings: ${keys.join(", ")}`,
    pointer: "",
    bound: { namespaces: [namespaceOf(manifest)], kinds: [manifest.object.kind] },
    selectorKeys: [],
  });
}

/** Other objects of the environment, looked up only where one refers to another for its pods. */
function objectLookup(manifests: readonly Manifest[]): ObjectLookup {
  return (namespace, kind, name) =>
    manifests.find(
      ({ object, namespace: own }) =>
        object.kind === kind && object.metadata.name === name && (own ?? "default") === namespace,
    )?.object ?? null;
}

/** Objects with generated names are different ones, though nobody knows their names: "hook-*", "hook-*2". */
function numbered(workloads: readonly Workload[]): readonly Workload[] {
  const counts = new Map<string, number>();
  return workloads.map((workload) => {
    if (workload.manifest?.object.metadata.name !== undefined) return workload;
    const count = (counts.get(workload.key) ?? 0) + 1;
    counts.set(workload.key, count);
    const name = `${workload.name}${count}`;
    return count === 1
      ? workload
      : { ...workload, name, key: workload.key.replace(`/${workload.name}`, `/${name}`) };
  });
}

function ambientWorkload(ambient: AmbientWorkload): Workload {
  return {
    key: `${ambient.namespace}/${ambient.kind}/${ambient.name}`,
    namespace: ambient.namespace,
    kind: ambient.kind,
    name: ambient.name,
    role: null,
    labels: new Map(Object.entries(ambient.labels)),
    runtimeLabels: new Set(),
    hostNetwork: false,
    serviceAccount: null,
    containerPorts: ambient.ports,
    images: [],
    ambient: true,
    manifest: null,
  };
}

/** One manifest for each document in which a later key hid an earlier one. */
function documentsWithDuplicateKeys(manifests: readonly Manifest[]): readonly Manifest[] {
  const byDocument = new Map<string, Manifest>();
  for (const manifest of manifests) {
    const { duplicateKeys, target, source, text } = manifest.origin;
    if (duplicateKeys.length === 0) continue;
    const key = JSON.stringify([target, source, text]);
    if (!byDocument.has(key)) byDocument.set(key, manifest);
  }
  return [...byDocument.values()];
}

/** An id names one boolean variable: the second object of one name in a target gets a number, in document order. */
function withUniqueIds(unknowns: readonly Unknown[]): readonly Unknown[] {
  const counts = new Map<string, number>();
  const kept: Unknown[] = [];
  for (const unknown of new Set(unknowns)) {
    const count = (counts.get(unknown.id) ?? 0) + 1;
    counts.set(unknown.id, count);
    kept.push(count === 1 ? unknown : { ...unknown, id: `${unknown.id}#${count}` });
  }
  return kept;
}
