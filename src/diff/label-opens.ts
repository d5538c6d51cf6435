import type { PodSubject } from "../surface/pod-subject.ts";
import { BoxRegion, Cutters } from "../surface/region.ts";
import { ruleOf } from "./closing-policies.ts";
import type { Comparison, SubjectPair } from "./comparison.ts";
import type { Opening } from "./diff.ts";
import { boxesOf, type Side, sideOf } from "./side.ts";

/**
 * Threat T10: would the same pod be denied some of the region without the labels by which policies admit it? All policies
 * that admit some of it count together, or two labels would excuse each other.
 */
export function labelOpens(
  {
    comparison,
    pair,
    atHead,
  }: { readonly comparison: Comparison; readonly pair: SubjectPair; readonly atHead: Side },
  cause: Opening["cause"],
  region: BoxRegion,
): boolean {
  const { head } = pair;
  if (head === null || cause.kind !== "rule") return false;
  const { universe } = atHead.surface;
  const keys = new Set(
    atHead.certain.flatMap(({ box, openers }) => {
      const admits = region.plus.some((one) => !universe.space.boxesDisjoint(one, box));
      const policy = admits ? ruleOf(openers)?.policy : undefined;
      return policy === undefined ? [] : policy.subjects.flatMap(({ pods }) => pods.map(({ key }) => key));
    }),
  );
  if (keys.size === 0) return false;
  const ordinary: PodSubject = {
    ...head,
    labels: new Map([...head.labels].filter(([key]) => !keys.has(key))),
    runtimeLabels: new Set([...head.runtimeLabels].filter((key) => !keys.has(key))),
  };
  const { certain, stock } = sideOf(atHead.surface, ordinary, "most");
  // Over the budget it counts as not empty: the label is taken to open.
  const cutters = new Cutters(universe.space, boxesOf(certain), stock);
  return !new BoxRegion(universe, region.plus, cutters, comparison.budget).isEmpty;
}
