import type { Location } from "../report.ts";
import type { CommentableFile, LineRange } from "./publication.ts";

/** Lines of a diff that a comment may stand at. */
export interface CommentablePlace {
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  readonly startLine: number;
  readonly endLine: number;
}

/**
 * Where a comment about these lines may stand: at all of them where one hunk holds them, else at the first of them, else
 * nowhere. A wrong line is worse than none.
 */
export function commentablePlace(
  { side, path, line }: Location,
  lines: LineRange | null,
  files: readonly CommentableFile[],
): CommentablePlace | null {
  const file = files.find((one) => one.path === path);
  if (file === undefined || line === null) return null;
  const ranges = side === "head" ? file.right : file.left;
  const holds = (first: number, last: number) =>
    ranges.some((range) => range.first <= first && last <= range.last);
  const at = (startLine: number, endLine: number): CommentablePlace => ({
    path,
    side: side === "head" ? "RIGHT" : "LEFT",
    startLine,
    endLine,
  });
  if (lines !== null && holds(lines.first, lines.last)) return at(lines.first, lines.last);
  const first = lines?.first ?? line;
  return holds(first, first) ? at(first, first) : null;
}
