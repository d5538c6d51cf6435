import type { ContainerPort } from "../cluster/cluster.ts";
import type { AddressSet } from "../sets/ip.ts";

/**
 * A set of destinations x protocol x port, exact, of one subject; see sets/ for the algebra.
 * Destinations of kind "ip" and "pods" are disjoint: addresses of configured pod CIDRs count as pods.
 */
export interface Region {
  readonly isEmpty: boolean;
  /** Namespaces that Git declares: what lines say of others is said of all but these. */
  readonly declared: ReadonlySet<string>;
  /** The canonical form: the same set always gives the same lines in the same order (design section 7, surface.md 6). */
  lines(): readonly RegionLine[];
  /** Outside addresses, by slices of ports at which they are the same; slices are disjoint and sorted. */
  addresses(): readonly AddressSlice[];
  /** Destinations by name, by node, or as the API server: what numbers alone do not say. */
  special(): readonly SpecialLine[];
  /** In-cluster pods, by maximal boxes of namespaces and labels with their ports. */
  pods(): readonly PodLine[];
  /** Ports at which every pod of every namespace that Git does not declare is in it. */
  everyPod(): readonly PortRange[];
  /** Whether a rule about names opens some address that is looked up under this one. */
  holdsName(name: string): boolean;
  /** Whether this one destination is in the set. */
  contains(point: Point): boolean;
}

/** One destination with protocol and port. */
export type Point =
  | {
      readonly kind: "address";
      /** "10.0.0.1" or "2001:db8::1". */
      readonly address: string;
      /** Absent: outside the cluster, looked up under no name. */
      readonly place?: AddressPlace;
      readonly protocol: "TCP" | "UDP" | "SCTP";
      readonly port: number;
    }
  | {
      readonly kind: "pod";
      readonly pod: PodPoint;
      readonly protocol: "TCP" | "UDP" | "SCTP";
      readonly port: number;
    };

/** What an address is, besides its number. */
export type AddressPlace =
  /** Nobody's of the cluster; with the name under which it was looked up, if any. */
  | { readonly kind: "outside"; readonly name: string | null }
  | {
      readonly kind: "node";
      readonly which: "own" | "other" | "any";
      /** Absent: nobody knows them. */
      readonly labels?: ReadonlyMap<string, string>;
      /** The API server runs there; absent: nothing says so. */
      readonly apiServer?: true;
    }
  /** The API server, outside the nodes. */
  | { readonly kind: "api-server" }
  /** Nothing says whose it is: asked as nobody's, in the knowledge that it may be a node's or the API server's. */
  | { readonly kind: "unknown" };

export const OUTSIDE: AddressPlace = { kind: "outside", name: null };

/** One pod, known or imagined. */
export interface PodPoint {
  readonly namespace: string;
  /** Labels of its namespace where Git does not declare it; ignored where it does. */
  readonly namespaceLabels?: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Keys that are there with a value nobody knows. */
  readonly runtimeLabels?: ReadonlySet<string>;
  /** null = nobody knows; absent = "default". */
  readonly serviceAccount?: string | null;
  /** Where its address lies; asked for only in a universe that knows the address of each pod. */
  readonly addresses?: AddressSet;
  readonly containerPorts: readonly ContainerPort[];
}

export interface RegionLine {
  readonly destination: Destination;
  readonly protocol: "TCP" | "UDP" | "SCTP" | "any";
  /** Canonical text: "443", "80, 443", "1-1023", "any", "named http", rarely "1-1023 named http". */
  readonly ports: string;
  /**
   * Of a difference: the widest box that holds something new is the line, and this is what of it is not new ("Before, of
   * these, only: ..."), canonical too. Absent where the whole line is new. Addresses are always exact.
   */
  readonly before?: readonly RegionLine[];
}

export type Destination =
  | { readonly kind: "any" }
  /** CIDR blocks in canonical form, v4 before v6: the fewest blocks that are the set; all addresses are 0.0.0.0/0, ::/0. */
  | { readonly kind: "ip"; readonly cidrs: readonly string[] }
  | { readonly kind: "pods"; readonly namespaces: NamespaceText; readonly labels: readonly string[] }
  | {
      readonly kind: "nodes";
      /** The node that the pod runs on, the others, or any. */
      readonly which: "own" | "other" | "any";
      readonly labels: readonly string[];
    }
  | { readonly kind: "api-server" }
  /** Addresses that are looked up under a name, or under one that a pattern matches; "*" = under any. */
  | { readonly kind: "name"; readonly name: string };

export type NamespaceText =
  | { readonly kind: "every" }
  | { readonly kind: "named"; readonly names: readonly string[] }
  | { readonly kind: "every-except"; readonly names: readonly string[] }
  /** Namespaces that Git does not declare, by labels: "name=data-platform". */
  | { readonly kind: "undeclared"; readonly labels: readonly string[] };

export interface AddressSlice {
  readonly ports: readonly PortRange[];
  readonly v4: readonly { readonly first: number; readonly last: number }[];
  readonly v6: readonly { readonly first: bigint; readonly last: bigint }[];
}

export interface PortRange {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly first: number;
  readonly last: number;
}

export interface SpecialLine {
  readonly destination: Extract<Destination, { readonly kind: "nodes" | "api-server" | "name" | "ip" }>;
  readonly ports: readonly PortRange[];
}

export interface PodLine {
  readonly namespaces: NamespaceText;
  /** True where every pod of every namespace that Git does not declare is in it, whatever its labels. */
  readonly everyUndeclaredNamespace: boolean;
  /** Declared namespaces of which at least some pods are in it. */
  readonly declaredNamespaces: readonly string[];
  /** No condition on pod labels. */
  readonly everyPod: boolean;
  readonly ports: readonly PortRange[];
  /** Names of ports that are admitted by name only. */
  readonly namedPorts: readonly string[];
}
