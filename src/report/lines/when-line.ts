import { LIMITS } from "../layout/limits.ts";
import { groupBy, sorted } from "../layout/order.ts";
import { capped, type Phrase } from "../layout/phrase.ts";
import type { ReviewedDelta, TakesEffect } from "../report.ts";
import { namesText } from "./subject-text.ts";
import { type NamespaceSizes, workloadsInBrief } from "./workload-text.ts";

const SOONEST = ["when-applied", "next-sync", "manual-sync", "after-prune"] as const;

/** When each part of a change reaches the cluster, soonest first. */
export function whenLines(deltas: readonly ReviewedDelta[], sizes: NamespaceSizes): readonly Phrase[] {
  const ordered = sorted(
    deltas,
    ({ takesEffect: { when } }) => SOONEST.indexOf(when),
    ({ takesEffect: { by } }) => by.join(),
    ({ workload }) => workload,
  );
  const groups = [
    ...groupBy(ordered, ({ takesEffect: { when, by } }) => JSON.stringify([when, by])).values(),
  ];
  const lines = groups.map((alike): Phrase => {
    const when = alike.slice(0, 1).flatMap(({ takesEffect }) => whenText(takesEffect));
    const workloads = alike.map(({ workload }) => workload);
    return groups.length === 1 ? when : [...when, ": ", ...workloadsInBrief(workloads, sizes)];
  });
  return capped(lines);
}

function whenText({ when, by }: TakesEffect): Phrase {
  const carriers = namesText(by, LIMITS.names);
  const of: Phrase = by.length === 0 ? [] : [" of ", ...carriers];
  switch (when) {
    case "next-sync":
      return ["at the next sync", ...of, " (automatic)"];
    case "manual-sync":
      return ["when somebody syncs", ...(by.length === 0 ? [" it"] : [" ", ...carriers])];
    case "after-prune":
      return [
        "only after somebody prunes",
        ...(by.length === 0 ? [] : [" ", ...carriers]),
        " (deleted objects stay live)",
      ];
    case "when-applied":
      return ["when the manifests are applied"];
  }
}
