import type { Place } from "../tree/place.ts";

/** What `.egress-review.yaml` says, with every default filled in. It is read from the base tree alone (threat T11). */
export interface Configuration {
  readonly environments: ReadonlyMap<string, ConfiguredEnvironment>;
  /** Addresses under which this repository is known; see `targets/` for how they are compared. */
  readonly repositories: readonly string[];
  readonly namespaces: ReadonlyMap<string, ConfiguredNamespace>;
  readonly workloads: readonly AmbientWorkload[];
  /** CIDRs that count as inside, beside private, link-local, ULA and 100.64/10. */
  readonly internalRanges: readonly string[];
  readonly podCIDRs: readonly string[];
  /** What a changed target that nobody can render here means where it cannot matter. */
  readonly unrendered: "coverage" | "undecided";
  /** Whom a reader may ask; printed as it stands. */
  readonly contact: string | null;
  readonly approvals: ApprovalSettings;
  /**
   * Where each key stands that somebody wrote, by `writtenKey`. It means nothing by itself: two configurations that say the
   * same are equal wherever they say it.
   */
  readonly written: ReadonlyMap<string, Place>;
}

export interface ApprovalSettings {
  /** "recorded": an author of a change may accept its findings where nobody else may; shown as self-approved everywhere. */
  readonly self: "off" | "recorded";
  /** Of an organisation: no repository may allow it. */
  readonly forbidSelf: boolean;
}

/** The name of a key in `written`: its steps from the top, as one string that no other key has. */
export function writtenKey(...steps: readonly string[]): string {
  return JSON.stringify(steps);
}

export interface ConfiguredEnvironment {
  /** Clean paths relative to the repository's root; what stands at or below one belongs to this environment. */
  readonly roots: readonly string[];
  readonly marks: EnvironmentMarks;
}

export interface EnvironmentMarks {
  readonly production: boolean;
  /** Which CNI enforces; null = inferred from what is rendered. */
  readonly profile: Profile | null;
  /** "observe" never blocks. */
  readonly mode: "enforce" | "observe";
  /** GitHub users and teams, as written: "alice", "acme/security". */
  readonly approvers: readonly string[];
}

/** Who enforces network policies, and so what they mean. */
export type Profile = (typeof PROFILES)[number];

export const PROFILES = [
  /** By the letter of the API and its conformance suite. */
  "kubernetes",
  "cilium",
  "calico",
  "antrea",
  "ovn-kubernetes",
  "aws-vpc-cni",
  "gke-v1",
  "gke-v2",
  "aks-azure",
  "aks-calico",
  "aks-cilium",
] as const;

export interface ConfiguredNamespace {
  /** Holds cardholder data (PCI DSS). */
  readonly cde: boolean;
  /** Declares that this namespace keeps a default deny. */
  readonly baseline: boolean;
  /** Labels that somebody else puts on the namespace. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A workload that runs in the cluster though Git does not show it: kube-dns, ingress-nginx … */
export interface AmbientWorkload {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly AmbientPort[];
}

interface AmbientPort {
  readonly name: string | null;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

export interface ConfigurationProblem {
  readonly code: ConfigurationProblemCode;
  readonly path: string;
  /** One-based; null where the problem has no place in the text. */
  readonly line: number | null;
  /** For a person, without path and line. */
  readonly message: string;
}

export type ConfigurationProblemCode =
  | "missing"
  | "unreadable"
  | "invalid-yaml"
  | "duplicate-key"
  | "unknown-key"
  | "invalid-value";

/** The strictest marks; every environment that the configuration does not name has them. */
export const DEFAULT_MARKS: EnvironmentMarks = {
  production: true,
  profile: null,
  mode: "enforce",
  approvers: [],
};

export const defaultConfiguration: Configuration = {
  environments: new Map(),
  repositories: [],
  namespaces: new Map(),
  workloads: [],
  internalRanges: [],
  podCIDRs: [],
  unrendered: "coverage",
  contact: null,
  approvals: { self: "off", forbidSelf: false },
  written: new Map(),
};
