import type { App, CheckRun, CheckSuite, Repository } from "./entities.ts";
import type { World } from "./world.ts";

export function addCheckSuite(
  world: World,
  of: Pick<CheckSuite, "repository" | "app" | "headSha" | "headBranch" | "before">,
): CheckSuite {
  const now = world.now();
  const suite: CheckSuite = { ...of, id: world.nextId(), createdAt: now, updatedAt: now };
  of.repository.checkSuites.push(suite);
  return suite;
}

/** One App has one suite on a commit: made by the push, or by its first run. */
export function suiteFor(world: World, repository: Repository, app: App, headSha: string): CheckSuite {
  const found = repository.checkSuites.find((suite) => suite.app === app && suite.headSha === headSha);
  return found ?? addCheckSuite(world, { repository, app, headSha, headBranch: null, before: null });
}

export function runsOf(repository: Repository, headSha: string): readonly CheckRun[] {
  return repository.checkRunsByCommit.get(headSha) ?? [];
}

const STALE_MILLISECONDS = 14 * 24 * 60 * 60_000;

/** GitHub ends what was not completed in 14 days (docs.github.com, "Using the REST API to interact with checks"). */
export function endStaleRuns(world: World, repository: Repository): void {
  for (const run of repository.checkRuns.values()) {
    if (run.status === "completed" || world.now() - run.createdAt < STALE_MILLISECONDS) continue;
    run.status = "completed";
    run.conclusion = "stale";
    run.completedAt = world.now();
    run.seen.push({ at: world.now(), status: run.status, conclusion: run.conclusion });
  }
}

/** The newest run of every name; what GitHub shows and what rules look at. */
export function newestRuns(runs: readonly CheckRun[]): readonly CheckRun[] {
  const newest = new Map<string, CheckRun>();
  for (const run of runs) {
    const key = `${run.app.id} ${run.name}`;
    const known = newest.get(key);
    if (known === undefined || known.id < run.id) newest.set(key, run);
  }
  return [...newest.values()];
}
