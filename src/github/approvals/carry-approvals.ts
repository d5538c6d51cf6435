import type { Approval } from "../../rules/approval.ts";
import { CHECK_NAME } from "../check-name.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest } from "../github.ts";
import type { Refusal } from "../governance/may-clear.ts";
import { writerRefusal } from "../governance/may-clear.ts";
import type { Writers } from "../governance/writers.ts";
import { distinctApprovals, type RefusedRecord, restoreApprovals } from "./restore-approvals.ts";

/** Approvals of a head, sorted by what they are good for. */
export interface CarriedApprovals {
  /** For `review`, which holds each against what it accepts; and to be written into this head's run. */
  readonly valid: readonly Approval[];
  /**
   * Somebody who cannot be named made a part of the change, perhaps the approver: they accept nothing now, and are written
   * into this head's run, so that they count again once GitHub knows who it was.
   */
  readonly held: readonly UncountedApproval[];
  /** The approver made a part of the change: gone for good. */
  readonly void: readonly UncountedApproval[];
  readonly refused: readonly RefusedRecord[];
}

export interface UncountedApproval {
  readonly approval: Approval;
  readonly why: Refusal;
}

export interface CarryOptions {
  readonly key: Uint8Array;
  /** Whether base configuration lets those who made a change clear it. */
  readonly self: "off" | "recorded";
  /** The last head that was evaluated, if anybody remembers; a force-push takes it out of the list of commits. */
  readonly lastHead: string | null;
}

/** Check runs of this many earlier heads are asked for. */
const MAXIMUM_LOOKUPS = 20;

/**
 * What was accepted for this head: as its own runs say, or where they say nothing as those of the newest earlier head do.
 * Runs of the App are the only source.
 */
export async function carryApprovals(
  client: RepositoryClient,
  pullRequest: PullRequest,
  writers: Writers,
  options: CarryOptions,
): Promise<CarriedApprovals> {
  const { approvals, refused } = await newestApprovals(client, pullRequest, options);
  return { ...sortedOut(approvals, writers, options.self), refused };
}

/** Which approvals still count, now that these people made the change. */
export function sortedOut(
  approvals: readonly Approval[],
  writers: Writers,
  self: "off" | "recorded",
): Omit<CarriedApprovals, "refused"> {
  const valid: Approval[] = [];
  const held: UncountedApproval[] = [];
  const gone: UncountedApproval[] = [];
  for (const approval of approvals) {
    const why = writerRefusal({ login: approval.approver }, writers);
    if (why === null || (approval.self && self === "recorded")) valid.push(approval);
    else (why.code === "writer-unknown" ? held : gone).push({ approval, why });
  }
  return { valid, held, void: gone };
}

interface Restored {
  readonly approvals: readonly Approval[];
  readonly refused: readonly RefusedRecord[];
}

async function newestApprovals(
  client: RepositoryClient,
  { number, head }: PullRequest,
  { key, lastHead }: CarryOptions,
): Promise<Restored> {
  const refused: RefusedRecord[] = [];
  const approvalsAt = async (sha: string): Promise<readonly Approval[] | null> => {
    const runs = await client.checkRuns(sha, CHECK_NAME);
    const restored = restoreApprovals(runs, { key, repository: client.repository.id, head: sha });
    refused.push(...restored.refused);
    return restored.complete ? restored.approvals : null;
  };
  const own = await approvalsAt(head.sha);
  if (own !== null) return { approvals: own, refused };
  const commits = (await client.commitsOf(number)).map(({ sha }) => sha).toReversed();
  const earlier = [...new Set([...(lastHead === null ? [] : [lastHead]), ...commits])]
    .filter((sha) => sha !== head.sha)
    .slice(0, MAXIMUM_LOOKUPS);
  for (const sha of earlier) {
    const found = await approvalsAt(sha);
    if (found !== null) return { approvals: found, refused };
  }
  return { approvals: [], refused };
}

/** What the run of a head is to hold: what was accepted with them, what waits, and what was given on this very head. */
export function approvalsToWrite(
  { valid, held }: Pick<CarriedApprovals, "valid" | "held">,
  used: readonly Approval[],
  head: string,
): readonly Approval[] {
  const accepted = new Set(used.map(({ fingerprint }) => fingerprint));
  const kept = valid.filter((approval) => accepted.has(approval.fingerprint) || approval.head === head);
  return distinctApprovals([...kept, ...held.map(({ approval }) => approval)]);
}
