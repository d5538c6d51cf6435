import { checkOutput } from "../../report/pull-request/check-output.ts";
import { failureOutput } from "../../report/pull-request/failure-output.ts";
import { conclusionOf } from "../../report/pull-request/publication.ts";
import type { Review } from "../../report/report.ts";
import type { Approval } from "../../rules/approval.ts";
import type { AppContext } from "../app-context.ts";
import { headLock } from "../approvals/head-lock.ts";
import { mergeGroupApprovals } from "../approvals/merge-group-approvals.ts";
import { stillEligible } from "../approvals/still-eligible.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { type BaseBranch, readBaseBranch } from "../evaluation/base-branch.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { PullRequest, RepositoryReference } from "../github.ts";
import { isClearable } from "../governance/clearers.ts";
import { clearingPolicy } from "../governance/clearing-policy.ts";
import { parseGroupRef } from "../merge-group-ref.ts";
import { concludeRun } from "../publish/conclude-run.ts";
import { documentationUrl, publicationContext } from "../publish/publication-context.ts";
import { type RunIdentity, shortened, standingIdentity } from "../publish/run-identity.ts";
import { openRun } from "../publish/standing-run.ts";
import type { Outcome } from "../queue/queue.ts";

export interface MergeGroup {
  readonly repository: RepositoryReference;
  readonly base: string;
  readonly head: string;
  /** "refs/heads/gh-readonly-queue/main/pr-7-0123…". */
  readonly ref: string;
}

/**
 * A merge group is reviewed like a pull request, from its base to its head: changes that are clean alone may open a wildcard
 * together. Its base may hold pull requests that are still queued before it, so policy comes from the tip of the branch.
 */
export async function reviewMergeGroup(
  app: AppContext,
  { repository, base, head, ref }: MergeGroup,
  again: boolean,
  signal: AbortSignal,
): Promise<Outcome> {
  const named = parseGroupRef(ref);
  if (named === null) {
    app.log.warn(
      { repository: repository.id, ref },
      "a merge group whose ref has no known form was left alone",
    );
    return { kind: "done" };
  }
  const client = await app.clients.repository(repository);
  return app.store.exclusively(headLock(repository.id, head), async () => {
    const runs = await client.checkRuns(head, CHECK_NAME);
    const standing = standingIdentity(runs);
    const finished = standing?.kind === "merge-group" && standing.state !== "open";
    if (finished && !again) return { kind: "done" };
    const identity: RunIdentity = {
      kind: "merge-group",
      state: "open",
      question: shortened(ref),
      bases: [base],
      policy: "",
      engine: shortened(app.evaluator.engineDigest),
    };
    const run = await openRun(client, head, runs, identity);
    app.meter.inProgress();
    const tip = await readBaseBranch(app, client, await client.branchTip(named.branch), signal);
    const tree = await app.openTree(client, base, { trust: "change", signal });
    const pullRequest = await client.pullRequest(named.pullRequest);
    const comparison = {
      client,
      base: { ...tip, commit: base, tree },
      merge: head,
      trust: "change",
      approvals: [],
    } as const;
    const plain = await evaluate(app, comparison, signal);
    const approvals =
      plain.kind === "reviewed" && plain.review.findings.some(isClearable)
        ? await approvalsOfGroup(app, client, { base, head, ref }, { tip, review: plain.review })
        : [];
    const result = approvals.length === 0 ? plain : await evaluate(app, { ...comparison, approvals }, signal);
    const context = publicationContext(app, client, {
      pullRequest: atGroupHead(pullRequest, head),
      base,
      checkUrl: run.url,
      commentUrl: null,
      clearers: new Map(),
      requiredChecks: (await client.branchRules(named.branch)).checks,
      sameCommit: [],
    });
    const { actions, ...output } =
      result.kind === "failed" ? failureOutput(result.failure, context) : checkOutput(result.review, context);
    await concludeRun(client, run, {
      conclusion: result.kind === "failed" ? "failure" : conclusionOf(result.review),
      identity: {
        ...identity,
        state: result.kind === "failed" ? "failed" : "published",
        policy: shortened(tip.policy.digest),
      },
      output,
      actions,
      detailsUrl: pullRequest.url === "" ? documentationUrl(app, client, "verdicts.md") : pullRequest.url,
    });
    app.meter.verdict(result.kind === "failed" ? "failed" : result.review.verdict);
    return { kind: "done" };
  });
}

async function approvalsOfGroup(
  app: AppContext,
  client: RepositoryClient,
  group: { readonly base: string; readonly head: string; readonly ref: string },
  { tip, review }: { readonly tip: BaseBranch; readonly review: Review },
): Promise<readonly Approval[]> {
  const { policy } = tip;
  if (policy.kind === "invalid") return [];
  const clearing = await clearingPolicy(tip.tree, policy);
  const { approvals, refused } = await mergeGroupApprovals(client, group, {
    key: app.settings.approvalKey,
    self: clearing.self,
  });
  for (const { run, why } of refused) {
    app.log.audit({ repository: client.repository.id, run, why }, "a record was refused");
  }
  return (await stillEligible(client, approvals, review.findings, clearing)).valid;
}

/** Lines and commands of the page belong to the commit that was reviewed. */
function atGroupHead(pullRequest: PullRequest, sha: string): PullRequest {
  return { ...pullRequest, head: { ...pullRequest.head, sha } };
}
