import type { Severity } from "../../rules/finding.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy } from "../layout/order.ts";
import {
  capped,
  count,
  enumerate,
  name,
  type Phrase,
  prose,
  strong,
  uncapitalised,
} from "../layout/phrase.ts";
import type { LocatedFinding, ReviewedEnvironment, ReviewedUnknown } from "../report.ts";
import { editText } from "./explanation-text.ts";
import { fixesOf, fixText } from "./fix-text.ts";
import { type FindingGroup, inOrder, locationsOf, opens } from "./group-findings.ts";
import { type BeforePart, beforeParts } from "./reach-row.ts";
import { shortRegion } from "./region-text.ts";
import { namesWorkloads, ofSeveral, pronounced, saidOf } from "./saying.ts";
import {
  environmentsText,
  handlesText,
  namesText,
  objectsText,
  placesText,
  subjectText,
} from "./subject-text.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

export interface FindingRow {
  /** An opening is told by what is reached; something unread by what it could open; the rest by a sentence. */
  readonly kind: "opening" | "unread" | "saying";
  readonly severity: Severity;
  readonly title: Phrase;
  readonly who: Phrase;
  /** What joins who and what: "could reach", a colon, or nothing where `what` goes on with its own verb. */
  readonly verb: "could reach" | ":" | "";
  /** What they could reach where a rule judges that; else the rule's sentence, or its first half. */
  readonly what: Phrase;
  /** The rule's sentence where `what` is not it, or the rest of it. */
  readonly detail: Phrase | null;
  readonly why: Phrase;
  readonly where: Phrase;
  readonly handles: Phrase;
  /** Of an opening: its workloads by what they reached before. */
  readonly before: readonly BeforePart[];
  /** Other rules that say the same of the same region. */
  readonly also: Phrase | null;
  readonly remedies: readonly Phrase[];
  /** Edits that were tried. */
  readonly fixes: readonly Phrase[];
  /** Smallest edits that close it. */
  readonly edits: readonly Phrase[];
  /** Only environments that observe have it: it decides nothing. */
  readonly observed: boolean;
}

export interface FindingRowContext {
  readonly environments: readonly ReviewedEnvironment[];
  readonly sizes: NamespaceSizes;
  /** Whether environments have to be named. */
  readonly several: boolean;
  /** Unknowns that decide: their targets are whom an undecided finding is about. */
  readonly deciding: readonly ReviewedUnknown[];
}

export function findingRow(group: FindingGroup, context: FindingRowContext): FindingRow {
  const { who, ...text } = rowText(group, context);
  return {
    severity: group.severity,
    title: [prose(uncapitalised(group.lead.title))],
    who: [...who, ...(context.several ? environmentsBeside(who, group.environments) : [])],
    ...text,
    why: [prose(group.lead.why)],
    where: placesText(group.locations),
    handles: handlesText(group.handles),
    also: group.also.length === 0 ? null : alsoText(group.also),
    before: opens(group.lead) ? beforeParts(group, context.environments, context.sizes) : [],
    remedies: group.remedies.map((text) => [prose(text)]),
    fixes: fixesOf([...group.leading, ...group.also]).map(fixText),
    edits: editTexts([...group.leading, ...group.also]),
    observed: group.leading.every(({ observed }) => observed),
  };
}

/** Of what blocks, the edits that close it where no deletion was tried on the whole review. */
function editTexts(findings: readonly LocatedFinding[]): readonly Phrase[] {
  const edits = findings.flatMap(({ severity, fix, explanation }) =>
    severity === "block" && fix === null ? (explanation?.edit ?? []) : [],
  );
  return [...new Map(edits.map((edit) => [JSON.stringify(edit), edit])).values()].map(editText);
}

type RowText = Pick<FindingRow, "kind" | "who" | "verb" | "what" | "detail">;

function rowText(group: FindingGroup, context: FindingRowContext): RowText {
  if (opens(group.lead)) return openingText(group, context);
  return unreadText(group, context) ?? { kind: "saying", ...sayingText(group, context), detail: null };
}

function openingText(group: FindingGroup, { sizes }: FindingRowContext): RowText {
  return {
    kind: "opening",
    who: workloadsText(group.workloads, sizes),
    verb: "could reach",
    what: destinationsText(group),
    detail: messagesText(group.leading.map(pronounced)),
  };
}

/** Something unread: what is the matter with it, and apart from that what it could open. */
function unreadText(group: FindingGroup, context: FindingRowContext): RowText | null {
  const [unknown] = unknownsOf(group, context.deciding);
  if (unknown === undefined) return null;
  const [what = "", ...rest] = group.lead.message.split(`${unknown.state}. `);
  if (rest.length === 0) return null;
  const targets = targetsOf(group, context.deciding);
  const who: Phrase = targets.length === 0 ? ["not read"] : namesText(targets, LIMITS.names);
  const detail = rest.join(`${unknown.state}. `);
  return {
    kind: "unread",
    who,
    verb: ":",
    what: [prose(`${what}${unknown.state}`)],
    detail: [prose(detail)],
  };
}

/** What a group opens. The strings of findings are for programs that read no regions; regions read better. */
export function destinationsText({ lead, opened }: FindingGroup): Phrase {
  if (opened.length > 0) return [strong(...shortRegion(opened, LIMITS.names))];
  const texts = lead.destinations.map((text): Phrase => [prose(text)]);
  return [strong(...enumerate(texts, LIMITS.names))];
}

/** Whom a group is about, and what its sentence says of them: "NetworkPolicy a and b", "are deleted, but …". */
function sayingText(
  group: FindingGroup,
  { sizes, deciding }: Pick<FindingRowContext, "sizes" | "deciding">,
): Pick<FindingRow, "who" | "verb" | "what"> {
  const { about, rest } = saidOf(group.lead);
  if (about === "object") {
    const workloads: Phrase =
      group.workloads.length === 0 || namesWorkloads(group.lead)
        ? []
        : [" (for ", ...workloadsText(group.workloads, sizes), ")"];
    const who: Phrase = [...objectsText(group.leading), ...workloads];
    const several = distinctObjects(group.leading) > 1 ? ofSeveral(rest) : rest;
    return several === null
      ? { who, verb: ":", what: messagesText(group.messages) }
      : { who, verb: "", what: [prose(several)] };
  }
  if (about === "workloads")
    return { who: workloadsText(group.workloads, sizes), verb: "", what: [prose(rest)] };
  return { who: whoText(group, { sizes, deciding }), verb: ":", what: messagesText(group.messages) };
}

function distinctObjects(findings: readonly LocatedFinding[]): number {
  return new Set(findings.map(({ document }) => JSON.stringify(document))).size;
}

/** An environment is not named beside what is called like it. */
function environmentsBeside(who: Phrase, environments: readonly string[]): Phrase {
  const [only] = who;
  const called = who.length === 1 && typeof only === "object" && only.kind === "name" ? only.text : "";
  return environments.length === 1 && called !== "" && environments[0]?.endsWith(called) === true
    ? []
    : environmentsText(environments);
}

function whoText(
  group: FindingGroup,
  { sizes, deciding }: Pick<FindingRowContext, "sizes" | "deciding">,
): Phrase {
  const targets = targetsOf(group, deciding);
  if (targets.length > 0) return namesText(targets, LIMITS.names);
  return group.workloads.length > 0
    ? workloadsText(group.workloads, sizes)
    : subjectText(group.leading, sizes);
}

function targetsOf(group: FindingGroup, deciding: readonly ReviewedUnknown[]): readonly string[] {
  return distinct(unknownsOf(group, deciding).flatMap(({ target }) => target ?? []));
}

/** The unknowns that an undecided group stands for. */
function unknownsOf(
  { severity, handles, environments }: FindingGroup,
  deciding: readonly ReviewedUnknown[],
): readonly ReviewedUnknown[] {
  if (severity !== "undecided") return [];
  return deciding.filter(
    ({ handle, environment }) => handles.includes(handle) && environments.includes(environment),
  );
}

/** Messages of one group say the same of different objects: the first is enough. */
function messagesText(messages: readonly string[]): Phrase {
  const [first = "", ...others] = [...new Set(messages)];
  return others.length > 0 ? [prose(first), ` (and ${count(others.length)} more like it)`] : [prose(first)];
}

function alsoText(findings: readonly LocatedFinding[]): Phrase {
  const rules = findings.map(({ handle, title }): Phrase => [name(handle), " ", prose(uncapitalised(title))]);
  return ["also ", ...enumerate(rules, LIMITS.names)];
}

/** What the rows leave out. */
export function moreFindings(groups: readonly FindingGroup[]): Phrase | null {
  if (groups.length === 0) return null;
  const rules = [...groupBy(groups, ({ lead }) => lead.rule)].map(
    ([rule, alike]): Phrase => [`${count(alike.length)} × `, name(rule)],
  );
  return [`${count(groups.length)} more, all in the JSON: `, ...enumerate(rules, LIMITS.listed)];
}

/** A note is one line, and notes of one rule are one together. */
export function noteLines(notes: readonly LocatedFinding[], sizes: NamespaceSizes): readonly Phrase[] {
  const rules = [...groupBy(inOrder(notes), ({ rule }) => rule).values()];
  return capped(
    rules.map((alike) => noteLine(alike, sizes)),
    LIMITS.notes,
  );
}

function noteLine(alike: readonly LocatedFinding[], sizes: NamespaceSizes): Phrase {
  const where = placesText(locationsOf(alike));
  const handles = handlesText(alike.map(({ handle }) => handle));
  const [only] = alike;
  if (only === undefined) return [];
  if (alike.length === 1) {
    return [prose(only.message), " (", ...handles, ...(where.length === 0 ? [] : [" at ", ...where]), ")"];
  }
  const at: Phrase = where.length === 0 ? [] : [" (", ...where, ")"];
  return [prose(only.title), ` (${count(alike.length)} times): `, ...subjectText(alike, sizes), ...at];
}
