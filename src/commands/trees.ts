import { openCommit } from "../tree/commit-tree.ts";
import { openDirectory } from "../tree/directory-tree.ts";
import { isGitProblem } from "../tree/git-problem.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { defaultBranch, mergeBase, remotes, resolveRevision } from "../tree/revisions.ts";
import { isTreeProblem, type TreeProblemCode } from "../tree/tree.ts";
import { openWorkingTree } from "../tree/working-tree.ts";
import { UsageError } from "./failure.ts";
import { shellWord } from "./options.ts";

/** Where `review` finds its two sides, as options name them. */
export interface SidesOptions {
  readonly repo?: string;
  readonly base?: string;
  readonly head?: string;
  readonly baseDir?: string;
  readonly headDir?: string;
}

export interface Sides {
  readonly base: RepositoryTree;
  readonly head: RepositoryTree;
  readonly repositoryUrls: readonly string[];
  /** Options that name these very sides again, without the place of the repository on this machine. */
  readonly reproduce: string;
}

/** Where `surface` and `targets` find their tree. */
export interface TreeOptions {
  readonly repo?: string;
  readonly rev?: string;
  readonly dir?: string;
}

export interface OneTree {
  readonly tree: RepositoryTree;
  readonly repositoryUrls: readonly string[];
}

export async function openSides(options: SidesOptions): Promise<Sides> {
  const { baseDir, headDir } = options;
  if (baseDir === undefined && headDir === undefined) return openRepositorySides(options);
  const mixed = [
    ["--repo", options.repo],
    ["--base", options.base],
    ["--head", options.head],
  ].find(([, value]) => value !== undefined);
  if (mixed !== undefined) {
    throw new UsageError(
      `${mixed[0]} cannot be used with --base-dir and --head-dir: those compare plain directories`,
    );
  }
  if (baseDir === undefined || headDir === undefined) {
    const missing = baseDir === undefined ? "--base-dir" : "--head-dir";
    throw new UsageError(`${missing} is missing: two directories are compared`);
  }
  return {
    base: await directory("--base-dir", baseDir),
    head: await directory("--head-dir", headDir),
    repositoryUrls: [],
    reproduce: `--base-dir ${shellWord(baseDir)} --head-dir ${shellWord(headDir)}`,
  };
}

async function openRepositorySides({ repo = ".", base, head }: SidesOptions): Promise<Sides> {
  const baseTree = good(await openCommit(repo, base ?? (await defaultBase(repo, head))));
  const headTree =
    head === undefined ? good(await openWorkingTree(repo)) : good(await openCommit(repo, head));
  return {
    base: baseTree,
    head: headTree,
    repositoryUrls: await urlsOf(repo),
    reproduce: `--base ${baseTree.name}${head === undefined ? "" : ` --head ${headTree.name}`}`,
  };
}

/** What a pull request of this head would be compared with. */
async function defaultBase(repo: string, head = "HEAD"): Promise<string> {
  const branch = good(await defaultBranch(repo));
  return good(await mergeBase(repo, branch.commit, good(await resolveRevision(repo, head))));
}

export async function openTree({ repo, rev, dir }: TreeOptions): Promise<OneTree> {
  if (dir !== undefined) {
    if (repo !== undefined || rev !== undefined) {
      throw new UsageError(
        `--dir cannot be used with ${repo === undefined ? "--rev" : "--repo"}: it is a plain directory`,
      );
    }
    return { tree: await directory("--dir", dir), repositoryUrls: [] };
  }
  const repository = repo ?? ".";
  const tree =
    rev === undefined ? good(await openWorkingTree(repository)) : good(await openCommit(repository, rev));
  return { tree, repositoryUrls: await urlsOf(repository) };
}

async function urlsOf(repo: string): Promise<readonly string[]> {
  return good(await remotes(repo)).map(({ url }) => url);
}

function good<T>(value: T): Exclude<T, { readonly kind: "git-problem" }> {
  if (isGitProblem(value)) throw new UsageError(value.message);
  return value as Exclude<T, { readonly kind: "git-problem" }>;
}

const WORDS: Partial<Record<TreeProblemCode, string>> = {
  missing: "does not exist",
  "wrong-kind": "is no directory",
};

async function directory(option: string, path: string): Promise<RepositoryTree> {
  const tree = await openDirectory(path);
  if (isTreeProblem(tree)) throw new UsageError(`${option}: ${path} ${WORDS[tree.code] ?? "cannot be read"}`);
  return tree;
}
