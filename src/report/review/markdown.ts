import { LIMITS } from "../layout/limits.ts";
import { fact, folded, page, paragraph } from "../layout/page.ts";
import { command, name } from "../layout/phrase.ts";
import { type Link, type PhraseMarkdown, relativeLink } from "../layout/phrase-markdown.ts";
import { MESH_TITLE } from "../lines/mesh-line.ts";
import type { Review } from "../report.ts";
import { controls, fixes, opening, phrasesFor, reach, scope, texts } from "./blocks.ts";
import { type Outline, outline } from "./outline.ts";
import { shortDigest } from "./text.ts";

export interface MarkdownOptions {
  /** By default a path relative to the repository, for the head side. */
  readonly link?: Link;
  /** The command that repeats this review. */
  readonly reproduce?: string;
}

/** A review as one page, never longer than a comment may be. Ends with a line feed. */
export function markdown(review: Review, { link = relativeLink, reproduce }: MarkdownOptions = {}): string {
  const told = outline(review);
  const phrases = phrasesFor(review, link);
  const blocks = [
    ...opening(review, told, phrases),
    ...fixes(told.findings, phrases),
    ...reach(told, phrases),
    ...scope(told, phrases),
    fact("No longer accepted", texts(told.voided, phrases)),
    fact("Proposed configuration", texts(told.proposed, phrases)),
    folded(`Accepted (${told.accepted.length})`, texts(told.accepted, phrases)),
    folded(`Notes (${told.counts.note})`, texts(told.notes, phrases)),
    folded("Not read, not deciding", texts(told.notRead, phrases)),
    folded(MESH_TITLE, texts(told.mesh, phrases)),
    folded("Assumptions and coverage", texts([...told.assumptions, ...told.coverage], phrases)),
    controls(told, phrases),
    folded("What the evidence for the controls cannot show", texts(told.limits, phrases)),
    paragraph(footer(review, told, phrases, reproduce)),
  ];
  return page(
    blocks,
    LIMITS.commentCharacters,
    "More was found than a page can hold: all of it is in the JSON.",
  );
}

function footer(
  review: Review,
  { contact }: Outline,
  phrases: PhraseMarkdown,
  reproduce: string | undefined,
): string {
  const { evaluatedAt, digests } = review;
  const data = (label: string, value: string) => `${label} ${phrases.text([name(value)])}`;
  const parts = [
    ...(contact === null ? [] : [data("questions:", contact)]),
    ...(reproduce === undefined ? [] : [`Reproduce: ${phrases.text([command(reproduce)])}`]),
    data("inputs", shortDigest(digests.inputs)),
    data("policy", shortDigest(digests.policy)),
    data("engine", shortDigest(digests.engine)),
    data("evaluated", evaluatedAt),
  ];
  return `<sub>${parts.join(" · ")}</sub>`;
}
