import { openCommit } from "../tree/commit-tree.ts";
import { openDirectory } from "../tree/directory-tree.ts";
import { isGitProblem } from "../tree/git-problem.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { defaultBranch, mergeBase, remotes, resolveRevision } from "../tree/revisions.ts";
import { openTestMerge } from "../tree/test-merge.ts";
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
  /** Compare with what would land: the head merged into the base. */
  readonly merge?: boolean;
}

export interface Sides {
  readonly kind: "sides";
  readonly base: RepositoryTree;
  readonly head: RepositoryTree;
  readonly repositoryUrls: readonly string[];
  /** Options that name these very sides again, without the place of the repository on this machine. */
  readonly reproduce: string;
}

/** The head cannot be merged into the base. */
export interface MergeConflict {
  readonly kind: "conflict";
  readonly base: string;
  readonly head: string;
  readonly paths: readonly string[];
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

export async function openSides(options: SidesOptions): Promise<Sides | MergeConflict> {
  const { baseDir, headDir } = options;
  if (baseDir === undefined && headDir === undefined) {
    return options.merge === true ? openMergedSides(options) : openRepositorySides(options);
  }
  const mixed = [
    ["--repo", options.repo],
    ["--base", options.base],
    ["--head", options.head],
    ["--merge", options.merge],
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
    kind: "sides",
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
    kind: "sides",
    base: baseTree,
    head: headTree,
    repositoryUrls: await urlsOf(repo),
    reproduce: `--base ${baseTree.name}${head === undefined ? "" : ` --head ${headTree.name}`}`,
  };
}

/** The tip of the base against what would land; what is uncommitted cannot land. */
async function openMergedSides({
  repo = ".",
  base,
  head = "HEAD",
}: SidesOptions): Promise<Sides | MergeConflict> {
  const into = base ?? good(await defaultBranch(repo)).commit;
  const names = {
    base: good(await resolveRevision(repo, into)),
    head: good(await resolveRevision(repo, head)),
  };
  const merge = good(await openTestMerge(repo, names.base, names.head));
  const [from, to] = [names.base.slice(0, 7), names.head.slice(0, 7)];
  if (merge.kind === "conflict") return { kind: "conflict", base: from, head: to, paths: merge.paths };
  return {
    kind: "sides",
    base: good(await openCommit(repo, names.base)),
    head: merge.tree,
    repositoryUrls: await urlsOf(repo),
    reproduce: `--merge --base ${from} --head ${to}`,
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
