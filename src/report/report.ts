import type { TakesEffect } from "../diff/takes-effect.ts";

export type { TakesEffect };

import type { ControlEffect, Finding } from "../rules/finding.ts";
import type { RegionLine } from "../surface/surface.ts";
import type { Place } from "../tree/place.ts";

export type Verdict = "pass" | "block" | "undecided";

/** The result of a review: everything a report is made from. A function of head, base, policy, engine, approvals, time. */
export interface Review {
  readonly verdict: Verdict;
  readonly base: string;
  readonly head: string;
  /** ISO 8601, UTC. */
  readonly evaluatedAt: string;
  readonly digests: { readonly inputs: string; readonly policy: string; readonly engine: string };
  readonly environments: readonly ReviewedEnvironment[];
  readonly findings: readonly LocatedFinding[];
  readonly controls: readonly ControlEffect[];
  readonly unknowns: readonly ReviewedUnknown[];
  readonly assumptions: readonly Assumption[];
  readonly coverage: Coverage;
  /** Ranges that the configuration counts as inside the cluster, beside the private ones. */
  readonly internalRanges: readonly string[];
  readonly contact: string | null;
}

export interface ReviewedEnvironment {
  readonly name: string;
  /** Whether any of its inputs differ; where none does nothing is rendered. */
  readonly changed: boolean;
  readonly targets: number;
  readonly rendered: number;
  readonly workloadNames: readonly string[];
  readonly deltas: readonly ReviewedDelta[];
}

export interface ReviewedDelta {
  readonly workload: string;
  readonly added: readonly RegionLine[];
  readonly removed: readonly RegionLine[];
  readonly takesEffect: TakesEffect;
  /** For people: the surface before and after as canonical lines; null where the workload does not exist on that side. */
  readonly before: readonly RegionLine[] | null;
  readonly after: readonly RegionLine[] | null;
}

export interface Location extends Place {
  readonly side: "base" | "head";
}

export interface LocatedFinding extends Omit<Finding, "cause"> {
  readonly location: Location | null;
  readonly document: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
  } | null;
}

export interface ReviewedUnknown {
  readonly handle: string;
  readonly environment: string;
  readonly target: string | null;
  readonly code: string;
  readonly reason: string;
  readonly changed: boolean;
  readonly location: Location | null;
  /** What is the matter with it, as the finding that names it says it. */
  readonly state: string;
  /** Whether the verdict rests on it; others stand in the coverage. */
  readonly decides: boolean;
}

export interface Assumption {
  readonly code:
    | "cni-enforces"
    | "live-objects-not-seen"
    | "unread-writes-in-its-namespace"
    | "environments-may-be-one-cluster"
    | "undeclared-namespace-labels"
    | "repository-recognised";
  readonly text: string;
}

/** A sentence about one target, or about none. */
export interface Remark {
  readonly target: string | null;
  readonly text: string;
}

export interface Coverage {
  readonly environments: { readonly changed: number; readonly unchanged: number };
  readonly targets: { readonly decided: number; readonly partlyRead: number; readonly notRead: number };
  readonly workloads: number;
  readonly policies: number;
  readonly listed: readonly string[];
  readonly unmodelledKinds: Readonly<Record<string, number>>;
  /** What decides nothing and still has to be said. */
  readonly remarks: readonly Remark[];
}
