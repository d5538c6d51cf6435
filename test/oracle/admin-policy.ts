import {
  egressAllowed,
  inBlock,
  ingressAllowed,
  type OraclePod,
  type Packet,
  type RawPolicy,
  type RawSelector,
  selects,
} from "./network-policy.ts";

/**
 * "May this one packet pass?" by the letter of AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy, slow
 * and obvious, to be checked by eye. https://network-policy-api.sigs.k8s.io/reference/spec/
 */
export interface RawAdminPolicy {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly tier?: string;
    readonly priority?: number;
    readonly subject: RawPeer;
    readonly egress?: readonly RawRule[];
    readonly ingress?: readonly RawRule[];
  };
}

export interface RawRule {
  readonly action: string;
  readonly to?: readonly RawPeer[];
  readonly from?: readonly RawPeer[];
  readonly ports?: readonly RawPort[];
  readonly protocols?: readonly RawProtocol[];
}

export interface RawPeer {
  readonly namespaces?: RawSelector;
  readonly pods?: { readonly namespaceSelector: RawSelector; readonly podSelector: RawSelector };
  readonly nodes?: RawSelector;
  readonly networks?: readonly string[];
  readonly domainNames?: readonly string[];
  /** A kind of peer of a version that nobody here knows. */
  readonly later?: object;
}

export interface RawPort {
  readonly portNumber?: { readonly protocol?: string; readonly port: number };
  readonly portRange?: { readonly protocol?: string; readonly start: number; readonly end: number };
  readonly namedPort?: string;
}

interface RawDestinationPort {
  readonly destinationPort: {
    readonly number?: number;
    readonly range?: { readonly start: number; readonly end: number };
  };
}

export interface RawProtocol {
  readonly tcp?: RawDestinationPort;
  readonly udp?: RawDestinationPort;
  readonly sctp?: RawDestinationPort;
  readonly destinationNamedPort?: string;
}

export type AdminEnd =
  | { readonly pod: OraclePod }
  | { readonly node: { readonly address: string; readonly labels: Readonly<Record<string, string>> } }
  /** Nobody's of the cluster; looked up under the name, if there is one. */
  | { readonly address: string; readonly name?: string };

export interface Flow {
  readonly direction: "egress" | "ingress";
  /** The sender of egress, the receiver of ingress. */
  readonly subject: OraclePod;
  readonly other: AdminEnd;
  readonly packet: Packet;
}

export type Verdict = "allow" | "deny";

/** By the letter, or as Cilium was measured to do it (1.20, default settings; pkg/k8s/cluster_network_policy.go). */
export type Reading = "letter" | "cilium";

/**
 * Every answer that the API leaves open: policies of one tier and priority may be asked in any order, and nobody can tell
 * which one it is.
 */
export function verdicts(
  adminPolicies: readonly RawAdminPolicy[],
  networkPolicies: readonly RawPolicy[],
  flow: Flow,
  reading: Reading = "letter",
): ReadonlySet<Verdict> {
  const found = new Set<Verdict>();
  for (const admin of orders(adminPolicies.filter((policy) => tierOf(policy) === "Admin"))) {
    for (const baseline of orders(adminPolicies.filter((policy) => tierOf(policy) === "Baseline"))) {
      found.add(verdict(admin, networkPolicies, baseline, flow, reading));
    }
  }
  return found;
}

/** Admin decides, or passes on; NetworkPolicy is final for the pods it selects; Baseline is for the others; then allow. */
function verdict(
  admin: readonly RawAdminPolicy[],
  networkPolicies: readonly RawPolicy[],
  baseline: readonly RawAdminPolicy[],
  flow: Flow,
  reading: Reading,
): Verdict {
  const first = firstMatch(admin, flow, reading);
  if (first === "allow" || first === "deny") return first;
  const selecting = networkPolicies.filter((policy) => isolates(policy, flow));
  if (selecting.length > 0) return networkPolicyAllows(selecting, flow) ? "allow" : "deny";
  return firstMatch(baseline, flow, reading) === "deny" ? "deny" : "allow";
}

/** The action of the first rule that matches: policy after policy, in each as written. */
function firstMatch(
  policies: readonly RawAdminPolicy[],
  flow: Flow,
  reading: Reading,
): Verdict | "pass" | null {
  for (const { spec } of policies) {
    if (!matchesPods(spec.subject, flow.subject)) continue;
    for (const rule of spec[flow.direction] ?? []) {
      const action = ruleMatches(rule, flow, reading);
      if (action !== null) return action;
    }
  }
  return null;
}

/**
 * null = it says nothing of this flow. A peer of an unknown kind: never allow, and deny everything else; Cilium says so of
 * that one peer, at the ports of the rule.
 */
function ruleMatches(rule: RawRule, flow: Flow, reading: Reading): Verdict | "pass" | null {
  const allows = rule.action === "Allow" || rule.action === "Accept";
  const peers = rule.to ?? rule.from ?? [];
  if (peers.some((peer) => peer.later !== undefined)) {
    if (reading === "letter") return allows ? null : "deny";
    if (!allows) return matchesPorts(rule, flow) ? "deny" : null;
  }
  if (!peers.some((peer) => matchesPeer(peer, flow.other, reading))) return null;
  if (!matchesPorts(rule, flow)) return null;
  return allows ? "allow" : rule.action === "Deny" ? "deny" : "pass";
}

function matchesPeer(peer: RawPeer, end: AdminEnd, reading: Reading): boolean {
  if (peer.namespaces !== undefined || peer.pods !== undefined) {
    if ("pod" in end) return matchesPods(peer, end.pod);
    return reading === "cilium" && peer.namespaces !== undefined && isOnlyNegative(peer.namespaces);
  }
  if (peer.nodes !== undefined) return "node" in end && selects(peer.nodes, end.node.labels);
  if (peer.networks !== undefined) {
    // Pods too: "0.0.0.0/0" is all of IPv4, pod to pod as well. For Cilium neither pods nor nodes.
    if (reading === "cilium" && !("address" in end)) return false;
    const address = "pod" in end ? end.pod.address : "node" in end ? end.node.address : end.address;
    return address !== undefined && peer.networks.some((network) => inBlock(network, address));
  }
  const name = "address" in end ? end.name : undefined;
  return name !== undefined && (peer.domainNames ?? []).some((pattern) => matchesName(pattern, name));
}

/** What has no namespace has no label of one. */
function isOnlyNegative({ matchLabels = {}, matchExpressions = [] }: RawSelector): boolean {
  return (
    Object.keys(matchLabels).length === 0 &&
    matchExpressions.length > 0 &&
    matchExpressions.every(({ operator }) => operator === "NotIn" || operator === "DoesNotExist")
  );
}

function matchesPods({ namespaces, pods }: RawPeer, pod: OraclePod): boolean {
  const labels = { ...pod.namespaceLabels, "kubernetes.io/metadata.name": pod.namespace };
  if (namespaces !== undefined) return selects(namespaces, labels);
  return (
    pods !== undefined && selects(pods.namespaceSelector, labels) && selects(pods.podSelector, pod.labels)
  );
}

/** "*." is one label or more. */
function matchesName(pattern: string, name: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === name;
  const rest = name.split(".");
  const wanted = pattern.slice(2).split(".");
  return rest.length > wanted.length && rest.slice(-wanted.length).join(".") === wanted.join(".");
}

/** Ports are those of the receiver, and so are their names: of whatever protocol it has under that name. */
function matchesPorts({ ports, protocols }: RawRule, { direction, subject, other, packet }: Flow): boolean {
  const receiver = direction === "ingress" ? subject : "pod" in other ? other.pod : null;
  const named = (name: string) =>
    (receiver?.ports ?? []).some(
      (port) => port.name === name && port.port === packet.port && port.protocol === packet.protocol,
    );
  const within = (first: number, last: number) => packet.port >= first && packet.port <= last;
  if (ports !== undefined) {
    return ports.some(({ portNumber, portRange, namedPort }) => {
      if (namedPort !== undefined) return named(namedPort);
      const protocol = (portNumber ?? portRange)?.protocol ?? "TCP";
      if (protocol !== packet.protocol) return false;
      return portNumber !== undefined
        ? portNumber.port === packet.port
        : portRange !== undefined && within(portRange.start, portRange.end);
    });
  }
  if (protocols === undefined) return true;
  return protocols.some((one) => {
    if (one.destinationNamedPort !== undefined) return named(one.destinationNamedPort);
    const port = { TCP: one.tcp, UDP: one.udp, SCTP: one.sctp }[packet.protocol]?.destinationPort;
    if (port?.range !== undefined) return within(port.range.start, port.range.end);
    return port?.number === packet.port;
  });
}

function tierOf({ kind, spec }: RawAdminPolicy): string {
  if (kind === "ClusterNetworkPolicy") return spec.tier ?? "";
  return kind === "AdminNetworkPolicy" ? "Admin" : "Baseline";
}

/** By ascending priority, those of one priority in every order. */
function orders(policies: readonly RawAdminPolicy[]): readonly (readonly RawAdminPolicy[])[] {
  if (policies.length === 0) return [[]];
  const least = Math.min(...policies.map(({ spec }) => spec.priority ?? 0));
  return policies
    .filter(({ spec }) => (spec.priority ?? 0) === least)
    .flatMap((first) =>
      orders(policies.filter((policy) => policy !== first)).map((rest) => [first, ...rest]),
    );
}

/** Of the NetworkPolicy oracle: whether one selects the pod in this direction, and whether one of several allows. */
function isolates(policy: RawPolicy, { direction, subject }: Flow): boolean {
  const nothing: Packet = { protocol: "none", port: 0 };
  const withoutRules = { ...policy, spec: { ...policy.spec, policyTypes: typesOf(policy), [direction]: [] } };
  return direction === "egress"
    ? !egressAllowed([withoutRules], subject, { address: "0.0.0.0" }, nothing)
    : !ingressAllowed([withoutRules], { address: "0.0.0.0" }, subject, nothing);
}

function typesOf({ spec }: RawPolicy): readonly string[] {
  return spec.policyTypes ?? ((spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"]);
}

function networkPolicyAllows(
  policies: readonly RawPolicy[],
  { direction, subject, other, packet }: Flow,
): boolean {
  const end = "pod" in other ? other : { address: "node" in other ? other.node.address : other.address };
  return direction === "egress"
    ? egressAllowed(policies, subject, end, packet)
    : ingressAllowed(policies, end, subject, packet);
}
