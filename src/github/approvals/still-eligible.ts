import type { LocatedFinding } from "../../report/report.ts";
import type { Approval } from "../../rules/approval.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Account } from "../github.ts";
import { mayClear, type Refusal } from "../governance/may-clear.ts";
import type { ClearingPolicy } from "../governance/requirements.ts";
import type { Writers } from "../governance/writers.ts";
import type { UncountedApproval } from "./carry-approvals.ts";

/** Whether they made a part of the change was asked before, pull request by pull request. */
const NO_WRITERS: Writers = { known: new Map(), unknown: [] };

/**
 * Approvals whose approver may still clear the finding, here and now: a record is good for a commit, and the same commit may
 * be headed for another branch, of other owners. Somebody who was renamed since is nobody, for a new name may be that of one
 * who made the change.
 */
export async function stillEligible(
  client: RepositoryClient,
  approvals: readonly Approval[],
  findings: readonly LocatedFinding[],
  policy: ClearingPolicy,
): Promise<{ readonly valid: readonly Approval[]; readonly held: readonly UncountedApproval[] }> {
  const valid: Approval[] = [];
  const held: UncountedApproval[] = [];
  for (const approval of approvals) {
    const accepted = findings.filter(({ fingerprint }) => fingerprint === approval.fingerprint);
    const why = await refusalOf(client, approval, accepted, policy);
    if (why === null) valid.push(approval);
    else held.push({ approval, why });
  }
  return { valid, held };
}

async function refusalOf(
  client: RepositoryClient,
  { approver }: Approval,
  findings: readonly LocatedFinding[],
  policy: ClearingPolicy,
): Promise<Refusal | null> {
  // Only people's comments are approvals; the id of an account is not looked at.
  const person: Account = { id: 0, login: approver, kind: "user" };
  for (const finding of findings) {
    const clearance = await mayClear(client, person, finding, policy, NO_WRITERS);
    if (clearance.kind === "no") return clearance.why;
  }
  return null;
}
