import { citations, shortNames } from "../layout/citation.ts";
import { LIMITS } from "../layout/limits.ts";
import { command, name, type Phrase } from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN, type Style } from "../layout/style.ts";
import { hanging, labelled, readableWidth, tableText, wrapped } from "../layout/terminal-layout.ts";
import { CONTROLS_TITLE } from "../lines/controls-text.ts";
import type { FindingRow } from "../lines/finding-row.ts";
import type { Review } from "../report.ts";
import { type Outline, outline } from "./outline.ts";

export interface TextOptions {
  /** Columns of the terminal. */
  readonly columns?: number;
  readonly style?: Style;
  /** The command that repeats this review. */
  readonly reproduce?: string;
}

/** A review for a terminal or a log. Ends with a line feed. */
export function text(review: Review, { columns = 100, style = PLAIN, reproduce }: TextOptions = {}): string {
  const summary = outline(review);
  const page: Page = {
    style,
    phrases: new PhraseText(style, shortNames(citations(review))),
    width: readableWidth(columns),
  };
  const blocks = [
    headlineText(summary, page),
    ...summary.findings.map((row, index) => findingText(row, summary.findings[index - 1] ?? null, page)),
    summary.moreFindings === null ? "" : wrapped(page.phrases.text(summary.moreFindings), page.width),
    reachText(summary, page),
    factsText(summary, page),
    controlsText(summary, page),
    // Last, because only now every citation is known.
    footer(review, summary, reproduce, page),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

interface Page {
  readonly style: Style;
  readonly phrases: PhraseText;
  readonly width: number;
}

function headlineText(
  { verdict, observed, counts, headline }: Outline,
  { style, phrases, width }: Page,
): string {
  const words = {
    block: "BLOCKED",
    undecided: "UNDECIDED",
    pass: counts.warn > 0 ? "PASS, WITH WARNINGS" : "PASS",
  };
  const paint = { block: style.bad, undecided: style.caution, pass: style.good };
  const sentences = headline.map((phrase) => phrases.text(phrase));
  const word =
    observed === null ? words[verdict] : `OBSERVE, WOULD ${observed === "block" ? "BLOCK" : "BE UNDECIDED"}`;
  return wrapped([style.strong(paint[observed ?? verdict](`${word}:`)), ...sentences].join(" "), width);
}

const MARKS = { block: "✗", undecided: "?", warn: "!", note: "·" } as const;

/** Rows of one rule follow each other: why it matters, and what helps, are said with the first. */
function findingText(row: FindingRow, previous: FindingRow | null, { style, phrases, width }: Page): string {
  const paint = row.severity === "block" ? style.bad : style.caution;
  const who = style.strong(phrases.text(row.who));
  const verb = `${row.verb === ":" ? "" : " "}${row.verb}${row.verb === "" ? "" : " "}`;
  const why = phrases.text(row.why);
  const said = previous !== null && phrases.text(previous.why) === why;
  const fixes = fixTexts(row, phrases);
  const before = new Set(previous === null ? [] : fixTexts(previous, phrases));
  const lines = [
    `${who}${verb}${phrases.text(row.what)}`,
    row.detail === null ? "" : phrases.text(row.detail),
    // A warning explains itself.
    said || row.severity === "warn" ? "" : `Why it matters: ${why}`,
    ...(said ? fixes.filter((fix) => !before.has(fix)) : fixes).slice(0, LIMITS.remedies),
    style.faint(referenceText(row, phrases)),
  ];
  return hanging(paint(MARKS[row.severity]), lines.filter((line) => line !== "").join("\n"), width);
}

/** What was tried on this change, else what helps in general. */
function fixTexts({ fixes, edits, remedies }: FindingRow, phrases: PhraseText): readonly string[] {
  return (fixes.length > 0 ? fixes : [...edits, ...remedies]).map((text) => `Fix: ${phrases.text(text)}`);
}

function referenceText({ severity, handles, where, also }: FindingRow, phrases: PhraseText): string {
  const at = where.length === 0 ? "" : ` at ${phrases.text(where)}`;
  return `${severity} ${phrases.text(handles)}${at}${also === null ? "" : `; ${phrases.text(also)}`}`;
}

function reachText({ reach, moreReach }: Outline, { style, phrases, width }: Page): string {
  if (reach.length === 0) return "";
  const head = ["Reach, as declared", "Before", "After"].map((title) => style.strong(title));
  const rows = reach.map(({ who, before, after }) =>
    [who, before, after].map((phrase) => phrases.text(phrase)),
  );
  const more = moreReach.map((line) => wrapped(phrases.text(line), width));
  return [tableText([head, ...rows], [0.3, 0.34, 0.36], width), ...more].join("\n");
}

function factsText(summary: Outline, { style, phrases, width }: Page): string {
  const facts: readonly (readonly [string, readonly Phrase[]])[] = [
    ["Undecided", summary.undecided],
    ["Accepted", summary.accepted],
    ["Void", summary.voided],
    ["Proposed", summary.proposed],
    ["When", summary.when],
    ["Scope", summary.scope],
    ["Notes", summary.notes],
    ["Not read", summary.notRead],
    ["Mesh", summary.mesh],
    ["Coverage", summary.coverage],
    ["Assumed", summary.assumptions],
  ];
  return facts
    .filter(([, lines]) => lines.length > 0)
    .map(([label, lines]) => {
      const texts = lines.map((line) => phrases.text(line));
      return labelled(style.strong(label.padEnd(LABEL_COLUMNS)), texts, width);
    })
    .join("\n");
}

const LABEL_COLUMNS = "Undecided ".length;

function controlsText({ controls, limits }: Outline, { style, phrases, width }: Page): string {
  const rows = controls.map(({ control, effect, from }) =>
    [control, effect, from].map((phrase) => phrases.text(phrase)),
  );
  const legend = limits.map((line) => style.faint(wrapped(phrases.text(line), width)));
  return [style.strong(CONTROLS_TITLE), tableText(rows, [0.36, 0.17, 0.47], width), ...legend].join("\n");
}

function footer(
  review: Review,
  { contact }: Outline,
  reproduce: string | undefined,
  { style, phrases, width }: Page,
): string {
  const { base, head, evaluatedAt, digests } = review;
  const revisions = phrases.text([name(base), " → ", name(head), ", evaluated ", name(evaluatedAt)]);
  const digest = (label: string, value: string) => `${label} ${phrases.text([name(shortDigest(value))])}`;
  const identity = [
    digest("inputs", digests.inputs),
    digest("policy", digests.policy),
    digest("engine", digests.engine),
  ];
  return [
    ...phrases.legend(),
    ...(contact === null ? [] : [`Questions: ${phrases.text([name(contact)])}`]),
    ...(reproduce === undefined ? [] : [`Reproduce: ${phrases.text([command(reproduce)])}`]),
    style.faint(wrapped(`${revisions}; ${identity.join(", ")}`, width)),
  ].join("\n");
}

/** Enough of a digest to compare by eye; JSON has the whole. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 1 + 12);
}
