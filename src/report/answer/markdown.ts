import { shortestSuffixes } from "../layout/citation.ts";
import { fencedLines } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { type Block, essential, fence, page, paragraph, table } from "../layout/page.ts";
import { prose } from "../layout/phrase.ts";
import { type Link, PhraseMarkdown, relativeLink } from "../layout/phrase-markdown.ts";
import type { Answer, AnsweredSide, AnsweredStep } from "./answer.ts";
import { flowText, headline, verdictText } from "./headline.ts";
import { noteText } from "./note-text.ts";
import {
  citedPlaces,
  notesOf,
  type ToldEnvironment,
  type ToldFlow,
  tellsTheSame,
  toldEnvironments,
  toldFlows,
} from "./told.ts";
import { walkRows } from "./walk-rows.ts";
import { doubtText, nearestText, openingText, stepText, unresolvedText } from "./walk-text.ts";

export interface AnswerMarkdownOptions {
  /** By default a path relative to the repository, for the head side. */
  readonly link?: Link;
}

/** An answer as a comment, never longer than one may be. Ends with a line feed. */
export function answerMarkdown(answer: Answer, { link = relativeLink }: AnswerMarkdownOptions = {}): string {
  const phrases = new PhraseMarkdown(link, shortestSuffixes(citedPlaces(answer)));
  const notes = [
    ...notesOf(answer).map((note) => phrases.text(noteText(note))),
    ...answer.assumptions.map(({ text }) => phrases.text([prose(text)])),
  ];
  const blocks = [
    ...toldEnvironments(answer).flatMap((environment) => environmentBlocks(answer, environment, phrases)),
    paragraph(notes.length === 0 ? "" : `<sub>Assumed: ${notes.join(" · ")}</sub>`),
  ];
  return page(
    blocks,
    LIMITS.commentCharacters,
    "There is more to it than a comment can hold: ask with `env=NAME` or one destination.",
  );
}

function environmentBlocks(
  answer: Answer,
  environment: ToldEnvironment,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const { base, head } = environment;
  const title = essential(paragraph(phrases.text(headline(answer, environment))));
  if (base === null || tellsTheSame(base, head)) {
    return [title, ...sideBlocks(null, head, phrases)];
  }
  return [title, ...sideBlocks("Base", base, phrases), ...sideBlocks("Head", head, phrases)];
}

function sideBlocks(label: string | null, side: AnsweredSide, phrases: PhraseMarkdown): readonly Block[] {
  if (side.kind === "absent") return [];
  const told = side.flows.filter(({ steps, unresolved }) => steps !== null || unresolved !== null);
  const rest = side.flows.filter((flow) => !told.includes(flow));
  const groups = toldFlows(told);
  const several = groups.length + rest.length > 1;
  return [
    ...groups.flatMap((group) => flowBlocks(label, group, several, phrases)),
    table(
      ["Also", "Answer"],
      toldFlows(rest).map((group) => [phrases.text(flowText(group)), verdictText(group.flow)]),
    ),
  ];
}

/** The verdict opens the first step's sentence: "**Head: deny.** Three policies select it …". */
function flowBlocks(
  label: string | null,
  group: ToldFlow,
  several: boolean,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const { flow } = group;
  const verdict = verdictText(flow);
  const capital = verdict.slice(0, 1).toUpperCase() + verdict.slice(1);
  const title = [
    `**${label === null ? capital : `${label}: ${verdict}`}.**`,
    ...(several ? [`${phrases.text(flowText(group))}.`] : []),
  ].join(" ");
  const steps = flow.steps ?? [];
  const unresolved = phrases.text(unresolvedText(flow));
  const [first, ...others] = steps;
  if (first === undefined) return [paragraph(`${title} ${unresolved}`.trimEnd())];
  const both = others.length > 0;
  return [
    ...stepBlocks(`${title} ${both ? "Egress: " : ""}`, first, phrases),
    ...others.flatMap((step) =>
      stepBlocks(step.direction === "egress" ? "Egress: " : "Ingress: ", step, phrases),
    ),
    ...(flow.opening === null
      ? []
      : [
          paragraph(phrases.text(openingText(flow))),
          fence("yaml", fencedLines(flow.opening.yaml, LIMITS.diffLineCharacters)),
        ]),
  ];
}

function stepBlocks(start: string, step: AnsweredStep, phrases: PhraseMarkdown): readonly Block[] {
  const sentence = paragraph(`${start}${phrases.text(stepText(step))}`);
  if (step.kind === "fact") return [sentence];
  const rows = walkRows(step).map(({ policy, offers, match }) =>
    [policy, offers, match].map((cell) => phrases.text(cell)),
  );
  const lines = [nearestText(step), doubtText(step)]
    .map((phrase) => phrases.text(phrase))
    .filter((line) => line !== "");
  return [sentence, table(["Policy", "Offers", "Match?"], rows), ...lines.map(paragraph)];
}
