import { markdownUrl } from "../layout/escape.ts";
import { type Block, essential, paragraph } from "../layout/page.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { onlyObserved } from "../lines/standing.ts";
import type { Review } from "../report.ts";
import { fixes, texts } from "../review/blocks.ts";
import type { Outline } from "../review/outline.ts";
import { type Acceptance, acceptances, onlyMaintainersDecide } from "./acceptance.ts";
import type { PublicationContext } from "./publication.ts";

/** "[check](…)", or the word where no address is known. */
export function checkLink({ checkUrl }: Pick<PublicationContext, "checkUrl">): string {
  return checkUrl === null ? "the check" : `[the check](${markdownUrl(checkUrl)})`;
}

/** What to do and who can. */
export function clearing(
  review: Review,
  told: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const tried = fixes(told.findings, phrases);
  if (onlyObserved(review))
    return [...tried, paragraph("**Nothing is blocked:** the environment observes (`mode: observe`).")];
  const accepting = acceptances(review, context).map((one) => essential(acceptanceBlock(one, phrases)));
  return [
    ...tried.map(essential),
    ...(onlyMaintainersDecide(review) ? [paragraph(foreignText(context))] : []),
    ...accepting,
  ];
}

/** Nothing is asked of an author who cannot help. */
function foreignText({ documentation }: PublicationContext): string {
  const url = markdownUrl(documentation("with-your-renderer.md"));
  return `A maintainer decides; the author need do nothing. What is committed as it is deployed ([how](${url})) is read like the rest, after \`/egress recheck\`.`;
}

function acceptanceBlock({ label, lines }: Acceptance, phrases: PhraseMarkdown): Block {
  const [who = "", ...commands] = texts(lines, phrases);
  return paragraph([`**${label}:** ${who}${commands.length === 0 ? "" : ":"}`, ...commands].join("  \n"));
}
