import { inProgressOutput, supersededOutput } from "../../report/pull-request/failure-output.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { CheckRun } from "../github.ts";
import { printIdentity, type RunIdentity } from "./run-identity.ts";

/**
 * A run that says "in progress" on this commit: the unfinished one that stands there, or a new one. A completed run may
 * refuse to be opened again, and the newest run of a name wins, so a new answer is a new run. Annotations are appended and
 * never taken back: an unfinished run that has some belongs to an attempt that died, and is ended.
 */
export async function openRun(
  client: RepositoryClient,
  sha: string,
  runs: readonly CheckRun[],
  identity: RunIdentity,
): Promise<CheckRun> {
  const [newest] = runs;
  const externalId = printIdentity({ ...identity, state: "open" });
  for (const run of runs.filter(({ status }) => status !== "completed")) {
    if (run === newest && run.annotations === 0 && run.status === "in_progress") return run;
    await cancelRun(client, run, sha);
  }
  return client.createCheckRun(sha, CHECK_NAME, {
    status: "in_progress",
    externalId,
    output: inProgressOutput(),
  });
}

/** For runs of commits that nobody will merge any more, and of attempts that died. */
export async function cancelRun(client: RepositoryClient, run: CheckRun, newer: string): Promise<void> {
  await client.updateCheckRun(run.id, {
    status: "completed",
    conclusion: "cancelled",
    output: supersededOutput(newer),
  });
}
