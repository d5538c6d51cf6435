import { LIMITS } from "./limits.ts";

/**
 * Text that a pull request controls, made harmless for a reader: one line, no control characters, nothing invisible or
 * of the other writing direction (it is shown as its code point instead), cut at a length. What a terminal prints and
 * what Markdown escapes both start here.
 */
export function visible(data: string, maximum: number): string {
  const line = data.replace(/\s+/gu, " ").trim().replace(UNSEEN, codePoint);
  const points = [...line];
  return points.length <= maximum ? line : `${points.slice(0, maximum - 1).join("")}…`;
}

/** Controls, formats (bidirectional, zero width), surrogates, private use, unassigned, and letters without a shape. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}]/gu;

function codePoint(character: string): string {
  return `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/**
 * A sentence with data in it as inline Markdown of one paragraph or table cell. Parts in backquotes become code; without
 * a partner a backquote is only a character. Whatever the data, each part is code or plain text and nothing else.
 */
export function markdownProse(data: string): string {
  return fitting(LIMITS.proseCharacters, (maximum) => {
    const parts = visible(data, maximum).split("`");
    if (parts.length % 2 === 0) return markdownText(parts.join("`"));
    return spans(parts)
      .map(({ code, text }) => (code ? markdownCode(text) : text === "" ? NOTHING : markdownText(text)))
      .join("");
  });
}

/** Keeps two spans of code apart, whose backquotes would be read as one. */
const NOTHING = "<!-- -->";

interface Span {
  readonly code: boolean;
  readonly text: string;
}

/** Text and code in turn; code without a letter is text, and text on both sides of it is one: "https:````//" too. */
function spans(parts: readonly string[]): readonly Span[] {
  const joined: Span[] = [];
  for (const [index, text] of parts.entries()) {
    const code = index % 2 === 1 && text.trim() !== "";
    const last = joined.at(-1);
    if (last === undefined || code || last.code) joined.push({ code, text });
    else joined[joined.length - 1] = { code, text: last.text + text };
  }
  return joined.filter(({ text }, index) => text !== "" || (index > 0 && index < joined.length - 1));
}

/** An identifier as inline code. */
export function markdownName(data: string, maximum: number = LIMITS.nameCharacters): string {
  return fitting(maximum, (maximum) => markdownCode(visible(data, maximum)));
}

/** An identifier inside an element that stands on a line of its own, where nothing is Markdown any more. */
export function htmlName(data: string): string {
  return fitting(LIMITS.nameCharacters, (maximum) => {
    const text = visible(data, maximum).replace(
      /[&<>"'`@#]/g,
      (character) => `&#${character.charCodeAt(0)};`,
    );
    return `<code>${text}</code>`;
  });
}

/** Escaping may make a text ten times as long; what is longer than four times its limit is cut earlier. */
function fitting(maximum: number, escaped: (maximum: number) => string): string {
  const result = escaped(maximum);
  return result.length <= 4 * maximum || maximum < 2 ? result : fitting(Math.floor(maximum / 2), escaped);
}

/** An address in parentheses of a link: nothing in it ends them, a table cell or the page. */
export function markdownUrl(url: string): string {
  return url
    .replace(/\p{Cs}/gu, "\u{fffd}")
    .replace(/[\s()<>|\\`"'[\]\p{C}]/gu, (character) =>
      [...new TextEncoder().encode(character)].map((byte) => `%${hex(byte)}`).join(""),
    );
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

/**
 * Text of several lines for a fence, line by line. Nothing in a fence is Markdown; what is not seen is shown by its number
 * all the same, and a tab is as wide as it looks.
 */
export function fencedLines(text: string, maximum: number): readonly string[] {
  const lines = text.replace(/\n$/, "").split(/\r?\n/);
  return lines.map((line) => {
    const points = [...line.replaceAll("\t", "    ").replace(UNSEEN, codePoint)];
    return points.length <= maximum ? points.join("") : `${points.slice(0, maximum - 1).join("")}…`;
  });
}

/**
 * Backquotes cannot hold a backquote of any length, and inside a table no pipe (github.github.com/gfm, section 4.10), so
 * names with such characters are written as an element.
 */
function markdownCode(text: string): string {
  if (text.trim() === "") return markdownText(text);
  const simple = text.trim() === text && !/[`|\\]/.test(text);
  return simple ? `\`${text}\`` : `<code>${markdownText(text)}</code>`;
}

/**
 * Plain text. An empty comment after a character keeps GitHub from reading a mention, an issue, a commit, an address or
 * an emoji into the text around it: those are found after Markdown was parsed, where a backslash no longer shows.
 */
function markdownText(text: string): string {
  return text
    .replace(/[\\`*_[\]~]/g, "\\$&")
    .replace(/[&<>|]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[@#$]|:(?=\/\/|[\w\\+-]+:)|w(?=ww\.)|GH-/gi, "$&<!-- -->")
    .replace(COMMIT, (hash) => hash.replace(/.{6}(?=.)/g, "$&<!-- -->"))
    .replace(/^([-+=]|\\\[|\d+(?=[.)]))/, "$1<!-- -->");
}

/** What GitHub may take for the hash of a commit: seven digits or more, forty at most. */
const COMMIT = /(?<!\w)[0-9a-f]{7,40}(?!\w)/gi;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&vert;" };
