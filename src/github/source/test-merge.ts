import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest } from "../github.ts";

export type TestMerge =
  | { readonly kind: "merge"; readonly base: string; readonly merge: string }
  | { readonly kind: "conflict" }
  /** GitHub has not made it of these two commits yet; asking for the pull request makes GitHub do it. */
  | { readonly kind: "pending" };

const PENDING: TestMerge = { kind: "pending" };

/**
 * What would land: GitHub's merge of the head into the tip of the base branch. Its parents are the proof: anything but
 * exactly these two commits is a merge of another state. A conflict has no such proof, so it is believed only of an answer
 * that names this head while the tip stands still.
 *
 * @throws {GitHubError}
 */
export async function testMerge(client: RepositoryClient, pullRequest: PullRequest): Promise<TestMerge> {
  const { head, base, mergeCommit } = pullRequest;
  const [tip, parents] = await Promise.all([client.branchTip(base.ref), parentsOf(client, mergeCommit)]);
  const [first, second] = parents;
  if (mergeCommit !== null && parents.length === 2 && first === tip && second === head.sha) {
    return { kind: "merge", base: tip, merge: mergeCommit };
  }
  if (pullRequest.mergeable !== false) return PENDING;
  const now = await client.pullRequest(pullRequest.number);
  const same = now.head.sha === head.sha && now.base.ref === base.ref && now.mergeable === false;
  return same && (await client.branchTip(base.ref)) === tip ? { kind: "conflict" } : PENDING;
}

/** None where there is no merge commit, or where GitHub threw it away for a newer one. */
async function parentsOf(client: RepositoryClient, commit: string | null): Promise<readonly string[]> {
  if (commit === null) return [];
  try {
    return (await client.commit(commit)).parents;
  } catch (error) {
    if (error instanceof GitHubError && error.code === "not-found") return [];
    throw error;
  }
}
