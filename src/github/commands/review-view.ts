import { closest } from "../../config/suggestion.ts";
import { citations, shortestSuffixes } from "../../report/layout/citation.ts";
import { markdownName } from "../../report/layout/escape.ts";
import { LIMITS } from "../../report/layout/limits.ts";
import { type Block, page, paragraph } from "../../report/layout/page.ts";
import { PhraseMarkdown } from "../../report/layout/phrase-markdown.ts";
import type { Review, ReviewedEnvironment } from "../../report/report.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";
import { type Answer, text } from "./answer.ts";
import type { CommandContext } from "./command-context.ts";

/** The review as one command looks at it: one environment or all, with links to the compared commits. */
export interface ReviewView {
  readonly review: Review;
  readonly phrases: PhraseMarkdown;
  readonly headLine: string;
}

/** @returns an answer where there is no such environment */
export function reviewView(
  { link }: Pick<CommandContext, "link">,
  evaluated: EvaluatedPullRequest,
  environment: string | null,
): ReviewView | Answer {
  const { review, pullRequest } = evaluated;
  const names = review.environments.map(({ name }) => name);
  if (environment !== null && !names.includes(environment))
    return text(unknownEnvironment(environment, names));
  const phrases = new PhraseMarkdown(link(evaluated), shortestSuffixes(citations(review)));
  const narrowed = environment === null ? review : ofEnvironment(review, environment);
  const where = environment === null ? "" : ` in ${markdownName(environment)}`;
  return {
    review: narrowed,
    phrases,
    headLine: `At ${markdownName(pullRequest.head.sha.slice(0, 7))}${where}:`,
  };
}

export function answerPage(headLine: string, blocks: readonly Block[]): Answer {
  return text(
    page(
      [paragraph(headLine), ...blocks],
      LIMITS.commentCharacters,
      "There is more than a comment can hold: narrow the question.",
    ),
  );
}

function ofEnvironment(review: Review, environment: string): Review {
  const is = ({ name }: ReviewedEnvironment) => name === environment;
  return {
    ...review,
    environments: review.environments.filter(is),
    findings: review.findings.filter(({ environments }) => environments.includes(environment)),
    unknowns: review.unknowns.filter((unknown) => unknown.environment === environment),
  };
}

function unknownEnvironment(typed: string, names: readonly string[]): string {
  const nearest = closest(typed, names);
  const known = names.slice(0, LIMITS.lines).map((name) => markdownName(name));
  const hint =
    nearest === null ? `There are: ${known.join(", ")}.` : `Did you mean ${markdownName(nearest)}?`;
  return `There is no environment ${markdownName(typed)}. ${names.length === 0 ? "None was found." : hint}`;
}
