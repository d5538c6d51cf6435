import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Profile } from "../../src/config/config.ts";
import { addressSetOfCidrs, NO_ADDRESSES } from "../../src/sets/ip.ts";
import { IS_ABSENT, isOneOf } from "../../src/sets/label.ts";
import type { Box } from "../../src/sets/space.ts";
import { compile, decideAll, type SetDecision } from "../../src/surface/decide.ts";
import { endBox } from "../../src/surface/other-end.ts";
import type { Surface } from "../../src/surface/surface-of.ts";
import { read } from "../policy/read-policy.ts";
import { manifestOf } from "../render/manifest.ts";
import type {
  AdminEnd,
  Flow,
  RawAdminPolicy,
  RawPeer,
  RawPort,
  RawProtocol,
  RawRule,
} from "./admin-policy.ts";
import type { OraclePod, Packet, RawPolicy, RawSelector } from "./network-policy.ts";
import { clusterOfWorld } from "./world.ts";

/** A cluster of a few pods, with policies of every tier. */
export interface AdminWorld {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly OraclePod[];
  readonly admin: readonly RawAdminPolicy[];
  readonly networkPolicies: readonly RawPolicy[];
}

const PACKETS: readonly Packet[] = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 443 },
  { protocol: "UDP", port: 53 },
  { protocol: "SCTP", port: 80 },
];

const ENDS: readonly AdminEnd[] = [
  { node: { address: "192.168.0.1", labels: { role: "worker" } } },
  { node: { address: "192.168.0.2", labels: {} } },
  { address: "203.0.113.5" },
  { address: "203.0.113.6", name: "a.example.com" },
  { address: "203.0.113.7", name: "b.a.example.com" },
  { address: "203.0.113.8", name: "example.com" },
  { address: "203.0.113.9", name: "notexample.com" },
  { address: "9.9.9.9" },
  { address: "2001:db8:1::9" },
];

const PORTS: readonly OraclePod["ports"][] = [
  [],
  [{ name: "http", port: 80, protocol: "TCP" }],
  [{ name: "http", port: 443, protocol: "TCP" }],
  [
    { name: "http", port: 53, protocol: "UDP" },
    { name: "dns", port: 80, protocol: "SCTP" },
  ],
];

const VALUES = ["1", "2"];

function selector(key: string): fc.Arbitrary<RawSelector> {
  const expression = fc.oneof(
    fc.constantFrom("Exists", "DoesNotExist").map((operator) => ({ key, operator })),
    fc.record({
      key: fc.constant(key),
      operator: fc.constantFrom("In", "NotIn"),
      values: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 2 }),
    }),
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant<RawSelector>({}) },
    { weight: 2, arbitrary: fc.constantFrom(...VALUES).map((value) => ({ matchLabels: { [key]: value } })) },
    {
      weight: 2,
      arbitrary: fc
        .array(expression, { minLength: 1, maxLength: 2 })
        .map((matchExpressions) => ({ matchExpressions })),
    },
  );
}

const namespaces: fc.Arbitrary<RawSelector> = fc.oneof(
  { weight: 3, arbitrary: selector("t") },
  {
    weight: 1,
    arbitrary: fc.constantFrom<RawSelector>(
      { matchLabels: { "kubernetes.io/metadata.name": "x" } },
      { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["y"] }] },
    ),
  },
);
const pods = fc.record({ namespaceSelector: namespaces, podSelector: selector("a") });
const podPeer: fc.Arbitrary<RawPeer> = fc.oneof(fc.record({ namespaces }), fc.record({ pods }));
const subject: fc.Arbitrary<RawPeer> = fc.oneof(fc.constant({ namespaces: {} }), podPeer);
const later: fc.Arbitrary<RawPeer> = fc.constant({ later: {} });
const networkPeer: fc.Arbitrary<RawPeer> = fc.record({
  networks: fc.uniqueArray(
    fc.constantFrom(
      "0.0.0.0/0",
      "::/0",
      "10.0.0.0/24",
      "10.0.0.2/32",
      "192.168.0.0/16",
      "203.0.113.0/29",
      "203.0.113.8/32",
    ),
    { minLength: 1, maxLength: 2 },
  ),
});
const nodePeer: fc.Arbitrary<RawPeer> = fc.record({
  nodes: fc.constantFrom<RawSelector>(
    {},
    { matchLabels: { role: "worker" } },
    { matchExpressions: [{ key: "role", operator: "DoesNotExist" }] },
  ),
});
const namePeer: fc.Arbitrary<RawPeer> = fc.record({
  domainNames: fc.uniqueArray(
    fc.constantFrom("*.example.com", "example.com", "a.example.com", "*.a.example.com"),
    { minLength: 1, maxLength: 2 },
  ),
});

const port: fc.Arbitrary<RawPort> = fc.constantFrom<RawPort>(
  { portNumber: { port: 80 } },
  { portNumber: { protocol: "UDP", port: 53 } },
  { portNumber: { protocol: "SCTP", port: 80 } },
  { portRange: { protocol: "TCP", start: 80, end: 443 } },
  { portRange: { start: 81, end: 1000 } },
);
const protocol: fc.Arbitrary<RawProtocol> = fc.constantFrom<RawProtocol>(
  { tcp: { destinationPort: { number: 80 } } },
  { udp: { destinationPort: { number: 53 } } },
  { sctp: { destinationPort: { range: { start: 1, end: 80 } } } },
  { tcp: { destinationPort: { range: { start: 81, end: 1000 } } } },
);

type Version = "v1alpha1" | "v1alpha2";

/** A rule that the schema takes: names of ports only beside pods, names of hosts only where it allows. */
function rule(version: Version, direction: "to" | "from", actions: readonly string[]): fc.Arbitrary<RawRule> {
  const portName = fc.constantFrom("http", "dns");
  const [field, number, byName] =
    version === "v1alpha1"
      ? (["ports", port, portName.map((namedPort): RawPort => ({ namedPort }))] as const)
      : ([
          "protocols",
          protocol,
          portName.map((name): RawProtocol => ({ destinationNamedPort: name })),
        ] as const);
  const withPorts = (
    peers: fc.Arbitrary<RawPeer>,
    ports: fc.Arbitrary<RawPort | RawProtocol>,
    own = actions,
  ) =>
    fc.record(
      {
        action: fc.constantFrom(...own),
        [direction]: fc.array(peers, { minLength: 1, maxLength: 2 }),
        [field]: fc.array(ports, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ["action", direction] },
    ) as fc.Arbitrary<RawRule>;
  const toPods = fc.oneof({ weight: 12, arbitrary: podPeer }, { weight: 1, arbitrary: later });
  const anyPort = fc.oneof<fc.Arbitrary<RawPort | RawProtocol>[]>(number, byName);
  if (direction === "from") return withPorts(toPods, anyPort);
  const anywhere = fc.oneof(podPeer, networkPeer, nodePeer);
  const allowing = actions.filter((action) => action === "Allow" || action === "Accept");
  // A BaselineAdminNetworkPolicy has no names, and no Pass.
  const named = version === "v1alpha2" || actions.length > 2 ? namePeer : networkPeer;
  return fc.oneof(
    withPorts(toPods, anyPort),
    withPorts(anywhere, number),
    withPorts(fc.oneof(named, networkPeer), number, allowing),
  );
}

const ADMIN_ACTIONS: Readonly<Record<Version, readonly string[]>> = {
  v1alpha1: ["Allow", "Deny", "Pass"],
  v1alpha2: ["Accept", "Deny", "Pass"],
};

function policy(
  version: Version,
  kind: string,
  placed: fc.Arbitrary<{ readonly tier?: string; readonly priority?: number }>,
  actions = ADMIN_ACTIONS[version],
): fc.Arbitrary<RawAdminPolicy> {
  return fc
    .record({
      place: placed,
      subject,
      egress: fc.array(rule(version, "to", actions), { minLength: 1, maxLength: 3 }),
      ingress: fc.array(rule(version, "from", actions), { maxLength: 2 }),
    })
    .map(({ place, ...rest }) => ({
      apiVersion: `policy.networking.k8s.io/${version}`,
      kind,
      metadata: { name: "default" },
      spec: { ...place, ...rest },
    }));
}

/** One of the two versions: nothing says in which order both together would be asked. */
function adminPolicies(
  priorities: fc.Arbitrary<number>,
  least: number,
): fc.Arbitrary<readonly RawAdminPolicy[]> {
  const admin = policy("v1alpha1", "AdminNetworkPolicy", fc.record({ priority: priorities }));
  const baseline = policy("v1alpha1", "BaselineAdminNetworkPolicy", fc.constant({}), ["Allow", "Deny"]);
  const cluster = policy(
    "v1alpha2",
    "ClusterNetworkPolicy",
    fc.record({ tier: fc.constantFrom("Admin", "Baseline"), priority: priorities }),
  );
  return fc
    .oneof(
      fc
        .tuple(fc.array(admin, { minLength: least, maxLength: 3 }), fc.array(baseline, { maxLength: 1 }))
        .map((lists) => lists.flat()),
      fc.array(cluster, { minLength: least, maxLength: 4 }),
    )
    .map((list) =>
      list.map((one, index) =>
        one.kind === "BaselineAdminNetworkPolicy" ? one : { ...one, metadata: { name: `policy-${index}` } },
      ),
    );
}

const networkPolicy: fc.Arbitrary<RawPolicy["spec"]> = fc.record({
  podSelector: selector("a"),
  policyTypes: fc.constantFrom(["Egress"], ["Ingress"], ["Egress", "Ingress"]),
  egress: fc.array(
    fc.constantFrom<NonNullable<RawPolicy["spec"]["egress"]>[number]>(
      {},
      { to: [{ namespaceSelector: { matchLabels: { t: "1" } } }] },
      { to: [{ ipBlock: { cidr: "203.0.113.0/24" } }], ports: [{ port: 443 }] },
      { ports: [{ port: "http" }] },
    ),
    { maxLength: 1 },
  ),
  ingress: fc.array(
    fc.constantFrom<NonNullable<RawPolicy["spec"]["ingress"]>[number]>(
      { from: [{ podSelector: {} }] },
      { ports: [{ port: 80 }] },
    ),
    { maxLength: 1 },
  ),
});

const labelled = (key: string) =>
  fc.constantFrom<Readonly<Record<string, string>>>({}, { [key]: "1" }, { [key]: "2" });

const ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.0.3", "2001:db8::4"];

/** Three namespaces, four pods with addresses. */
export function adminWorld(priorities: fc.Arbitrary<number>, least = 0): fc.Arbitrary<AdminWorld> {
  return fc
    .record({
      labels: fc.tuple(labelled("t"), labelled("t"), labelled("t")),
      pods: fc.tuple(labelled("a"), labelled("a"), labelled("a"), labelled("a")),
      ports: fc.array(fc.constantFrom(...PORTS), { minLength: 4, maxLength: 4 }),
      admin: adminPolicies(priorities, least),
      specs: fc.array(fc.tuple(fc.constantFrom("x", "y"), networkPolicy), { maxLength: 2 }),
    })
    .map(({ labels, pods: podLabels, ports, admin, specs }) => {
      const own = { x: labels[0], y: labels[1], z: labels[2] };
      const homes = ["x", "x", "y", "z"] as const;
      return {
        namespaces: own,
        pods: homes.map((namespace, index) => ({
          namespace,
          namespaceLabels: own[namespace],
          labels: podLabels[index] ?? {},
          ports: ports[index] ?? [],
          address: ADDRESSES[index] ?? "",
        })),
        admin,
        networkPolicies: specs.map(([namespace, spec], index) => ({
          metadata: { namespace, name: `network-policy-${index}` },
          spec,
        })),
      };
    });
}

/** No two policies of one tier alike: then the API says what happens. */
export const DISTINCT = fc.nat({ max: 1000 });
/** Most of them alike. */
export const COLLIDING = fc.constantFrom(5, 5, 5, 5, 5, 7);

export function isOrdered({ admin }: Pick<AdminWorld, "admin">): boolean {
  const places = admin.map(({ kind, spec }) => `${kind} ${spec.tier} ${spec.priority}`);
  return new Set(places).size === places.length;
}

/** Every pod of the world to and from every other end, at every packet. */
export function flows(world: AdminWorld): readonly Flow[] {
  return world.pods.flatMap((_, index) => flowsOf(world, index));
}

/** Those of one pod, in the same order for worlds with as many pods. */
export function flowsOf({ pods: all }: AdminWorld, index: number): readonly Flow[] {
  const subject = all[index];
  if (subject === undefined) return [];
  return [...all.filter((pod) => pod !== subject).map((pod): AdminEnd => ({ pod })), ...ENDS].flatMap(
    (other) =>
      PACKETS.flatMap((packet): readonly Flow[] => [
        { direction: "egress", subject, other, packet },
        { direction: "ingress", subject, other, packet },
      ]),
  );
}

/** What is known of the policies alone: what a later version may mean is an unknown beside them. */
export function clusterOfAdminWorld(world: AdminWorld, profile: Profile = "kubernetes"): Cluster {
  const { admin, networkPolicies, namespaces: declared, pods: all } = world;
  const cluster = clusterOfWorld({
    namespaces: declared,
    policies: networkPolicies,
    workloads: all.map(({ namespace, labels, ports }, index) => ({
      namespace,
      name: `pod-${index}`,
      labels,
      ports: ports.map((one) => ({ ...one, protocol: one.protocol as "TCP" | "UDP" | "SCTP" })),
    })),
  });
  const policies = admin.flatMap((raw) => {
    const reading = read(manifestOf(raw as unknown as Parameters<typeof manifestOf>[0]), profile);
    const refused = reading?.unknowns.find(({ code }) => code === "invalid-policy");
    if (refused !== undefined) throw new Error(`${refused.detail}: ${JSON.stringify(raw)}`);
    return reading?.policies ?? [];
  });
  return {
    ...cluster,
    policies: [...cluster.policies, ...policies],
    profile: { ...cluster.profile, name: profile },
  };
}

/** The answer of the code for one flow. */
export function decideFlow(surface: Surface, { direction, subject, other, packet }: Flow): SetDecision {
  const pod = {
    namespace: subject.namespace,
    labels: new Map(Object.entries(subject.labels)),
    runtimeLabels: new Set<string>(),
    hostNetwork: false,
  };
  compile(surface, { direction, subject: pod });
  const others = boxOf(surface, direction === "ingress" ? subject : null, other, packet);
  if (others === null) throw new Error("a flow to nowhere");
  return decideAll(surface, { direction, subject: pod, others });
}

function boxOf(surface: Surface, receiver: OraclePod | null, end: AdminEnd, packet: Packet): Box | null {
  const { universe } = surface;
  const at = { protocol: packet.protocol as "TCP" | "UDP" | "SCTP", port: packet.port };
  const portsOf = (pod: OraclePod | null) =>
    (pod?.ports ?? []).map((one) => ({ ...one, protocol: one.protocol as "TCP" | "UDP" | "SCTP" }));
  if ("pod" in end) {
    return endBox(universe, {
      ...at,
      kind: "pod",
      pod: {
        namespace: end.pod.namespace,
        labels: new Map(Object.entries(end.pod.labels)),
        containerPorts: portsOf(receiver ?? end.pod),
        addresses: oneAddress(end.pod.address ?? ""),
      },
    });
  }
  const address = "node" in end ? end.node.address : end.address;
  const box = endBox(universe, {
    ...at,
    kind: "addresses",
    addresses: oneAddress(address),
    place: "node" in end ? { kind: "node", which: "other" } : { kind: "outside", name: end.name ?? null },
    containerPorts: portsOf(receiver),
  });
  if (box === null || !("node" in end)) return box;
  const labels = [...universe.nodeLabels].map(([key, dimension]) => {
    const value = end.node.labels[key];
    return [dimension, value === undefined ? IS_ABSENT : isOneOf([value])] as const;
  });
  const labelled = universe.space.box(labels);
  return labelled === null ? null : universe.space.intersectBoxes(box, labelled);
}

function oneAddress(address: string) {
  return addressSetOfCidrs([`${address}/${address.includes(":") ? 128 : 32}`]) ?? NO_ADDRESSES;
}
