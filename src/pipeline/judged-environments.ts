import { clusterOf } from "../cluster/cluster-of.ts";
import { isolationElsewhere, namespacesWithPolicies } from "../cluster/isolated-elsewhere.ts";
import type { EnvironmentDelta } from "../diff/diff.ts";
import type { Policy } from "../policy/policy.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import { mergeEnvironments } from "../targets/one-cluster.ts";
import type { Environment } from "../targets/targets.ts";
import type { ComparedPair, Comparison } from "./compare-environments.ts";
import type { ReviewOptions } from "./options.ts";

type ChangedPair = Extract<ComparedPair, { changed: true }>;

/**
 * What the rules judge: each changed environment by itself, beside it as if it shared namespaces that others isolate, and a
 * new cluster root together with each existing one that it may land in. Directories are not clusters (threat T4).
 */
export async function judgedEnvironments(
  comparison: Comparison,
  pairs: readonly ComparedPair[],
  options: ReviewOptions,
): Promise<readonly JudgedEnvironment[]> {
  const changed = pairs.filter((pair) => pair.changed);
  const alone = changed.map(async (pair) => ({
    ...judged(pair),
    asIfIsolated: await assumingIsolation(comparison, pair, pairs),
  }));
  const merged = changed
    .filter(({ pair }) => pair.kind === "new" && pair.head.kind === "cluster")
    .flatMap((root) => pairs.map((pair) => mergedWith(comparison, root, pair, options)));
  return [...(await Promise.all(alone)), ...(await Promise.all(merged)).flat()];
}

function judged({ pair, name, delta }: ChangedPair): JudgedEnvironment {
  return {
    name,
    // The strictest mark of both sides: a change does not soften its own review.
    production: pair.base?.marks.production === true || pair.head?.marks.production === true,
    delta,
    base: pair.base,
    head: pair.head,
    asIfIsolated: null,
  };
}

/**
 * Charts and manifests that no entry point claims may land in the cluster of any environment: they are compared as if
 * namespaces were isolated that policies of another environment isolate.
 */
async function assumingIsolation(
  comparison: Comparison,
  { pair, name, base, head }: ChangedPair,
  pairs: readonly ComparedPair[],
): Promise<EnvironmentDelta | null> {
  if ((pair.head ?? pair.base).kind === "cluster") return null;
  const namespaces = new Set([
    ...namespacesWithPolicies(base.cluster),
    ...namespacesWithPolicies(head.cluster),
  ]);
  if (namespaces.size === 0) return null;
  const others = pairs.filter((other) => other.pair !== pair && other.pair.base !== null);
  const policies = (await Promise.all(others.map((other) => basePolicies(comparison, other)))).flat();
  const denies = isolationElsewhere(policies, namespaces);
  if (denies.length === 0) return null;
  return comparison.diff(
    name,
    { ...base.cluster, policies: [...base.cluster.policies, ...denies] },
    { ...head.cluster, policies: [...head.cluster.policies, ...denies] },
  );
}

async function basePolicies(comparison: Comparison, { pair }: ComparedPair): Promise<readonly Policy[]> {
  if (pair.base === null) return [];
  return (await comparison.read(pair.base, comparison.base.tree)).cluster.policies;
}

/** A new root may be a second way into an existing cluster: what it adds there is judged against what stands there. */
async function mergedWith(
  comparison: Comparison,
  root: ChangedPair,
  existing: ComparedPair,
  { config }: ReviewOptions,
): Promise<readonly JudgedEnvironment[]> {
  const { pair } = existing;
  const added = root.pair.head;
  if (pair.base === null || added === null || pair.base.kind !== "cluster") return [];
  if (areDifferentClusters(pair.base, added, config.environments)) return [];
  const [base, head] = await Promise.all([
    comparison.read(pair.base, comparison.base.tree),
    pair.head === null ? null : comparison.read(pair.head, comparison.head.tree),
  ]);
  const shared = [...root.head.cluster.namespaces.keys()].some((name) => base.cluster.namespaces.has(name));
  if (!shared) return [];
  const both = head === null ? added : mergeEnvironments(head.environment, added);
  const cluster = clusterOf(both, [...(head?.rendered ?? []), ...root.head.rendered], config);
  return [
    {
      name: root.name,
      production: pair.base.marks.production || added.marks.production,
      delta: comparison.diff(root.name, base.cluster, cluster),
      base: pair.base,
      head: both,
      asIfIsolated: null,
    },
  ];
}

/** Two clusters for certain: the entry points say so, or the configuration names both. */
function areDifferentClusters(
  one: Environment,
  other: Environment,
  configured: ReadonlyMap<string, unknown>,
): boolean {
  if (configured.has(one.name) && configured.has(other.name)) return true;
  return one.destination !== null && other.destination !== null && one.destination !== other.destination;
}
