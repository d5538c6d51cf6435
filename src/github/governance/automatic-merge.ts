import type { GitTreeEntry, RepositoryClient } from "../client/repository-client.ts";
import type { Commit } from "../github.ts";

/** More states of the base than this in one branch are not looked into. */
const MAXIMUM_BOUNDARIES = 4;

/**
 * Whether a commit of a pull request is the base branch merged into it and nothing else ("Update branch"): each file is
 * what a merge makes of it. Such a commit makes nobody an author. A file that both sides changed is merged by lines or by
 * hand, which is not told apart here: then it is not automatic.
 *
 * @param commits all commits of the pull request; what is no parent in here stands on the base branch
 */
export async function isAutomaticMerge(
  client: RepositoryClient,
  commits: ReadonlyMap<string, Commit>,
  { tree, parents }: Commit,
): Promise<boolean> {
  const [ours, theirs] = parents;
  if (parents.length !== 2 || ours === undefined || theirs === undefined) return false;
  if (!commits.has(ours) || commits.has(theirs)) return false;
  const fork = await newest(client, [...boundariesOf(commits, ours)]);
  if (fork === null || !(await isAncestor(client, fork, theirs))) return false;
  const trees = await Promise.all([fork, ours, theirs, tree].map((id) => filesOf(client, id)));
  const [before, head, base, merged] = trees;
  if (!before || !head || !base || !merged) return false;
  const paths = new Set([...before, ...head, ...base, ...merged].map(([path]) => path));
  return [...paths].every((path) => {
    const [old, own, other] = [before.get(path), head.get(path), base.get(path)];
    if (own !== old && other !== old && own !== other) return false;
    return merged.get(path) === (own === old ? other : own);
  });
}

/** Commits of the base branch on which a commit of the pull request rests. */
function boundariesOf(commits: ReadonlyMap<string, Commit>, start: string): ReadonlySet<string> {
  const boundaries = new Set<string>();
  const seen = new Set<string>();
  const open = [start];
  for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
    if (seen.has(sha)) continue;
    seen.add(sha);
    const commit = commits.get(sha);
    if (commit === undefined) boundaries.add(sha);
    else open.push(...commit.parents);
  }
  return boundaries;
}

/** The one that has all others before it, null where there is none: then the merge base is not a single commit. */
async function newest(client: RepositoryClient, candidates: readonly string[]): Promise<string | null> {
  if (candidates.length > MAXIMUM_BOUNDARIES) return null;
  for (const candidate of candidates) {
    const others = candidates.filter((other) => other !== candidate);
    const before = await Promise.all(others.map((other) => isAncestor(client, other, candidate)));
    if (before.every((is) => is)) return candidate;
  }
  return null;
}

async function isAncestor(client: RepositoryClient, ancestor: string, commit: string): Promise<boolean> {
  return ancestor === commit || (await client.commitsBetween(commit, ancestor)).length === 0;
}

/** Mode and id of each file; null where GitHub lists a part only. */
async function filesOf(client: RepositoryClient, id: string): Promise<ReadonlyMap<string, string> | null> {
  const { truncated, entries } = await client.gitTree(id, { recursive: true });
  const isFile = ({ mode }: GitTreeEntry) => mode !== "040000";
  return truncated
    ? null
    : new Map(entries.filter(isFile).map(({ path, mode, id: content }) => [path, `${mode} ${content}`]));
}
