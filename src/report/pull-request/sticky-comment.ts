import type { RegionLine } from "../../surface/surface.ts";
import { markdownName } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { fact, list, page, paragraph } from "../layout/page.ts";
import { command, name, plural, prose, uncapitalised } from "../layout/phrase.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { groupFindings } from "../lines/group-findings.ts";
import { reachesOutside } from "../lines/outside.ts";
import { openFindings } from "../lines/standing.ts";
import type { Review } from "../report.ts";
import { controls, opening, phrasesFor, reach, scope, texts } from "../review/blocks.ts";
import { type Outline, outline } from "../review/outline.ts";
import { askCommand } from "./ask-command.ts";
import { checkLink, clearing } from "./clearing.ts";
import type { PublicationContext } from "./publication.ts";

/** A review as the comment on its pull request: what to know and do; all else is in the check. */
export function stickyComment(review: Review, context: PublicationContext): string {
  const told = outline(review);
  const phrases = phrasesFor(review, context.link);
  const check = checkLink(context);
  const blocks = [
    ...opening(review, told, phrases),
    ...clearing(review, told, context, phrases),
    ...reach(told, phrases),
    ...scope(told, phrases),
    list("**Accepted**", texts(told.accepted, phrases)),
    fact("No longer accepted", texts(told.voided, phrases)),
    fact("Proposed configuration", texts(told.proposed, phrases)),
    controls(told, phrases),
    paragraph(conversation(review, told, context, phrases)),
  ];
  return page(
    blocks,
    LIMITS.commentCharacters,
    `More was found than a comment can hold: ${check} has more, the JSON of \`${context.reproduce}\` all of it.`,
  );
}

/**
 * Whether a change is worth a comment: it stops, it warns, or it opens something outside the cluster or in another
 * namespace. Drafts have the check alone, and a note never makes a comment.
 */
export function needsComment(review: Review, { draft }: Pick<PublicationContext, "draft">): boolean {
  if (draft) return false;
  if (review.verdict !== "pass" || review.observed !== null) return true;
  if (openFindings(review.findings).some(({ severity }) => severity === "warn")) return true;
  return review.environments.some(({ deltas }) =>
    deltas.some(
      ({ workload, added }) =>
        reachesOutside(added, review.internalRanges) || added.some((line) => leavesNamespace(line, workload)),
    ),
  );
}

function leavesNamespace({ destination }: RegionLine, workload: string): boolean {
  if (destination.kind !== "pods") return destination.kind === "any";
  const { namespaces } = destination;
  const own = workload.slice(0, workload.indexOf("/"));
  return namespaces.kind !== "named" || namespaces.names.some((other) => other !== own);
}

/** What is left of a comment once all that it was written for is gone: one line that names the commits. */
export function clearedComment({
  previousHead,
  head,
  review,
  context,
}: {
  readonly previousHead: string;
  readonly head: string;
  readonly review: Review;
  readonly context: Pick<PublicationContext, "checkUrl" | "link">;
}): string {
  const told = outline(review);
  const phrases = phrasesFor(review, context.link);
  const since = `what was found at ${commit(previousHead)} is gone since ${commit(head)}.`;
  const warnings = told.findings.filter(({ severity }) => severity === "warn");
  const titles = [
    ...new Set(
      groupFindings(openFindings(review.findings))
        .filter(({ severity }) => severity === "warn")
        .map(({ lead }) => phrases.text([prose(uncapitalised(lead.title))])),
    ),
  ];
  const left =
    warnings.length === 0
      ? ""
      : ` ${plural(warnings.length, "warning")} left: ${titles.slice(0, LIMITS.names).join(", ")}.`;
  return `✅ **egress-review:** ${since}${left} See ${checkLink(context)}.\n`;
}

function commit(sha: string): string {
  return markdownName(sha.slice(0, SHORT_COMMIT));
}

const SHORT_COMMIT = 7;

/** How to go on asking; limits and all that does not decide are in the check, once. */
function conversation(
  review: Review,
  { contact, counts }: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): string {
  const ask = askCommand(review);
  const notes = counts.note === 0 ? "" : `${plural(counts.note, "note")}, `;
  const parts = [
    ...(ask === null ? [] : [`Ask: ${phrases.text([command(ask)])}`]),
    `on your machine: ${phrases.text([command(context.reproduce)])}`,
    ...(contact === null ? [] : [`whom to ask: ${phrases.text([name(contact)])}`]),
    `${notes}limits of each control, assumptions, what was not read: ${checkLink(context)}`,
  ];
  return `<sub>${parts.join(" · ")}</sub>`;
}
