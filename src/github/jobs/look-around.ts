import type { AppContext } from "../app-context.ts";
import { CHECK_NAME } from "../check-name.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { isOwner } from "../evaluation/base-branch.ts";
import type { PullRequest, RepositoryReference } from "../github.ts";
import { standingIdentity } from "../publish/run-identity.ts";
import type { Outcome, Work } from "../queue/queue.ts";
import { mapRepository } from "./map-repository.ts";
import { reviewMergeGroup } from "./review-merge-group.ts";

const DONE: Outcome = { kind: "done" };

/** A base branch moved: pull requests on it are looked at; those whose inputs it did not touch keep their verdict. */
export async function lookAtBranch(
  app: AppContext,
  repository: RepositoryReference,
  branch: string,
): Promise<Outcome> {
  const client = await app.clients.repository(repository);
  const open = await client.openPullRequests();
  await app.queue.add(
    reviewsOf(
      client,
      open.filter(({ base }) => base.ref === branch),
    ),
  );
  const { policyRepository } = app.settings;
  const isPolicy =
    policyRepository !== null &&
    isOwner(policyRepository.owner, repository.owner) &&
    policyRepository.name.toLowerCase() === repository.name.toLowerCase();
  if (isPolicy && branch === (await client.defaultBranch())) {
    await app.queue.add([{ job: { kind: "installation", installation: repository.installation } }]);
  }
  return DONE;
}

/** Somebody clicked "Re-run": whatever this commit is the head of is evaluated again. */
export async function lookAtCommit(
  app: AppContext,
  repository: RepositoryReference,
  head: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const client = await app.clients.repository(repository);
  const open = (await client.openPullRequests()).filter((one) => one.head.sha === head);
  if (open.length > 0) {
    await app.queue.add(reviewsOf(client, open, true));
    return DONE;
  }
  const standing = standingIdentity(await client.checkRuns(head, CHECK_NAME));
  if (standing?.kind === "merge-group") return askGroupAgain(app, client, head, standing.bases[0], signal);
  return mapRepository(app, repository, true, signal);
}

/** The branch of a group stands as long as its place in the queue. */
async function askGroupAgain(
  app: AppContext,
  client: RepositoryClient,
  head: string,
  base: string | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  const ref = await client.mergeGroupRef(head);
  if (ref === null || base === undefined) return DONE;
  return reviewMergeGroup(app, { repository: client.repository, base, head, ref }, true, signal);
}

/** Repositories came, or the organisation's policy moved: everything of the installation is looked at. */
export async function lookAtInstallation(app: AppContext, installation: number): Promise<Outcome> {
  for (const repository of await servedRepositories(app, installation)) {
    await lookAtRepository(app, repository, null);
  }
  return DONE;
}

/** What changed shortly before the last look may not have been in its answer yet. */
const OVERLAP_MILLISECONDS = 10 * 60_000;

/**
 * Compares GitHub with what should stand there: events get lost, are never sent when they are too large, or were acknowledged
 * by a process that lost its disk. A pull request that has what it should costs a few requests and no write.
 */
export async function reconcile(app: AppContext, scope: "recent" | "full"): Promise<Outcome> {
  const started = app.clock.now();
  const cursor = await app.store.note("reconciled");
  const since = scope === "full" || cursor === null ? null : Date.parse(cursor) - OVERLAP_MILLISECONDS;
  for (const installation of await app.clients.installations()) {
    if (installation.suspended || !isServed(app, installation.account)) continue;
    // One that cannot be looked at now keeps nobody else from being looked at.
    await undisturbed(app, installation.id, async () => {
      for (const repository of await servedRepositories(app, installation.id)) {
        await undisturbed(app, installation.id, () => lookAtRepository(app, repository, since));
      }
    });
  }
  await app.store.setNote("reconciled", started.toISOString());
  return DONE;
}

/** @param since pull requests that nobody touched since this time are left out, and the map with them; null = everything */
async function lookAtRepository(
  app: AppContext,
  repository: RepositoryReference,
  since: number | null,
): Promise<void> {
  const client = await app.clients.repository(repository);
  const open = await client.openPullRequests();
  const touched = open.filter(({ updatedAt }) => since === null || Date.parse(updatedAt) >= since);
  await app.queue.add(reviewsOf(client, touched));
  if (since === null) await app.queue.add([{ job: { kind: "first-map", repository } }]);
}

async function undisturbed(app: AppContext, installation: number, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    if (error.code === "rate-limited" && error.until !== null)
      await app.store.block(installation, error.until);
    app.log.warn({ installation, code: error.code, status: error.status }, "could not be looked at");
  }
}

/** Deliveries that failed in this time are asked for again; GitHub never does so by itself. */
const LOOK_BACK_MILLISECONDS = 60 * 60_000;

export async function redeliverFailed(app: AppContext): Promise<Outcome> {
  const since = new Date(app.clock.now().getTime() - LOOK_BACK_MILLISECONDS);
  for (const { id } of await app.clients.failedDeliveries(since)) await app.clients.redeliver(id);
  return DONE;
}

async function servedRepositories(
  app: AppContext,
  installation: number,
): Promise<readonly RepositoryReference[]> {
  const repositories = await app.clients.repositories(installation);
  return repositories
    .filter(({ archived, owner }) => !archived && isServed(app, owner))
    .map(({ id, owner, name }) => ({ installation, id, owner, name }));
}

export function isServed({ settings }: AppContext, owner: string): boolean {
  return settings.allowedOwners === null || settings.allowedOwners.some((one) => isOwner(one, owner));
}

function reviewsOf(
  { repository }: RepositoryClient,
  pullRequests: readonly PullRequest[],
  again = false,
): readonly Work[] {
  return pullRequests.map(({ number }) => ({
    job: { kind: "review", pullRequest: { repository, number } },
    ...(again ? { expectation: { head: null, updatedAt: null, again } } : {}),
  }));
}
