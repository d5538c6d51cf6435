import Table from "cli-table3";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Text narrower or wider than this is hard to read, whatever the terminal says. */
export function readableWidth(columns: number): number {
  return Math.min(Math.max(columns, 60), 120);
}

/** Words longer than a line break: nothing is cut off. */
export function wrapped(text: string, width: number): string {
  const folded = text.replace(/\S+/g, (word) => (stringWidth(word) > width ? foldName(word, width) : word));
  return wrapAnsi(folded, width, { hard: true });
}

/** A mark with the text hanging beside it. */
export function hanging(mark: string, text: string, width: number): string {
  const indent = stringWidth(mark) + 1;
  const [first = "", ...rest] = wrapped(text, width - indent).split("\n");
  return [`${mark} ${first}`, ...rest.map((line) => " ".repeat(indent) + line)].join("\n");
}

/** A label in its column, each line beside it; several lines get a mark each. */
export function labelled(label: string, lines: readonly string[], width: number): string {
  const blank = " ".repeat(stringWidth(label));
  return lines
    .map((line, index) => {
      const start = index === 0 ? label : blank;
      return hanging(lines.length > 1 ? `${start} ·` : start, line, width);
    })
    .join("\n");
}

/** A table without lines, cells wrapped. */
export function tableText(
  rows: readonly (readonly string[])[],
  shares: readonly number[],
  width: number,
): string {
  const gap = 2;
  const room = width - gap * (shares.length - 1);
  const natural = shares.map((_, index) => Math.max(...rows.map((row) => stringWidth(row[index] ?? ""))));
  const columns = columnWidths(natural, shares, room);
  const table = new Table({
    colWidths: columns,
    chars: { ...NO_LINES, middle: " ".repeat(gap) },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => row.map((cell, index) => wrapped(cell, columns[index] ?? room))));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** No column is wider than what stands in it; what that leaves goes to those that need it, by their shares. */
function columnWidths(natural: readonly number[], shares: readonly number[], room: number): number[] {
  const widths = shares.map(() => 0);
  let open = [...shares.entries()];
  let left = room;
  while (open.length > 0) {
    const all = open.reduce((sum, [, share]) => sum + share, 0);
    const part = (share: number) => Math.floor((left * share) / all);
    const narrow = open.filter(([index, share]) => (natural[index] ?? 0) <= part(share));
    const settled = narrow.length > 0 ? narrow : open;
    for (const [index, share] of settled) {
      widths[index] = Math.max(narrow.length > 0 ? (natural[index] ?? 0) : part(share), 1);
    }
    open = open.filter((column) => !settled.includes(column));
    left = room - widths.reduce((sum, width) => sum + width, 0);
  }
  return widths;
}

/** A long name breaks after a slash or a hash, where a reader would break it; what is still too long, after a mark. */
function foldName(word: string, width: number): string {
  const lines = [""];
  const parts = word
    .split(/(?<=[/#])/)
    .flatMap((part) => (stringWidth(part) > width ? part.split(/(?<=[.-])/) : [part]));
  for (const part of parts) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && stringWidth(line + part) > width) lines.push(part);
    else lines[lines.length - 1] = line + part;
  }
  return lines.join("\n");
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
};
