import { diffArrays } from "diff";
import type { LineRange } from "./line-range.ts";

/** Edits beyond which nobody knows what was added: a pathological pair of texts costs a bound, not the review. */
const MAXIMUM_EDITS = 2_000;

/**
 * Whether a change added all of these lines: what its two texts have in common is as much without them. Where equal lines
 * stand side by side a difference may be told in several ways, and one that adds them is enough.
 *
 * @param base the file before, null where there was none
 * @param range in the file after
 */
export function areAdded(base: readonly string[] | null, head: readonly string[], range: LineRange): boolean {
  if (base === null) return true;
  const before = removedLines(base, head);
  const after = removedLines(base, withoutLines(head, range));
  return before !== null && before === after;
}

export function withoutLines(lines: readonly string[], { first, last }: LineRange): readonly string[] {
  return [...lines.slice(0, first - 1), ...lines.slice(last)];
}

function removedLines(base: readonly string[], head: readonly string[]): number | null {
  const changes = diffArrays([...base], [...head], { maxEditLength: MAXIMUM_EDITS });
  if (changes === undefined) return null;
  return changes.reduce((total, { removed, count }) => total + (removed ? count : 0), 0);
}
