import type { Approval } from "../../rules/approval.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Store } from "../queue/queue.ts";
import { withApprovals } from "./approval-section.ts";
import { headLock } from "./head-lock.ts";
import { distinctApprovals, restoreApprovals } from "./restore-approvals.ts";

export type WrittenApprovals =
  | { readonly kind: "written"; readonly run: number }
  /** More than a check run holds. */
  | { readonly kind: "too-large" }
  /** The head moved: nothing was written. */
  | { readonly kind: "moved"; readonly head: string };

/**
 * Adds approvals to the check run of a head, beside those that stand there. The head is read again right before: what was
 * pushed since somebody looked is not what they accepted.
 *
 * @param change.approvals those carried from earlier heads, too: the run says from now on that these are all
 */
export function writeApprovals(
  client: RepositoryClient,
  store: Pick<Store, "exclusively">,
  key: Uint8Array,
  change: { readonly pullRequest: number; readonly head: string; readonly approvals: readonly Approval[] },
): Promise<WrittenApprovals> {
  const { head } = change;
  const place = { key, repository: client.repository.id, head };
  return store.exclusively(headLock(client.repository.id, head), async () => {
    const runs = await client.checkRuns(head, CHECK_NAME);
    const [newest] = runs;
    const known = restoreApprovals(runs, place);
    const text = withApprovals(
      newest?.text ?? "",
      distinctApprovals([...known.approvals, ...change.approvals]),
      place,
    );
    if (text === null) return { kind: "too-large" };
    const now = await client.pullRequest(change.pullRequest);
    if (now.state !== "open" || now.head.sha !== head) return { kind: "moved", head: now.head.sha };
    const { title, summary } = newest ?? { title: "Reviewing again", summary: "An approval was given." };
    const output = { title, summary, text };
    const run =
      newest === undefined
        ? await client.createCheckRun(head, CHECK_NAME, { status: "in_progress", output })
        : await client.updateCheckRun(newest.id, { output });
    return { kind: "written", run: run.id };
  });
}
