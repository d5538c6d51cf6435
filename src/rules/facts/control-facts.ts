import type { Cluster } from "../../cluster/cluster.ts";
import type { WorkloadDelta } from "../../diff/diff.ts";
import { isIsolated, type Scope } from "../scope.ts";
import { labelsOf, type PolicyIndex, restricts } from "../selection.ts";

/** What the effect on a control rests on, counted over the changed environments, in the namespaces asked for. */
export interface ControlFacts {
  readonly isolated: Counted;
  readonly defaultDeny: Counted;
  /** Workloads of both sides that lose or gain isolation. */
  readonly losing: readonly string[];
  readonly gaining: readonly string[];
  /** Namespaces that stop or start isolating every pod. */
  readonly opening: readonly string[];
  readonly closing: readonly string[];
  /** Isolated workloads whose exceptions grow or shrink. */
  readonly growing: readonly string[];
  readonly shrinking: readonly string[];
  readonly policies: NamespacePolicies;
}

interface Counted {
  readonly base: number;
  readonly head: number;
  /** Of how many at head. */
  readonly of: number;
}

/** Namespaces that Git declares or fills, by whether any policy governs them (CIS 5.3.2 asks for one). */
interface NamespacePolicies {
  readonly total: number;
  readonly without: readonly string[];
  readonly gained: readonly string[];
  readonly lost: readonly string[];
  readonly created: readonly string[];
}

export function controlFacts(scopes: readonly Scope[], counts: (namespace: string) => boolean): ControlFacts {
  const each = scopes.map((scope) => factsOf(scope, counts));
  const list = (pick: (facts: ControlFacts) => readonly string[]) => [...new Set(each.flatMap(pick))].sort();
  return {
    isolated: sum(each.map(({ isolated }) => isolated)),
    defaultDeny: sum(each.map(({ defaultDeny }) => defaultDeny)),
    losing: list(({ losing }) => losing),
    gaining: list(({ gaining }) => gaining),
    opening: list(({ opening }) => opening),
    closing: list(({ closing }) => closing),
    growing: list(({ growing }) => growing),
    shrinking: list(({ shrinking }) => shrinking),
    policies: {
      total: each.reduce((total, { policies }) => total + policies.total, 0),
      without: list(({ policies }) => policies.without),
      gained: list(({ policies }) => policies.gained),
      lost: list(({ policies }) => policies.lost),
      created: list(({ policies }) => policies.created),
    },
  };
}

function sum(counts: readonly Counted[]): Counted {
  return counts.reduce(
    (total, one) => ({ base: total.base + one.base, head: total.head + one.head, of: total.of + one.of }),
    { base: 0, head: 0, of: 0 },
  );
}

function factsOf(scope: Scope, counts: (namespace: string) => boolean): ControlFacts {
  const { delta, basePolicies, headPolicies } = scope;
  const deltas = delta.workloads.filter(({ namespace, decides }) => decides && counts(namespace));
  const stay = deltas.filter(
    ({ before, after, subject, added }) =>
      // Pods that nobody shows lose nothing by leaving with their policy; what they could gain has its own finding.
      before !== null && after !== null && (subject.kind === "known" || added.isEmpty),
  );
  const before = isolatedWorkloads(delta.base, basePolicies, counts);
  const after = isolatedWorkloads(delta.head, headPolicies, counts);
  const kept = stay.filter((one) => isIsolated(one.before) && isIsolated(one.after));
  return {
    isolated: { base: before.isolated, head: after.isolated, of: after.total },
    ...denials(scope, counts),
    losing: keys(
      stay.filter((one) => isIsolated(one.before) && !isIsolated(one.after) && !one.added.isEmpty),
    ),
    gaining: keys(
      stay.filter((one) => !isIsolated(one.before) && isIsolated(one.after) && !one.removed.isEmpty),
    ),
    growing: keys(kept.filter(({ added }) => !added.isEmpty)),
    shrinking: keys(kept.filter(({ removed }) => !removed.isEmpty)),
    policies: namespacePolicies(scope, counts),
  };
}

/** By key: those that Git shows; pods that it does not show stand for themselves only where they are alone. */
function keys(deltas: readonly WorkloadDelta[]): readonly string[] {
  const known = deltas.filter(({ subject }) => subject.kind === "known");
  return (known.length > 0 ? known : deltas).map(({ key }) => key);
}

function isolatedWorkloads(
  cluster: Cluster,
  policies: PolicyIndex,
  counts: (namespace: string) => boolean,
): { readonly isolated: number; readonly total: number } {
  const workloads = [...cluster.workloads.values()].filter(
    ({ namespace, ambient }) => !ambient && counts(namespace),
  );
  const isolated = workloads.filter(
    (workload) =>
      !workload.hostNetwork && restricts(policies.isolating(workload.namespace, labelsOf(workload))),
  );
  return { isolated: isolated.length, total: workloads.length };
}

function denials(
  { delta, basePolicies, headPolicies }: Scope,
  counts: (namespace: string) => boolean,
): Pick<ControlFacts, "defaultDeny" | "opening" | "closing"> {
  const names = (cluster: Cluster) => [...cluster.namespaces.keys()].filter(counts);
  const before = new Set(names(delta.base).filter((name) => basePolicies.isDefaultDeny(name)));
  const after = new Set(names(delta.head).filter((name) => headPolicies.isDefaultDeny(name)));
  return {
    defaultDeny: { base: before.size, head: after.size, of: names(delta.head).length },
    // A namespace that empties takes its deny along.
    opening: [...before].filter((name) => !after.has(name) && inhabitedBy(delta.head).has(name)),
    closing: [...after].filter((name) => !before.has(name)),
  };
}

function namespacePolicies(
  { delta, basePolicies, headPolicies }: Scope,
  counts: (namespace: string) => boolean,
): NamespacePolicies {
  const inGit = (cluster: Cluster, policies: PolicyIndex) =>
    [...cluster.namespaces.keys()].filter((name) => counts(name) && isInGit(cluster, policies, name));
  const before = new Set(inGit(delta.base, basePolicies));
  const after = inGit(delta.head, headPolicies);
  const had = (name: string) => basePolicies.inNamespace(name).length > 0;
  const has = (name: string) => headPolicies.inNamespace(name).length > 0;
  return {
    total: after.length,
    without: after.filter((name) => !has(name)),
    gained: after.filter((name) => before.has(name) && !had(name) && has(name)),
    lost: after.filter((name) => before.has(name) && had(name) && !has(name)),
    created: after.filter((name) => !before.has(name) && !has(name)),
  };
}

export function isInGit(cluster: Cluster, policies: PolicyIndex, name: string): boolean {
  return (
    (cluster.namespaces.get(name)?.manifest ?? null) !== null ||
    policies.inNamespace(name).length > 0 ||
    inhabitedBy(cluster).has(name)
  );
}

const INHABITED = new WeakMap<Cluster, ReadonlySet<string>>();

function inhabitedBy(cluster: Cluster): ReadonlySet<string> {
  const known = INHABITED.get(cluster);
  if (known !== undefined) return known;
  const names = new Set(
    [...cluster.workloads.values()].filter(({ ambient }) => !ambient).map(({ namespace }) => namespace),
  );
  INHABITED.set(cluster, names);
  return names;
}
