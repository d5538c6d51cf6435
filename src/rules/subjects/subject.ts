import type { ExplainedOpening } from "../../diff/explain.ts";
import type { Region } from "../../surface/surface.ts";
import type { Cause } from "../finding.ts";
import type { Cites, Judged } from "../rules.ts";

/** One thing that rules may judge, with the facts that their predicates see. */
export interface Subject {
  readonly judged: Judged;
  readonly environment: string;
  /** Judged only by rules that are marked `asIfIsolated`. */
  readonly assumed: boolean;
  /** The variables of its vocabulary. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly workloads: readonly string[];
  /** Regions that a finding names. */
  readonly regions: readonly Region[];
  /** Whom it is about, for the fingerprint: never lines, never regions. */
  readonly about: string;
  /** The identity of the policy it rests on, "" where none. */
  readonly policy: string;
  /** What it is about, for whoever explains a finding; empty where it is about no opening. */
  readonly openings: readonly ExplainedOpening[];
  /** What isolated it at base; their identities are what two sources of one object may disagree about. */
  readonly closers: readonly string[];
  readonly cause: (cites: Cites) => Cause | null;
  /** What an approval of it would be held against, where that is not workloads, regions and cause. */
  readonly rests?: SubjectExtent;
}

export interface SubjectExtent {
  /** Of something unread: digests by source. */
  readonly sources?: Readonly<Record<string, string>>;
  /** What opens only under it. */
  readonly opens?: readonly Subject[];
  /** Digests of objects beside the cause. */
  readonly objects?: readonly string[];
}

/** A subject without workloads, regions or policies, for the rules that judge objects. */
export function objectSubject(
  subject: Pick<Subject, "judged" | "environment" | "variables" | "about" | "cause"> & Partial<Subject>,
): Subject {
  return { assumed: false, workloads: [], regions: [], policy: "", closers: [], openings: [], ...subject };
}
