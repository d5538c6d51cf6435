import type { Location } from "../report.ts";
import type { ShortNames } from "./citation.ts";
import { visible } from "./escape.ts";
import { LIMITS } from "./limits.ts";
import { linesText, type Phrase, type Piece } from "./phrase.ts";
import type { Style } from "./style.ts";

/** Lays phrases out for a terminal and remembers which short names of files it used. */
export class PhraseText {
  readonly #style: Style;
  readonly #short: ShortNames;
  readonly #used = new Set<string>();

  constructor(style: Style, short: ShortNames = new Map()) {
    this.#style = style;
    this.#short = short;
  }

  text(phrase: Phrase): string {
    return phrase.map((piece) => this.#piece(piece)).join("");
  }

  /** What the short names stand for, one line each. */
  legend(): readonly string[] {
    const used = [...this.#short].filter(([path]) => this.#used.has(path));
    return used.map(([path, short]) => `${short} = ${visible(path, LIMITS.nameCharacters)}`);
  }

  #piece(piece: Piece): string {
    if (typeof piece === "string") return piece;
    switch (piece.kind) {
      case "name":
        return this.#style.name(visible(piece.text, LIMITS.nameCharacters));
      case "command":
        return this.#style.name(visible(piece.text, LIMITS.commandCharacters));
      case "prose":
        return this.#prose(piece.text);
      case "place":
        return this.#place(piece.location, piece.last);
      case "strong":
        return this.#style.strong(this.text(piece.phrase));
    }
  }

  /** Backquotes in pairs mark names, as in Markdown. */
  #prose(data: string): string {
    const parts = visible(data, LIMITS.proseCharacters).split("`");
    if (parts.length % 2 === 0) return parts.join("`");
    return parts.map((part, index) => (index % 2 === 0 ? part : this.#style.name(part))).join("");
  }

  #place(location: Location, last: number | null): string {
    const { side, path } = location;
    this.#used.add(path);
    const file = this.#short.get(path) ?? visible(path, LIMITS.nameCharacters);
    return `${side === "base" ? "base " : ""}${file}${linesText(location, last)}`;
  }
}
