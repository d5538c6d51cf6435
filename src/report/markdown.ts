import { citations, shortestSuffixes } from "./citation.ts";
import { CONTROLS_TITLE } from "./controls-text.ts";
import type { FindingRow } from "./finding-row.ts";
import { LIMITS } from "./limits.ts";
import { type Outline, outline } from "./outline.ts";
import { command, name, type Phrase } from "./phrase.ts";
import { type Link, PhraseMarkdown, relativeLink } from "./phrase-markdown.ts";
import type { Review } from "./report.ts";
import { shortDigest } from "./text.ts";

export interface MarkdownOptions {
  /** By default a path relative to the repository, for the head side. */
  readonly link?: Link;
  /** The command that repeats this review. */
  readonly reproduce?: string;
}

/** A review as a pull request comment, never longer than one may be. Ends with a line feed. */
export function markdown(review: Review, { link = relativeLink, reproduce }: MarkdownOptions = {}): string {
  const summary = outline(review);
  const phrases = new PhraseMarkdown(link, shortestSuffixes(citations(review)));
  const full = comment(review, summary, phrases, reproduce);
  if (full.length <= LIMITS.commentCharacters) return full;
  for (const rows of [LIMITS.findingRows, 4, 1]) {
    const short = comment(review, withoutLists(summary, rows), phrases, reproduce);
    if (short.length <= LIMITS.commentCharacters || rows === 1) return short;
  }
  return full;
}

/** What is left where names and sentences are so long that a comment cannot hold them: verdict, findings, controls. */
function withoutLists(summary: Outline, rows: number): Outline {
  const left = summary.findings.slice(rows).length;
  return {
    ...summary,
    findings: summary.findings.slice(0, rows),
    moreFindings: [
      `More was found than a comment can hold${left > 0 ? `, ${left} findings too` : ""}: it is in the JSON.`,
    ],
    undecided: summary.undecided.slice(0, rows),
    reach: [],
    moreReach: [],
    when: [],
    scope: [],
    notes: [],
    notRead: [],
    coverage: [],
    assumptions: [],
  };
}

function comment(
  review: Review,
  summary: Outline,
  phrases: PhraseMarkdown,
  reproduce: string | undefined,
): string {
  const blocks = [
    title(summary),
    `**${summary.headline.map((phrase) => phrases.plain(phrase)).join(" ")}**`,
    ...findingsTables(summary.findings, phrases),
    summary.moreFindings === null ? "" : phrases.text(summary.moreFindings),
    list("**Undecided**", summary.undecided, phrases),
    fact("When", summary.when, phrases),
    why(summary.findings, phrases),
    fixes(summary.findings, phrases),
    reachTable(summary, phrases),
    fact("Scope", summary.scope, phrases),
    folded(`Notes (${summary.counts.note})`, summary.notes, phrases),
    folded("Not read, not deciding", summary.notRead, phrases),
    folded("Assumptions and coverage", [...summary.assumptions, ...summary.coverage], phrases),
    controlsTable(summary, phrases),
    footer(review, summary, phrases, reproduce),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function title({ verdict, counts }: Outline): string {
  switch (verdict) {
    case "block":
      return "### ⛔ egress-review: blocked";
    case "undecided":
      return "### ⏸ egress-review: undecided";
    case "pass":
      return `### ✅ egress-review: pass${counts.warn > 0 ? ", with warnings" : ""}`;
  }
}

const MARKS = { block: "⛔ ", undecided: "⏸ ", warn: "⚠ ", note: "" } as const;

/** What was not read is a table of its own; the one with the strongest row stands first. */
function findingsTables(rows: readonly FindingRow[], phrases: PhraseMarkdown): readonly string[] {
  const unread = rows.filter(({ kind }) => kind === "unread").map((row) => unreadCells(row, phrases));
  const found = rows.filter(({ kind }) => kind !== "unread").map((row) => foundCells(row, phrases));
  const tables = [
    found.length === 0 ? "" : table(["Who", "What", "Line"], found),
    unread.length === 0 ? "" : table(["Not read", "What it could open", "Line"], unread),
  ];
  return rows[0]?.kind === "unread" ? tables.toReversed() : tables;
}

function foundCells(row: FindingRow, phrases: PhraseMarkdown): readonly string[] {
  const what = phrases.text(row.what);
  const sentence = row.detail === null ? what : `could reach ${what}. ${phrases.text(row.detail)}`;
  const also = row.also === null ? "" : ` (${phrases.text(row.also)})`;
  return [phrases.text(row.who), `${MARKS[row.severity]}${sentence}${also}`, whereCell(row, phrases)];
}

function unreadCells(row: FindingRow, phrases: PhraseMarkdown): readonly string[] {
  const [who, what] = [row.who, row.what].map((phrase) => phrases.text(phrase));
  return [`${MARKS[row.severity]}${who}: ${what}`, phrases.text(row.detail ?? []), whereCell(row, phrases)];
}

function whereCell({ where, handles }: FindingRow, phrases: PhraseMarkdown): string {
  return [where, handles]
    .map((phrase) => phrases.text(phrase))
    .filter((part) => part !== "")
    .join(" ");
}

/** Only where something stops the change: a warning explains itself. */
function why(rows: readonly FindingRow[], phrases: PhraseMarkdown): string {
  const loud = rows.filter(({ severity }) => severity === "block" || severity === "undecided");
  const sentences = [...new Set(loud.map((row) => phrases.text(row.why)))].filter((text) => text !== "");
  return sentences.length === 0 ? "" : `**Why it matters:** ${sentences.slice(0, LIMITS.names).join(" ")}`;
}

/** Equal remedies once, with the handles they belong to. */
function fixes(rows: readonly FindingRow[], phrases: PhraseMarkdown): string {
  const handles = new Map<string, string[]>();
  for (const row of rows) {
    for (const text of row.remedies) {
      const remedy = phrases.text(text);
      handles.set(remedy, [...(handles.get(remedy) ?? []), phrases.text(row.handles)]);
    }
  }
  const items = [...handles].slice(0, LIMITS.remedies);
  const lines = items.map(([remedy, of]) => `- ${of.slice(0, LIMITS.places).join(", ")}: ${remedy}`);
  return lines.length === 0 ? "" : ["**Fix**", ...lines].join("\n");
}

function reachTable({ reach, moreReach }: Outline, phrases: PhraseMarkdown): string {
  if (reach.length === 0) return "";
  const rows = reach.map(({ who, before, after }) =>
    [who, before, after].map((phrase) => phrases.text(phrase)),
  );
  return [
    table(["Reach, as declared", "Before", "After"], rows),
    ...moreReach.map((line) => phrases.text(line)),
  ].join("\n\n");
}

function controlsTable({ controls, limits }: Outline, phrases: PhraseMarkdown): string {
  if (controls.length === 0) return "";
  const rows = controls.map(({ control, effect, from }) =>
    [control, effect, from].map((phrase) => phrases.text(phrase)),
  );
  const legend =
    limits.length === 0 ? "" : `\n\n<sub>${limits.map((line) => phrases.text(line)).join(" ")}</sub>`;
  return table([CONTROLS_TITLE, "Effect", "From"], rows) + legend;
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
    ...(reproduce === undefined ? [] : [`on your machine: ${phrases.text([command(reproduce)])}`]),
    data("inputs", shortDigest(digests.inputs)),
    data("policy", shortDigest(digests.policy)),
    data("engine", shortDigest(digests.engine)),
    data("evaluated", evaluatedAt),
  ];
  return `<sub>${parts.join(" · ")}</sub>`;
}

function fact(label: string, lines: readonly Phrase[], phrases: PhraseMarkdown): string {
  const [first] = lines;
  if (first === undefined) return "";
  return lines.length === 1 ? `**${label}:** ${phrases.text(first)}` : list(`**${label}**`, lines, phrases);
}

function list(head: string, lines: readonly Phrase[], phrases: PhraseMarkdown): string {
  return lines.length === 0 ? "" : [head, ...items(lines, phrases)].join("\n");
}

function folded(head: string, lines: readonly Phrase[], phrases: PhraseMarkdown): string {
  if (lines.length === 0) return "";
  return [`<details><summary>${head}</summary>`, "", ...items(lines, phrases), "", "</details>"].join("\n");
}

function items(lines: readonly Phrase[], phrases: PhraseMarkdown): readonly string[] {
  return lines.map((line) => `- ${phrases.text(line)}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
