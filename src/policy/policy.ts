import type { Manifest } from "../render/render.ts";

/**
 * One policy object in the dialect-neutral model. A dialect is one file that compiles to it; what the model cannot say
 * makes the policy partly unknown, never absent. `surface/` alone knows what tiers and orders mean.
 */
export interface Policy {
  readonly dialect: Dialect;
  readonly identity: ObjectIdentity;
  readonly manifest: Manifest;
  readonly tier: Tier;
  /** Position in its tier, smaller first; null where the dialect has no order (NetworkPolicy: a union). */
  readonly order: number | null;
  readonly subject: Subject;
  /** Directions in which a selected pod, if no rule of this kind admits, is denied. */
  readonly isolates: { readonly egress: boolean; readonly ingress: boolean };
  readonly egress: readonly Rule[];
  readonly ingress: readonly Rule[];
}

export type Dialect = "networking.k8s.io/v1 NetworkPolicy";

/** The layers of design section 7, in the order they are asked. */
export type Tier = "admin" | "network-policy" | "baseline";

export interface ObjectIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  /** null = cluster-scoped. */
  readonly namespace: string | null;
  readonly name: string;
}

/** Which pods a policy governs. */
export interface Subject {
  /** A namespaced policy governs pods of its own namespace. */
  readonly namespaces: NamespaceMatch;
  readonly pods: LabelSelector;
}

export type NamespaceMatch =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "selected"; readonly selector: LabelSelector };

export interface Rule {
  readonly action: "allow" | "deny" | "pass";
  /** null = any destination: addresses, nodes, pods. */
  readonly peers: readonly Peer[] | null;
  /** null = every protocol and port. */
  readonly ports: readonly PortMatch[] | null;
  /** JSON pointer of the rule in its object: "/spec/egress/0". */
  readonly pointer: string;
}

export type Peer =
  | {
      readonly kind: "pods";
      readonly namespaces: NamespaceMatch;
      readonly pods: LabelSelector;
      /** Whether the author wrote a podSelector: an absent one and `{}` mean the same, people read them differently. */
      readonly pointer: string;
    }
  | {
      readonly kind: "addresses";
      readonly cidr: string;
      readonly except: readonly string[];
      readonly pointer: string;
    };

export interface PortMatch {
  readonly protocol: Protocol;
  readonly port: /** Every port of the protocol. */
    | { readonly kind: "all" }
    | { readonly kind: "range"; readonly first: number; readonly last: number }
    /** The port with this name on each destination pod; matches no address. */
    | { readonly kind: "named"; readonly name: string };
  readonly pointer: string;
}

export type Protocol = "TCP" | "UDP" | "SCTP";

/** A Kubernetes label selector, matchLabels folded into requirements. No requirement = everything. */
export type LabelSelector = readonly LabelRequirement[];

export interface LabelRequirement {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Sorted, without duplicates; empty for Exists and DoesNotExist. */
  readonly values: readonly string[];
}
