import type { Policy } from "../policy/model/policy.ts";
import type { Box } from "../sets/space.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import type { BoxRegion } from "../surface/region.ts";
import { isolates } from "../surface/selects.ts";
import { anyValueBox } from "../surface/subject-layers.ts";
import { Claims } from "./claims.ts";
import { ClosingPolicies } from "./closing-policies.ts";
import type { Comparison, SubjectPair } from "./comparison.ts";
import type { Opening, Standing } from "./diff.ts";
import { openingsOf, type Question } from "./openings.ts";
import { boxesOf, type Side, sideOf, totalOf } from "./side.ts";
import { unchangedIn } from "./unchanged-unknowns.ts";

/** With a region that nobody could decide, nothing is claimed: it is empty here, and `overBudget` says so. */
export interface SubjectDelta {
  readonly before: Standing | null;
  readonly after: Standing | null;
  readonly added: BoxRegion;
  readonly removed: BoxRegion;
  readonly openings: readonly Opening[];
  readonly overBudget: boolean;
}

/** What one subject gains and loses. A side without the subject allows nothing: base is at its least, head at its most. */
export function subjectDelta(comparison: Comparison, pair: SubjectPair): SubjectDelta {
  const { base, head } = comparison;
  const claims = new Claims(comparison, anyValueOf(comparison, pair));
  const atBase = sideOf(base, pair.base, "least");
  const atHead = sideOf(head, pair.head, "most");
  const question: Question = {
    comparison,
    pair,
    claims,
    atBase,
    atHead,
    baseCutters: claims.cutters(atBase.certain, atBase.stock),
    closing: new ClosingPolicies(head.universe, atBase),
  };
  const headAtLeast = sideOf(head, pair.head, "least");
  const delta = {
    before: pair.base === null ? null : standingOf(question, pair.base, atBase, "perhaps"),
    after: pair.head === null ? null : standingOf(question, pair.head, atHead, "certainly"),
    added: claims.region(boxesOf(atHead.certain), question.baseCutters),
    removed: claims.region(
      boxesOf(sideOf(base, pair.base, "most").certain),
      claims.cutters(headAtLeast.certain, headAtLeast.stock),
    ),
    openings: openingsOf(question),
  };
  return { ...delta, overBudget: claims.overBudget };
}

/** @param isolated "perhaps": where one of several objects of one name may isolate; "certainly": whichever of them stands */
function standingOf(
  { comparison }: Question,
  subject: PodSubject,
  side: Side,
  isolated: "perhaps" | "certainly",
): Standing {
  const { isWinner } = side.surface.universe;
  const isolating = new Set<Policy>();
  const isEverything = (box: Box) => box === comparison.head.universe.space.everything;
  for (const { items } of side.layers) {
    for (const { source, action, box } of items) {
      // A denial of everything isolates, whether the dialect implies it or has it written down.
      const denies =
        source.kind === "isolation" ||
        (source.kind === "rule" && action === "deny" && (isEverything(box) || isolates(source.policy)));
      const certain = isolated === "perhaps" || !box.dimensions.some(isWinner);
      if (denies && certain && "policy" in source) isolating.add(source.policy);
    }
  }
  return {
    governed: !subject.hostNetwork,
    isolating: [...isolating],
    mayBeIsolatedBy: subject.hostNetwork ? [] : unchangedIn(comparison, subject),
    reach: totalOf(comparison, side.certain),
  };
}

function anyValueOf({ base, head }: Comparison, pair: SubjectPair): Box {
  const { universe } = head;
  const { space } = universe;
  const sides = [
    [base, pair.base],
    [head, pair.head],
  ] as const;
  return sides.reduce((left, [surface, subject]) => {
    if (subject === null) return left;
    const own = anyValueBox(universe, surface.layersOf(subject.namespace, "most"), subject);
    return space.intersectBoxes(left, own) ?? left;
  }, space.everything);
}
