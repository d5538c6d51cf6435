import type { Location } from "../report.ts";
import type { ShortNames } from "./citation.ts";
import { markdownName, markdownProse, markdownUrl } from "./escape.ts";
import { LIMITS } from "./limits.ts";
import { linesText, type Phrase, type Piece } from "./phrase.ts";

/** Where a cited line can be read; null = nowhere, it is only named. */
export type Link = (location: Location) => string | null;

/** Lays phrases out as inline Markdown of one paragraph, list item or table cell. */
export class PhraseMarkdown {
  readonly #link: Link;
  readonly #files: ShortNames;

  constructor(link: Link, files: ShortNames) {
    this.#link = link;
    this.#files = files;
  }

  text(phrase: Phrase): string {
    return phrase.map((piece) => this.#piece(piece)).join("");
  }

  /** Inside emphasis, without further emphasis. */
  plain(phrase: Phrase): string {
    return phrase
      .map((piece) =>
        typeof piece !== "string" && piece.kind === "strong" ? this.plain(piece.phrase) : this.#piece(piece),
      )
      .join("");
  }

  #piece(piece: Piece): string {
    if (typeof piece === "string") return piece;
    switch (piece.kind) {
      case "name":
        return markdownName(piece.text);
      case "command":
        return markdownName(piece.text, LIMITS.commandCharacters);
      case "prose":
        return markdownProse(piece.text);
      case "place":
        return this.#place(piece.location, piece.last);
      case "strong":
        return `**${this.plain(piece.phrase)}**`;
    }
  }

  #place(location: Location, last: number | null): string {
    const { side, path } = location;
    const label = `${side === "base" ? "base " : ""}${this.#files.get(path) ?? path}${linesText(location, last)}`;
    const url = this.#link(location);
    return url === null ? markdownName(label) : `[${markdownProse(label)}](${markdownUrl(url)})`;
  }
}

/** Above this a link is longer than the row it stands in. */
const MAXIMUM_LINK_CHARACTERS = 500;

/** Relative to the repository, as a file in it would link; the base side is not there any more. */
export function relativeLink({ side, path, line }: Location): string | null {
  if (side === "base") return null;
  const url = path.split("/").map(encodeSegment).join("/") + (line === null ? "" : `#L${line}`);
  return url.length > MAXIMUM_LINK_CHARACTERS ? null : url;
}

/** encodeURIComponent leaves parentheses and quotes alone, and throws at half of a surrogate pair. */
function encodeSegment(segment: string): string {
  const whole = segment.replace(/\p{Cs}/gu, "\u{fffd}");
  return encodeURIComponent(whole).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
}
