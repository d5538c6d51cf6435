import type { CommentableFile, LineRange } from "./publication.ts";

const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/**
 * The lines of a file that a comment may stand at: those of the hunks of its patch, on the left what was there, on the right
 * what is there now; lines of context are on both sides
 * (docs.github.com/rest/pulls/comments#create-a-review-comment-for-a-pull-request). Anything else refuses the whole review.
 *
 * @param patch as GitHub's list of files has it; null where it has none: binary, too large, renamed without a change
 */
export function commentableLines(patch: string | null): Pick<CommentableFile, "left" | "right"> {
  const left: LineRange[] = [];
  const right: LineRange[] = [];
  for (const { leftStart, rightStart, lines } of hunks(patch ?? "")) {
    left.push(...range(leftStart, lines.filter((mark) => mark !== "+").length));
    right.push(...range(rightStart, lines.filter((mark) => mark !== "-").length));
  }
  return { left, right };
}

interface Hunk {
  readonly leftStart: number;
  readonly rightStart: number;
  /** Of each line its mark: "+", "-", or a space. */
  readonly lines: readonly string[];
}

/** Lines are counted, not taken from the header: a patch that was cut has fewer. Only a line feed ends a line. */
function hunks(patch: string): readonly Hunk[] {
  const found: { leftStart: number; rightStart: number; lines: string[] }[] = [];
  for (const line of patch.split("\n")) {
    const header = HUNK.exec(line);
    const mark = line.slice(0, 1);
    if (header !== null)
      found.push({ leftStart: Number(header[1]), rightStart: Number(header[2]), lines: [] });
    else if (MARKS.has(mark)) found.at(-1)?.lines.push(mark);
  }
  return found;
}

/** "\ No newline at end of file" is no line, and neither is what stands before the first hunk. */
const MARKS: ReadonlySet<string> = new Set(["+", "-", " "]);

function range(first: number, lines: number): readonly LineRange[] {
  return lines === 0 ? [] : [{ first, last: first + lines - 1 }];
}
