import { firstMapOutput } from "../../report/first-map/first-map.ts";
import { failureOutput } from "../../report/pull-request/failure-output.ts";
import type { AppContext } from "../app-context.ts";
import { headLock } from "../approvals/head-lock.ts";
import { CHECK_NAME } from "../check-name.ts";
import { partitionedScope, readBaseBranch } from "../evaluation/base-branch.ts";
import type { RepositoryReference } from "../github.ts";
import { concludeRun } from "../publish/conclude-run.ts";
import { commitContext } from "../publish/publication-context.ts";
import { type RunIdentity, shortened, standingIdentity } from "../publish/run-identity.ts";
import { openRun } from "../publish/standing-run.ts";
import type { Outcome } from "../queue/queue.ts";

/**
 * The first map: what the default branch holds, on its head. It also makes the check selectable as a required one, which
 * GitHub asks a run of the last seven days for. A commit that is the head of an open pull request has a verdict, and keeps it.
 */
export async function mapRepository(
  app: AppContext,
  repository: RepositoryReference,
  again: boolean,
  signal: AbortSignal,
): Promise<Outcome> {
  const client = await app.clients.repository(repository);
  const branch = await client.defaultBranch();
  const head = await client.branchTip(branch);
  return app.store.exclusively(headLock(repository.id, head), async () => {
    const open = await client.openPullRequests();
    if (open.some((one) => one.head.sha === head)) return { kind: "done" };
    const runs = await client.checkRuns(head, CHECK_NAME);
    const tip = await readBaseBranch(app, client, head, signal);
    const identity: RunIdentity = {
      kind: "map",
      state: "published",
      question: shortened(branch),
      bases: [head],
      policy: shortened(tip.policy.digest),
      engine: shortened(app.evaluator.engineDigest),
    };
    const standing = standingIdentity(runs);
    if (standing?.policy === identity.policy && standing.engine === identity.engine && !again)
      return { kind: "done" };
    const run = await openRun(client, head, runs, identity);
    const pages = commitContext(app, client, { base: head, head, checks: "unknown" });
    if (tip.policy.kind === "invalid") {
      const failure = { code: "configuration", problems: tip.policy.problems } as const;
      const { actions, ...output } = failureOutput(failure, pages);
      await concludeRun(client, run, {
        conclusion: "failure",
        identity: { ...identity, state: "failed" },
        output,
        actions,
        detailsUrl: pages.documentation("configuration.md"),
      });
      return { kind: "done" };
    }
    const map = await app.evaluator.map(tip.tree, partitionedScope(client, "base", tip.policy, signal));
    signal.throwIfAborted();
    await concludeRun(client, run, {
      conclusion: "success",
      identity,
      output: firstMapOutput(map, pages),
      actions: [],
      detailsUrl: pages.documentation("README.md"),
    });
    return { kind: "done" };
  });
}
