import { createHash } from "node:crypto";
import type { CheckRun, PullRequest } from "../github.ts";

/**
 * What a check run is the answer to, kept in its external id: a run that stands on a commit tells by itself whether it still
 * answers what would be asked now, whatever became of our database.
 */
export interface RunIdentity {
  readonly kind: "review" | "merge-group" | "map";
  readonly state: RunState;
  /** Which pull requests, against which branches. */
  readonly question: string;
  /** Commits of the base branches, in the order of the pull requests. */
  readonly bases: readonly string[];
  readonly policy: string;
  readonly engine: string;
}

/**
 * "open" = nothing decided; "judged" = concluded, comments may be missing; "published" = everything that belongs to it
 * stands; "failed" = no verdict.
 */
export type RunState = "open" | "judged" | "published" | "failed";

const FORMAT = "egress-review/1";

export function printIdentity(identity: RunIdentity): string {
  const { kind, state, question, bases, policy, engine } = identity;
  return [FORMAT, kind, state, question, bases.join("+") || "-", policy || "-", engine || "-"].join(" ");
}

const TEXT =
  /^egress-review\/1 (review|merge-group|map) (open|judged|published|failed) (\S+) (\S+) (\S+) (\S+)$/;

/** null = written by something else, or by another version of this product. */
export function parseIdentity(externalId: string): RunIdentity | null {
  const [, kind, state, question = "", bases = "-", policy = "-", engine = "-"] = TEXT.exec(externalId) ?? [];
  if (kind === undefined || state === undefined) return null;
  return {
    kind: kind as RunIdentity["kind"],
    state: state as RunState,
    question,
    bases: bases === "-" ? [] : bases.split("+"),
    policy: policy === "-" ? "" : policy,
    engine: engine === "-" ? "" : engine,
  };
}

/** The newest run of the name is what GitHub shows and what a branch rule asks. */
export function standingIdentity(runs: readonly CheckRun[]): RunIdentity | null {
  const [newest] = runs;
  return newest?.status === "completed" ? parseIdentity(newest.externalId) : null;
}

/** Also whether it is a draft: that changes who is told, and a verdict whose comment was held back is asked for again. */
export function questionOf(pullRequests: readonly PullRequest[]): string {
  return digest(pullRequests.map(({ number, base, draft }) => [number, base.ref, draft]));
}

/** Enough of a digest to tell two apart; an external id has little room. */
export function shortened(text: string): string {
  return digest(text);
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 20);
}

/** What an answer was held against: bases in the order of the pull requests, with the digests of the policy of each. */
export function heldAgainst(
  bases: readonly { readonly commit: string; readonly policy: string }[],
  engineDigest: string,
): Pick<RunIdentity, "bases" | "policy" | "engine"> {
  return {
    bases: bases.map(({ commit }) => commit),
    policy: shortened(bases.map(({ policy }) => policy).join()),
    engine: shortened(engineDigest),
  };
}

/** Of a run that nothing was decided for yet. */
export function openIdentity(kind: RunIdentity["kind"], question: string, engineDigest: string): RunIdentity {
  return { kind, state: "open", question, bases: [], policy: "", engine: shortened(engineDigest) };
}
