import { citations, shortestSuffixes } from "../layout/citation.ts";
import { LIMITS } from "../layout/limits.ts";
import { type Block, essential, fact, list, paragraph, table } from "../layout/page.ts";
import type { Phrase } from "../layout/phrase.ts";
import { type Link, PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { CONTROLS_TITLE } from "../lines/controls-text.ts";
import type { FindingRow } from "../lines/finding-row.ts";
import { onlyObserved } from "../lines/standing.ts";
import type { Review } from "../report.ts";
import type { Outline } from "./outline.ts";

export function phrasesFor(review: Review, link: Link): PhraseMarkdown {
  return new PhraseMarkdown(link, shortestSuffixes(citations(review)));
}

export function texts(lines: readonly Phrase[], phrases: PhraseMarkdown): readonly string[] {
  return lines.map((line) => phrases.text(line));
}

/** What is found, and why it counts. */
export function opening(review: Review, told: Outline, phrases: PhraseMarkdown): readonly Block[] {
  return [
    essential(paragraph(heading(review, told))),
    essential(paragraph(`**${told.headline.map((phrase) => phrases.plain(phrase)).join(" ")}**`)),
    ...findingTables(told.findings, phrases).map(essential),
    paragraph(told.moreFindings === null ? "" : phrases.text(told.moreFindings)),
    essential(list("**Undecided**", texts(told.undecided, phrases))),
    why(told.findings, phrases),
    fact("When", texts(told.when, phrases)),
  ];
}

function heading(review: Review, { verdict, counts }: Outline): string {
  if (onlyObserved(review))
    return `### 👁 egress-review: observe, would ${review.observed === "block" ? "block" : "be undecided"}`;
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

export function mark({ severity, observed }: FindingRow): string {
  return `${MARKS[severity]}${observed ? "(observed) " : ""}`;
}

/** Openings are told by before and after, what was not read by what it could open, the rest by a sentence. */
function findingTables(rows: readonly FindingRow[], phrases: PhraseMarkdown): readonly Block[] {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return kinds.map((kind) =>
    tableOf(
      kind,
      rows.filter((row) => row.kind === kind),
      phrases,
    ),
  );
}

function tableOf(kind: FindingRow["kind"], own: readonly FindingRow[], phrases: PhraseMarkdown): Block {
  switch (kind) {
    case "opening":
      return table(
        ["Who", "Before", "After", "Line"],
        own.flatMap((row) => openingCells(row, phrases)),
      );
    case "unread":
      return table(
        ["Not read", "What it could open", "Line"],
        own.map((row) => unreadCells(row, phrases)),
      );
    case "saying":
      return table(
        ["Who", "What", "Line"],
        own.map((row) => sayingCells(row, phrases)),
      );
  }
}

function openingCells(row: FindingRow, phrases: PhraseMarkdown): readonly (readonly string[])[] {
  const also = row.also === null ? "" : ` (${phrases.text(row.also)})`;
  const after = `${mark(row)}${phrases.text(row.what)}`;
  const where = whereCell(row, phrases);
  return row.before.map(({ who, before }, index) => [
    phrases.text(row.before.length === 1 ? row.who : who),
    phrases.text(before),
    index === 0 ? `${after}${also}` : after,
    index === 0 ? where : "same",
  ]);
}

function sayingCells(row: FindingRow, phrases: PhraseMarkdown): readonly string[] {
  const also = row.also === null ? "" : ` (${phrases.text(row.also)})`;
  return [phrases.text(row.who), `${mark(row)}${phrases.text(row.what)}${also}`, whereCell(row, phrases)];
}

function unreadCells(row: FindingRow, phrases: PhraseMarkdown): readonly string[] {
  const [who, what] = [row.who, row.what].map((phrase) => phrases.text(phrase));
  return [`${mark(row)}${who}: ${what}`, phrases.text(row.detail ?? []), whereCell(row, phrases)];
}

function whereCell({ where, handles }: FindingRow, phrases: PhraseMarkdown): string {
  return [where, handles]
    .map((phrase) => phrases.text(phrase))
    .filter((part) => part !== "")
    .join(" ");
}

/** Only where something stops the change: a warning explains itself. What is said of two rows is said once. */
function why(rows: readonly FindingRow[], phrases: PhraseMarkdown): Block {
  const loud = rows.filter(({ severity }) => severity === "block" || severity === "undecided");
  const sentences = loud.map(({ kind, detail, why: reason }) =>
    [...(kind === "opening" && detail !== null ? [phrases.text(detail)] : []), phrases.text(reason)]
      .filter((text) => text !== "")
      .join(" "),
  );
  const distinct = [...new Set(sentences)].filter((text) => text !== "").slice(0, LIMITS.names);
  return fact("Why", distinct);
}

/** What was tried on this change, and what helps in general where nothing could be tried. */
export function fixes(rows: readonly FindingRow[], phrases: PhraseMarkdown): readonly Block[] {
  const tried = [
    ...new Set(rows.flatMap((row) => [...row.fixes, ...row.edits].map((fix) => phrases.text(fix)))),
  ];
  const untried = rows.filter((row) => row.fixes.length === 0);
  const unread = untried.filter(({ severity }) => severity === "undecided");
  const others = untried.filter(({ severity }) => severity !== "undecided");
  return [
    fact("Fix", tried.slice(0, LIMITS.remedies)),
    list("**For good**", adviceOf(unread, phrases)),
    list("**What helps** (in general, not tried on this change)", adviceOf(others, phrases)),
  ];
}

/** Equal remedies once, with the handles they belong to. */
function adviceOf(rows: readonly FindingRow[], phrases: PhraseMarkdown): readonly string[] {
  const handles = new Map<string, string[]>();
  for (const row of rows) {
    for (const text of row.remedies) {
      const remedy = phrases.text(text);
      handles.set(remedy, [...(handles.get(remedy) ?? []), phrases.text(row.handles)]);
    }
  }
  return [...handles]
    .slice(0, LIMITS.remedies)
    .map(([remedy, of]) => `${of.slice(0, LIMITS.places).join(", ")}: ${remedy}`);
}

export function reach({ otherReach }: Outline, phrases: PhraseMarkdown): readonly Block[] {
  const rows = otherReach.rows.map(({ who, before, after }) =>
    [who, before, after].map((phrase) => phrases.text(phrase)),
  );
  return [
    table(["Reach, as declared", "Before", "After"], rows),
    ...otherReach.more.map((line) => paragraph(phrases.text(line))),
  ];
}

export function scope(told: Outline, phrases: PhraseMarkdown): readonly Block[] {
  return [fact("Scope", texts(told.scope, phrases))];
}

export function controls({ controls: effects }: Outline, phrases: PhraseMarkdown): Block {
  const rows = effects.map(({ control, effect, from }) =>
    [control, effect, from].map((phrase) => phrases.text(phrase)),
  );
  return essential(table([CONTROLS_TITLE, "Effect", "From"], rows));
}
