import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BlobCache, sharedBlobs } from "./blob-cache.ts";
import { listCommit } from "./commit-tree.ts";
import { type GitProblem, gitProblem, isGitProblem } from "./git-problem.ts";
import { failed, git, gitWith, type ScratchRepository, type Settings, textOf } from "./git-process.ts";
import { IndexedTree, type RepositoryTree } from "./indexed-tree.ts";
import { resolveRevision } from "./revisions.ts";

export type TestMerge =
  | { readonly kind: "merged"; readonly tree: RepositoryTree }
  /** Paths that a person has to resolve. */
  | { readonly kind: "conflict"; readonly paths: readonly string[] };

/**
 * What would land if `head` were merged into `base` now. Nothing is checked out, and the repository is not written to: new
 * objects go to a directory of their own, which goes when the tree is closed.
 */
export async function openTestMerge(
  repositoryDirectory: string,
  base: string,
  head: string,
  blobs: BlobCache = sharedBlobs,
): Promise<TestMerge | GitProblem> {
  const into = await resolveRevision(repositoryDirectory, base);
  if (typeof into !== "string") return into;
  const merged = await resolveRevision(repositoryDirectory, head);
  if (typeof merged !== "string") return merged;
  const objects = await git(repositoryDirectory, "rev-parse", "--git-path", "objects");
  if (isGitProblem(objects)) return objects;
  const scratch = await mkdtemp(join(tmpdir(), "egress-review-merge-"));
  const release = () => rm(scratch, { recursive: true, force: true });
  const repository: ScratchRepository = {
    directory: repositoryDirectory,
    objects: resolve(repositoryDirectory, textOf(objects)),
    scratch,
  };
  const result = await mergeIn(repository, into, merged, blobs, release);
  if (result.kind !== "merged") await release();
  return result;
}

async function mergeIn(
  repository: ScratchRepository,
  base: string,
  head: string,
  blobs: BlobCache,
  release: () => Promise<void>,
): Promise<TestMerge | GitProblem> {
  const settings = await withoutPrograms(repository.directory);
  if (isGitProblem(settings)) return settings;
  const answer = await gitWith(
    settings,
    repository,
    "merge-tree",
    "--write-tree",
    "-z",
    "--name-only",
    "--no-messages",
    base,
    head,
  );
  if (isGitProblem(answer)) return answer;
  const [tree = "", ...paths] = answer.output.toString("utf8").split("\0");
  if (answer.status === 1 && tree !== "") {
    return { kind: "conflict", paths: [...new Set(paths.filter((path) => path !== ""))] };
  }
  if (answer.status === USAGE) return tooOld(repository.directory);
  if (answer.status !== 0) return failed(repository, answer);
  const listed = await listCommit(repository, tree, blobs);
  if ("kind" in listed) return listed;
  const close = async () => {
    await listed.reader.close();
    await release();
  };
  return { kind: "merged", tree: new IndexedTree(`merge of ${head.slice(0, 7)}`, listed.entries, close) };
}

/** What git ends with where it does not know an option. */
const USAGE = 129;

async function tooOld(directory: string): Promise<GitProblem> {
  const answer = await git(directory, "version");
  const version = isGitProblem(answer) ? "an older one" : textOf(answer).replace("git version ", "git ");
  return gitProblem("git-too-old", "git", `--merge needs git 2.38 or newer, and this is ${version}`);
}

/**
 * Merge drivers and filters are programs, and a file of the tree chooses among them: a driver that always fails makes a
 * conflict of what it would have merged.
 */
async function withoutPrograms(directory: string): Promise<Settings | GitProblem> {
  const answer = await git(directory, "config", "-z", "--name-only", "--get-regexp", "^merge\\..*\\.driver$");
  if (isGitProblem(answer)) return answer;
  const drivers = new Set(
    answer.output
      .toString("utf8")
      .split("\0")
      .filter((key) => key !== ""),
  );
  return [["merge.renormalize", "false"], ...[...drivers].map((key) => [key, "false"] as const)];
}
