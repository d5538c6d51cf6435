import type { ConfigurationProblem } from "../config/config.ts";
import type { Fate } from "../diff/explain.ts";
import type { MeshDifference } from "../diff/mesh-difference.ts";
import type { TakesEffect } from "../diff/takes-effect.ts";

export type { TakesEffect };

import type { VoidApproval } from "../rules/approval.ts";
import type { ControlEffect, Finding } from "../rules/finding.ts";
import type { RegionLine } from "../surface/surface.ts";
import type { Place } from "../tree/place.ts";

export type Verdict = "pass" | "block" | "undecided";

/** The result of a review: everything a report is made from. A function of head, base, policy, engine, approvals, time. */
export interface Review {
  /** Of what is enforced: findings that are accepted, or only observed, do not count. */
  readonly verdict: Verdict;
  /** The verdict if environments that only observe counted, where it is worse; else null. */
  readonly observed: Verdict | null;
  readonly base: string;
  readonly head: string;
  /** ISO 8601, UTC. */
  readonly evaluatedAt: string;
  readonly digests: {
    readonly inputs: string;
    readonly policy: string;
    readonly engine: string;
    readonly approvals: string;
  };
  readonly environments: readonly ReviewedEnvironment[];
  readonly findings: readonly LocatedFinding[];
  readonly controls: readonly ControlEffect[];
  readonly unknowns: readonly ReviewedUnknown[];
  readonly assumptions: readonly Assumption[];
  readonly coverage: Coverage;
  /** Ranges that the configuration counts as inside the cluster, beside the private ones. */
  readonly internalRanges: readonly string[];
  readonly contact: string | null;
  /** The change edits the configuration: what the edited one would say. It decides nothing. null = not edited. */
  readonly proposed: ProposedConfiguration | null;
  /** Approvals of findings that are still there, which they no longer accept. */
  readonly voidApprovals: readonly VoidApproval[];
}

export type ProposedConfiguration =
  | {
      readonly kind: "judged";
      readonly path: string;
      readonly verdict: Verdict;
      readonly observed: Verdict | null;
      /** Handles of blocking and undecided findings under it. */
      readonly findings: readonly string[];
      /** Keys by which it is weaker than the base's: "environments.production.production". */
      readonly weakens: readonly string[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly ConfigurationProblem[] };

export interface ReviewedEnvironment {
  readonly name: string;
  /** Whether any of its inputs differ; where none does nothing is rendered. */
  readonly changed: boolean;
  readonly targets: number;
  readonly rendered: number;
  readonly workloadNames: readonly string[];
  readonly deltas: readonly ReviewedDelta[];
  /** What a mesh says of outbound traffic, where that changed or stands for changed workloads. It decides nothing. */
  readonly mesh?: readonly MeshDifference[];
}

export interface ReviewedDelta {
  readonly workload: string;
  readonly added: readonly RegionLine[];
  readonly removed: readonly RegionLine[];
  readonly takesEffect: TakesEffect;
  /**
   * For people: the surface before and after as canonical lines; null where the workload does not exist on that side. Made
   * when they are asked for: ask for those that are shown.
   */
  readonly before: readonly RegionLine[] | null;
  readonly after: readonly RegionLine[] | null;
}

export interface Location extends Place {
  readonly side: "base" | "head";
}

export interface LocatedFinding extends Omit<Finding, "cause" | "openings"> {
  readonly location: Location | null;
  readonly document: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
  } | null;
  /** Lines of the file, first and last, that make the cause, where they are certain; the location's line is the first. */
  readonly lines: { readonly first: number; readonly last: number } | null;
  /** The object of the cause as it was rendered, YAML, null on a side that has it not; never a Secret. */
  readonly rendered: { readonly base: string | null; readonly head: string | null } | null;
  /** An edit that was evaluated before it is shown. */
  readonly fix: Fix | null;
  /** What admits it, what stopped it before, and what would close it; null where it is about no opening. */
  readonly explanation: LocatedExplanation | null;
}

export interface LocatedExplanation {
  readonly admits: {
    readonly kind: "rule" | "not-isolated" | "not-governed" | "unknown";
    readonly policy: NamedObject | null;
    readonly location: Location | null;
  };
  readonly stopped: readonly {
    readonly policy: NamedObject;
    readonly fate: Fate;
    readonly location: Location | null;
  }[];
  /** The smallest edit that was found and evaluated. */
  readonly edit: LocatedEdit | null;
}

export interface NamedObject {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}

export type LocatedEdit =
  | {
      readonly kind: "remove";
      readonly object: NamedObject;
      readonly pointer: string;
      readonly location: Location | null;
    }
  | {
      readonly kind: "restore";
      readonly object: NamedObject;
      readonly location: Location | null;
      /** Its document stands in head as it stood at base: what feeds it changed. */
      readonly documentUnchanged: boolean;
    }
  | {
      readonly kind: "set-labels";
      readonly workload: string;
      /** null = without it. */
      readonly labels: Readonly<Record<string, string | null>>;
    }
  | { readonly kind: "leave-host-network"; readonly workload: string }
  /** YAML of an object to add. */
  | { readonly kind: "add"; readonly object: NamedObject; readonly yaml: string };

/** Lines that this change added, taken out again. */
export interface Fix {
  readonly kind: "delete-lines";
  readonly path: string;
  readonly first: number;
  readonly last: number;
  /** What the whole review says then. */
  readonly verdict: Verdict;
  /** Handles of warnings and worse that are left then. */
  readonly left: readonly string[];
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
    | "kinds-not-enforced"
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
