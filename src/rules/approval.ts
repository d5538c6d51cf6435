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
  /** Added regions by workload; a workload of which nothing is said here has an empty one. */
  | { readonly kind: "regions"; readonly workloads: Readonly<Record<string, readonly RegionLine[]>> }
  /** Content that nobody read, by source: the digest of what it is now. */
  | { readonly kind: "unknown"; readonly sources: Readonly<Record<string, string>> }
  /** A fact without a region (an object that stays, a policy that does not match): the digest of what it rests on. */
  | { readonly kind: "fact"; readonly digest: string };
