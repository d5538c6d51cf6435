import type { Cluster, ContainerPort } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type {
  LabelRequirement,
  LabelSelector,
  NamespaceMatch,
  Peer,
  PortMatch,
  Rule,
} from "../policy/model/policy.ts";
import { addressSetOfCidrs, NO_ADDRESSES, subtractAddresses } from "../sets/ip.ts";
import { blockMeaning } from "./block-meaning.ts";
import { labelTexts } from "./label-text.ts";
import { inBlock, type OtherEnd } from "./other-end.ts";
import { selectorMatches } from "./selector-match.ts";
import type { PodPoint } from "./surface.ts";
import { selectorSets } from "./universe.ts";

/** Why a rule does not match, as a person would check it by eye. */
export type Miss =
  /** A selector matches pods, never an address outside the cluster nor a node's. */
  | { readonly kind: "selector-and-address" }
  | { readonly kind: "outside-block"; readonly cidr: string }
  | { readonly kind: "excepted"; readonly cidr: string; readonly except: readonly string[] }
  /** The block holds some of the addresses that are asked for, or of those that the pod may have. */
  | { readonly kind: "part-of-block"; readonly cidr: string; readonly pod: boolean }
  /** A podSelector without a namespaceSelector selects in the policy's own namespace. */
  | { readonly kind: "own-namespace"; readonly namespace: string }
  | { readonly kind: "namespace-label"; readonly namespace: string; readonly label: MissedLabel }
  | { readonly kind: "pod-label"; readonly label: MissedLabel }
  /** The CNI matches pods by their labels alone, and nodes as nodes: a block never holds them. */
  | { readonly kind: "block-never-matches"; readonly what: "pod" | "node"; readonly cidr: string }
  /** It is about traffic that leaves the cluster. */
  | { readonly kind: "leaves-cluster" }
  /** It admits what was looked up under a name; null = no name was asked for. */
  | { readonly kind: "name"; readonly pattern: string; readonly asked: string | null }
  | { readonly kind: "nodes" }
  | { readonly kind: "api-server" }
  | { readonly kind: "protocol"; readonly protocols: readonly string[] }
  | { readonly kind: "port" }
  /** The receiver gives no port of this protocol and number the name. */
  | { readonly kind: "port-name"; readonly names: readonly string[] }
  | { readonly kind: "port-name-and-address"; readonly names: readonly string[] };

/** A term of a selector, and what the key has instead; null = the key is not there. */
export interface MissedLabel {
  readonly term: string;
  readonly actual: string | null;
  readonly key: string;
}

/** Of several peers the one that comes closest says why. null = every peer that is written matches, or none is. */
export function peerMiss(cluster: Cluster, rule: Rule, other: OtherEnd): Miss | null {
  const misses = (rule.peers ?? []).flatMap((peer) => missOf(cluster, peer, other) ?? []);
  return misses.reduce<Miss | null>(
    (best, miss) => (best === null || closeness(miss) > closeness(best) ? miss : best),
    null,
  );
}

const CLOSENESS: readonly Miss["kind"][] = [
  "nodes",
  "api-server",
  "leaves-cluster",
  "outside-block",
  "own-namespace",
  "selector-and-address",
  "block-never-matches",
  "name",
  "port",
  "protocol",
  "port-name",
  "port-name-and-address",
  "namespace-label",
  "excepted",
  "pod-label",
  "part-of-block",
];

/** From this closeness on the destination is of the right kind, and something about it is not. */
export const LABEL_MISSED = CLOSENESS.indexOf("namespace-label");

/** Larger is closer. */
export function closeness({ kind }: Miss): number {
  return CLOSENESS.indexOf(kind);
}

function missOf(cluster: Cluster, peer: Peer, other: OtherEnd): Miss | null {
  const miss = placeMiss(cluster, peer, other);
  // The endpoints of a Service are pods at ports.
  return miss ?? (peer.ports === undefined ? null : portMiss(peer.ports, other));
}

function placeMiss(cluster: Cluster, peer: Peer, other: OtherEnd): Miss | null {
  switch (peer.kind) {
    case "addresses":
      return neverInBlock(cluster, peer, other) ?? blockMiss(peer, other);
    case "names":
      return nameMiss(peer.pattern.text, other);
    case "nodes":
      return { kind: "nodes" };
    case "api-server":
      return { kind: "api-server" };
    case "pods":
      return podsMiss(cluster, peer, other);
  }
}

function podsMiss(cluster: Cluster, peer: Peer & { readonly kind: "pods" }, other: OtherEnd): Miss | null {
  switch (other.kind) {
    case "addresses":
      return { kind: "selector-and-address" };
    case "pods":
      return other.namespace === null
        ? null
        : namespaceMiss(cluster, peer.namespaces, { namespace: other.namespace });
    case "pod": {
      const { pod } = other;
      return namespaceMiss(cluster, peer.namespaces, pod) ?? podMiss(peer.pods, pod);
    }
  }
}

/** Some CNIs never match pods or nodes by their address; a firewall for what leaves the cluster never matches pods. */
function neverInBlock(
  { profile }: Cluster,
  { cidr, leavesCluster }: Peer & { readonly kind: "addresses" },
  other: OtherEnd,
): Miss | null {
  if (other.kind !== "addresses") {
    if (leavesCluster === true) return { kind: "leaves-cluster" };
    return blockMeaning(profile.name).pods ? null : { kind: "block-never-matches", what: "pod", cidr };
  }
  const isNode = other.place.kind === "node";
  return isNode && leavesCluster !== true && !blockMeaning(profile.name).nodes
    ? { kind: "block-never-matches", what: "node", cidr }
    : null;
}

function nameMiss(pattern: string, other: OtherEnd): Miss {
  const asked = other.kind === "addresses" && other.place.kind === "outside" ? other.place.name : null;
  return { kind: "name", pattern, asked };
}

function blockMiss({ cidr, except }: Peer & { readonly kind: "addresses" }, other: OtherEnd): Miss | null {
  const addresses = other.kind === "pod" ? (other.pod.addresses ?? NO_ADDRESSES) : other.addresses;
  const block = addressSetOfCidrs([cidr]) ?? NO_ADDRESSES;
  const holes = addressSetOfCidrs(except) ?? NO_ADDRESSES;
  const within = inBlock(addresses, block);
  if (within === "no") return { kind: "outside-block", cidr };
  const left = inBlock(addresses, subtractAddresses(block, holes));
  if (left === "yes") return null;
  return left === "no"
    ? { kind: "excepted", cidr, except }
    : { kind: "part-of-block", cidr, pod: other.kind !== "addresses" };
}

function namespaceMiss(
  cluster: Cluster,
  match: NamespaceMatch,
  { namespace, namespaceLabels }: Pick<PodPoint, "namespace" | "namespaceLabels">,
): Miss | null {
  if (match.kind === "named") {
    return match.name === namespace ? null : { kind: "own-namespace", namespace: match.name };
  }
  const own = cluster.namespaces.get(namespace)?.labels ?? namespaceLabels ?? new Map<string, string>();
  const label = missedLabel(match.selector, new Map([...own, [NAME_LABEL, namespace]]));
  return label === null ? null : { kind: "namespace-label", namespace, label };
}

function podMiss(selector: LabelSelector, { labels, runtimeLabels }: PodPoint): Miss | null {
  const known = selector.filter(({ key }) => runtimeLabels?.has(key) !== true);
  const label = missedLabel(known, labels);
  return label === null ? null : { kind: "pod-label", label };
}

function missedLabel(selector: LabelSelector, labels: ReadonlyMap<string, string>): MissedLabel | null {
  const missed = selector.find((requirement) => !selectorMatches([requirement], labels));
  return missed === undefined
    ? null
    : { key: missed.key, term: termText(missed), actual: labels.get(missed.key) ?? null };
}

function termText(requirement: LabelRequirement): string {
  return selectorSets([requirement])
    .flatMap(([key, set]) => labelTexts(key, set))
    .join(",");
}

/** null = the port is admitted. */
export function portMiss(ports: readonly PortMatch[] | null, other: OtherEnd): Miss | null {
  if (ports === null) return null;
  const own = ports.filter(({ protocol }) => protocol === other.protocol);
  if (own.length === 0) {
    return { kind: "protocol", protocols: [...new Set(ports.map(({ protocol }) => protocol))].sort() };
  }
  const names = own.flatMap(({ port }) => (port.kind === "named" ? [port.name] : []));
  const admitted = own.some(({ port }) => admits(port, other));
  if (admitted) return null;
  if (names.length < own.length) return { kind: "port" };
  const neverNamed = other.kind === "addresses" && other.containerPorts === null;
  return { kind: neverNamed ? "port-name-and-address" : "port-name", names };
}

function admits(port: PortMatch["port"], other: OtherEnd): boolean {
  switch (port.kind) {
    case "all":
      return true;
    case "range":
      return port.first <= other.port && other.port <= port.last;
    case "named":
      return portsOfReceiver(other).some(
        (one) => one.name === port.name && one.port === other.port && one.protocol === other.protocol,
      );
  }
}

function portsOfReceiver(other: OtherEnd): readonly ContainerPort[] {
  if (other.kind === "pod") return other.pod.containerPorts;
  return other.kind === "addresses" ? (other.containerPorts ?? []) : [];
}
