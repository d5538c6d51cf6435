import type { AppContext } from "../app-context.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest, PullRequestReference } from "../github.ts";
import type { Expectation, Outcome } from "../queue/queue.ts";
import { reviewCommit } from "./review-commit.ts";

/** How soon the API is asked again where it still shows what was true before an event. */
const LAG_MILLISECONDS = 1_000;
/** An event that the API does not come up to in this time was overtaken by one that got lost. */
const LONGEST_LAG_MILLISECONDS = 60_000;

/**
 * Brings check, comment and review of a pull request in line with its newest head. Done twice it does nothing the second
 * time; died halfway it ends at the same state.
 *
 * @throws {GitHubError} to be run again
 */
export async function reviewPullRequest(
  app: AppContext,
  reference: PullRequestReference,
  signal: AbortSignal,
): Promise<Outcome> {
  const client = await app.clients.repository(reference.repository);
  const expectation = await app.store.expectation(reference);
  const pullRequest = await client.pullRequest(reference.number);
  if (expectation !== null && isBehind(pullRequest, expectation, app.clock.now())) {
    return { kind: "later", milliseconds: LAG_MILLISECONDS };
  }
  const again = expectation?.again ?? false;
  const outcome =
    pullRequest.state === "closed"
      ? await reviewOthers(app, client, pullRequest)
      : await reviewCommit(app, { client, reference, pullRequest, again, signal });
  if (outcome.kind === "done" && expectation !== null) await app.store.met(reference, expectation.sequence);
  return outcome;
}

/** GitHub's API may lag behind its events: a head older than what an event named is not evaluated. */
function isBehind({ head, updatedAt }: PullRequest, expectation: Expectation, now: Date): boolean {
  if (expectation.head === null || expectation.updatedAt === null || head.sha === expectation.head)
    return false;
  const named = Date.parse(expectation.updatedAt);
  return Date.parse(updatedAt) <= named && now.getTime() - named < LONGEST_LAG_MILLISECONDS;
}

/** A run belongs to a commit: without this pull request others of the same head may have a better one. */
async function reviewOthers(
  app: AppContext,
  client: RepositoryClient,
  closed: PullRequest,
): Promise<Outcome> {
  const open = await client.openPullRequests();
  const others = open.filter(({ head, number }) => head.sha === closed.head.sha && number !== closed.number);
  await app.queue.add(
    others.map(({ number }) => ({
      job: { kind: "review", pullRequest: { repository: client.repository, number } },
    })),
  );
  return { kind: "done" };
}
