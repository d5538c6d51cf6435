import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { markdownName, markdownProse, visible } from "../../src/report/escape.ts";
import { LIMITS } from "../../src/report/limits.ts";

/** Text as an attacker writes it: Markdown, HTML, what GitHub finds in text, and characters nobody sees. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."`|\\*_~<>&[]()#@!:-+=$.\"'{} \n\t\r",
        ..."\u202e\u2066\u200b\u200d\u00ad\ufeff\u0000\u001b\u0085\u2028\u3164\ud800",
        ..."aB7é漢😀",
      ),
      fc.constantFrom(
        "](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "<!--",
        "-->",
        "</code>",
        "@octocat",
        "owner/repo#1",
        "GH-12",
        "https://example.com",
        "www.example.com",
        "a@example.com",
        "```",
        "\\`",
        "\\|",
        ":tada:",
        "1. x",
        "&amp;",
        "&#124;",
        "~~x~~",
        "[^1]",
      ),
      fc.string({ unit: "grapheme", maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

const RUNS = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 3000) };

function parse(markdown: string) {
  return fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
}

/** A node of the syntax tree, as far as these tests look at it. */
interface Inline {
  readonly type: string;
  readonly value?: string;
}

const OUR_HTML = new Set(["<!-- -->", "<code>", "</code>"]);

/** What a reader sees of inline nodes; anything but text, code and our own elements is an escape. */
function shown(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      const { value = "" } = node;
      if (node.type === "text" || node.type === "inlineCode") return value;
      if (node.type === "html" && OUR_HTML.has(value)) return "";
      throw new Error(`data became ${node.type}: ${JSON.stringify(node)}`);
    })
    .join("");
}

function cellOf(inline: string): readonly Inline[] {
  const [table, ...rest] = parse(`| a | b |\n|---|---|\n| x | ${inline} |\n`).children;
  expect(rest).toEqual([]);
  if (table?.type !== "table") throw new Error(`no table: ${JSON.stringify(table)}`);
  expect(table.children.map((row) => row.children.length)).toEqual([2, 2]);
  return table.children[1]?.children[1]?.children ?? [];
}

function paragraphOf(inline: string): readonly Inline[] {
  const [paragraph, ...rest] = parse(inline).children;
  expect(rest).toEqual([]);
  if (paragraph === undefined) return [];
  if (paragraph.type !== "paragraph") throw new Error(`no paragraph: ${JSON.stringify(paragraph)}`);
  return paragraph.children;
}

/** Backquotes in pairs are marks, and are not shown. */
function expectedProse(data: string): string {
  const text = visible(data, LIMITS.proseCharacters);
  const parts = text.split("`");
  return parts.length % 2 === 0 ? text : parts.join("");
}

describe("text from a pull request", () => {
  test("as a sentence is text and code, in a table cell and in a paragraph, and is shown as it is", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const escaped = markdownProse(data);
        fc.pre(escaped.length <= 2 * LIMITS.proseCharacters);
        expect(shown(cellOf(escaped)).trim()).toBe(expectedProse(data).trim());
        expect(shown(paragraphOf(escaped)).trim()).toBe(expectedProse(data).trim());
      }),
      RUNS,
    );
  });

  test("as a name is code, in a table cell and in a paragraph, and is shown as it is", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const escaped = markdownName(data);
        fc.pre([...data].length <= 40);
        expect(shown(cellOf(escaped)).trim()).toBe(visible(data, LIMITS.nameCharacters).trim());
        expect(shown(paragraphOf(escaped)).trim()).toBe(visible(data, LIMITS.nameCharacters).trim());
      }),
      RUNS,
    );
  });

  test("mentions nobody, no issue and no commit message, and links nowhere", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        for (const node of paragraphOf(markdownProse(data))) {
          if (node.type !== "text") continue;
          expect(node.value).not.toMatch(/@[\p{L}\p{N}]|#\p{N}|\bGH-\p{N}|https?:\/\/|www\.\S|\$\S/iu);
          expect(node.value).not.toMatch(/:[\w+-]+:/);
        }
      }),
      RUNS,
    );
  });

  test("holds no character that is invisible, turns the direction or controls a terminal", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        expect(visible(data, 200)).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u);
      }),
      RUNS,
    );
  });

  test("never grows beyond four times its limit", () => {
    const long = fc.constantFrom("@", "|", "`", "😀", "\u202e", "a").map((unit) => unit.repeat(5000));
    fc.assert(
      fc.property(long, (data) => {
        expect(markdownProse(data).length).toBeLessThanOrEqual(4 * LIMITS.proseCharacters);
        expect(markdownName(data).length).toBeLessThanOrEqual(4 * LIMITS.nameCharacters);
      }),
    );
  });
});

test("what is not seen is shown by its number", () => {
  expect(visible("evil\u202egnp.exe\u001b[31m", 100)).toBe("evil⟨U+202E⟩gnp.exe⟨U+001B⟩[31m");
});

test("a cut is visible, and does not split a character", () => {
  expect(visible("😀😀😀", 2)).toBe("😀…");
});

test("plain names and sentences stay readable", () => {
  expect(markdownName("shop/Deployment/web")).toBe("`shop/Deployment/web`");
  expect(markdownProse("`web` reaches 10.0.0.0/8: TCP 443")).toBe("`web` reaches 10.0.0.0/8: TCP 443");
});
