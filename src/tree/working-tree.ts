import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { type BlobCache, sharedBlobs } from "./blob-cache.ts";
import type { ObjectFormat } from "./blob-id.ts";
import { listCommit } from "./commit-tree.ts";
import { linkOnDisk } from "./directory-tree.ts";
import { DiskFile } from "./disk-file.ts";
import type { Entry } from "./entry.ts";
import { type GitProblem, gitProblem, isGitProblem } from "./git-problem.ts";
import { failed, git, gitWith, type Settings, textOf } from "./git-process.ts";
import { IndexedTree, type RepositoryTree } from "./indexed-tree.ts";
import { withEntries } from "./overlay.ts";
import { resolveRevision } from "./revisions.ts";

/**
 * HEAD with what is uncommitted: changed, deleted and untracked files, ignored ones left out, as `git stash -u` would
 * save them. Contents are the bytes on disk: filters that a configuration names (LFS, for example) are never run.
 */
export async function openWorkingTree(
  repositoryDirectory: string,
  blobs: BlobCache = sharedBlobs,
): Promise<RepositoryTree | GitProblem> {
  const top = await topLevel(repositoryDirectory);
  if (typeof top !== "string") return top;
  const format = await objectFormat(top);
  if (typeof format !== "string") return format;
  const changes = await changedOnDisk(top, format, blobs);
  if ("kind" in changes) return changes;
  const head = await resolveRevision(top, "HEAD");
  if (typeof head !== "string") {
    // No commit yet: everything is untracked or only in the index.
    if (head.code !== "unknown-revision") return head;
    return new IndexedTree("working tree", withEntries(new Map(), changes));
  }
  const listed = await listCommit(top, head, blobs);
  if ("kind" in listed) return listed;
  return new IndexedTree("working tree", withEntries(listed.entries, changes), () => listed.reader.close());
}

async function topLevel(directory: string): Promise<string | GitProblem> {
  const answer = await git(directory, "rev-parse", "--show-toplevel");
  if (isGitProblem(answer)) return answer;
  if (answer.status === 0) return textOf(answer);
  return gitProblem("bare-repository", directory, `${directory} has no working tree: name --head`);
}

async function objectFormat(directory: string): Promise<ObjectFormat | GitProblem> {
  const answer = await git(directory, "rev-parse", "--show-object-format");
  if (isGitProblem(answer)) return answer;
  return textOf(answer) === "sha256" ? "sha256" : "sha1";
}

/** What differs from HEAD, by path; null = gone. */
async function changedOnDisk(
  top: string,
  format: ObjectFormat,
  blobs: BlobCache,
): Promise<ReadonlyMap<string, Entry | null> | GitProblem> {
  const silenced = await withoutFilters(top);
  if (isGitProblem(silenced)) return silenced;
  const answer = await gitWith(
    silenced,
    top,
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=dirty",
  );
  if (isGitProblem(answer)) return answer;
  if (answer.status !== 0) return failed(top, answer);
  const changes = new Map<string, Entry | null>();
  for (const change of changedNames(answer.output.toString("utf8"))) {
    changes.set(change.name, await entryNow(top, change, format, blobs));
  }
  return changes;
}

/** An empty command disables a filter (convert.c: `if (!cmd || !*cmd) return 0`). */
async function withoutFilters(top: string): Promise<Settings | GitProblem> {
  const answer = await git(top, "config", "-z", "--name-only", "--get-regexp", "^filter\\.");
  if (isGitProblem(answer)) return answer;
  const keys = answer.output.toString("utf8").split("\0");
  const drivers = new Set(keys.flatMap((key) => /^filter\.(.+)\.[^.]+$/s.exec(key)?.[1] ?? []));
  return [...drivers].flatMap((driver) => [
    [`filter.${driver}.clean`, ""] as const,
    [`filter.${driver}.smudge`, ""] as const,
    [`filter.${driver}.process`, ""] as const,
    [`filter.${driver}.required`, "false"] as const,
  ]);
}

interface ChangedName {
  readonly name: string;
  readonly submodule: boolean;
}

/** Records of `git status --porcelain=v2 -z` (git-status(1)): kind, eight or ten fields, the path. */
function changedNames(output: string): readonly ChangedName[] {
  return output.split("\0").flatMap((record) => {
    // An untracked repository inside this one is named with a slash at its end; its files are not this repository's.
    if (record.startsWith("? "))
      return [{ name: record.slice(2).replace(/\/$/, ""), submodule: record.endsWith("/") }];
    const fields = record.startsWith("1 ") ? 8 : record.startsWith("u ") ? 10 : 0;
    if (fields === 0) return [];
    const parts = record.split(" ");
    return [{ name: parts.slice(fields).join(" "), submodule: (parts[2] ?? "").startsWith("S") }];
  });
}

async function entryNow(
  top: string,
  { name, submodule }: ChangedName,
  format: ObjectFormat,
  blobs: BlobCache,
): Promise<Entry | null> {
  const file = join(top, name);
  const state = await lstat(file).catch(() => null);
  if (state === null) return null;
  if (state.isFile()) {
    return {
      kind: "file",
      executable: (state.mode & 0o100) !== 0,
      content: new DiskFile(file, format, blobs),
    };
  }
  if (state.isSymbolicLink()) return linkOnDisk(file);
  if (!state.isDirectory()) return { kind: "irregular" };
  // A directory in the place of a file: git names the files below it one by one.
  return submodule ? submoduleNow(file) : null;
}

async function submoduleNow(directory: string): Promise<Entry> {
  const commit = await resolveRevision(directory, "HEAD");
  return { kind: "submodule", commit: typeof commit === "string" ? commit : "" };
}
