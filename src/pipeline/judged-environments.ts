import { isolationElsewhere, namespacesWithPolicies } from "../cluster/isolated-elsewhere.ts";
import type { Configuration } from "../config/config.ts";
import type { EnvironmentDelta } from "../diff/diff.ts";
import type { Policy } from "../policy/model/policy.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import type { ChangedPair, ComparedPair, Comparison } from "./compare-environments.ts";
import { areDifferentClusters, joined } from "./joined-environments.ts";
import { isAsked, type ReviewOptions } from "./options.ts";
import { relocations } from "./relocations.ts";

/**
 * What the rules judge: each changed environment by itself, beside it as if it shared namespaces that others isolate, a new
 * cluster root together with each existing one that it may land in, and environments between which something moved
 * together. Directories are not clusters (threat T4).
 */
export async function judgedEnvironments(
  comparison: Comparison,
  pairs: readonly ComparedPair[],
  options: ReviewOptions,
): Promise<readonly JudgedEnvironment[]> {
  const { config } = options;
  const changed = pairs.filter((pair) => pair.changed);
  const moved = await relocations(comparison, changed, config);
  const absorbed = new Set(moved.flatMap(({ from, absorbed }) => (absorbed ? [from] : [])));
  const asked = changed.filter(({ name }) => isAsked(name, options));
  const alone = asked
    .filter((pair) => !absorbed.has(pair))
    .flatMap((pair) => [
      assumingIsolation(comparison, pair, pairs, config).then((asIfIsolated) => ({
        ...judged(pair, pair.delta),
        asIfIsolated,
      })),
      ...pair.otherwise.map((delta) => Promise.resolve({ ...judged(pair, delta), otherwise: true })),
    ]);
  const together = asked.flatMap((own) =>
    pairs.map(async (other) => {
      const one =
        moved.some(({ from, to }) => from === other && to === own) ||
        (await mayLandIn(comparison, own, other, config));
      return one ? joined(comparison, own, other) : [];
    }),
  );
  return [...(await Promise.all(alone)), ...(await Promise.all(together)).flat()];
}

function judged({ pair, name }: ChangedPair, delta: EnvironmentDelta): JudgedEnvironment {
  return {
    name,
    // The strictest mark of both sides: a change does not soften its own review.
    production: pair.base?.marks.production === true || pair.head?.marks.production === true,
    observes: [pair.base, pair.head].every((side) => side === null || side.marks.mode === "observe"),
    delta,
    base: pair.base,
    head: pair.head,
    asIfIsolated: null,
  };
}

/**
 * The comparison as if namespaces were isolated that policies of another environment isolate. For charts and manifests that
 * no entry point claims, because they may land in the cluster of any environment; and for a cluster root that writes its
 * first policy where it deploys no workload, because it may be the same cluster as the root that isolates there.
 */
async function assumingIsolation(
  comparison: Comparison,
  own: ChangedPair,
  pairs: readonly ComparedPair[],
  config: Configuration,
): Promise<EnvironmentDelta | null> {
  const { name, base, head } = own;
  const namespaces = namespacesToAssume(own);
  if (namespaces.size === 0) return null;
  const others = pairs.filter((other) => other.pair !== own.pair && mayShare(own, other, config));
  const policies = (await Promise.all(others.map((other) => basePolicies(comparison, other)))).flat();
  const denies = isolationElsewhere(policies, namespaces);
  if (denies.length === 0) return null;
  return comparison.diff(
    name,
    { ...base.cluster, policies: [...base.cluster.policies, ...denies] },
    { ...head.cluster, policies: [...head.cluster.policies, ...denies] },
  );
}

function namespacesToAssume({ pair, base, head }: ChangedPair): ReadonlySet<string> {
  const after = namespacesWithPolicies(head.cluster);
  if (!isClusterRoot(pair)) return new Set([...namespacesWithPolicies(base.cluster), ...after]);
  // A new root is judged together with the others.
  if (pair.base === null) return new Set();
  const before = namespacesWithPolicies(base.cluster);
  const populated = new Set([...base.cluster.workloads.values()].map(({ namespace }) => namespace));
  return new Set([...after].filter((name) => !before.has(name) && !populated.has(name)));
}

/** What nobody deploys may land anywhere; of two roots only those that may be one cluster. */
function mayShare(own: ChangedPair, { pair }: ComparedPair, config: Configuration): boolean {
  if (pair.base === null) return false;
  if (!isClusterRoot(own.pair)) return true;
  return (
    pair.base.kind === "cluster" && !areDifferentClusters(own.pair.head ?? own.pair.base, pair.base, config)
  );
}

function isClusterRoot(pair: ChangedPair["pair"]): boolean {
  return (pair.head ?? pair.base).kind === "cluster";
}

async function basePolicies(comparison: Comparison, { pair }: ComparedPair): Promise<readonly Policy[]> {
  if (pair.base === null) return [];
  return (await comparison.read(pair.base, comparison.base.tree)).cluster.policies;
}

/** A new root may be a second way into an existing cluster: what it adds there is judged against what stands there. */
async function mayLandIn(
  comparison: Comparison,
  root: ChangedPair,
  { pair }: ComparedPair,
  config: Configuration,
): Promise<boolean> {
  if (root.pair.kind !== "new" || root.pair.head.kind !== "cluster") return false;
  if (pair.base === null || pair.base.kind !== "cluster") return false;
  if (areDifferentClusters(pair.base, root.pair.head, config)) return false;
  const { cluster } = await comparison.read(pair.base, comparison.base.tree);
  return [...root.head.cluster.namespaces.keys()].some((name) => cluster.namespaces.has(name));
}
