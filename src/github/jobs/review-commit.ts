import type { AppContext } from "../app-context.ts";
import { headLock } from "../approvals/head-lock.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { evaluatePullRequest } from "../evaluation/evaluate-pull-request.ts";
import type { CheckRun, PullRequest } from "../github.ts";
import { openIdentity, questionOf } from "../publish/run-identity.ts";
import { cancelRun, openRun } from "../publish/standing-run.ts";
import type { Outcome } from "../queue/queue.ts";
import type { CommitReview, ReviewedPullRequest } from "./commit-review.ts";
import { publishCommit } from "./publish-commit.ts";
import { standingAnswer } from "./standing-answer.ts";

/** How soon GitHub is asked again for a test merge that it is still making, and how long at most. */
const MERGE_POLL_MILLISECONDS = 2_000;
const LONGEST_MERGE_MILLISECONDS = 120_000;

const DONE: Outcome = { kind: "done" };
const LAGGING: Outcome = { kind: "later", milliseconds: 1_000 };
const AT_ONCE: Outcome = { kind: "later", milliseconds: 0 };

/**
 * The run of a head commit. A commit may be the head of several pull requests, and GitHub shows one run for all of them:
 * each is evaluated against its own base, and the worst is what the run says (threat T9).
 */
export function reviewCommit(app: AppContext, asked: CommitReview): Promise<Outcome> {
  const { client, pullRequest } = asked;
  return app.store.exclusively(headLock(client.repository.id, pullRequest.head.sha), async () => {
    const together = await pullRequestsAt(client, pullRequest);
    // One answer of the API is older than the other: what is evaluated and what is marked must be one commit.
    if (together.some(({ head }) => head.sha !== pullRequest.head.sha)) return LAGGING;
    const runs = await client.checkRuns(pullRequest.head.sha, CHECK_NAME);
    const standing = await standingAnswer(app, asked, together, runs);
    if (standing.kind === "pending") return { kind: "later", milliseconds: MERGE_POLL_MILLISECONDS };
    if (standing.kind === "answered") {
      app.meter.carried();
      return DONE;
    }
    const opened = openIdentity("review", questionOf(together), app.evaluator.engineDigest);
    const run =
      standing.kind === "pages-missing"
        ? standing.run
        : await openRun(client, pullRequest.head.sha, runs, opened);
    app.meter.inProgress();
    const reviewed = await reviewAll(app, asked, together, run);
    if (reviewed === "pending") return { kind: "later", milliseconds: MERGE_POLL_MILLISECONDS };
    const now = await pullRequestsNow(client, pullRequest);
    if (!sameQuestion(together, now)) return moved(client, pullRequest, now, run);
    await publishCommit(app, { ...asked, run, reviewed, opened });
    // Approvals are looked for where somebody wrote down which there are; a head that nobody could accept says nothing.
    const own = reviewed.find((one) => one.pullRequest.number === pullRequest.number);
    if (own?.result.kind === "evaluated" && own.result.acceptance !== null) {
      await app.store.setLastHead(asked.reference, pullRequest.head.sha);
    }
    return DONE;
  });
}

/** Every open pull request with this head, by number; the asked one as it was read, whether the list has it yet or not. */
async function pullRequestsAt(client: RepositoryClient, own: PullRequest): Promise<readonly PullRequest[]> {
  const open = await client.openPullRequests();
  const listed = open.find(({ number }) => number === own.number);
  const others = open.filter(({ number, head }) => number !== own.number && head.sha === own.head.sha);
  return [listed === undefined || listed.head.sha === own.head.sha ? own : listed, ...others].toSorted(
    (a, b) => a.number - b.number,
  );
}

/**
 * The same after an evaluation. The asked one is read again: its base may have changed meanwhile, and a merge that waits for
 * a green check waits for no second look.
 */
async function pullRequestsNow(client: RepositoryClient, own: PullRequest): Promise<readonly PullRequest[]> {
  const current = await client.pullRequest(own.number);
  const together = await pullRequestsAt(client, own);
  return together.map((one) => (one === own ? current : one));
}

/** All pull requests of the commit evaluated, the asked one's in full; "pending" = GitHub still makes a test merge. */
async function reviewAll(
  app: AppContext,
  asked: CommitReview,
  together: readonly PullRequest[],
  run: CheckRun,
): Promise<readonly ReviewedPullRequest[] | "pending"> {
  const reviewed: ReviewedPullRequest[] = [];
  for (const one of together) {
    const own = one.number === asked.pullRequest.number;
    const current = own ? one : await asked.client.pullRequest(one.number);
    const result = await reviewOne(app, asked, current, run);
    if (result === "pending") return "pending";
    reviewed.push(result);
  }
  return reviewed;
}

/** The failure that stands for a test merge which GitHub does not make: the next look at GitHub tries again. */
const NO_TEST_MERGE: ReviewedPullRequest["result"] = {
  kind: "failed",
  failure: { code: "no-test-merge" },
  base: null,
};

async function reviewOne(
  app: AppContext,
  { client, signal }: CommitReview,
  pullRequest: PullRequest,
  run: CheckRun,
): Promise<ReviewedPullRequest | "pending"> {
  const result = await evaluatePullRequest(app, client, pullRequest, signal);
  if (result.kind !== "pending") return { pullRequest, result };
  const waited = app.clock.now().getTime() - Date.parse(run.startedAt);
  return waited < LONGEST_MERGE_MILLISECONDS ? "pending" : { pullRequest, result: NO_TEST_MERGE };
}

function sameQuestion(one: readonly PullRequest[], other: readonly PullRequest[]): boolean {
  const text = (list: readonly PullRequest[]) =>
    JSON.stringify(list.map(({ number, base, head }) => [number, base.ref, head.sha]));
  return text(one) === text(other);
}

/** The head moved: nothing of this is said of a commit that nobody will merge. Otherwise it is asked anew. */
async function moved(
  client: RepositoryClient,
  { number, head }: PullRequest,
  now: readonly PullRequest[],
  run: CheckRun,
): Promise<Outcome> {
  const newer = now.find((one) => one.number === number)?.head.sha;
  const abandoned = now.every((one) => one.head.sha !== head.sha);
  if (abandoned && newer !== undefined && run.status !== "completed") await cancelRun(client, run, newer);
  return AT_ONCE;
}
