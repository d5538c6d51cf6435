import type { Cluster, Workload } from "../cluster/cluster.ts";
import type { Policy, Rule } from "../policy/model/policy.ts";
import type { Region } from "../surface/surface.ts";
import type { Unknown } from "../targets/unknown.ts";

/** What one environment's egress controls let its workloads reach that they did not before, and the reverse. */
export interface EnvironmentDelta {
  readonly environment: string;
  readonly base: Cluster;
  readonly head: Cluster;
  /** Only workloads that are new, gone, or whose surface or standing differs; sorted by key. */
  readonly workloads: readonly WorkloadDelta[];
  /** Searches that ran out of their budget. */
  readonly unknowns: readonly Unknown[];
}

export interface WorkloadDelta {
  /** "namespace/Kind/name", "namespace/Kind/name#role", or "namespace/?key=value" for pods that Git does not show. */
  readonly key: string;
  readonly namespace: string;
  readonly subject:
    | { readonly kind: "known"; readonly base: Workload | null; readonly head: Workload | null }
    /** The smallest label set that makes the region a widening (or a narrowing). */
    | { readonly kind: "potential"; readonly labels: ReadonlyMap<string, string> };
  readonly presence: "both" | "base-only" | "head-only" | "moved";
  /** A potential workload decides only in a namespace that may hold pods Git does not show (design section 8). */
  readonly decides: boolean;
  /** null where the workload does not exist on that side. */
  readonly before: Standing | null;
  readonly after: Standing | null;
  /** head minus base, exactly; empty for a workload that is gone. */
  readonly added: Region;
  /** base minus head, exactly; empty for a new workload. */
  readonly removed: Region;
  /**
   * What is opened, split by what admits it; parts may overlap where several rules admit. `added` is the union of those
   * without a condition; what is added only under a condition stands in its opening alone.
   */
  readonly openings: readonly Opening[];
}

/** How egress controls treat one workload on one side. */
export interface Standing {
  /** false for pods on the host network: no policy governs them. */
  readonly governed: boolean;
  /** Policies that isolate it for egress. */
  readonly isolating: readonly Policy[];
  /** Unchanged unknowns that may isolate it too. */
  readonly mayBeIsolatedBy: readonly Unknown[];
  /** Everything it may reach, as known. */
  readonly reach: () => Region;
}

export interface Opening {
  readonly cause:
    | { readonly kind: "rule"; readonly policy: Policy; readonly rule: Rule }
    /** Nothing isolates it (any more). */
    | { readonly kind: "not-isolated" }
    | { readonly kind: "not-governed" }
    /**
     * An unchanged unknown may admit it, which it did not have to at base: the workload is new, or its labels differ in a key
     * that the unknown's selectors may ask for (threat T2). Always under the condition of that unknown.
     */
    | { readonly kind: "unknown"; readonly unknown: Unknown };
  /** Base policies that isolated the workload and so denied the region; empty for a new workload. */
  readonly closers: readonly Policy[];
  /** The part of the added region that this cause admits. */
  readonly region: Region;
  /** Everything that every rule admits at head to this workload: thresholds are judged in head's total. */
  readonly total: () => Region;
  /** What base admitted to it, all together; empty for a new workload. */
  readonly baseTotal: () => Region;
  /**
   * For a workload that is new at head: would the same pod without the labels that the opening policy selects be denied
   * some of the region? Then a label opens (threat T10). Always true for workloads of both sides.
   */
  readonly labelOpens: boolean;
  /**
   * The region is a widening only if one of these unchanged unknowns isolates the workload at base (threat T1), or where the
   * cause is an unknown, if it admits it. Empty = certain.
   */
  readonly condition: readonly Unknown[];
}
