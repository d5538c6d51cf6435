import type { Approval, VoidApproval } from "./approval.ts";
import { extentWithin } from "./extent-within.ts";
import type { Finding } from "./finding.ts";

/** What people accepted, and what their acceptance is held against. */
export interface Acceptance {
  readonly approvals: readonly Approval[];
  /** Digest of configuration and rules of this evaluation. */
  readonly policyDigest: string;
  readonly podCIDRs: readonly string[];
}

export const NOBODY_ACCEPTED: Acceptance = { approvals: [], policyDigest: "", podCIDRs: [] };

export interface AcceptedFinding {
  readonly approval: Approval | null;
  /** Approvals of it that no longer count, where none does. */
  readonly voided: readonly VoidApproval[];
}

/**
 * Whether somebody accepted a finding: of the same fingerprint, under the same policy, and of all that it speaks of now
 * (threat T12). Only what stops a change can be accepted.
 */
export function acceptanceOf(finding: Finding, acceptance: Acceptance): AcceptedFinding {
  if (finding.severity !== "block" && finding.severity !== "undecided") return { approval: null, voided: [] };
  const given = acceptance.approvals
    .filter(({ fingerprint }) => fingerprint === finding.fingerprint)
    .toSorted(inOrder);
  const voided: VoidApproval[] = [];
  for (const approval of given) {
    if (approval.policyDigest !== acceptance.policyDigest) voided.push({ approval, why: "policy-changed" });
    else if (extentWithin(finding.extent, approval.extent, acceptance.podCIDRs))
      return { approval, voided: [] };
    else voided.push({ approval, why: "grew" });
  }
  return { approval: null, voided };
}

/** The first that counts is named, whatever the order in which they were read. */
function inOrder(a: Approval, b: Approval): number {
  const [left, right] = [orderOf(a), orderOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function orderOf({ at, approver, head, reason, extent, policyDigest, self }: Approval): string {
  return JSON.stringify([self, at, approver, head, reason, policyDigest, extent]);
}
