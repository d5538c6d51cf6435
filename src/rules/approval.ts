import type { RegionLine } from "../surface/surface.ts";

/**
 * One person's acceptance of one finding: of this exact extent under this policy, no more (threat T12). Whether the person
 * may accept it was decided before (design section 9); here it is data.
 */
export interface Approval {
  readonly fingerprint: string;
  /** Digest of configuration and rules under which it was given; under another it is void. */
  readonly policyDigest: string;
  readonly extent: Extent;
  /** GitHub login. */
  readonly approver: string;
  readonly reason: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Commit that was the head when it was typed. */
  readonly head: string;
  /** Given by an author of the change, where configuration allows that and records it. */
  readonly self: boolean;
}

/** What a finding speaks of, exactly. */
export type Extent =
  /** Added regions. */
  | ({ readonly kind: "regions" } & WorkloadRegions)
  /** Content that nobody read, by source: a digest of what it was and is now; and what opens only if it isolates. */
  | ({ readonly kind: "unknown"; readonly sources: Readonly<Record<string, string>> } & WorkloadRegions)
  /** A fact without a region (an object that stays, a policy that does not match): the digest of what it rests on. */
  | { readonly kind: "fact"; readonly digest: string };

export interface WorkloadRegions {
  /** Regions by workload; a workload of which nothing is said here has an empty one. */
  readonly workloads: Readonly<Record<string, readonly RegionLine[]>>;
  /** Namespaces that Git declares, where a region speaks of those that it does not; else empty. Sorted. */
  readonly declared: readonly string[];
}

/** An approval that no longer accepts the finding of its fingerprint. */
export interface VoidApproval {
  readonly approval: Approval;
  readonly why: /** The finding speaks of more than was accepted. */
    | "grew"
    /** Configuration or rules are not those under which it was given. */
    | "policy-changed";
}

/** A person's acceptance of a finding as it stands. */
export function approvalOf(
  { fingerprint, extent }: { readonly fingerprint: string; readonly extent: Extent },
  given: Omit<Approval, "fingerprint" | "extent">,
): Approval {
  const { policyDigest, approver, reason, at, head, self } = given;
  return { fingerprint, policyDigest, extent, approver, reason, at, head, self };
}
