import type { Approval } from "../../rules/approval.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest } from "../github.ts";
import { writersOf } from "../governance/writers.ts";
import { parseGroupRef } from "../merge-group-ref.ts";
import { type CarryOptions, carryApprovals } from "./carry-approvals.ts";
import { distinctApprovals, type RefusedRecord } from "./restore-approvals.ts";

/** GitHub groups no more pull requests. */
const MAXIMUM_PULL_REQUESTS = 100;

/** What was accepted in the pull requests that a merge group is made of; each by the people of its own pull request. */
export async function mergeGroupApprovals(
  client: RepositoryClient,
  group: { readonly base: string; readonly head: string; readonly ref: string },
  options: Omit<CarryOptions, "lastHead">,
): Promise<{ readonly approvals: readonly Approval[]; readonly refused: readonly RefusedRecord[] }> {
  const approvals: Approval[] = [];
  const refused: RefusedRecord[] = [];
  for (const pullRequest of await pullRequestsOfGroup(client, group)) {
    const writers = await writersOf(client, pullRequest);
    const carried = await carryApprovals(client, pullRequest, writers, { ...options, lastHead: null });
    approvals.push(...carried.valid);
    refused.push(...carried.refused);
  }
  return { approvals: distinctApprovals(approvals), refused };
}

/**
 * The queue builds one group on the other, each with a ref that names the pull request that it adds; whichever way it
 * merges, their heads are first parents of this one. Where it makes merge commits heads of pull requests are among the commits, too.
 */
async function pullRequestsOfGroup(
  client: RepositoryClient,
  { base, head, ref }: { readonly base: string; readonly head: string; readonly ref: string },
): Promise<readonly PullRequest[]> {
  const commits = new Map((await client.commitsBetween(base, head)).map((commit) => [commit.sha, commit]));
  const found = new Map<number, PullRequest>();
  const add = async (group: string | null) => {
    const number = parseGroupRef(group ?? "")?.pullRequest;
    if (number !== undefined && !found.has(number)) found.set(number, await client.pullRequest(number));
  };
  await add(ref);
  let commit = commits.get(commits.get(head)?.parents[0] ?? "");
  for (let count = 0; commit !== undefined && count < MAXIMUM_PULL_REQUESTS; count += 1) {
    await add(await client.mergeGroupRef(commit.sha));
    commit = commits.get(commit.parents[0] ?? "");
  }
  for (const pullRequest of await client.openPullRequests()) {
    if (commits.has(pullRequest.head.sha)) found.set(pullRequest.number, pullRequest);
  }
  return [...found.values()];
}
