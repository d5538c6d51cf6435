import { shortNames } from "../layout/citation.ts";
import { fencedLines } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { prose } from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN, type Style } from "../layout/style.ts";
import { labelled, readableWidth, tableText, wrapped } from "../layout/terminal-layout.ts";
import type { PageOptions } from "../surface/text.ts";
import type { Answer, AnsweredFlow, AnsweredSide, AnsweredStep } from "./answer.ts";
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

interface Page {
  readonly style: Style;
  readonly phrases: PhraseText;
  readonly width: number;
}

/** An answer for a terminal. Ends with a line feed. */
export function answerText(answer: Answer, { columns = 100, style = PLAIN }: PageOptions = {}): string {
  const page = {
    style,
    phrases: new PhraseText(style, shortNames(citedPlaces(answer))),
    width: readableWidth(columns),
  };
  const blocks = toldEnvironments(answer).flatMap((environment) =>
    environmentBlocks(answer, environment, page),
  );
  const notes = [
    ...notesOf(answer).map((note) => page.phrases.text(noteText(note))),
    ...answer.assumptions.map(({ text }) => page.phrases.text([prose(text)])),
  ];
  const assumed = labelled(style.strong("Assumed "), notes, page.width);
  const legend = page.phrases.legend().join("\n");
  return `${[...blocks, assumed, legend].filter((block) => block !== "").join("\n\n")}\n`;
}

function environmentBlocks(answer: Answer, environment: ToldEnvironment, page: Page): readonly string[] {
  const { base, head } = environment;
  const title = wrapped(page.phrases.text(headline(answer, environment)), page.width);
  if (base === null) return [title, ...sideBlocks(null, head, page)];
  if (tellsTheSame(base, head)) return [title, ...sideBlocks(null, head, page)];
  return [title, ...sideBlocks("Base", base, page), ...sideBlocks("Head", head, page)];
}

function sideBlocks(label: string | null, side: AnsweredSide, page: Page): readonly string[] {
  if (side.kind === "absent") return [];
  const told = side.flows.filter(({ steps, unresolved }) => steps !== null || unresolved !== null);
  const rest = side.flows.filter((flow) => !told.includes(flow));
  const groups = toldFlows(told);
  const several = groups.length + rest.length > 1;
  return [
    ...groups.map((group) => flowBlock(label, group, several, page)),
    ...(rest.length === 0 ? [] : [restTable(rest, page)]),
  ];
}

function flowBlock(label: string | null, group: ToldFlow, several: boolean, page: Page): string {
  const { flow } = group;
  const { style, phrases, width } = page;
  const paint = { allow: style.good, deny: style.bad, unknown: style.caution }[flow.verdict];
  const title = [
    ...(label === null ? [] : [style.strong(`${label}:`)]),
    ...(several ? [phrases.text(flowText(group))] : []),
    paint(verdictText(flow)),
  ].join(" ");
  const unresolved = phrases.text(unresolvedText(flow));
  return [
    title,
    ...(unresolved === "" ? [] : [wrapped(unresolved, width)]),
    ...(flow.steps ?? []).map((step) => stepBlock(step, page)),
    ...(flow.opening === null
      ? []
      : [
          wrapped(phrases.text(openingText(flow)), width),
          ...fencedLines(flow.opening.yaml, LIMITS.diffLineCharacters).map((line) => `  ${line}`),
        ]),
  ].join("\n");
}

function stepBlock(step: AnsweredStep, page: Page): string {
  const { style, phrases, width } = page;
  const sentence = labelled(
    `${step.direction === "egress" ? "Egress" : "Ingress"}:`,
    [phrases.text(stepText(step))],
    width,
  );
  if (step.kind === "fact") return sentence;
  const head = ["Policy", "Offers", "Match?"].map((title) => style.strong(title));
  const rows = walkRows(step).map(({ policy, offers, match }) =>
    [policy, offers, match].map((cell) => phrases.text(cell)),
  );
  const lines = [nearestText(step), doubtText(step)]
    .map((phrase) => phrases.text(phrase))
    .filter((line) => line !== "");
  return [
    sentence,
    ...(rows.length === 0 ? [] : [tableText([head, ...rows], [0.4, 0.38, 0.22], width)]),
    ...lines.map((line) => wrapped(line, width)),
  ].join("\n");
}

function restTable(flows: readonly AnsweredFlow[], { style, phrases, width }: Page): string {
  const head = ["Also", "Answer"].map((title) => style.strong(title));
  const rows = toldFlows(flows).map((group) => [phrases.text(flowText(group)), verdictText(group.flow)]);
  return tableText([head, ...rows], [0.8, 0.2], width);
}
