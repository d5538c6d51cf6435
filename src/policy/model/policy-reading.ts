import type { Manifest } from "../../render/render.ts";
import type { ObjectUnknown } from "./object-unknown.ts";
import type { Policy } from "./policy.ts";

/** What one object means for traffic. */
export interface PolicyReading {
  /** More than one where the object holds several (`specs` of Cilium). */
  readonly policies: readonly Policy[];
  /** What it may do beyond its policies, and nobody can say: a group of cloud addresses, a Service outside Git. */
  readonly unknowns: readonly ObjectUnknown[];
  readonly remarks: readonly PolicyRemark[];
}

/** Something that is known of an object, and that its author may not know. */
export interface PolicyRemark {
  readonly code: PolicyRemarkCode;
  readonly manifest: Manifest;
  /** JSON pointer of the field it is about; "" = the object. */
  readonly pointer: string;
  /** One sentence in the words of whoever enforces it. */
  readonly detail: string;
}

export type PolicyRemarkCode =
  /** The API server takes it, and who should enforce it refuses it: it does nothing. */
  | "refused-by-enforcer"
  /** The CNI of this environment does not know the kind: it does nothing. */
  | "kind-not-enforced"
  /** Some field of it has no effect here. */
  | "field-without-effect"
  /** It does nothing where an optional part of the CNI is off. */
  | "needs-feature"
  /** It also stops traffic to the API server, which pods that talk to Kubernetes need. */
  | "cuts-api-server"
  /** Two policies of one place in the order: which is asked first is not defined. */
  | "equal-priority";
