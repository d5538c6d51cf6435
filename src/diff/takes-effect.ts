import type { Cluster } from "../cluster/cluster.ts";
import { meaning } from "../policy/meaning.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { Policy } from "../policy/model/policy.ts";
import { isolates, selects } from "../surface/selects.ts";
import type { Target } from "../targets/targets.ts";
import type { EnvironmentDelta, WorkloadDelta } from "./diff.ts";

/** When a declared change reaches the cluster (design section 5, "Declared is not applied"). */
export interface TakesEffect {
  readonly when: /** The controller applies it by itself. */
    | "next-sync"
    /** Somebody starts the sync of at least one of the targets that carry it. */
    | "manual-sync"
    /** It rests on a deletion, and the controller does not delete: the old object stays live until somebody prunes. */
    | "after-prune"
    /** Nothing in Git says who applies it. */
    | "when-applied";
  /** Entry points that carry it, sorted: "Application networking". */
  readonly by: readonly string[];
}

/** Head as it stands in the cluster before anybody prunes: with the policies that a target which does not prune deletes. */
export function unprunedHead(
  base: Cluster,
  head: Cluster,
  baseTargets: ReadonlyMap<string, Target>,
): Cluster {
  const kept = new Set(head.policies.map(({ identity }) => identityKey(identity)));
  const staying = base.policies.filter(
    (policy) =>
      !kept.has(identityKey(policy.identity)) &&
      baseTargets.get(policy.manifest.origin.target)?.delivery.prune === false,
  );
  return staying.length === 0 ? head : { ...head, policies: [...head.policies, ...staying] };
}

/**
 * @param unpruned the same comparison with `unprunedHead` as head; a workload whose delta differs there waits for a prune
 * @param targets of both sides, by id; what a target that is only at base declared counts too
 */
export function takesEffect(
  delta: EnvironmentDelta,
  unpruned: EnvironmentDelta,
  targets: ReadonlyMap<string, Target>,
): (workload: WorkloadDelta) => TakesEffect {
  const waiting = unpruned === delta ? new Set<string>() : differing(delta, unpruned);
  const changed = changedPolicies(delta);
  return (workload) => {
    const ids = [...carriers(delta, workload, changed)];
    const carrying = ids.flatMap((id) => targets.get(id) ?? []);
    const by = carrying.flatMap(({ declaredBy }) =>
      declaredBy === null ? [] : [`${declaredBy.kind} ${declaredBy.name}`],
    );
    return { when: whenOf(carrying, waiting.has(workload.key)), by: [...new Set(by)].sort() };
  };
}

function whenOf(carrying: readonly Target[], waitsForPrune: boolean): TakesEffect["when"] {
  const declared = carrying.filter(({ declaredBy }) => declaredBy !== null);
  if (declared.length === 0) return "when-applied";
  if (waitsForPrune) return "after-prune";
  return declared.every(({ delivery }) => delivery.automated && !delivery.suspended)
    ? "next-sync"
    : "manual-sync";
}

function differing(delta: EnvironmentDelta, unpruned: EnvironmentDelta): ReadonlySet<string> {
  const lines = new Map(unpruned.workloads.map((workload) => [workload.key, linesOf(workload)]));
  return new Set(
    delta.workloads.flatMap((workload) =>
      lines.get(workload.key) === linesOf(workload) ? [] : [workload.key],
    ),
  );
}

function linesOf({ added, removed }: WorkloadDelta): string {
  return JSON.stringify([added.lines(), removed.lines()]);
}

/** Policies of either side that the other does not have with the same meaning. */
function changedPolicies({ base, head }: EnvironmentDelta): readonly Policy[] {
  const signature = (policy: Policy) => JSON.stringify([identityKey(policy.identity), meaning(policy)]);
  const before = new Set(base.policies.map(signature));
  const after = new Set(head.policies.map(signature));
  return [
    ...base.policies.filter((policy) => !after.has(signature(policy))),
    ...head.policies.filter((policy) => !before.has(signature(policy))),
  ].filter((policy) => isolates(policy) || policy.egress.length > 0);
}

/** Targets that declare what changed for this workload: policies that select it, the workload itself, its namespace. */
function carriers(
  { base, head }: EnvironmentDelta,
  delta: WorkloadDelta,
  changed: readonly Policy[],
): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const policy of changed) if (governs(policy, delta, head)) ids.add(policy.manifest.origin.target);
  const { subject } = delta;
  if (subject.kind === "known" && subject.base?.manifest?.digest !== subject.head?.manifest?.digest) {
    const manifest = (subject.head ?? subject.base)?.manifest;
    if (manifest !== null && manifest !== undefined) ids.add(manifest.origin.target);
  }
  if (ids.size > 0) return ids;
  // Neither: namespace labels changed what some peer or subject means.
  for (const [name, namespace] of head.namespaces) {
    const before = base.namespaces.get(name)?.manifest ?? null;
    if (namespace.manifest !== null && namespace.manifest.digest !== before?.digest) {
      ids.add(namespace.manifest.origin.target);
    }
  }
  return ids;
}

function governs(policy: Policy, { subject, namespace }: WorkloadDelta, { namespaces }: Cluster): boolean {
  const pods =
    subject.kind === "potential"
      ? [{ namespace, labels: subject.labels, runtimeLabels: new Set<string>(), hostNetwork: false }]
      : [subject.base, subject.head].filter((workload) => workload !== null);
  return pods.some((pod) => selects(policy, pod, namespaces));
}
