import { markdownName, markdownUrl } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy } from "../layout/order.ts";
import { name, type Phrase, prose, sentence, strong } from "../layout/phrase.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { destinationsText } from "../lines/finding-row.ts";
import { type FindingGroup, groupFindings, inOrder, opens } from "../lines/group-findings.ts";
import { pronounced } from "../lines/saying.ts";
import { namespaceSizes, workloadsText } from "../lines/workload-text.ts";
import type { LocatedFinding, Review } from "../report.ts";
import { phrasesFor } from "../review/blocks.ts";
import { type CommentablePlace, commentablePlace } from "./commentable-place.ts";
import type { CommentableFile, InlineComment, PublicationContext } from "./publication.ts";

export interface InlineComments {
  readonly comments: readonly InlineComment[];
  /** Handles of blocking findings that no line of the diff shows; the comment and the check name their place. */
  readonly elsewhere: readonly string[];
}

type Placed = readonly [finding: LocatedFinding, place: CommentablePlace | null];

/** The blocking findings at their lines of the diff, one comment a place, led by its strongest finding. */
export function inlineComments(
  review: Review,
  context: Pick<PublicationContext, "link" | "documentation" | "commentUrl">,
  files: readonly CommentableFile[],
): InlineComments {
  const blocking = inOrder(
    review.findings.filter(
      ({ severity, approval, observed }) => severity === "block" && approval === null && !observed,
    ),
  );
  const placed = blocking.map((finding): Placed => [finding, placeOf(finding, files)]);
  const places = [
    ...groupBy(
      placed.filter(([, place]) => place !== null),
      ([, place]) => JSON.stringify(place),
    ).values(),
  ];
  const shown = places.slice(0, LIMITS.inlineComments);
  const told = new Set(shown.flatMap((those) => those.map(([finding]) => finding)));
  return {
    comments: shown.flatMap((those) => commentsOf(those, review, context)),
    elsewhere: distinct(blocking.filter((finding) => !told.has(finding)).map(({ handle }) => handle)),
  };
}

/** The lines of the fix where it takes out the finding's own, so that the button deletes what the comment speaks of. */
function placeOf({ location, lines, fix }: LocatedFinding, files: readonly CommentableFile[]): Placed[1] {
  if (location === null) return null;
  if (
    fix !== null &&
    location.side === "head" &&
    fix.path === location.path &&
    holdsLine(fix, location.line)
  ) {
    const place = commentablePlace(location, fix, files);
    if (place?.startLine === fix.first && place.endLine === fix.last) return place;
  }
  return commentablePlace(location, lines, files);
}

function holdsLine({ first, last }: { first: number; last: number }, line: number | null): boolean {
  return line !== null && first <= line && line <= last;
}

function commentsOf(
  placed: readonly Placed[],
  review: Review,
  context: Pick<PublicationContext, "link" | "documentation" | "commentUrl">,
): readonly InlineComment[] {
  const findings = placed.map(([finding]) => finding);
  const place = placed[0]?.[1];
  const [group, ...others] = groupFindings(findings, review.environments);
  if (place === undefined || place === null || group === undefined) return [];
  const phrases = phrasesFor(review, context.link);
  const { lead } = group;
  const fixes = findings.flatMap(({ fix }) => fix ?? []);
  const deletes = fixes.some(
    (fix) =>
      place.side === "RIGHT" &&
      fix.path === place.path &&
      fix.first === place.startLine &&
      fix.last === place.endLine,
  );
  const also = [...group.also.map(({ handle }) => handle), ...others.flatMap(({ handles }) => handles)];
  const body = [
    `⛔ ${phrases.text(titleText(group, review))} (${phrases.text(handlesText(group))})`,
    ...sentencesOf(lead).map((text) => phrases.text(text)),
    ...(deletes ? ["```suggestion\n```"] : []),
    lastLine(lead, also, phrases, context),
  ];
  return [{ ...place, body: `${body.join("\n")}\n`, fingerprint: lead.fingerprint }];
}

function titleText(group: FindingGroup, { environments }: Review): Phrase {
  const { lead, workloads } = group;
  if (!opens(lead)) return [strong(prose(lead.title))];
  const sizes = namespaceSizes(environments.map(({ workloadNames }) => workloadNames));
  const who = sentence(workloadsText(workloads, sizes));
  return [strong(...who, " could reach ", ...destinationsText(group))];
}

function handlesText({ handles }: FindingGroup): Phrase {
  return handles
    .slice(0, LIMITS.places)
    .flatMap((handle, index): Phrase => (index === 0 ? [name(handle)] : [", ", name(handle)]));
}

function sentencesOf(lead: LocatedFinding): readonly Phrase[] {
  const message = opens(lead) ? pronounced(lead) : lead.message;
  return [[prose(message)], ["Why it matters: ", prose(lead.why)]];
}

function lastLine(
  { rule }: LocatedFinding,
  also: readonly string[],
  phrases: PhraseMarkdown,
  { documentation, commentUrl }: Pick<PublicationContext, "documentation" | "commentUrl">,
): string {
  const url = markdownUrl(documentation(`rules/${rule}.md`));
  const comment = commentUrl === null ? "the comment" : `[the comment](${markdownUrl(commentUrl)})`;
  const others = also.slice(0, LIMITS.places).map((handle) => phrases.text([name(handle)]));
  return [
    ...(others.length === 0 ? [] : [`also ${others.join(", ")}`]),
    `[rule ${rule}](${url})`,
    `what to do and who can accept it: ${comment}`,
  ].join(" · ");
}

const RESOLVED = /^✅ Gone since `[0-9a-f]{7}`\.\r?\n/;

/** An inline comment whose finding is gone: the same comment under a line that says so, without a button to press. */
export function markResolved(body: string, commit: string): string {
  if (RESOLVED.test(body)) return body;
  const before = body.replace(/^```suggestion\r?\n```\r?\n?/gm, "").trimEnd();
  return `✅ Gone since ${markdownName(commit.slice(0, 7))}.\n\n<details><summary>What was said</summary>\n\n${before}\n\n</details>\n`;
}

export function isMarkedResolved(body: string): boolean {
  return RESOLVED.test(body);
}
