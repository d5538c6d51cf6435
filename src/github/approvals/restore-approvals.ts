import type { Approval } from "../../rules/approval.ts";
import { canonicalJson } from "../../targets/files/digest.ts";
import type { CheckRun } from "../github.ts";
import { type OpenedRecord, openApprovals, type RecordRefusal } from "./approval-record.ts";
import { hasApprovals, type SignedPlace } from "./approval-section.ts";

export interface RestoredApprovals {
  /** Whether one of the runs says which approvals its head has; else earlier heads have to be asked. */
  readonly complete: boolean;
  readonly approvals: readonly Approval[];
  /** Records that were not believed; each is an entry of the audit log. */
  readonly refused: readonly RefusedRecord[];
}

export interface RefusedRecord {
  readonly run: number;
  readonly head: string;
  readonly why: RecordRefusal;
}

/** What check runs of one head say was accepted. The caller read runs of this App alone. */
export function restoreApprovals(runs: readonly CheckRun[], place: SignedPlace): RestoredApprovals {
  const own = runs.filter(({ headSha }) => headSha === place.head);
  const records = own.flatMap((run) =>
    openApprovals(place.key, place, run.text).map((record) => ({ run: run.id, record })),
  );
  const approvals = records.flatMap(({ record }) => approvalOf(record) ?? []);
  return {
    complete: own.some(({ text }) => hasApprovals(text, place)),
    approvals: distinctApprovals(approvals),
    refused: records.flatMap(({ run, record }) =>
      record.kind === "refused" ? [{ run, head: place.head, why: record.why }] : [],
    ),
  };
}

function approvalOf(record: OpenedRecord): Approval | null {
  return record.kind === "approval" ? record.approval : null;
}

/** Equal ones once, in the order in which they were given. */
export function distinctApprovals(approvals: readonly Approval[]): readonly Approval[] {
  const byContent = new Map(approvals.map((approval) => [canonicalJson(approval), approval]));
  return [...byContent.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
