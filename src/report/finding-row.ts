import type { Severity } from "../rules/finding.ts";
import { type FindingGroup, inOrder, locationsOf, opens } from "./group-findings.ts";
import { LIMITS } from "./limits.ts";
import { groupBy } from "./order.ts";
import { capped, count, enumerate, join, name, type Phrase, prose, strong } from "./phrase.ts";
import type { LocatedFinding } from "./report.ts";
import { environmentsText, handlesText, placesText, subjectText } from "./subject-text.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

export interface FindingRow {
  readonly severity: Severity;
  readonly who: Phrase;
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

export function findingRow(group: FindingGroup, sizes: NamespaceSizes, several: boolean): FindingRow {
  const opening = opens(group.lead);
  const who =
    group.workloads.length > 0 ? workloadsText(group.workloads, sizes) : subjectText([group.lead], sizes);
  const sentences = messagesText(group.messages);
  return {
    severity: group.severity,
    who: several ? [...who, ...environmentsText(group.environments)] : who,
    what: opening ? destinationsText(group) : sentences,
    detail: opening ? sentences : null,
    why: [prose(group.lead.why)],
    where: placesText(group.locations),
    handles: handlesText(group.handles),
    also: group.also.length === 0 ? null : alsoText(group.also),
    remedies: group.remedies.map((text) => [prose(text)]),
  };
}

export function destinationsText({ lead }: FindingGroup): Phrase {
  const texts = lead.destinations.map((text): Phrase => [prose(text)]);
  return [strong(...enumerate(texts, LIMITS.names))];
}

/** Two sentences alike are both said; of more, the first. */
function messagesText(messages: readonly string[]): Phrase {
  const [first = ""] = messages;
  if (messages.length > 2) return [prose(first), ` (and ${count(messages.length - 1)} more like it)`];
  return join(
    messages.map((message) => [prose(message)]),
    " ",
  );
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
  const reference: Phrase = [" (", ...handles, ...(where.length === 0 ? [] : [" at ", ...where]), ")"];
  const [only] = alike;
  if (only === undefined) return [];
  if (alike.length === 1) return [prose(only.message), ...reference];
  return [prose(only.title), `, ${count(alike.length)} times: `, ...subjectText(alike, sizes), ...reference];
}
