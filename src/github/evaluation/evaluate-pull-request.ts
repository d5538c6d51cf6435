import type { Clearers, Failure } from "../../report/pull-request/publication.ts";
import type { Review } from "../../report/report.ts";
import type { Approval } from "../../rules/approval.ts";
import { type AppContext, UnreadableCommit } from "../app-context.ts";
import { approvalsToWrite, carryApprovals } from "../approvals/carry-approvals.ts";
import { stillEligible } from "../approvals/still-eligible.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest } from "../github.ts";
import { clearersOf, isClearable } from "../governance/clearers.ts";
import { clearingPolicy } from "../governance/clearing-policy.ts";
import { writersOf } from "../governance/writers.ts";
import { testMerge } from "../source/test-merge.ts";
import type { Trust } from "../source/trust.ts";
import { type BaseBranch, readBaseBranch } from "./base-branch.ts";
import { type ComparedCommits, type Evaluation, evaluate } from "./evaluate.ts";
import type { EvaluatedPullRequest } from "./evaluated.ts";

export type PullRequestEvaluation =
  | {
      readonly kind: "evaluated";
      readonly evaluated: EvaluatedPullRequest;
      readonly base: EvaluatedBase;
      readonly acceptance: Acceptance | null;
    }
  | { readonly kind: "failed"; readonly failure: Failure; readonly base: EvaluatedBase | null }
  /** GitHub still makes the test merge. */
  | { readonly kind: "pending" };

/** What an answer was held against: the tip of the base branch and the digest of the policy there. */
export interface EvaluatedBase {
  readonly commit: string;
  readonly policy: string;
}

/** Who may accept what a review stops, and what was accepted; null where it stops nothing. */
export interface Acceptance {
  readonly clearers: ReadonlyMap<string, Clearers>;
  /** What the run of this head is to hold. */
  readonly approvals: readonly Approval[];
}

/**
 * A pull request as what would land: tip of the base against GitHub's test merge, under the policy of the base, with what
 * people accepted for it.
 *
 * @param pullRequest as it is now
 * @throws {GitHubError} where it can be had later
 */
export async function evaluatePullRequest(
  app: AppContext,
  client: RepositoryClient,
  pullRequest: PullRequest,
  signal: AbortSignal,
): Promise<PullRequestEvaluation> {
  const landing = await testMerge(client, pullRequest);
  if (landing.kind === "pending") return { kind: "pending" };
  if (landing.kind === "conflict") {
    return { kind: "failed", failure: { code: "conflict", base: pullRequest.base.ref }, base: null };
  }
  try {
    const base = await readBaseBranch(app, client, landing.base, signal);
    const trust: Trust = pullRequest.head.fork ? "fork" : "change";
    const comparison = { client, base, merge: landing.merge, trust, approvals: [] };
    return await evaluateAccepting(app, comparison, pullRequest, signal);
  } catch (error) {
    if (!(error instanceof UnreadableCommit)) throw error;
    return { kind: "failed", failure: { code: "tree-unreadable", reason: error.message }, base: null };
  }
}

/** Approvals are looked for only where something is to be accepted: most reviews stop nothing. */
async function evaluateAccepting(
  app: AppContext,
  comparison: ComparedCommits,
  pullRequest: PullRequest,
  signal: AbortSignal,
): Promise<PullRequestEvaluation> {
  const { client, base, merge } = comparison;
  const plain = await evaluate(app, comparison, signal);
  const answered = { commit: base.commit, policy: base.policy.digest };
  if (plain.kind === "failed") return { ...plain, base: answered };
  const evaluated = (result: Extract<Evaluation, { kind: "reviewed" }>): EvaluatedPullRequest => ({
    pullRequest,
    base: base.commit,
    merge,
    baseTree: base.tree,
    mergeTree: result.mergeTree,
    ...policyOf(base),
    review: result.review,
  });
  if (!plain.review.findings.some(isClearable)) {
    return { kind: "evaluated", evaluated: evaluated(plain), base: answered, acceptance: null };
  }
  const policy = await clearingPolicy(base.tree, policyOf(base));
  const writers = await writersOf(client, pullRequest);
  const lastHead = await app.store.lastHead({ repository: client.repository, number: pullRequest.number });
  const carried = await carryApprovals(client, pullRequest, writers, {
    key: app.settings.approvalKey,
    self: policy.self,
    lastHead,
  });
  for (const { run, why } of carried.refused) {
    app.log.audit(
      { repository: client.repository.id, pullRequest: pullRequest.number, run, why },
      "a record was refused",
    );
  }
  const { valid, held } = await stillEligible(client, carried.valid, plain.review.findings, policy);
  const result =
    valid.length === 0 ? plain : await evaluate(app, { ...comparison, approvals: valid }, signal);
  if (result.kind === "failed") return { ...result, base: answered };
  const kept = { valid, held: [...carried.held, ...held] };
  const acceptance = {
    clearers: clearersOf(result.review, policy, writers),
    approvals: approvalsToWrite(kept, usedApprovals(result.review), pullRequest.head.sha),
  };
  return { kind: "evaluated", evaluated: evaluated(result), base: answered, acceptance };
}

function policyOf({ policy }: BaseBranch) {
  if (policy.kind === "invalid") throw new RangeError("nothing is reviewed under an invalid policy");
  return { configuration: policy.configuration, organisation: policy.organisation };
}

function usedApprovals({ findings }: Review): readonly Approval[] {
  return findings.flatMap(({ approval }) => approval ?? []);
}
