import Table from "cli-table3";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

type Root = ReturnType<typeof fromMarkdown>;
type RootContent = Root["children"][number];
type TableNode = Extract<RootContent, { readonly type: "table" }>;
type PhrasingContent = Extract<RootContent, { readonly type: "paragraph" }>["children"][number];

/**
 * Markdown as a person reads it in a browser, as lines of text no wider than `width`: tables are tables, links are their
 * text, what is folded is folded, what is hidden is gone.
 */
export function markdownText(markdown: string, width: number): readonly string[] {
  const root: Root = fromMarkdown(markdown, {
    extensions: [gfm()],
    mdastExtensions: [gfmFromMarkdown()],
  });
  return blocksText(root.children, width);
}

function blocksText(nodes: readonly RootContent[], width: number): readonly string[] {
  const lines: string[] = [];
  let folded = 0;
  for (const node of nodes) {
    const wasFolded = folded > 0;
    if (node.type === "html") folded += count(node.value, /<details\b/g) - count(node.value, /<\/details>/g);
    if (wasFolded) continue;
    const block = blockText(node, width);
    if (block.length > 0) lines.push(...(lines.length === 0 ? [] : [""]), ...block);
  }
  return lines;
}

function blockText(node: RootContent, width: number): readonly string[] {
  switch (node.type) {
    case "heading": {
      const text = inlineText(node.children);
      return [...wrapped(text, width), "═".repeat(Math.min(width, stringWidth(text)))];
    }
    case "paragraph":
      return wrapped(inlineText(node.children), width);
    case "list":
      return node.children.flatMap((item, index) => {
        const mark = node.ordered === true ? `${(node.start ?? 1) + index}.` : "•";
        const [first = "", ...rest] = blocksText(item.children, width - mark.length - 1);
        return [`${mark} ${first}`, ...rest.map((line) => `${" ".repeat(mark.length + 1)}${line}`.trimEnd())];
      });
    case "blockquote":
      return blocksText(node.children, width - 2).map((line) => `┃ ${line}`.trimEnd());
    case "code":
      return node.lang === "suggestion"
        ? suggestionText(node.value)
        : node.value.split("\n").map((line) => `    ${line}`);
    case "table":
      return tableText(node, width);
    case "thematicBreak":
      return ["─".repeat(width)];
    case "html":
      return htmlText(node.value, width);
    default:
      return [];
  }
}

/** GitHub shows it as a change of the lines that the comment stands at. */
function suggestionText(value: string): readonly string[] {
  const lines =
    value === "" ? ["    (without these lines)"] : value.split("\n").map((line) => `    + ${line}`);
  return ["Suggested change", ...lines, "    [Commit suggestion]"];
}

function htmlText(html: string, width: number): readonly string[] {
  const summary = /<summary>([\s\S]*?)<\/summary>/.exec(html)?.[1];
  if (summary !== undefined) return wrapped(`▸ ${plainHtml(summary)}`, width);
  const text = plainHtml(html);
  return text === "" ? [] : wrapped(text, width);
}

function plainHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<\/?code>/g, "`")
    .replace(/<br\s*\/?>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(lt|gt|amp|quot|#39|#x27);/g, (entity) => ENTITIES[entity] ?? entity)
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
};

function inlineText(nodes: readonly PhrasingContent[]): string {
  return nodes.map(phraseText).join("");
}

function phraseText(node: PhrasingContent): string {
  switch (node.type) {
    case "text":
      // In comments GitHub keeps line breaks, other than in files (docs.github.com, "Basic writing and formatting syntax").
      return node.value;
    case "inlineCode":
      return `\`${node.value}\``;
    case "break":
      return "\n";
    case "html":
      return node.value.replace(/<!--[\s\S]*?-->|<(?!br)[^>]*>/g, "").replace(/<br\s*\/?>/g, "\n");
    case "image":
      return node.alt ?? "";
    default:
      return "children" in node ? node.children.map(phraseText).join("") : "";
  }
}

function tableText({ children }: TableNode, width: number): readonly string[] {
  const rows = children.map((row) => row.children.map((cell) => inlineText(cell.children)));
  const columns = columnWidths(rows, width);
  // One for the line at the left of each column, and one at the right of all; the padding stands in the widths.
  const table = new Table({
    colWidths: columns.map((column) => column + 2),
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => row.map((cell, index) => wrapped(cell, columns[index] ?? 1).join("\n"))));
  return table.toString().split("\n");
}

/** What does not fit shares the room: no column gets more than stands in it. */
function columnWidths(rows: readonly (readonly string[])[], width: number): readonly number[] {
  const count = Math.max(...rows.map((row) => row.length));
  const wanted = Array.from({ length: count }, (_, index) =>
    Math.max(1, ...rows.flatMap((row) => (row[index] ?? "").split("\n").map((line) => stringWidth(line)))),
  );
  let room = Math.max(count, width - 3 * count - 1);
  const widths = new Map<number, number>();
  const order = [...wanted.keys()].toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  for (const [settled, index] of order.entries()) {
    const share = Math.max(1, Math.min(wanted[index] ?? 1, Math.floor(room / (count - settled))));
    widths.set(index, share);
    room -= share;
  }
  return wanted.map((_, index) => widths.get(index) ?? 1);
}

/** Words that are longer than a line go on in the next, after a slash, a hash or a colon where they have one. */
function wrapped(text: string, width: number): readonly string[] {
  const folded = text.replace(/\S+/g, (word) => (stringWidth(word) > width ? foldWord(word, width) : word));
  return wrapAnsi(folded, width, { hard: true })
    .split("\n")
    .map((line) => line.trimEnd());
}

function foldWord(word: string, width: number): string {
  const lines = [""];
  for (const part of word.split(/(?<=[/#:])/)) {
    const line = lines.at(-1) ?? "";
    if (line === "" || stringWidth(line + part) <= width) lines[lines.length - 1] = line + part;
    else lines.push(part);
  }
  return lines.join("\n");
}

function count(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}
