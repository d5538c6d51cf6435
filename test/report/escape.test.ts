import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import {
  fencedLines,
  htmlName,
  markdownName,
  markdownProse,
  markdownUrl,
  visible,
} from "../../src/report/layout/escape.ts";
import { LIMITS } from "../../src/report/layout/limits.ts";
import { fence, page } from "../../src/report/layout/page.ts";

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
        "&#64;octocat",
        "&commat;octocat",
        "acme/platform@d71b774",
        "d71b774abc0d71b774abc0d71b774abc0d71b774",
        "d71b774",
        "ftp://example.com",
        "mailto:a@example.com",
        "xmpp:a@example.com/x",
        "# heading",
        "---",
        "===",
        "> quote",
        "- [x] done",
        "+ item",
        "<https://example.com>",
        "[a]: https://example.com",
        "</summary></details>",
        "```suggestion",
        "$`x`$",
      ),
      fc.string({ unit: "grapheme", maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(""));

/** `npm run fuzz:escape` asks a million times. */
const RUNS = { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 5000) };

/** Where less can go wrong. */
const FEWER_RUNS = { numRuns: Math.ceil(RUNS.numRuns / 5) };

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

/** The same text in each place that a page has for it. */
interface Places {
  readonly cell: readonly Inline[];
  readonly paragraph: readonly Inline[];
  readonly item: readonly Inline[];
}

function placesOf(inline: string): Places {
  const document = parse(`${inline}\n\n| a | b |\n|---|---|\n| x | ${inline} |\n\n- ${inline}\n`);
  const empty = inline.trim() === "";
  const [paragraph, table, list, ...rest] = empty ? [null, ...document.children] : document.children;
  expect(rest).toEqual([]);
  if (paragraph !== null && paragraph?.type !== "paragraph")
    throw new Error(`no paragraph: ${JSON.stringify(paragraph)}`);
  if (table?.type !== "table") throw new Error(`no table: ${JSON.stringify(table)}`);
  if (list?.type !== "list") throw new Error(`no list: ${JSON.stringify(list)}`);
  expect(table.children.map((row) => row.children.length)).toEqual([2, 2]);
  const [item, ...items] = list.children;
  expect([items, item?.checked ?? null]).toEqual([[], null]);
  const [said, ...more] = item?.children ?? [];
  expect(more).toEqual([]);
  if (said !== undefined && said.type !== "paragraph") throw new Error(`no item: ${JSON.stringify(said)}`);
  return {
    cell: table.children[1]?.children[1]?.children ?? [],
    paragraph: paragraph?.children ?? [],
    item: said?.children ?? [],
  };
}

function expectShown(escaped: string, expected: string): Places {
  const places = placesOf(escaped);
  for (const nodes of [places.cell, places.paragraph, places.item])
    expect(shown(nodes).trim()).toBe(expected.trim());
  return places;
}

/** What GitHub finds in text after Markdown was parsed. */
const FOUND = /@[\p{L}\p{N}]|#\p{N}|\bGH-\p{N}|\w:\/\/|www\.\S|\$\S|:[\w+-]+:|(?<!\w)[0-9a-f]{7,40}(?!\w)/iu;

/** Backquotes in pairs are marks, and are not shown. */
function expectedProse(data: string): string {
  const text = visible(data, LIMITS.proseCharacters);
  const parts = text.split("`");
  return parts.length % 2 === 0 ? text : parts.join("");
}

describe("text from a pull request", () => {
  test("as a sentence is text and code, is shown as it is, and mentions and links nothing", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const escaped = markdownProse(data);
        fc.pre(escaped.length <= 2 * LIMITS.proseCharacters);
        const { paragraph } = expectShown(escaped, expectedProse(data));
        for (const { type, value } of paragraph) if (type === "text") expect(value).not.toMatch(FOUND);
        // GitHub makes boxes of lists, too, after Markdown was parsed.
        expect(paragraph[0]?.value ?? "").not.toMatch(/^\[[ x]\]/i);
      }),
      RUNS,
    );
  });

  test("as a name is code, and is shown as it is", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        fc.pre([...data].length <= 40);
        expectShown(markdownName(data), visible(data, LIMITS.nameCharacters));
      }),
      RUNS,
    );
  });

  test("as a name in the line of an element is code there and ends nothing", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const [, inner = "<"] = /^<code>(.*)<\/code>$/s.exec(htmlName(data)) ?? [];
        expect(inner).not.toMatch(/[<>@`"'\n]/);
        const decoded = inner.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
        fc.pre([...data].length <= 24);
        expect(decoded).toBe(visible(data, LIMITS.nameCharacters));
      }),
      FEWER_RUNS,
    );
  });

  test("as lines of a fence is one block of code that holds them", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const lines = fencedLines(data, 200);
        const { children } = parse(page([fence("diff", lines)], Number.POSITIVE_INFINITY, ""));
        expect(children).toMatchObject([{ type: "code", lang: "diff", value: lines.join("\n") }]);
      }),
      FEWER_RUNS,
    );
  });

  test("as an address stays inside its link", () => {
    fc.assert(
      fc.property(hostile, (data) => {
        const url = markdownUrl(`https://example.com/${data}`);
        const { cell } = placesOf(`[x](${url})`);
        expect(cell).toMatchObject([{ type: "link", children: [{ type: "text", value: "x" }] }]);
        expect(url).not.toMatch(/[\s()<>|\\`"']/);
      }),
      FEWER_RUNS,
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

test("text around an empty pair of backquotes is escaped as one", () => {
  expect(markdownProse("https:````//example.com and :ta````da:")).toBe(
    "https:<!-- -->//example.com and :<!-- -->tada:",
  );
});

test("two pieces of code with nothing between them stay two", () => {
  expect(markdownProse("`a``b`")).toBe("`a`<!-- -->`b`");
  expect(markdownProse("`a` `b`")).toBe("`a` `b`");
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
