/**
 * "May this one pod send this one packet?" by the letter of the API, slow and obvious, to be checked by eye.
 * https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 */
export interface RawPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: RawSelector;
    readonly policyTypes?: readonly string[];
    readonly egress?: readonly { readonly to?: readonly RawPeer[]; readonly ports?: readonly RawPort[] }[];
    readonly ingress?: readonly { readonly from?: readonly RawPeer[]; readonly ports?: readonly RawPort[] }[];
  };
}

export interface RawSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface RawPeer {
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
  readonly namespaceSelector?: RawSelector;
  readonly podSelector?: RawSelector;
}

export interface RawPort {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface OraclePod {
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
  /** Absent: no block is taken to match it. */
  readonly address?: string;
}

export type OracleEnd = { readonly pod: OraclePod } | { readonly address: string };

export interface Packet {
  readonly protocol: string;
  readonly port: number;
}

/** Egress of `from`: fact 2, no policy with type Egress selects the pod = everything is allowed; else a union of rules. */
export function egressAllowed(
  policies: readonly RawPolicy[],
  from: OraclePod,
  to: OracleEnd,
  packet: Packet,
): boolean {
  const selecting = policies.filter((policy) => hasType(policy, "Egress") && governs(policy, from));
  return (
    selecting.length === 0 ||
    selecting.some(({ metadata, spec }) =>
      (spec.egress ?? []).some(
        (rule) =>
          matchesSomePeer(rule.to, metadata.namespace, to) &&
          matchesSomePort(rule.ports, "pod" in to ? to.pod : null, packet),
      ),
    )
  );
}

/** Ingress of `to`; the names of ports are those of the receiving pod. */
export function ingressAllowed(
  policies: readonly RawPolicy[],
  from: OracleEnd,
  to: OraclePod,
  packet: Packet,
): boolean {
  const selecting = policies.filter((policy) => hasType(policy, "Ingress") && governs(policy, to));
  return (
    selecting.length === 0 ||
    selecting.some(({ metadata, spec }) =>
      (spec.ingress ?? []).some(
        (rule) =>
          matchesSomePeer(rule.from, metadata.namespace, from) && matchesSomePort(rule.ports, to, packet),
      ),
    )
  );
}

/** Fact 1: without policyTypes, Ingress always, and Egress only if there are egress rules. */
function hasType({ spec }: RawPolicy, type: "Egress" | "Ingress"): boolean {
  if (spec.policyTypes !== undefined) return spec.policyTypes.includes(type);
  return type === "Ingress" || (spec.egress ?? []).length > 0;
}

function governs({ metadata, spec }: RawPolicy, pod: OraclePod): boolean {
  return metadata.namespace === pod.namespace && selects(spec.podSelector, pod.labels);
}

/** Fact 3: no peers, or an empty list, is any destination. */
function matchesSomePeer(peers: readonly RawPeer[] | undefined, own: string, end: OracleEnd): boolean {
  return peers === undefined || peers.length === 0 || peers.some((peer) => matchesPeer(peer, own, end));
}

/** Facts 4 and 6: a selector matches pods, never addresses; both selectors must match; a block matches a pod's address. */
function matchesPeer(peer: RawPeer, own: string, end: OracleEnd): boolean {
  if (peer.ipBlock !== undefined) {
    const { cidr, except = [] } = peer.ipBlock;
    const address = "address" in end ? end.address : end.pod.address;
    return address !== undefined && inBlock(cidr, address) && !except.some((hole) => inBlock(hole, address));
  }
  if (!("pod" in end)) return false;
  const { pod } = end;
  const namespace =
    peer.namespaceSelector === undefined
      ? pod.namespace === own
      : selects(peer.namespaceSelector, {
          ...pod.namespaceLabels,
          "kubernetes.io/metadata.name": pod.namespace,
        });
  return namespace && selects(peer.podSelector ?? {}, pod.labels);
}

/** Facts 3, 8, 9: no ports is all; no protocol is TCP; a name is one of the pod's ports and matches no address. */
function matchesSomePort(
  ports: readonly RawPort[] | undefined,
  pod: OraclePod | null,
  packet: Packet,
): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ protocol = "TCP", port, endPort }) => {
    if (protocol !== packet.protocol) return false;
    if (port === undefined) return true;
    if (typeof port === "number") return packet.port >= port && packet.port <= (endPort ?? port);
    return (pod?.ports ?? []).some(
      (one) => one.name === port && one.protocol === protocol && one.port === packet.port,
    );
  });
}

export function selects(selector: RawSelector, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "In") return value !== undefined && values.includes(value);
      if (operator === "NotIn") return value === undefined || !values.includes(value);
      return (operator === "Exists") === (value !== undefined);
    })
  );
}

export function inBlock(cidr: string, address: string): boolean {
  const [block = "", prefix = ""] = cidr.split("/");
  if (block.includes(":") !== address.includes(":")) return false;
  const length = Number(prefix);
  return bits(block).slice(0, length) === bits(address).slice(0, length);
}

/** All bits of an address, as text: "1010…". */
function bits(address: string): string {
  if (!address.includes(":"))
    return address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  const [left = "", right = ""] = address.split("::");
  const groups = (text: string) => (text === "" ? [] : text.split(":"));
  const missing = 8 - groups(left).length - groups(right).length;
  return [...groups(left), ...Array<string>(missing).fill("0"), ...groups(right)]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0"))
    .join("");
}
