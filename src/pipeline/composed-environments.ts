import type { EnvironmentDelta, WorkloadDelta } from "../diff/diff.ts";
import { takesEffect, unprunedHead } from "../diff/takes-effect.ts";
import type { ComparedEnvironment } from "../report/compose-review.ts";
import type { JudgedEnvironment } from "../rules/judged-environment.ts";
import type { Target } from "../targets/targets.ts";
import type { ComparedPair, Comparison } from "./compare-environments.ts";

/** The environments as a report shows them: with what they gain and lose, and when that takes effect. */
export function composedEnvironments(
  comparison: Comparison,
  pairs: readonly ComparedPair[],
  judged: readonly JudgedEnvironment[],
): readonly ComparedEnvironment[] {
  return pairs.map((pair): ComparedEnvironment => {
    const { name } = pair;
    const environment = pair.pair.head ?? pair.pair.base;
    if (!pair.changed) return { name, environment, compared: null };
    const deltas = judged.filter((one) => one.name === name).map((one) => one.delta);
    // What another environment took over is judged, and shown, there.
    const delta = { ...pair.delta, workloads: united(deltas) };
    const targets = new Map<string, Target>(
      [...pair.base.environment.targets, ...pair.head.environment.targets].map((one) => [one.id, one]),
    );
    const baseTargets = new Map(pair.base.environment.targets.map((one) => [one.id, one]));
    const staying = unprunedHead(pair.base.cluster, pair.head.cluster, baseTargets);
    const unpruned =
      staying === pair.head.cluster ? pair.delta : comparison.diff(name, pair.base.cluster, staying);
    return {
      name,
      environment,
      compared: {
        rendered: pair.head.rendered,
        delta,
        takesEffect: takesEffect(pair.delta, unpruned, targets),
      },
    };
  });
}

/**
 * Of a workload that several comparisons show, the one that adds the most lines: the worse answer is the one to read. Of two
 * that add as much the one that knows what was before.
 */
function united(deltas: readonly EnvironmentDelta[]): readonly WorkloadDelta[] {
  const shown = new Map<string, WorkloadDelta>();
  for (const { workloads } of deltas) {
    for (const delta of workloads) {
      const other = shown.get(delta.key);
      if (other === undefined || saysMore(delta, other)) shown.set(delta.key, delta);
    }
  }
  return [...shown.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function saysMore(delta: WorkloadDelta, other: WorkloadDelta): boolean {
  const more = delta.added.lines().length - other.added.lines().length;
  return more > 0 || (more === 0 && delta.before !== null && other.before === null);
}
