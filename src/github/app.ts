import { failureOutput } from "../report/pull-request/failure-output.ts";
import type { AppContext } from "./app-context.ts";
import { CHECK_NAME } from "./check-name.ts";
import { GitHubError } from "./client/github-error.ts";
import type { RepositoryClient } from "./client/repository-client.ts";
import { answerComment } from "./commands/answer-comment.ts";
import {
  isServed,
  lookAtBranch,
  lookAtCommit,
  lookAtInstallation,
  reconcile,
  redeliverFailed,
} from "./jobs/look-around.ts";
import { mapRepository } from "./jobs/map-repository.ts";
import { reviewMergeGroup } from "./jobs/review-merge-group.ts";
import { reviewPullRequest } from "./jobs/review-pull-request.ts";
import { concludeRun } from "./publish/conclude-run.ts";
import { commitContext } from "./publish/publication-context.ts";
import { parseIdentity, shortened } from "./publish/run-identity.ts";
import { installationOf, type Job, type Outcome, type Worker } from "./queue/queue.ts";

/** The App: one job at a time, whatever the queue, the clock and GitHub are made of. */
export function appWorker(app: AppContext): Worker {
  return async (job, signal) => {
    const installation = installationOf(job);
    const blocked = installation === null ? null : await app.store.blockedUntil(installation);
    const wait = blocked === null ? 0 : blocked.getTime() - app.clock.now().getTime();
    if (wait > 0) return { kind: "later", milliseconds: wait };
    try {
      return await perform(app, job, signal);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return await afterRefusal(app, job, error);
    }
  };
}

function perform(app: AppContext, job: Job, signal: AbortSignal): Promise<Outcome> {
  if (!isServed(app, ownerOf(job) ?? "") && ownerOf(job) !== null) return Promise.resolve({ kind: "done" });
  switch (job.kind) {
    case "review":
      return reviewPullRequest(app, job.pullRequest, signal);
    case "merge-group":
      return reviewMergeGroup(app, job, false, signal);
    case "commit":
      return lookAtCommit(app, job.repository, job.head, signal);
    case "command":
      return answerComment(app, job.pullRequest, job.comment, signal);
    case "first-map":
      return mapRepository(app, job.repository, false, signal);
    case "branch":
      return lookAtBranch(app, job.repository, job.branch);
    case "installation":
      return lookAtInstallation(app, job.installation);
    case "reconcile":
      return reconcile(app, job.scope);
    case "deliveries":
      return redeliverFailed(app);
  }
}

/** Owners that are not served are asked nothing and told nothing. */
function ownerOf(job: Job): string | null {
  switch (job.kind) {
    case "review":
    case "command":
      return job.pullRequest.repository.owner;
    case "merge-group":
    case "commit":
    case "first-map":
    case "branch":
      return job.repository.owner;
    default:
      return null;
  }
}

/** What GitHub's refusal means for the job. */
async function afterRefusal(app: AppContext, job: Job, error: GitHubError): Promise<Outcome> {
  const facts = { job: job.kind, code: error.code, status: error.status, permission: error.permission };
  switch (error.code) {
    case "rate-limited": {
      const until = error.until ?? new Date(app.clock.now().getTime() + 60_000);
      const installation = installationOf(job);
      if (installation !== null) await app.store.block(installation, until);
      app.log.warn({ ...facts, until }, "GitHub asks to wait");
      return { kind: "later", milliseconds: Math.max(1_000, until.getTime() - app.clock.now().getTime()) };
    }
    case "forbidden":
      // A command has no check that could say it: it is tried until somebody granted it, or the attempts are over.
      if (error.permission === null || job.kind === "command") throw error;
      // It is granted by people, who see at once what is missing; that they did so is an event.
      app.log.error({ ...facts, err: error }, "GitHub refuses what the App has no permission for");
      await concludeFailed(app, job, error);
      return { kind: "done" };
    // Also "not found": what was made a moment ago may be invisible for a moment, and a new token refused for one.
    case "not-found":
    case "unauthorised":
    case "invalid":
    case "unavailable":
      throw error;
  }
}

/** The commit whose check says what became of a job. */
async function markedCommit(
  app: AppContext,
  job: Job,
): Promise<{ readonly client: RepositoryClient; readonly sha: string } | null> {
  if (job.kind === "review") {
    const client = await app.clients.repository(job.pullRequest.repository);
    return { client, sha: (await client.pullRequest(job.pullRequest.number)).head.sha };
  }
  if (job.kind === "merge-group" || job.kind === "commit")
    return { client: await app.clients.repository(job.repository), sha: job.head };
  if (job.kind === "first-map") {
    const client = await app.clients.repository(job.repository);
    return { client, sha: await client.branchTip(await client.defaultBranch()) };
  }
  return null;
}

/** Work that failed at every attempt ends in something that people see. */
export async function lastWord(app: AppContext, job: Job, error: unknown): Promise<void> {
  const gone = error instanceof GitHubError && (error.code === "not-found" || error.code === "unauthorised");
  if (gone) {
    // Deleted, uninstalled or suspended: nothing can be said there. What comes back is found by the reconciler.
    app.log.warn({ job: job.kind, code: error.code }, "what a job is about is not there for this App");
    return;
  }
  app.log.error({ err: error, job: job.kind }, "a job failed at every attempt");
  await concludeFailed(app, job, error);
}

/** A run that the job left open ends, and says why. */
async function concludeFailed(app: AppContext, job: Job, error: unknown): Promise<void> {
  const marked = await markedCommit(app, job);
  if (marked === null) return;
  const { client, sha } = marked;
  const [run] = await client.checkRuns(sha, CHECK_NAME);
  if (run === undefined || run.status === "completed") return;
  // Reviews of an asked commit are jobs of their own.
  if (job.kind === "commit" && parseIdentity(run.externalId)?.kind === "review") return;
  const permission = error instanceof GitHubError ? error.permission : null;
  const pages = commitContext(app, client, { base: sha, head: sha, checks: "unknown" });
  const { actions, ...output } = failureOutput(
    permission === null
      ? { code: "crash", reference: shortened(JSON.stringify([job, run.id])).slice(0, 8) }
      : { code: "permission", permission },
    pages,
  );
  await concludeRun(client, run, {
    conclusion: "failure",
    // "open": the next look at GitHub tries again.
    identity: {
      kind: "review",
      question: "-",
      bases: [],
      policy: "",
      engine: "",
      ...parseIdentity(run.externalId),
      state: "open",
    },
    output,
    actions,
    detailsUrl: pages.documentation("verdicts.md"),
  });
}
