import { diffArrays, structuredPatch } from "diff";

export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  /** Each begins with " ", "+", "-" or "\". */
  readonly lines: readonly string[];
}

/** Hunks with three lines of context, as GitHub shows them. */
export function hunksOf(before: string, after: string): readonly Hunk[] {
  return structuredPatch("before", "after", before, after, "", "", { context: 3 }).hunks;
}

/** The `patch` of a changed file: hunks without file headers and without a newline at the end. */
export function patchText(hunks: readonly Hunk[]): string {
  return hunks.flatMap((hunk) => [headerOf(hunk), ...hunk.lines]).join("\n");
}

export function headerOf({ oldStart, oldLines, newStart, newLines }: Hunk): string {
  const range = (start: number, count: number) => (count === 1 ? `${start}` : `${start},${count}`);
  return `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`;
}

/** Index of the hunk that shows a line, or -1: only these lines take comments. */
export function hunkAt(hunks: readonly Hunk[], side: "LEFT" | "RIGHT", line: number): number {
  return hunks.findIndex((hunk) => {
    const [start, count] = side === "LEFT" ? [hunk.oldStart, hunk.oldLines] : [hunk.newStart, hunk.newLines];
    return line >= start && line < start + count;
  });
}

/** Where a line of `before` stands in `after`; null = it is gone or changed. */
export function movedLine(before: string, after: string, line: number): number | null {
  let old = 0;
  let now = 0;
  for (const { added, removed, value } of diffArrays(before.split("\n"), after.split("\n"))) {
    const count = value.length;
    if (added) now += count;
    else if (removed) {
      if (line > old && line <= old + count) return null;
      old += count;
    } else {
      if (line > old && line <= old + count) return now + (line - old);
      old += count;
      now += count;
    }
  }
  return null;
}

interface Edit {
  /** Lines of the base from `start` up to, and without, `end` become `lines`. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

function editsOf(base: readonly string[], side: readonly string[]): readonly Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  let open: { start: number; end: number; lines: string[] } | null = null;
  for (const { added, removed, value } of diffArrays([...base], [...side])) {
    if (!added && !removed) {
      if (open !== null) edits.push(open);
      open = null;
      at += value.length;
      continue;
    }
    open ??= { start: at, end: at, lines: [] };
    if (added) open.lines.push(...value);
    else {
      at += value.length;
      open.end = at;
    }
  }
  if (open !== null) edits.push(open);
  return edits;
}

/** Three-way merge by lines; null = both changed the same or adjacent lines, which is a conflict to git, too. */
export function mergeTexts(base: string, ours: string, theirs: string): string | null {
  const lines = base.split("\n");
  const own = editsOf(lines, ours.split("\n"));
  const other = editsOf(lines, theirs.split("\n"));
  const same = (one: Edit, two: Edit) =>
    one.start === two.start && one.end === two.end && one.lines.join("\n") === two.lines.join("\n");
  const fresh = other.filter((two) => !own.some((one) => same(one, two)));
  if (fresh.some((two) => own.some((one) => one.start <= two.end && two.start <= one.end))) return null;
  const merged = [...lines];
  for (const edit of [...own, ...fresh].sort((one, two) => two.start - one.start)) {
    merged.splice(edit.start, edit.end - edit.start, ...edit.lines);
  }
  return merged.join("\n");
}
