import type { FileEntry, GitObjects } from "./git-objects.ts";
import { type Hunk, hunksOf, mergeTexts } from "./line-changes.ts";

export interface FileChange {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: "added" | "removed" | "modified" | "renamed" | "changed";
  readonly before: FileEntry | null;
  readonly after: FileEntry | null;
}

/** What changed between two trees, by path; a file that only moved is "renamed". */
export function changesBetween(objects: GitObjects, before: string, after: string): readonly FileChange[] {
  if (before === after) return [];
  const old = new Map(objects.files(before).map((file) => [file.path, file]));
  const now = new Map(objects.files(after).map((file) => [file.path, file]));
  const removed = new Map<string, FileEntry>();
  for (const [path, file] of old) if (!now.has(path)) removed.set(path, file);
  const changes: FileChange[] = [];
  for (const [path, file] of now) {
    const previous = old.get(path);
    if (previous === undefined) {
      const moved = [...removed.values()].find((one) => one.sha === file.sha && one.mode === file.mode);
      if (moved !== undefined) removed.delete(moved.path);
      changes.push({
        path,
        previousPath: moved?.path ?? null,
        status: moved === undefined ? "added" : "renamed",
        before: moved ?? null,
        after: file,
      });
    } else if (previous.sha !== file.sha || previous.mode !== file.mode) {
      const status = previous.sha === file.sha ? "changed" : "modified";
      changes.push({ path, previousPath: null, status, before: previous, after: file });
    }
  }
  for (const [path, file] of removed) {
    changes.push({ path, previousPath: null, status: "removed", before: file, after: null });
  }
  return changes.sort((one, other) => (one.path < other.path ? -1 : 1));
}

const hunksByBlobs = new WeakMap<GitObjects, Map<string, readonly Hunk[] | null>>();

/** null = no text to show: a binary file, a submodule, or one too large (GitHub: "List pull requests files", `patch`). */
export function hunksOfChange(objects: GitObjects, { before, after }: FileChange): readonly Hunk[] | null {
  const known = hunksByBlobs.get(objects) ?? new Map<string, readonly Hunk[] | null>();
  hunksByBlobs.set(objects, known);
  const key = `${before?.sha ?? ""} ${after?.sha ?? ""}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const [old, now] = [textOf(objects, before), textOf(objects, after)];
  const hunks = old === null || now === null ? null : hunksOf(old, now);
  known.set(key, hunks);
  return hunks;
}

const LARGEST_TEXT_BYTES = 1_000_000;

function textOf(objects: GitObjects, entry: FileEntry | null): string | null {
  if (entry === null) return "";
  if (entry.mode === "160000") return null;
  const bytes = objects.blob(entry.sha);
  if (bytes.length > LARGEST_TEXT_BYTES || bytes.includes(0)) return null;
  return objects.text(entry.sha);
}

/** The tree of the merge; null = a conflict. */
export function mergeTrees(objects: GitObjects, base: string, ours: string, theirs: string): string | null {
  const mine = new Map(changesOf(objects, base, ours));
  const changes = new Map<string, FileEntry | null>();
  for (const [path, theirsAfter] of changesOf(objects, base, theirs)) {
    const mineAfter = mine.get(path);
    if (mineAfter === undefined) {
      changes.set(path, theirsAfter);
      continue;
    }
    const merged = mergeFile(objects, objects.file(base, path) ?? null, mineAfter, theirsAfter);
    if (merged === "conflict") return null;
    changes.set(path, merged);
  }
  for (const path of changes.keys()) {
    // A file here, a folder of the same name there.
    if ([...mine].some(([other, entry]) => entry !== null && other.startsWith(`${path}/`))) return null;
  }
  return objects.replace(ours, changes);
}

function changesOf(
  objects: GitObjects,
  before: string,
  after: string,
): readonly (readonly [string, FileEntry | null])[] {
  return changesBetween(objects, before, after).flatMap(({ path, previousPath, after: entry }) => [
    [path, entry] as const,
    ...(previousPath === null ? [] : [[previousPath, null] as const]),
  ]);
}

function mergeFile(
  objects: GitObjects,
  base: FileEntry | null,
  ours: FileEntry | null,
  theirs: FileEntry | null,
): FileEntry | null | "conflict" {
  if (ours?.sha === theirs?.sha && ours?.mode === theirs?.mode) return ours;
  if (ours === null || theirs === null || base === null) return "conflict";
  if (ours.mode !== theirs.mode || ours.mode === "160000" || ours.mode === "120000") return "conflict";
  const [before, own, other] = [textOf(objects, base), textOf(objects, ours), textOf(objects, theirs)];
  if (before === null || own === null || other === null) return "conflict";
  const merged = mergeTexts(before, own, other);
  return merged === null ? "conflict" : { ...ours, sha: objects.storeBlob(merged) };
}
