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
 * "May this one pod send this one packet, or receive it?" under Antrea, by the letter of
 * https://github.com/antrea-io/antrea/blob/main/docs/antrea-network-policy.md, slow and obvious, to be checked by eye.
 */
export interface AntreaWorld {
  readonly networkPolicies: readonly RawPolicy[];
  readonly policies: readonly RawAntreaPolicy[];
  readonly tiers: Readonly<Record<string, number>>;
  /** By name: of ClusterGroup, and of Group by "namespace/name". */
  readonly groups: Readonly<Record<string, RawGroup>>;
  /** By "namespace/name". */
  readonly services: Readonly<Record<string, RawService>>;
}

export interface RawAntreaPolicy {
  readonly kind: "NetworkPolicy" | "ClusterNetworkPolicy";
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly tier?: string;
    readonly priority: number;
    readonly appliedTo?: readonly RawAppliedTo[];
    readonly egress?: readonly RawRule[];
    readonly ingress?: readonly RawRule[];
  };
}

export interface RawRule {
  readonly action: "Allow" | "Drop" | "Reject" | "Pass";
  readonly name?: string;
  readonly appliedTo?: readonly RawAppliedTo[];
  readonly to?: readonly RawAntreaPeer[];
  readonly from?: readonly RawAntreaPeer[];
  readonly toServices?: readonly { readonly name: string; readonly namespace: string }[];
  readonly ports?: readonly RawAntreaPort[];
  readonly protocols?: readonly unknown[];
}

export interface RawAppliedTo {
  readonly podSelector?: RawSelector;
  readonly namespaceSelector?: RawSelector;
  readonly group?: string;
  readonly serviceAccount?: { readonly name: string; readonly namespace: string };
}

export interface RawAntreaPeer extends RawAppliedTo {
  readonly namespaces?: { readonly match?: "Self"; readonly sameLabels?: readonly string[] };
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly fqdn?: string;
  readonly nodeSelector?: RawSelector;
}

export interface RawAntreaPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
  readonly sourcePort?: number;
}

export interface RawGroup {
  readonly podSelector?: RawSelector;
  readonly namespaceSelector?: RawSelector;
  readonly nodeSelector?: RawSelector;
  readonly ipBlocks?: readonly { readonly cidr: string; readonly except?: readonly string[] }[];
  readonly serviceReference?: { readonly name: string; readonly namespace: string };
  readonly childGroups?: readonly string[];
}

export interface RawService {
  readonly selector?: Readonly<Record<string, string>>;
  readonly headless?: boolean;
  readonly ports: readonly { readonly port: number; readonly targetPort: number | string }[];
  /** Of a Service without a selector. */
  readonly endpoints?: readonly string[];
}

export type AntreaPod = OraclePod & { readonly serviceAccount: string };
export type End =
  | { readonly pod: AntreaPod }
  | { readonly address: string; readonly name: string | null }
  | { readonly address: string; readonly nodeLabels: Readonly<Record<string, string>> };

export interface Flow {
  readonly direction: "egress" | "ingress";
  /** Whose policies are asked. */
  readonly pod: AntreaPod;
  readonly other: End;
  readonly packet: Packet;
}

const STATIC: Readonly<Record<string, number>> = {
  emergency: 50,
  securityops: 100,
  networkops: 150,
  platform: 200,
  application: 250,
  baseline: 253,
};

/** "unknown": two rules of one rank hold it and do different things. */
export function antreaAllows(world: AntreaWorld, flow: Flow): boolean | "unknown" {
  const before = decided(world, flow, (tier) => tier < 252);
  const after = (): readonly boolean[] => {
    if (isIsolated(world, flow)) return [networkPolicyAllows(world, flow)];
    const baseline = decided(world, flow, (tier) => tier > 252);
    return baseline.length === 0 ? [true] : baseline.map((action) => action === "Allow");
  };
  const answers = new Set(
    before.length === 0
      ? after()
      : before.flatMap((action) => (action === "Pass" ? after() : [action === "Allow"])),
  );
  const [answer = true, second] = answers;
  return second === undefined ? answer : "unknown";
}

/** The actions of the first rules that hold the flow: by tier, priority, number of the rule. */
function decided(
  world: AntreaWorld,
  flow: Flow,
  isAsked: (tier: number) => boolean,
): readonly RawRule["action"][] {
  let first: readonly number[] | null = null;
  let actions: RawRule["action"][] = [];
  for (const policy of world.policies) {
    if (isRefused(world, policy)) continue;
    const tierName = policy.spec.tier ?? "application";
    // Of its own tiers older spellings count too: "SecurityOps".
    const tier = STATIC[tierName.toLowerCase()] ?? world.tiers[tierName] ?? Number.NaN;
    if (!isAsked(tier)) continue;
    for (const [index, rule] of (policy.spec[flow.direction] ?? []).entries()) {
      if (!holds(world, policy, rule, flow)) continue;
      const rank = [tier, policy.spec.priority, index];
      const order = first === null ? -1 : compare(rank, first);
      if (order < 0) [first, actions] = [rank, [rule.action]];
      if (order === 0) actions.push(rule.action);
    }
  }
  return actions;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** "Group with Pods in other Namespaces can not be used as AppliedTo". */
function isRefused(world: AntreaWorld, { kind, metadata, spec }: RawAntreaPolicy): boolean {
  if (kind === "ClusterNetworkPolicy") return false;
  const entries = [
    spec.appliedTo ?? [],
    ...[...(spec.egress ?? []), ...(spec.ingress ?? [])].map((rule) => rule.appliedTo ?? []),
  ].flat();
  return entries.some(({ group }) =>
    group === undefined
      ? false
      : leaves(world, metadata.namespace, group).some(
          (leaf) =>
            leaf.namespaceSelector !== undefined ||
            (leaf.serviceReference !== undefined &&
              leaf.serviceReference.namespace !== metadata.namespace &&
              world.services[`${leaf.serviceReference.namespace}/${leaf.serviceReference.name}`]?.selector !==
                undefined),
        ),
  );
}

/** A group, or the groups it is made of; groups of groups of groups have no members. */
function leaves(world: AntreaWorld, namespace: string | undefined, name: string): readonly RawGroup[] {
  const group = world.groups[namespace === undefined ? name : `${namespace}/${name}`] ?? {};
  if (group.childGroups === undefined) return [group];
  const children = group.childGroups.map(
    (child) => world.groups[namespace === undefined ? child : `${namespace}/${child}`] ?? {},
  );
  return children.some(({ childGroups }) => childGroups !== undefined) ? [] : children;
}

function holds(world: AntreaWorld, policy: RawAntreaPolicy, rule: RawRule, flow: Flow): boolean {
  const namespace = policy.metadata.namespace;
  const applied = policy.spec.appliedTo ?? rule.appliedTo ?? [];
  if (!applied.some((entry) => selectsPod(world, namespace, entry, flow.pod))) return false;
  // Going round a Service, or from another port of its own, the sender is not stopped.
  const evadable =
    rule.toServices !== undefined || (rule.ports ?? []).some(({ sourcePort }) => sourcePort !== undefined);
  if (evadable && rule.action !== "Allow") return false;
  if (rule.toServices !== undefined) {
    return rule.toServices.some((reference) =>
      leadsTo(world.services[`${reference.namespace}/${reference.name}`], reference.namespace, flow),
    );
  }
  const peers = rule.to ?? rule.from ?? [];
  return (
    (peers.length === 0 || peers.some((peer) => peerHolds(world, namespace, peer, flow))) &&
    portsHold(rule, flow)
  );
}

function selectsPod(
  world: AntreaWorld,
  namespace: string | undefined,
  entry: RawAppliedTo,
  pod: AntreaPod,
): boolean {
  if (entry.group !== undefined) {
    return leaves(world, namespace, entry.group).some((leaf) =>
      inGroup(world, namespace, leaf, { pod }, "pods"),
    );
  }
  if (entry.serviceAccount !== undefined) {
    return (
      entry.serviceAccount.namespace === pod.namespace && entry.serviceAccount.name === pod.serviceAccount
    );
  }
  // A ClusterNetworkPolicy's entry without any selector selects nothing; a NetworkPolicy's its namespace.
  if (namespace === undefined && entry.podSelector === undefined && entry.namespaceSelector === undefined)
    return false;
  return (
    inNamespaces(namespace, entry.namespaceSelector, pod) && selects(entry.podSelector ?? {}, pod.labels)
  );
}

function inNamespaces(
  namespace: string | undefined,
  selector: RawSelector | undefined,
  pod: AntreaPod,
): boolean {
  if (selector !== undefined) return selects(selector, labelsOfNamespace(pod));
  return namespace === undefined || namespace === pod.namespace;
}

function labelsOfNamespace(pod: AntreaPod): Readonly<Record<string, string>> {
  return { ...pod.namespaceLabels, "kubernetes.io/metadata.name": pod.namespace };
}

function inGroup(
  world: AntreaWorld,
  namespace: string | undefined,
  group: RawGroup,
  end: End,
  what: "pods" | "everything",
): boolean {
  if ("pod" in end && group.serviceReference !== undefined) {
    const { name, namespace: own } = group.serviceReference;
    const selector = world.services[`${own}/${name}`]?.selector;
    return (
      selector !== undefined &&
      end.pod.namespace === own &&
      selects({ matchLabels: selector }, end.pod.labels)
    );
  }
  if ("pod" in end && (group.podSelector !== undefined || group.namespaceSelector !== undefined)) {
    return (
      inNamespaces(namespace, group.namespaceSelector, end.pod) &&
      selects(group.podSelector ?? {}, end.pod.labels)
    );
  }
  if (what === "pods") return false;
  if (group.nodeSelector !== undefined)
    return "nodeLabels" in end && selects(group.nodeSelector, end.nodeLabels);
  return (group.ipBlocks ?? []).some((block) => blockHolds(block, end));
}

function blockHolds(
  { cidr, except = [] }: { readonly cidr: string; readonly except?: readonly string[] },
  end: End,
): boolean {
  const address = "pod" in end ? end.pod.address : end.address;
  return address !== undefined && inBlock(cidr, address) && !except.some((hole) => inBlock(hole, address));
}

function peerHolds(
  world: AntreaWorld,
  namespace: string | undefined,
  peer: RawAntreaPeer,
  { pod, other }: Flow,
): boolean {
  if (peer.namespaces !== undefined) {
    if (!("pod" in other) || !selects(peer.podSelector ?? {}, other.pod.labels)) return false;
    const keys = peer.namespaces.sameLabels ?? ["kubernetes.io/metadata.name"];
    const [own, their] = [labelsOfNamespace(pod), labelsOfNamespace(other.pod)];
    return keys.every((key) => own[key] !== undefined && own[key] === their[key]);
  }
  if (peer.ipBlock !== undefined) return blockHolds(peer.ipBlock, other);
  if (peer.group !== undefined) {
    return leaves(world, namespace, peer.group).some((leaf) =>
      inGroup(world, namespace, leaf, other, "everything"),
    );
  }
  if (peer.fqdn !== undefined) {
    const pattern = new RegExp(`^${peer.fqdn.toLowerCase().replaceAll(".", "[.]").replaceAll("*", ".*")}$`);
    return "name" in other && other.name !== null && pattern.test(other.name);
  }
  if (peer.nodeSelector !== undefined)
    return "nodeLabels" in other && selects(peer.nodeSelector, other.nodeLabels);
  return "pod" in other && selectsPod(world, namespace, peer, other.pod);
}

/** No ports and no protocols: everything. ICMP alone: no port. A name is one of the receiver's, and of no address. */
function portsHold(
  { ports = [], protocols = [] }: RawRule,
  { direction, pod, other, packet }: Flow,
): boolean {
  if (ports.length + protocols.length === 0) return true;
  return ports.some(({ protocol = "TCP", port, endPort }) => {
    if (protocol !== packet.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === "number") return packet.port >= port && packet.port <= (endPort ?? port);
    const receiver = direction === "ingress" ? pod : "pod" in other ? other.pod : null;
    return hasPort(receiver, port, packet);
  });
}

function hasPort(pod: AntreaPod | null, name: string, packet: Packet): boolean {
  return (pod?.ports ?? []).some(
    (one) => one.name === name && one.port === packet.port && one.protocol === packet.protocol,
  );
}

/** A packet to the cluster address of the Service ends at a backend, at its own port. */
function leadsTo(service: RawService | undefined, namespace: string, { other, packet }: Flow): boolean {
  if (service === undefined || service.headless === true || packet.protocol !== "TCP") return false;
  const atPort = service.ports.some(({ targetPort }) =>
    typeof targetPort === "number"
      ? targetPort === packet.port
      : "pod" in other && hasPort(other.pod, targetPort, packet),
  );
  if (service.selector === undefined) {
    const address = "pod" in other ? other.pod.address : other.address;
    return atPort && address !== undefined && (service.endpoints ?? []).includes(address);
  }
  return (
    atPort &&
    "pod" in other &&
    other.pod.namespace === namespace &&
    selects({ matchLabels: service.selector }, other.pod.labels)
  );
}

function isIsolated({ networkPolicies }: AntreaWorld, { direction, pod }: Flow): boolean {
  const type = direction === "egress" ? "Egress" : "Ingress";
  return networkPolicies.some(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      selects(spec.podSelector, pod.labels) &&
      (spec.policyTypes ?? ["Ingress"]).includes(type),
  );
}

function networkPolicyAllows(
  { networkPolicies }: AntreaWorld,
  { direction, pod, other, packet }: Flow,
): boolean {
  return direction === "egress"
    ? egressAllowed(networkPolicies, pod, other, packet)
    : ingressAllowed(networkPolicies, other, pod, packet);
}
