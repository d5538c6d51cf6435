import type { Location } from "../report.ts";
import { LIMITS } from "./limits.ts";

/**
 * A sentence before it is laid out: our own words as strings, and what came from the tree as marked pieces. A layout
 * decides what a name looks like and escapes it there; no data is ever joined into a string before.
 */
export type Phrase = readonly Piece[];

export type Piece =
  /** Our own words. Never data. */
  | string
  /** An identifier from the tree: a workload, a label, a path. */
  | { readonly kind: "name"; readonly text: string }
  /** A command to copy, whole. */
  | { readonly kind: "command"; readonly text: string }
  /** A sentence of a rule or a tool, with data in it; parts in backquotes are identifiers. */
  | { readonly kind: "prose"; readonly text: string }
  /** A line, or lines where a last one is given. */
  | { readonly kind: "place"; readonly location: Location; readonly last: number | null }
  | { readonly kind: "strong"; readonly phrase: Phrase };

export function name(text: string): Piece {
  return { kind: "name", text };
}

export function command(text: string): Piece {
  return { kind: "command", text };
}

export function prose(text: string): Piece {
  return { kind: "prose", text };
}

export function place(location: Location, last: number | null = null): Piece {
  return { kind: "place", location, last };
}

/** ":999", ":999–1000", or nothing where no line is known. */
export function linesText({ line }: Location, last: number | null): string {
  if (line === null) return "";
  return last === null || last === line ? `:${line}` : `:${line}–${last}`;
}

export function strong(...phrase: Phrase): Piece {
  return { kind: "strong", phrase };
}

/** The phrases one after the other with words between them. */
export function join(phrases: readonly Phrase[], between: string): Phrase {
  return phrases.flatMap((phrase, index) => (index === 0 ? phrase : [between, ...phrase]));
}

/** "a", "a and b", "a, b and c"; with a limit "a, b and 7 more". */
export function enumerate(phrases: readonly Phrase[], limit = phrases.length): Phrase {
  const shown = phrases.length > limit ? phrases.slice(0, limit) : phrases;
  const rest = phrases.length - shown.length;
  if (rest > 0) return [...join(shown, ", "), ` and ${count(rest)} more`];
  const last = shown.at(-1);
  if (shown.length < 2 || last === undefined) return shown.flat();
  return [...join(shown.slice(0, -1), ", "), " and ", ...last];
}

/** A sentence begins with a capital, unless it begins with data. */
export function sentence(phrase: Phrase): Phrase {
  const [first, ...rest] = phrase;
  if (typeof first !== "string") return phrase;
  return [first.slice(0, 1).toUpperCase() + first.slice(1), ...rest];
}

/** A title in the middle of a sentence; abbreviations stay as they are. */
export function uncapitalised(text: string): string {
  return /^[A-Z](?![A-Z])/.test(text) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text;
}

/** "5,040": grouped the same on every machine. */
export function count(amount: number): string {
  return String(amount).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** "1 workload", "57 workloads". */
export function plural(amount: number, singular: string, several = `${singular}s`): string {
  return `${count(amount)} ${amount === 1 ? singular : several}`;
}

/** The first lines, and how many more there are. */
export function capped(lines: readonly Phrase[], limit: number = LIMITS.lines): readonly Phrase[] {
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit), [`and ${count(lines.length - limit)} more, all in the JSON`]];
}
