import type {
  Answer,
  AnsweredEnvironment,
  AnsweredFlow,
  AnsweredSide,
  AnsweredStep,
  AnswerNote,
} from "./answer.ts";
import {
  doubtText,
  flowText,
  headline,
  nearestText,
  noteText,
  stepText,
  unresolvedText,
  verdictText,
  walkRows,
} from "./answer-words.ts";
import { prose } from "./phrase.ts";
import { PhraseText } from "./phrase-text.ts";
import { PLAIN, type Style } from "./style.ts";
import type { PageOptions } from "./surface-text.ts";
import { labelled, readableWidth, tableText, wrapped } from "./terminal-layout.ts";

interface Page {
  readonly style: Style;
  readonly phrases: PhraseText;
  readonly width: number;
}

/** An answer for a terminal. Ends with a line feed. */
export function answerText(answer: Answer, { columns = 100, style = PLAIN }: PageOptions = {}): string {
  const page = { style, phrases: new PhraseText(style), width: readableWidth(columns) };
  const blocks = answer.environments.flatMap((environment) => environmentBlocks(answer, environment, page));
  const notes = [
    ...notesOf(answer).map((note) => page.phrases.text(noteText(note))),
    ...answer.assumptions.map(({ text }) => page.phrases.text([prose(text)])),
  ];
  const assumed = labelled(style.strong("Assumed "), notes, page.width);
  return `${[...blocks, assumed].filter((block) => block !== "").join("\n\n")}\n`;
}

/** What was taken for granted on any side, once each. */
export function notesOf({ environments }: Answer): readonly AnswerNote[] {
  const sides = environments.flatMap(({ base, head }) => [base, head]);
  return [...new Set(sides.flatMap((side) => (side?.kind === "answered" ? side.notes : [])))];
}

function environmentBlocks(answer: Answer, environment: AnsweredEnvironment, page: Page): readonly string[] {
  const { base, head } = environment;
  const title = wrapped(page.phrases.text(headline(answer, environment)), page.width);
  if (base === null) return [title, ...sideBlocks(null, head, page)];
  if (JSON.stringify(withoutSide(base)) === JSON.stringify(withoutSide(head))) {
    return [title, ...sideBlocks(null, head, page)];
  }
  return [title, ...sideBlocks("Base", base, page), ...sideBlocks("Head", head, page)];
}

/** The same answer for the same reasons is told once; lines may have moved. */
export function withoutSide(side: AnsweredSide): unknown {
  return JSON.parse(JSON.stringify(side, (key, value: unknown) => (key === "location" ? null : value)));
}

function sideBlocks(label: string | null, side: AnsweredSide, page: Page): readonly string[] {
  if (side.kind === "absent") return [];
  const told = side.flows.filter(({ steps, unresolved }) => steps !== null || unresolved !== null);
  const rest = side.flows.filter((flow) => !told.includes(flow));
  return [
    ...told.map((flow) => flowBlock(label, flow, side.flows.length > 1, page)),
    ...(rest.length === 0 ? [] : [restTable(rest, page)]),
  ];
}

function flowBlock(label: string | null, flow: AnsweredFlow, several: boolean, page: Page): string {
  const { style, phrases, width } = page;
  const paint = { allow: style.good, deny: style.bad, unknown: style.caution }[flow.verdict];
  const title = [
    ...(label === null ? [] : [style.strong(`${label}:`)]),
    ...(several ? [phrases.text(flowText(flow))] : []),
    paint(verdictText(flow.verdict)),
  ].join(" ");
  const unresolved = phrases.text(unresolvedText(flow));
  return [
    title,
    ...(unresolved === "" ? [] : [wrapped(unresolved, width)]),
    ...(flow.steps ?? []).map((step) => stepBlock(step, page)),
  ].join("\n");
}

function stepBlock(step: AnsweredStep, page: Page): string {
  const { style, phrases, width } = page;
  const sentence = labelled(
    `${step.direction === "egress" ? "Egress" : "Ingress"}:`,
    [phrases.text(stepText(step))],
    width,
  );
  if (step.kind === "free") return sentence;
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
  const rows = flows.map((flow) => [phrases.text(flowText(flow)), verdictText(flow.verdict)]);
  return tableText([head, ...rows], [0.8, 0.2], width);
}
