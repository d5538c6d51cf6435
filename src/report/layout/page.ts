/**
 * A part of a page in Markdown. It is shortened between rows alone, so that tables, fences and folded parts stay closed
 * whatever was cut.
 */
export interface Block {
  readonly head: string;
  readonly rows: readonly string[];
  readonly tail: string;
  /** Room is kept for these before others take it. */
  readonly essential: boolean;
}

export function paragraph(text: string): Block {
  return { head: text, rows: [], tail: "", essential: false };
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): Block {
  if (rows.length === 0) return paragraph("");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return {
    head: [line(head), `|${head.map(() => "---|").join("")}`].join("\n"),
    rows: rows.map(line),
    tail: "",
    essential: false,
  };
}

export function list(head: string, items: readonly string[]): Block {
  if (items.length === 0) return paragraph("");
  return { head, rows: items.map((item) => `- ${item}`), tail: "", essential: false };
}

/** "**When:** …", or a list where there is more than one line. */
export function fact(label: string, lines: readonly string[]): Block {
  return lines.length === 1 ? paragraph(`**${label}:** ${lines.join("")}`) : list(`**${label}**`, lines);
}

export function folded(summary: string, items: readonly string[]): Block {
  if (items.length === 0) return paragraph("");
  return {
    head: `<details><summary>${summary}</summary>\n`,
    rows: items.map((item) => `- ${item}`),
    tail: "\n</details>",
    essential: false,
  };
}

/** A fence of lines that were made harmless before, longer than any run of backquotes in them. */
export function fence(language: string, lines: readonly string[]): Block {
  const longest = Math.max(0, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map((run) => run.length)));
  const marks = "`".repeat(Math.max(3, longest + 1));
  return { head: `${marks}${language}`, rows: lines, tail: marks, essential: false };
}

export function essential(block: Block): Block {
  return { ...block, essential: true };
}

/** The same block, folded under a line. */
export function under(summary: string, { head, rows, tail, essential }: Block): Block {
  return {
    head: `<details><summary>${summary}</summary>\n\n${head}`,
    rows,
    tail: `${tail === "" ? "" : `${tail}\n`}\n</details>`,
    essential,
  };
}

/** The page, ended by a line feed; cut between rows where it is longer than `limit`, and `notice` then says so at its end. */
export function page(blocks: readonly Block[], limit: number, notice: string): string {
  const printed = blocks.filter(({ head, rows }) => head !== "" || rows.length > 0);
  const whole = joined(printed.map(blockText));
  return whole.length <= limit ? whole : cutPage(printed, limit, notice);
}

function cutPage(blocks: readonly Block[], limit: number, notice: string): string {
  const kept: string[] = [];
  let room = limit - joined([notice]).length;
  let reserved = sum(blocks.filter((block) => block.essential).map(smallestLength));
  for (const block of blocks) {
    if (block.essential) reserved -= smallestLength(block);
    const text = fitting(block, room - reserved - SEPARATOR.length);
    if (text === null) continue;
    kept.push(text);
    room -= text.length + SEPARATOR.length;
  }
  return joined([...kept, notice]);
}

const SEPARATOR = "\n\n";

function joined(texts: readonly string[]): string {
  return `${texts.join(SEPARATOR)}\n`;
}

function blockText({ head, rows, tail }: Block): string {
  return [head, ...rows, tail]
    .filter((part, index) => part !== "" || (index > 0 && index <= rows.length))
    .join("\n");
}

/** As many rows as there is room for; null where not even one is. */
function fitting(block: Block, room: number): string | null {
  const whole = blockText(block);
  if (whole.length <= room) return whole;
  if (block.rows.length === 0) return null;
  let left = room - blockText({ ...block, rows: [] }).length;
  const rows = block.rows.filter((row) => {
    left -= row.length + 1;
    return left >= 0;
  });
  return rows.length === 0 ? null : blockText({ ...block, rows });
}

function smallestLength(block: Block): number {
  return blockText({ ...block, rows: block.rows.slice(0, 1) }).length + SEPARATOR.length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
