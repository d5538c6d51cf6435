import type { Policy, Rule } from "../policy/model/policy.ts";
import { Budget } from "../sets/budget.ts";
import type { Box, Space } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { Reading } from "../surface/contests.ts";
import type { Item, Layer } from "../surface/layers.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import { BoxRegion, type CutterStock, Cutters } from "../surface/region.ts";
import { isolates } from "../surface/selects.ts";
import {
  type Allowed,
  type Assumption,
  allowedBy,
  anyValueBox,
  assuming,
  layersFor,
  stockOf,
} from "../surface/subject-layers.ts";
import type { Surface } from "../surface/surface-of.ts";
import type { Universe } from "../surface/universe.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Opening, Standing } from "./diff.ts";
import { differingKeys, mayAskFor, unchangedUnknowns } from "./unchanged-unknowns.ts";

/** What every search of one comparison shares. */
export interface Comparison {
  readonly base: Surface;
  readonly head: Surface;
  readonly budget: Budget;
}

/** The pods of one workload on both sides; null where it does not exist. */
export interface SubjectPair {
  readonly base: PodSubject | null;
  readonly head: PodSubject | null;
}

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
    openings: [...certainOpenings(question), ...conditionalOpenings(question)],
  };
  return { ...delta, overBudget: claims.overBudget };
}

function boxesOf(allowed: readonly Allowed[]): readonly Box[] {
  return [...new Set(allowed.map(({ box }) => box))];
}

/** Regions under the budget of the comparison: one that cannot be decided claims nothing, and is remembered. */
class Claims {
  readonly #comparison: Comparison;
  readonly #anyValue: Box;
  readonly #nothing: BoxRegion;
  overBudget = false;

  /** `anyValue`: labels of run time of either side, so that a side without them is asked about the same pods. */
  constructor(comparison: Comparison, anyValue: Box) {
    this.#comparison = comparison;
    this.#anyValue = anyValue;
    this.#nothing = new BoxRegion(comparison.head.universe, [], this.cutters([]), comparison.budget);
  }

  cutters(allowed: readonly Allowed[], stock: CutterStock | null = null): Cutters {
    return new Cutters(this.#comparison.head.universe.space, boxesOf(allowed), stock);
  }

  region(boxes: readonly Box[], cutters: Cutters): BoxRegion {
    const { head, budget } = this.#comparison;
    const { space } = head.universe;
    const plus =
      this.#anyValue === space.everything
        ? boxes
        : boxes.flatMap((box) => space.intersectBoxes(box, this.#anyValue) ?? []);
    const region = new BoxRegion(head.universe, plus, cutters, budget);
    if (!region.isOverBudget) return region.isEmpty ? this.#nothing : region;
    this.overBudget = true;
    return this.#nothing;
  }
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

interface Question {
  readonly comparison: Comparison;
  readonly pair: SubjectPair;
  readonly claims: Claims;
  readonly atBase: Side;
  readonly atHead: Side;
  /** What base allows, to be cut off from what head allows: the rest was denied. */
  readonly baseCutters: Cutters;
  readonly closing: ClosingPolicies;
}

/** One side as it is for one subject. */
interface Side {
  readonly surface: Surface;
  readonly layers: readonly Layer[];
  /** What it allows whatever the unknowns are. */
  readonly certain: readonly Allowed[];
  /** Shared by all subjects of the namespace. */
  readonly stock: CutterStock | null;
}

function sideOf(surface: Surface, subject: PodSubject | null, reading: Reading): Side {
  if (subject === null) return { surface, layers: [], certain: [], stock: null };
  const { universe } = surface;
  const all = surface.layersOf(subject.namespace, reading);
  const layers = layersFor(universe, all, subject);
  const certain = allowedUnder(surface, layers, "unknowns-do-nothing");
  return { surface, layers, certain, stock: stockOf(universe, all) };
}

function allowedUnder(
  { universe }: Surface,
  layers: readonly Layer[],
  assumption: Assumption,
): readonly Allowed[] {
  return allowedBy(universe, assuming(layers, assumption));
}

/** The openings of what is added whatever the unknowns are, one for each cause that admits some of it. */
function certainOpenings(question: Question): readonly Opening[] {
  const { atBase, atHead, baseCutters } = question;
  return openingsOf(question, {
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

function unchangedIn({ base, head }: Comparison, subject: PodSubject | null): readonly Unknown[] {
  return subject === null ? [] : unchangedUnknowns(base, head, subject.namespace);
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

/** Some policy that was read denies whatever no rule admits. */
function isIsolated({ surface, layers }: Side): boolean {
  const { everything } = surface.universe.space;
  return assuming(layers, "unknowns-do-nothing").some(({ items }) =>
    items.some(({ box, action }) => action === "deny" && box === everything),
  );
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
      : openingsOf(question, {
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

function openingsOf(
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

function totalOf({ head, budget }: Comparison, allowed: readonly Allowed[]): () => BoxRegion {
  let region: BoxRegion | null = null;
  return () => {
    region ??= new BoxRegion(head.universe, boxesOf(allowed), new Cutters(head.universe.space, []), budget);
    return region;
  };
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

function ruleOf(openers: readonly Item[]): { readonly policy: Policy; readonly rule: Rule } | null {
  for (const { source } of openers) {
    if (source.kind === "rule") return { policy: source.policy, rule: source.rule };
  }
  return null;
}

interface Closer {
  readonly policy: Policy;
  readonly box: Box;
  /** The number of its list. */
  readonly list: number;
}

/** Policies that deny something to the subject, by what they deny. */
function closersOf({ layers }: Side): readonly Closer[] {
  return layers.flatMap(({ items }, list) =>
    items.flatMap(({ action, box, source }) =>
      action === "deny" && (source.kind === "rule" || source.kind === "isolation")
        ? [{ policy: source.policy, box, list }]
        : [],
    ),
  );
}

/** The closing policies of some boxes. Isolation denies everything, so the answer is mostly one list for all boxes. */
class ClosingPolicies {
  readonly #space: Space;
  readonly #closers: readonly Closer[];
  readonly #ofAnything: readonly Policy[] | null;
  /** What each list allows, where there are several: an egress firewall beside NetworkPolicy. */
  readonly #allowed: readonly (readonly Box[])[];

  constructor({ space }: Universe, side: Side) {
    this.#space = space;
    this.#closers = closersOf(side);
    this.#ofAnything =
      side.layers.length < 2 && this.#closers.every(({ box }) => box === space.everything)
        ? policiesOf(this.#closers)
        : null;
    this.#allowed = assuming(side.layers, "unknowns-do-nothing").map((layer) =>
      side.layers.length < 2 ? boxesOf(side.certain) : boxesOf(allowedBy(side.surface.universe, [layer])),
    );
  }

  of(boxes: readonly Box[]): readonly Policy[] {
    if (this.#ofAnything !== null) return this.#ofAnything;
    const lists =
      this.#allowed.length < 2 ? null : new Set(boxes.flatMap((box) => this.#listsThatDenied(box)));
    return policiesOf(
      this.#closers.filter(
        ({ box, list }) =>
          (lists?.has(list) ?? true) && boxes.some((one) => !this.#space.boxesDisjoint(one, box)),
      ),
    );
  }

  /** Of what allows a box together those that changed: of lists that denied some of it. A list that is gone has none. */
  toBlame(openers: readonly Item[], box: Box): readonly Item[] {
    if (openers.length < 2 && this.#allowed.length < 2) return openers;
    const denied = this.#listsThatDenied(box);
    return denied.length === 0 ? openers : denied.flatMap((index) => openers[index] ?? []);
  }

  #listsThatDenied(box: Box): readonly number[] {
    return this.#allowed.flatMap((boxes, list) =>
      uncovered(this.#space, box, boxes, new Budget()).kind === "covered" ? [] : [list],
    );
  }
}

function policiesOf(closers: readonly Closer[]): readonly Policy[] {
  return [...new Set(closers.map(({ policy }) => policy))];
}

/**
 * Threat T10: would the same pod be denied some of the region without the labels by which policies admit it? All policies
 * that admit some of it count together, or two labels would excuse each other.
 */
function labelOpens(
  { comparison, pair, atHead }: Question,
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
