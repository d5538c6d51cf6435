import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import type { KubernetesObject } from "../../src/render/render.ts";
import { addressSetOfCidrs } from "../../src/sets/ip.ts";
import { decide } from "../../src/surface/decide.ts";
import type { PodSubject } from "../../src/surface/pod-subject.ts";
import { OUTSIDE, type Point } from "../../src/surface/surface.ts";
import { type Surface, surfaceOf } from "../../src/surface/surface-of.ts";
import { decideEnd } from "../../src/surface/walk.ts";
import {
  type AntreaPod,
  type AntreaWorld,
  antreaAllows,
  type End,
  type Flow,
  type RawAntreaPeer,
  type RawAntreaPolicy,
  type RawAppliedTo,
  type RawGroup,
  type RawRule,
} from "./antrea.ts";
import { clusterOfObjects } from "./cluster-of-objects.ts";
import type { Packet, RawPolicy, RawSelector } from "./network-policy.ts";
import { runs } from "./points.ts";

const NAMESPACES = { x: { t: "1", u: "1" }, y: { t: "1" }, z: {} };
const UNDECLARED = { w: {} };
const HTTP = [{ name: "http", port: 8080, protocol: "TCP" }];

function pod(
  namespace: "x" | "y" | "z" | "w",
  labels: Record<string, string>,
  rest: Partial<AntreaPod> = {},
): AntreaPod {
  const namespaceLabels = { ...NAMESPACES, ...UNDECLARED }[namespace];
  return { namespace, namespaceLabels, labels, ports: [], serviceAccount: "default", ...rest };
}

const PODS: readonly AntreaPod[] = [
  pod("x", { a: "1" }, { address: "10.1.0.1" }),
  pod("x", { a: "2", p: "1" }, { address: "10.1.0.2", ports: HTTP, serviceAccount: "robot" }),
  pod("y", { p: "1" }, { address: "10.2.0.1", serviceAccount: "robot" }),
  pod("z", { a: "1", p: "2" }, { address: "10.3.0.1", ports: HTTP }),
];
const ENDS: readonly End[] = [
  ...PODS.map((one) => ({ pod: one })),
  { pod: pod("w", { p: "1" }, { address: "10.4.0.1" }) },
  { address: "10.1.0.77", name: null },
  { address: "192.0.2.1", name: null },
  { address: "2001:db8::1", name: null },
  { address: "192.0.2.1", name: "foobar.com" },
  { address: "198.51.100.1", name: "www.test.foobar.com" },
  { address: "198.51.100.1", name: "www.example.org" },
  { address: "10.9.0.1", nodeLabels: { role: "edge" } },
  { address: "10.9.0.2", nodeLabels: {} },
];
const PACKETS: readonly Packet[] = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 8080 },
  { protocol: "UDP", port: 53 },
  { protocol: "SCTP", port: 80 },
];

const podSelector = fc.constantFrom<RawSelector>(
  {},
  {},
  { matchLabels: { a: "1" } },
  { matchLabels: { p: "1" } },
  { matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] },
  { matchExpressions: [{ key: "p", operator: "Exists" }] },
  { matchExpressions: [{ key: "p", operator: "DoesNotExist" }] },
);
const namespaceSelector = fc.constantFrom<RawSelector>(
  {},
  {},
  { matchLabels: { t: "1" } },
  { matchLabels: { "kubernetes.io/metadata.name": "y" } },
  { matchExpressions: [{ key: "t", operator: "DoesNotExist" }] },
  { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["x"] }] },
);
const block = fc.constantFrom(
  { cidr: "0.0.0.0/0" },
  { cidr: "0.0.0.0/0", except: ["10.0.0.0/8", "192.0.2.0/24"] },
  { cidr: "10.1.0.0/16" },
  { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
  { cidr: "2001:db8::/32" },
);
const account = fc.constantFrom({ name: "robot", namespace: "x" }, { name: "robot", namespace: "y" });
const group = fc.constantFrom("g1", "g2", "g3").map((name) => ({ group: name }));
const both = <T>(...list: readonly fc.Arbitrary<T>[]) => fc.oneof(...list);

const appliedToInCluster: fc.Arbitrary<RawAppliedTo> = both<RawAppliedTo>(
  fc.record({ podSelector }),
  fc.record({ namespaceSelector }),
  fc.record({ podSelector, namespaceSelector }),
  group,
  fc.record({ serviceAccount: account }),
  fc.constant({}),
);
const appliedToInNamespace: fc.Arbitrary<RawAppliedTo> = both<RawAppliedTo>(
  fc.record({ podSelector }),
  fc.record({ podSelector }),
  group,
  fc.constant({}),
);

const namespaces = fc.constantFrom<NonNullable<RawAntreaPeer["namespaces"]>>(
  { match: "Self" },
  { sameLabels: ["t"] },
  { sameLabels: ["t", "u"] },
);
const nodeSelector = fc.constantFrom<RawSelector>({}, { matchLabels: { role: "edge" } });
const fqdn = fc.constantFrom("*foobar.com", "foobar.com", "*.FOOBAR.com", "www.*", "*");
const everywhere: readonly fc.Arbitrary<RawAntreaPeer>[] = [
  fc.record({ podSelector }),
  fc.record({ namespaceSelector }),
  fc.record({ podSelector, namespaceSelector }),
  fc.record({ ipBlock: block }),
  group,
  fc.record({ nodeSelector }),
  fc.constant({}),
];
const inCluster: readonly fc.Arbitrary<RawAntreaPeer>[] = [
  fc.record({ serviceAccount: account }),
  fc.record({ namespaces }),
  fc.record({ namespaces, podSelector }),
];

const ports = fc.array(
  fc.constantFrom(
    { port: 80 },
    { port: 80, endPort: 8080 },
    { protocol: "UDP", port: 53 },
    { protocol: "SCTP" },
    {},
    { port: "http" },
    { port: 8080, sourcePort: 1024 },
  ),
  { maxLength: 2 },
);
const services = fc
  .subarray(["web", "headless", "outside"], { minLength: 1, maxLength: 2 })
  .map((names) => names.map((name) => ({ name, namespace: "x" })));

function rule(
  direction: "egress" | "ingress",
  {
    isCluster,
    actions,
    appliedTo,
  }: {
    readonly isCluster: boolean;
    readonly actions: readonly RawRule["action"][];
    readonly appliedTo: fc.Arbitrary<RawAppliedTo> | null;
  },
): fc.Arbitrary<RawRule> {
  const peer = fc.oneof(
    ...everywhere,
    ...(isCluster ? inCluster : []),
    ...(direction === "egress" ? [fc.record({ fqdn })] : []),
  );
  const common = {
    action: fc.constantFrom(...actions),
    ...(appliedTo === null ? {} : { appliedTo: fc.array(appliedTo, { minLength: 1, maxLength: 2 }) }),
  };
  const peers = fc.array(peer, { maxLength: 2 });
  const plain = fc.record(
    {
      ...common,
      [direction === "egress" ? "to" : "from"]: peers,
      ports,
      protocols: fc.constantFrom([], [], [{ icmp: {} }]),
    },
    { requiredKeys: ["action", ...(appliedTo === null ? [] : ["appliedTo" as const])] },
  ) as fc.Arbitrary<RawRule>;
  return direction === "ingress"
    ? plain
    : fc.oneof(
        { weight: 7, arbitrary: plain },
        { weight: 1, arbitrary: fc.record({ ...common, toServices: services }) },
      );
}

const tier = fc.constantFrom(
  undefined,
  "emergency",
  "Platform",
  "application",
  "application",
  "custom",
  "baseline",
);
const rawPolicy = fc
  .tuple(tier, fc.boolean(), fc.boolean(), fc.constantFrom("x", "y"))
  .chain(([tierName, isCluster, perRule, namespace]) => {
    const entry = isCluster ? appliedToInCluster : appliedToInNamespace;
    const actions: readonly RawRule["action"][] =
      tierName === "baseline" ? ["Allow", "Drop", "Reject"] : ["Allow", "Drop", "Reject", "Drop", "Pass"];
    const options = { isCluster, actions, appliedTo: perRule ? entry : null };
    return fc
      .record({
        priority: fc.constantFrom(1, 1, 2.5),
        appliedTo: fc.array(entry, { minLength: 1, maxLength: 2 }),
        egress: fc.array(rule("egress", options), { minLength: 1, maxLength: 3 }),
        ingress: fc.array(rule("ingress", options), { minLength: 1, maxLength: 2 }),
      })
      .map(
        ({ appliedTo, ...spec }): RawAntreaPolicy => ({
          kind: isCluster ? "ClusterNetworkPolicy" : "NetworkPolicy",
          metadata: { name: "", ...(isCluster ? {} : { namespace }) },
          spec: {
            ...spec,
            ...(tierName === undefined ? {} : { tier: tierName }),
            ...(perRule ? {} : { appliedTo }),
          },
        }),
      );
  });

/** Where such a rule passes nobody can tell. */
function certain(one: RawRule): RawRule {
  const evadable =
    one.toServices !== undefined || (one.ports ?? []).some(({ sourcePort }) => sourcePort !== undefined);
  return evadable && one.action === "Pass" ? { ...one, action: "Drop" } : one;
}

/** Names are unique, so that no two rules are equal. */
function named(policies: readonly RawAntreaPolicy[]): readonly RawAntreaPolicy[] {
  return policies.map((policy, index) => {
    const rules = (direction: "egress" | "ingress") =>
      (policy.spec[direction] ?? []).map((one, position) => ({
        ...certain(one),
        name: `${direction}-${position}`,
      }));
    return {
      ...policy,
      metadata: { ...policy.metadata, name: `policy-${index}` },
      spec: { ...policy.spec, egress: rules("egress"), ingress: rules("ingress") },
    };
  });
}

const leaf = both<RawGroup>(
  fc.record({ podSelector }),
  fc.record({ podSelector, namespaceSelector }),
  fc.record({ namespaceSelector }),
  fc.record({ nodeSelector }),
  fc.record({ ipBlocks: fc.array(block, { minLength: 1, maxLength: 2 }) }),
  fc.constantFrom<RawGroup>(
    { serviceReference: { name: "web", namespace: "x" } },
    { serviceReference: { name: "outside", namespace: "x" } },
  ),
  fc.constant({}),
);
const parent = fc.subarray(["g1", "g2"], { minLength: 1 }).map((childGroups): RawGroup => ({ childGroups }));
/** Of the cluster, of x, of y: g3 may be made of others, and g2 of g1, which is one level too many for g3. */
const groups = fc
  .array(
    fc.tuple(
      leaf,
      fc.oneof(
        { weight: 5, arbitrary: leaf },
        { weight: 1, arbitrary: fc.constant<RawGroup>({ childGroups: ["g1"] }) },
      ),
      fc.oneof(leaf, parent),
    ),
    {
      minLength: 3,
      maxLength: 3,
    },
  )
  .map(
    (lists): Readonly<Record<string, RawGroup>> =>
      Object.fromEntries(
        ["", "x/", "y/"].flatMap((prefix, index) =>
          (lists[index] ?? []).map((one, number) => [`${prefix}g${number + 1}`, one] as const),
        ),
      ),
  );

const networkPolicy = fc
  .record({
    podSelector,
    policyTypes: fc.constantFrom(["Egress"], ["Ingress"], ["Ingress", "Egress"]),
    egress: fc.constantFrom([], [{ ports: [{ port: 80 }] }], [{ to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }]),
    ingress: fc.constantFrom([], [{ from: [{ podSelector: {} }] }]),
  })
  .map((spec): RawPolicy => ({ metadata: { name: "standard", namespace: "x" }, spec }));

const world: fc.Arbitrary<AntreaWorld> = fc.record({
  networkPolicies: fc.array(networkPolicy, { maxLength: 1 }),
  policies: fc.array(rawPolicy, { minLength: 2, maxLength: 4 }).map(named),
  tiers: fc.constantFrom({ custom: 10 }, { custom: 120 }, { custom: 249 }),
  groups,
  services: fc.constant({
    "x/web": {
      selector: { p: "1" },
      ports: [
        { port: 80, targetPort: "http" },
        { port: 81, targetPort: 80 },
      ],
    },
    "x/headless": { selector: { p: "1" }, headless: true, ports: [{ port: 80, targetPort: 80 }] },
    "x/outside": { endpoints: ["192.0.2.1"], ports: [{ port: 80, targetPort: 80 }] },
  }),
});

function objectsOf(given: AntreaWorld): readonly KubernetesObject[] {
  return [
    ...given.networkPolicies.map((one) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      ...one,
    })),
    ...given.policies.map((one) => ({ apiVersion: "crd.antrea.io/v1beta1", ...one })),
    ...Object.entries(given.tiers).map(([name, priority]) => ({
      apiVersion: "crd.antrea.io/v1beta1",
      kind: "Tier",
      metadata: { name },
      spec: { priority },
    })),
    ...Object.entries(given.groups).map(([key, spec]) => {
      const [first = "", second] = key.split("/");
      const metadata = second === undefined ? { name: first } : { name: second, namespace: first };
      return {
        apiVersion: "crd.antrea.io/v1beta1",
        kind: second === undefined ? "ClusterGroup" : "Group",
        metadata,
        spec,
      };
    }),
    ...Object.entries(given.services).flatMap(([key, service]) => {
      const [namespace = "", name = ""] = key.split("/");
      const { selector, headless = false, endpoints = [] } = service;
      const ports = service.ports.map((port) => ({ ...port, protocol: "TCP" }));
      return [
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name, namespace },
          spec: {
            ...(selector === undefined ? {} : { selector }),
            ...(headless ? { clusterIP: "None" } : {}),
            ports,
          },
        },
        ...(endpoints.length === 0
          ? []
          : [
              {
                apiVersion: "discovery.k8s.io/v1",
                kind: "EndpointSlice",
                metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
                endpoints: [{ addresses: endpoints }],
                ports: service.ports.map(({ targetPort }) => ({ port: targetPort, protocol: "TCP" })),
              },
            ]),
      ];
    }),
  ];
}

function clusterOf(given: AntreaWorld): Cluster {
  const workloads = PODS.map((one, index) => ({
    namespace: one.namespace,
    name: `pod-${index}`,
    labels: one.labels,
  }));
  const cluster = clusterOfObjects({ namespaces: NAMESPACES, workloads }, objectsOf(given), "antrea");
  const accounts = new Map(
    PODS.map((one, index) => [`${one.namespace}/Deployment/pod-${index}`, one.serviceAccount]),
  );
  return {
    ...cluster,
    workloads: new Map(
      [...cluster.workloads].map(([key, workload]) => [
        key,
        { ...workload, serviceAccount: accounts.get(key) ?? "default" },
      ]),
    ),
  };
}

function subjectOf({ namespace, labels, serviceAccount }: AntreaPod): PodSubject {
  return {
    namespace,
    labels: new Map(Object.entries(labels)),
    runtimeLabels: new Set(),
    hostNetwork: false,
    serviceAccount,
  };
}

/** @param asReceiver of an ingress flow: names of ports are looked up there */
function pointOf(end: End, packet: Packet, asReceiver: AntreaPod | null): Point {
  const at = { protocol: packet.protocol as Point["protocol"], port: packet.port };
  if ("pod" in end) {
    const { namespace, namespaceLabels, labels, serviceAccount, address } = end.pod;
    const addresses = address === undefined ? null : addressSetOfCidrs([`${address}/32`]);
    const containerPorts = (asReceiver ?? end.pod).ports.map((port) => ({
      ...port,
      protocol: "TCP" as const,
    }));
    return {
      kind: "pod",
      ...at,
      pod: {
        namespace,
        namespaceLabels: new Map(Object.entries(namespaceLabels)),
        labels: new Map(Object.entries(labels)),
        serviceAccount,
        containerPorts,
        ...(addresses === null ? {} : { addresses }),
      },
    };
  }
  const place =
    "nodeLabels" in end
      ? ({ kind: "node", which: "other", labels: new Map(Object.entries(end.nodeLabels)) } as const)
      : ({ kind: "outside", name: end.name } as const);
  return { kind: "address", ...at, address: end.address, place };
}

/** Of a flow from an address names of ports are those of the receiver: a point alone does not say them. */
function verdictOf(
  surface: Surface,
  { direction, pod: own, other, packet }: Flow,
): "allow" | "deny" | "unknown" {
  const subject = subjectOf(own);
  const point = pointOf(other, packet, direction === "ingress" ? own : null);
  if (direction === "egress" || point.kind === "pod")
    return decide(surface, { direction, subject, other: point }).verdict;
  const addresses = addressSetOfCidrs([`${point.address}/${point.address.includes(":") ? 128 : 32}`]);
  if (addresses === null) throw new Error(`no address: ${point.address}`);
  const { place = OUTSIDE, protocol, port } = point;
  const containerPorts = own.ports.map((one) => ({ ...one, protocol: "TCP" as const }));
  const decision = decideEnd(surface, {
    direction,
    subject,
    other: { kind: "addresses", addresses, place, containerPorts, protocol, port },
  });
  if (decision === null || decision.verdict === "partly")
    throw new Error("one address is decided as a whole");
  return decision.verdict;
}

describe("random clusters under Antrea against the oracle", () => {
  test("every point is decided as its documentation says", () => {
    const counts = { allow: 0, deny: 0, unknown: 0 };
    fc.assert(
      fc.property(world, (given) => {
        const surface = surfaceOf(clusterOf(given), "each-pod");
        for (const flow of flows("egress").concat(flows("ingress"))) {
          const verdict = verdictOf(surface, flow);
          counts[verdict]++;
          const allowed = antreaAllows(given, flow);
          const expected = allowed === "unknown" ? "unknown" : allowed ? "allow" : "deny";
          if (verdict !== expected) {
            throw new Error(`${JSON.stringify(flow)} is "${expected}", and not "${verdict}"`);
          }
        }
      }),
      { numRuns: runs(60) },
    );
    expect(counts.allow + counts.deny + counts.unknown).toBeGreaterThan(20_000);
    expect(counts.deny).toBeGreaterThan(3_000);
    expect(counts.unknown).toBeGreaterThan(5);
    if (process.env["SHOW_COUNTS"] === "1") console.info(counts);
  });

  test("added holds exactly what head allows and base does not, removed the reverse", () => {
    let added = 0;
    fc.assert(
      fc.property(world, fc.array(rawPolicy, { maxLength: 2 }), fc.boolean(), (given, others, swapped) => {
        const changed = { ...given, policies: named([...given.policies.slice(1), ...others]) };
        const [base, head] = swapped ? [changed, given] : [given, changed];
        const delta = diff(clusterOf(base), clusterOf(head), { environment: "test" });
        for (const flow of flows("egress", false)) {
          const [was, is] = [antreaAllows(base, flow), antreaAllows(head, flow)];
          if (was === "unknown" || is === "unknown") continue;
          const key = `${flow.pod.namespace}/Deployment/pod-${PODS.findIndex(({ labels, namespace }) => labels === flow.pod.labels && namespace === flow.pod.namespace)}`;
          const own = delta.workloads.find((one) => one.key === key);
          const point = pointOf(flow.other, flow.packet, null);
          if (is && !was) added++;
          if ((own?.added.contains(point) ?? false) !== (is && !was)) {
            throw new Error(`added is wrong at ${JSON.stringify(flow)}: ${was}, then ${is}`);
          }
          if ((own?.removed.contains(point) ?? false) !== (was && !is)) {
            throw new Error(`removed is wrong at ${JSON.stringify(flow)}: ${was}, then ${is}`);
          }
        }
      }),
      { numRuns: runs(35) },
    );
    expect(added).toBeGreaterThan(5);
  });
});

/** @param addresses whether the addresses of pods are known: a comparison of two sides does not ask for them */
function flows(direction: Flow["direction"], addresses = true): readonly Flow[] {
  const known = ({ address, ...rest }: AntreaPod): AntreaPod =>
    addresses && address !== undefined ? { ...rest, address } : rest;
  return PODS.flatMap((own) =>
    ENDS.filter((end) => direction === "egress" || !("name" in end) || end.name === null).flatMap((end) =>
      PACKETS.map(
        (packet): Flow => ({
          direction,
          pod: known(own),
          other: "pod" in end ? { pod: known(end.pod) } : end,
          packet,
        }),
      ),
    ),
  );
}
