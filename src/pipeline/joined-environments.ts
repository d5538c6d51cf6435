import { type Configuration, DEFAULT_MARKS } from "../config/config.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import { mergeEnvironments } from "../targets/one-cluster.ts";
import type { Environment } from "../targets/targets.ts";
import type { ComparedPair, Comparison } from "./compare-environments.ts";
import type { ReadEnvironment } from "./environment-reader.ts";

/** Two environments compared as the one cluster that they may be, under the name of the first; once for each CNI it may have. */
export async function joined(
  comparison: Comparison,
  own: ComparedPair,
  other: ComparedPair,
): Promise<readonly JudgedEnvironment[]> {
  const side = async (which: "base" | "head") => {
    const sides = [other.pair[which], own.pair[which]].flatMap((one) => one ?? []);
    return both(
      await Promise.all(sides.map((one) => comparison.read(one, comparison[which].tree))),
      comparison,
    );
  };
  const [base, head] = await Promise.all([side("base"), side("head")]);
  const environments = [own.pair, other.pair].flatMap((pair) => [pair.base, pair.head]);
  return comparison.readings({ base, head }).map((read, index) => ({
    name: own.name,
    production: environments.some((environment) => environment?.marks.production === true),
    observes: environments.every((environment) => (environment?.marks.mode ?? "observe") === "observe"),
    delta: comparison.diff(own.name, read.base.cluster, read.head.cluster),
    base: ofSide(base),
    head: ofSide(head),
    asIfIsolated: null,
    otherwise: index > 0,
  }));
}

function ofSide({ environment }: ReadEnvironment): Environment | null {
  return environment === NOTHING ? null : environment;
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

function both(read: readonly ReadEnvironment[], comparison: Comparison): ReadEnvironment {
  const [first, second] = read;
  const environment =
    first === undefined
      ? NOTHING
      : second === undefined
        ? first.environment
        : mergeEnvironments(first.environment, second.environment);
  if (first !== undefined && second === undefined) return first;
  const rendered = read.flatMap((one) => one.rendered);
  return { environment, rendered, cluster: comparison.clusterOf(environment, rendered) };
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
