import type { Manifest } from "../../render/render.ts";

/**
 * One policy in the dialect-neutral model. A dialect is one file that compiles to it; what the model cannot say becomes an
 * unknown beside it, never nothing. `surface/precedence.ts` alone knows what tiers and orders mean under a CNI.
 */
export interface Policy {
  readonly dialect: Dialect;
  readonly identity: ObjectIdentity;
  readonly manifest: Manifest;
  /** Equal for policies that say the same: of the object, and of the other objects that it reads (groups, sets, services). */
  readonly digest: string;
  readonly tier: Tier;
  /** Position in its tier, smaller first; null where the dialect has no order: a union, in which deny goes before allow. */
  readonly order: number | null;
  /** Whom it governs: the pods that any of these selects. */
  readonly subjects: readonly Pods[];
  /** Directions in which a governed pod, if nothing of the tier decides, is denied. */
  readonly isolates: { readonly egress: boolean; readonly ingress: boolean };
  /** As written: where rules are asked one after another, the first that holds a packet decides it. */
  readonly egress: readonly Rule[];
  readonly ingress: readonly Rule[];
}

export type Dialect =
  | "networking.k8s.io/v1 NetworkPolicy"
  | "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy"
  | "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy"
  | "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy"
  | "cilium.io/v2 CiliumNetworkPolicy"
  | "cilium.io/v2 CiliumClusterwideNetworkPolicy"
  | "projectcalico.org/v3 NetworkPolicy"
  | "projectcalico.org/v3 GlobalNetworkPolicy"
  | "crd.antrea.io/v1beta1 NetworkPolicy"
  | "crd.antrea.io/v1beta1 ClusterNetworkPolicy"
  | "k8s.ovn.org/v1 EgressFirewall"
  | "network.openshift.io/v1 EgressNetworkPolicy";

export type Tier =
  /** Asked before every NetworkPolicy (AdminNetworkPolicy, ClusterNetworkPolicy of tier Admin). */
  | "admin"
  /** NetworkPolicy, and the dialects that add up with it (Cilium). */
  | "network-policy"
  /** Asked for pods that no NetworkPolicy isolates. */
  | "baseline"
  /** Asked besides all others, of traffic that leaves the cluster: it only cuts. */
  | "egress-firewall"
  | NamedTier;

/** A tier of Calico or Antrea. */
export interface NamedTier {
  readonly name: string;
  /** Smaller is asked first; infinite = after all others. */
  readonly order: number;
}

export interface ObjectIdentity {
  readonly apiVersion: string;
  readonly kind: string;
  /** null = cluster-scoped. */
  readonly namespace: string | null;
  readonly name: string;
  /** Which of several policies that one object holds (`specs` of Cilium); absent where it holds one. */
  readonly part?: number;
}

/** Pods by namespace and label. */
export interface Pods {
  /** A namespaced policy governs pods of its own namespace. */
  readonly namespaces: NamespaceMatch;
  readonly pods: LabelSelector;
}

export type NamespaceMatch =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "selected"; readonly selector: LabelSelector };

export interface Rule {
  /** Pass: neither, and nothing else of this tier decides. */
  readonly action: "allow" | "deny" | "pass";
  /** Of the pods that the policy governs those that the rule is about; absent = all of them. */
  readonly subjects?: readonly Pods[];
  /** null = any destination: addresses, nodes, pods. Empty = none. */
  readonly peers: readonly Peer[] | null;
  /** null = every protocol and port. Empty = none (a rule about ICMP alone). */
  readonly ports: readonly PortMatch[] | null;
  /** It asks for more than addresses and ports (HTTP paths, DNS names to look up): shown, never counted as a cut. */
  readonly application?: boolean;
  /** JSON pointer of the rule in its object: "/spec/egress/0". */
  readonly pointer: string;
}

/** With `ports`: only at these ports of it (the endpoints of a Service). */
export type Peer = {
  readonly ports?: readonly PortMatch[];
  /** What the author wrote: "/spec/egress/0/to/1". */
  readonly pointer: string;
} & (
  | (Pods & {
      readonly kind: "pods";
      /** Only those with an address in one of these blocks. */
      readonly within?: readonly AddressBlock[];
      /**
       * Only those of namespaces with the same values of these labels as the namespace of the pod that the rule governs; both
       * have all of them. Its own namespace is the one with the same `kubernetes.io/metadata.name`.
       */
      readonly alike?: readonly string[];
    })
  | ({
      readonly kind: "addresses";
      /** Of traffic that leaves the cluster alone: never a pod's address, whatever the CNI. */
      readonly leavesCluster?: boolean;
    } & AddressBlock)
  /** Addresses of nodes, and so of pods on the host network. */
  | {
      readonly kind: "nodes";
      /** The node that the pod runs on, the others, or any. */
      readonly which: "own" | "other" | "any";
      readonly nodes: LabelSelector;
    }
  /** Wherever the API server is: on nodes or outside. */
  | { readonly kind: "api-server" }
  /** Addresses that were looked up under a name. */
  | {
      readonly kind: "names";
      readonly pattern: NamePattern;
      /** Of these names those that one of these patterns holds, too: that the pod may look up (Cilium); absent = any. */
      readonly lookedUp?: readonly NamePattern[];
    }
);

export interface AddressBlock {
  /** "10.0.0.0/8", "2001:db8::/32". */
  readonly cidr: string;
  readonly except: readonly string[];
}

/** DNS names in lower case, without a dot at the end. Dialects mean different things by "*": each says it in parts. */
export interface NamePattern {
  /** As the author wrote it, for people. */
  readonly text: string;
  readonly parts: readonly (string | NameWildcard)[];
}

export type NameWildcard =
  /** Any characters of one label, none too: never a dot. */
  | { readonly any: "within-label" }
  /** Any characters, dots too, none too. What is no name (an empty label) matches nothing. */
  | { readonly any: "anything" };

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
  /** A label, or another attribute of a pod: see `pod-attribute.ts`. */
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  /** Sorted, without duplicates; empty for Exists and DoesNotExist. */
  readonly values: readonly string[];
}
