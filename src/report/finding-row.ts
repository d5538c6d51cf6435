import type { Severity } from "../rules/finding.ts";
import { type FindingGroup, inOrder, locationsOf, opens } from "./group-findings.ts";
import { LIMITS } from "./limits.ts";
import { distinct, groupBy } from "./order.ts";
import { capped, count, enumerate, name, type Phrase, prose, strong } from "./phrase.ts";
import { shortRegion, wholeLine } from "./region-text.ts";
import type { LocatedFinding, ReviewedUnknown } from "./report.ts";
import { environmentsText, handlesText, namesText, placesText, subjectText } from "./subject-text.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

export interface FindingRow {
  readonly severity: Severity;
  readonly who: Phrase;
  /** What joins who and what: "could reach", a colon, or nothing where `what` goes on with its own verb. */
  readonly verb: "could reach" | ":" | "";
  /** What they could reach where a rule judges that; else the rule's sentence. */
  readonly what: Phrase;
  /** The rule's sentence where `what` is not it. */
  readonly detail: Phrase | null;
  readonly why: Phrase;
  readonly where: Phrase;
  readonly handles: Phrase;
  /** Other rules that say the same of the same region. */
  readonly also: Phrase | null;
  readonly remedies: readonly Phrase[];
}

export interface FindingRowContext {
  readonly sizes: NamespaceSizes;
  /** Whether environments have to be named. */
  readonly several: boolean;
  /** Unknowns that decide: their targets are whom an undecided finding is about. */
  readonly deciding: readonly ReviewedUnknown[];
}

export function findingRow(group: FindingGroup, context: FindingRowContext): FindingRow {
  const opening = opens(group.lead);
  const who = whoText(group, context);
  const sentence = continued(who, group.messages);
  const sentences = messagesText(group.messages);
  return {
    severity: group.severity,
    who:
      context.several && group.environments.length > 0
        ? [...who, ...environmentsText(group.environments)]
        : who,
    verb: opening ? "could reach" : sentence === null ? ":" : "",
    what: opening ? destinationsText(group) : (sentence ?? sentences),
    detail: opening ? sentences : null,
    why: [prose(group.lead.why)],
    where: placesText(group.locations),
    handles: handlesText(group.handles),
    also: group.also.length === 0 ? null : alsoText(group.also),
    remedies: group.remedies.map((text) => [prose(text)]),
  };
}

/** What a group opens. The strings of findings are for programs that read no regions; regions read better. */
export function destinationsText({ lead, gained }: FindingGroup): Phrase {
  if (gained !== null) return [strong(...shortRegion(gained.map(wholeLine), LIMITS.names))];
  const texts = lead.destinations.map((text): Phrase => [prose(text)]);
  return [strong(...enumerate(texts, LIMITS.names))];
}

function whoText(group: FindingGroup, { sizes, deciding }: FindingRowContext): Phrase {
  const targets = group.severity === "undecided" ? targetsOf(group, deciding) : [];
  if (targets.length > 0) return namesText(targets, LIMITS.names);
  return group.workloads.length > 0
    ? workloadsText(group.workloads, sizes)
    : subjectText(group.leading, sizes);
}

function targetsOf(
  { handles, environments }: FindingGroup,
  deciding: readonly ReviewedUnknown[],
): readonly string[] {
  const own = deciding.filter(
    ({ handle, environment }) => handles.includes(handle) && environments.includes(environment),
  );
  return distinct(own.flatMap(({ target }) => target ?? []));
}

/** Messages of one group say the same of different objects: the first is enough. */
function messagesText(messages: readonly string[]): Phrase {
  const [first = ""] = messages;
  return messages.length > 1
    ? [prose(first), ` (and ${count(messages.length - 1)} more like it)`]
    : [prose(first)];
}

/** A sentence that begins with whom it is about goes on where "who" ends: nobody wants to read it twice. */
function continued(who: Phrase, messages: readonly string[]): Phrase | null {
  const [first = ""] = messages;
  const named = plainText(who);
  const words = first.replaceAll("`", "");
  if (named === "" || !words.startsWith(`${named} `)) return null;
  // Backquotes before the end of the name are left out with it.
  let at = 0;
  for (let seen = 0; seen < named.length; at += 1) if (first[at] !== "`") seen += 1;
  return messagesText([first.slice(at).replace(/^`?\s+/, ""), ...messages.slice(1)]);
}

function plainText(phrase: Phrase): string {
  return phrase
    .map((piece) => (typeof piece === "string" ? piece : "text" in piece ? piece.text : ""))
    .join("");
}

function alsoText(findings: readonly LocatedFinding[]): Phrase {
  const rules = findings.map(({ handle, title }): Phrase => [name(handle), " ", prose(title)]);
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
  return [prose(only.title), `, ${count(alike.length)} times: `, ...subjectText(alike, sizes), ...at];
}
