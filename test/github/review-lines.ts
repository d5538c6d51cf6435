import type { ReviewComment } from "./entities.ts";
import { hunkAt, movedLine } from "./line-changes.ts";
import { filesOf } from "./pull-requests.ts";
import { headOf } from "./test-merge.ts";
import { hunksOfChange } from "./tree-changes.ts";

/** Where a comment stands at the newest head; null = outdated: its line changed, or left the diff. */
export function lineNow({ pull, path, commit, side, line }: ReviewComment): number | null {
  const head = headOf(pull);
  const change = filesOf(pull, head).find((file) => file.path === path);
  if (change === undefined) return null;
  const { objects } = pull.repository;
  let now: number | null = line;
  if (side === "RIGHT" && commit !== head) {
    const before = objects.file(objects.commit(commit).tree, path);
    const after = objects.file(objects.commit(head).tree, path);
    if (before === undefined || after === undefined) return null;
    if (before.sha !== after.sha) now = movedLine(objects.text(before.sha), objects.text(after.sha), line);
  }
  return now !== null && hunkAt(hunksOfChange(objects, change) ?? [], side, now) >= 0 ? now : null;
}
