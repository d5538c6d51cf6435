import type { Rule } from "../policy/model/policy.ts";
import type { Box } from "../sets/space.ts";
import type { Cutters } from "../surface/region.ts";
import type { Allowed, Assumption } from "../surface/subject-layers.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Claims } from "./claims.ts";
import { type ClosingPolicies, ruleOf } from "./closing-policies.ts";
import type { Comparison, SubjectPair } from "./comparison.ts";
import type { Opening } from "./diff.ts";
import { labelOpens } from "./label-opens.ts";
import { allowedUnder, isIsolated, type Side, totalOf } from "./side.ts";
import { differingKeys, mayAskFor, unchangedIn } from "./unchanged-unknowns.ts";

/** One subject of a comparison, with what every search about it shares. */
export interface Question {
  readonly comparison: Comparison;
  readonly pair: SubjectPair;
  readonly claims: Claims;
  readonly atBase: Side;
  readonly atHead: Side;
  /** What base allows, to be cut off from what head allows: the rest was denied. */
  readonly baseCutters: Cutters;
  readonly closing: ClosingPolicies;
}

/** What each cause admits of what is added: whatever the unknowns are, and on condition of some. */
export function openingsOf(question: Question): readonly Opening[] {
  return [...certainOpenings(question), ...conditionalOpenings(question)];
}

/** The openings of what is added whatever the unknowns are, one for each cause that admits some of it. */
function certainOpenings(question: Question): readonly Opening[] {
  const { atBase, atHead, baseCutters } = question;
  return openingsFrom(question, {
    allowed: atHead.certain,
    baseAllowed: atBase.certain,
    baseCutters,
    condition: [],
  });
}

/** What is added only if an unchanged unknown isolates the subject at base, or admits something to it at head. */
function conditionalOpenings(question: Question): readonly Opening[] {
  const { comparison, pair, atBase } = question;
  if (pair.head === null) return [];
  const isolators = unchangedIn(comparison, pair.base);
  const told = (unknown: Unknown) => tellsApart(unknown, pair);
  const openings: Opening[] = [];
  // Where a policy that was read isolates at base already, an unknown isolator adds nothing, but an unknown denial does.
  const closing = isIsolated(atBase) ? isolators.filter(({ mayDeny }) => mayDeny === true) : isolators;
  if (closing.length > 0) openings.push(...isolatedByUnknown(question, closing, told));
  const admitters = unchangedIn(comparison, pair.head).filter(told);
  openings.push(...admitters.flatMap((unknown) => admittedByUnknown(question, unknown)));
  return openings;
}

/**
 * Whether the unknown may treat the subject otherwise at head than at base (threat T2): its labels differ, it stands in
 * another namespace, or it is new and had no treatment.
 */
function tellsApart(unknown: Unknown, { base, head }: SubjectPair): boolean {
  if (head === null) return false;
  if (base === null) return mayAskFor(unknown, [...head.labels.keys(), ...head.runtimeLabels]);
  return base.namespace !== head.namespace || mayAskFor(unknown, differingKeys(base.labels, head.labels));
}

/**
 * The unknown isolates on both sides, being one thing; at base alone where it may tell the sides apart (two variables), or
 * where the workload left its namespace.
 */
function isolatedByUnknown(
  question: Question,
  isolators: readonly Unknown[],
  told: (unknown: Unknown) => boolean,
): readonly Opening[] {
  const { atBase, atHead } = question;
  const baseAllowed = allowedUnder(atBase.surface, atBase.layers, "unknowns-isolate");
  const baseCutters = question.claims.cutters(baseAllowed);
  const under = (assumption: Assumption, condition: readonly Unknown[]) =>
    condition.length === 0
      ? []
      : openingsFrom(question, {
          allowed: allowedUnder(atHead.surface, atHead.layers, assumption),
          baseAllowed,
          baseCutters,
          condition,
        });
  return [
    ...under(
      "unknowns-isolate",
      isolators.filter((unknown) => !told(unknown)),
    ),
    ...under("unknowns-do-nothing", isolators.filter(told)),
  ];
}

function admittedByUnknown(question: Question, unknown: Unknown): readonly Opening[] {
  const { comparison, claims, atBase, atHead } = question;
  const everything = [comparison.head.universe.space.everything];
  const region = claims.region(everything, claims.cutters([...atBase.certain, ...atHead.certain]));
  if (region.isEmpty) return [];
  return [
    {
      cause: { kind: "unknown", unknown },
      closers: question.closing.of(everything),
      region,
      total: totalOf(comparison, atHead.certain),
      baseTotal: totalOf(comparison, atBase.certain),
      labelOpens: true,
      condition: [unknown],
    },
  ];
}

function openingsFrom(
  question: Question,
  {
    allowed,
    baseAllowed,
    baseCutters,
    condition,
  }: {
    readonly allowed: readonly Allowed[];
    readonly baseAllowed: readonly Allowed[];
    readonly baseCutters: Cutters;
    readonly condition: readonly Unknown[];
  },
): readonly Opening[] {
  const { comparison, pair, claims, closing } = question;
  const total = totalOf(comparison, allowed);
  const baseTotal = totalOf(comparison, baseAllowed);
  return groupByCause(question, allowed, pair.head?.hostNetwork === true).flatMap(({ cause, boxes }) => {
    const region = claims.region(boxes, baseCutters);
    if (region.isEmpty) return [];
    return [
      {
        cause,
        closers: closing.of(boxes),
        region,
        total,
        baseTotal,
        labelOpens: pair.base !== null || labelOpens(question, cause, region),
        condition,
      },
    ];
  });
}

interface CausedBoxes {
  readonly cause: Opening["cause"];
  readonly boxes: Box[];
}

function groupByCause(
  { closing }: Question,
  allowed: readonly Allowed[],
  hostNetwork: boolean,
): readonly CausedBoxes[] {
  const byRule = new Map<Rule, CausedBoxes>();
  const open: CausedBoxes = {
    cause: hostNetwork ? { kind: "not-governed" } : { kind: "not-isolated" },
    boxes: [],
  };
  for (const { box, openers } of allowed) {
    const source = ruleOf(closing.toBlame(openers, box));
    if (source === null) open.boxes.push(box);
    else {
      const known = byRule.get(source.rule);
      if (known !== undefined) known.boxes.push(box);
      else byRule.set(source.rule, { cause: { kind: "rule", ...source }, boxes: [box] });
    }
  }
  return [...byRule.values(), ...(open.boxes.length === 0 ? [] : [open])];
}
