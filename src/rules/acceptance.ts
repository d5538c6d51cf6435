import type { Approval, VoidApproval } from "./approval.ts";
import { extentWithin } from "./extent-within.ts";
import type { Finding } from "./finding.ts";
import { causeKey } from "./findings-of.ts";
import { append } from "./selection.ts";

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
 * Which findings somebody accepted: of the same fingerprint, under the same policy, and of all that they speak of now (threat
 * T12). Only what stops a change can be accepted.
 *
 * One region is one row and one approval: what other rules say of the same object is accepted with the finding that was
 * named, as far as they speak of nothing that was not accepted with it.
 */
export function acceptancesOf(
  findings: readonly Finding[],
  acceptance: Acceptance,
): ReadonlyMap<Finding, AcceptedFinding> {
  const named = new Map(findings.map((finding) => [finding, acceptanceOf(finding, acceptance)]));
  const rows = new Map<string, Approval[]>();
  for (const [finding, { approval }] of named) {
    const row = rowKey(finding);
    if (approval !== null && row !== null) append(rows, row, approval);
  }
  return new Map(
    [...named].map(([finding, own]) => {
      const beside = own.approval === null ? besideOf(finding, rows, acceptance) : null;
      return [finding, beside === null ? own : { approval: beside, voided: [] }];
    }),
  );
}

/** An approval of another finding of the row that holds all of this one. */
function besideOf(
  finding: Finding,
  rows: ReadonlyMap<string, readonly Approval[]>,
  { podCIDRs }: Acceptance,
): Approval | null {
  const row = canBeAccepted(finding) && finding.extent.kind === "regions" ? rowKey(finding) : null;
  const given = row === null ? [] : (rows.get(row) ?? []);
  return given.find(({ extent }) => extentWithin(finding.extent, extent, podCIDRs)) ?? null;
}

/** What findings of one row have in common: environments and the object that opens; rules cite different places of it. */
function rowKey({ environments, cause }: Finding): string | null {
  return cause === null || cause.manifest === null
    ? null
    : JSON.stringify([environments, causeKey({ ...cause, pointer: "", place: null })]);
}

function canBeAccepted({ severity }: Finding): boolean {
  return severity === "block" || severity === "undecided";
}

function acceptanceOf(finding: Finding, acceptance: Acceptance): AcceptedFinding {
  if (!canBeAccepted(finding)) return { approval: null, voided: [] };
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
