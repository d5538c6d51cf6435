import type { MeshStatement } from "../../cluster/mesh/mesh.ts";
import type { RegionLine } from "../../surface/surface.ts";
import type { Assumption, Location, ReviewedUnknown } from "../report.ts";

/** What each workload of a tree may reach: the answer of `egress-review surface`. */
export interface SurfaceListing {
  /** What the tree is called: "7e9a1b8", "working tree". */
  readonly revision: string;
  readonly environments: readonly ListedEnvironment[];
  readonly assumptions: readonly Assumption[];
}

export interface ListedEnvironment {
  readonly name: string;
  readonly workloads: readonly ListedWorkload[];
  /** Policies for egress that select no workload which Git shows: a typo, or pods that come from elsewhere. */
  readonly idlePolicies: readonly IdlePolicy[];
  readonly unknowns: readonly ReviewedUnknown[];
  /** What a mesh says of outbound traffic, object by object and workload by workload: context, never proof. */
  readonly mesh?: readonly MeshStatement[];
}

export interface ListedWorkload {
  readonly workload: string;
  readonly standing:
    | "isolated"
    /** No policy isolates it for egress: it may reach everything. */
    | "not-isolated"
    /** No policy governs it (host network). */
    | "not-governed"
    /** Something that could not be read may isolate it. */
    | "unknown";
  readonly reach: readonly RegionLine[];
  /** Policies that isolate it, "namespace/name". */
  readonly policies: readonly string[];
}

export interface IdlePolicy {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
  readonly location: Location | null;
}
