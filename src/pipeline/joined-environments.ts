import { clusterOf } from "../cluster/cluster-of.ts";
import { type Configuration, DEFAULT_MARKS } from "../config/config.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import { mergeEnvironments } from "../targets/one-cluster.ts";
import type { Environment } from "../targets/targets.ts";
import type { ComparedPair, Comparison } from "./compare-environments.ts";
import type { ReadEnvironment } from "./environment-reader.ts";

/** Two environments compared as the one cluster that they may be, under the name of the first. */
export async function joined(
  comparison: Comparison,
  own: ComparedPair,
  other: ComparedPair,
  config: Configuration,
): Promise<JudgedEnvironment> {
  const side = async (which: "base" | "head") => {
    const sides = [other.pair[which], own.pair[which]].flatMap((one) => one ?? []);
    return both(await Promise.all(sides.map((one) => comparison.read(one, comparison[which].tree))), config);
  };
  const [base, head] = await Promise.all([side("base"), side("head")]);
  const environments = [own.pair, other.pair].flatMap((pair) => [pair.base, pair.head]);
  return {
    name: own.name,
    production: environments.some((environment) => environment?.marks.production === true),
    observes: environments.every((environment) => (environment?.marks.mode ?? "observe") === "observe"),
    delta: comparison.diff(own.name, base.cluster, head.cluster),
    base: base.environment,
    head: head.environment,
    asIfIsolated: null,
  };
}

const NOTHING: Environment = {
  name: "",
  kind: "cluster",
  roots: [],
  destination: null,
  marks: DEFAULT_MARKS,
  targets: [],
  unread: [],
};

function both(
  read: readonly ReadEnvironment[],
  config: Configuration,
): { readonly environment: Environment | null; readonly cluster: ReadEnvironment["cluster"] } {
  const [first, second] = read;
  if (first === undefined) return { environment: null, cluster: clusterOf(NOTHING, [], config) };
  if (second === undefined) return first;
  const environment = mergeEnvironments(first.environment, second.environment);
  return {
    environment,
    cluster: clusterOf(environment, [...first.rendered, ...second.rendered], config),
  };
}

/** Two clusters for certain: the entry points say so, or the configuration names both. */
export function areDifferentClusters(
  one: Environment,
  other: Environment,
  { environments }: Configuration,
): boolean {
  if (environments.has(one.name) && environments.has(other.name)) return true;
  return one.destination !== null && other.destination !== null && one.destination !== other.destination;
}
