import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import type { KubernetesObject } from "../../src/render/render.ts";
import { addressSetOfRanges, parseAddress } from "../../src/sets/ip.ts";
import type { Point } from "../../src/surface/surface.ts";
import { read } from "../policy/read-policy.ts";
import { manifestOf } from "../render/manifest.ts";
import type {
  CalicoEnd,
  CalicoPacket,
  CalicoPod,
  CalicoWorld,
  Labels,
  RawCalicoPolicy,
  RawEntity,
  RawRule,
} from "./calico.ts";
import type { RawPolicy } from "./network-policy.ts";
import { clusterOfWorld } from "./world.ts";

/** Small clusters of pods with addresses, sets, services, tiers and policies of both groups, with every field. */
const NAMESPACES: Readonly<Record<string, Labels>> = { x: { team: "red" }, y: { team: "blue-2", open: "" } };

export const PODS: readonly CalicoPod[] = [
  pod("x", { a: "1" }, "default", "10.0.0.1", 80),
  pod("x", { a: "12", b: "1" }, "robot", "10.0.0.2", 8080),
  pod("y", { a: "2" }, "robot", "10.0.0.3", 80),
  pod("y", {}, "default", "2001:db8::4", 8080),
];

function pod(
  namespace: string,
  labels: Labels,
  serviceAccount: string,
  address: string,
  port: number,
): CalicoPod {
  return {
    namespace,
    namespaceLabels: NAMESPACES[namespace] ?? {},
    labels,
    serviceAccount,
    address,
    ports: [{ name: "http", port, protocol: "TCP" }],
  };
}

/** A node: no selector matches it, and every block that holds its address. */
const NODE = "10.0.0.12";

export const ENDS: readonly CalicoEnd[] = [
  ...PODS.map((one) => ({ pod: one })),
  ...["9.9.9.9", "10.0.0.9", "2001:db8::9", "2001:4860::1"].map((address) => ({ address })),
  { address: NODE },
];

export const PACKETS: readonly CalicoPacket[] = [
  { protocol: "TCP", port: 80 },
  { protocol: "TCP", port: 8080 },
  { protocol: "UDP", port: 53 },
  { protocol: "UDP", port: 8500 },
  { protocol: "SCTP", port: 80 },
];

const label = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b") },
  fc.constantFrom(
    "projectcalico.org/namespace",
    "projectcalico.org/serviceaccount",
    "projectcalico.org/orchestrator",
    "pcns.team",
    "pcsa.role",
  ),
);
const value = fc.constantFrom("1", "12", "2", "x", "y", "robot", "red", "k8s", "admin");
const quoted = value.map((text) => (text.length % 2 === 0 ? `'${text}'` : `"${text}"`));

function selectorOver(keys: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const test = fc.oneof(
    fc
      .tuple(keys, fc.constantFrom("==", "!=", "contains", "starts with", "ends with"), quoted)
      .map((parts) => parts.join(" ")),
    fc
      .tuple(keys, fc.constantFrom("in", "not in", "notin"), fc.array(quoted, { maxLength: 2 }))
      .map(([key, operator, values]) => `${key} ${operator} {${values.join(", ")}}`),
    keys.map((key) => `has(${key})`),
    fc.constant("all()"),
  );
  const { expression } = fc.letrec<{ expression: string; leaf: string }>((tie) => ({
    leaf: test,
    expression: fc.oneof(
      { weight: 4, arbitrary: tie("leaf") },
      tie("leaf").map((text) => `!${text}`),
      fc.tuple(tie("leaf"), fc.constantFrom("&&", "||"), tie("leaf")).map((parts) => parts.join(" ")),
      fc.tuple(tie("leaf"), tie("leaf"), tie("leaf")).map(([a, b, c]) => `!(${a} || ${b}) && ${c}`),
    ),
  }));
  return expression;
}

const selector = selectorOver(label);
const ofNamespaces = selectorOver(
  fc.constantFrom("team", "open", "projectcalico.org/name", "kubernetes.io/metadata.name"),
);
const ofAccounts = selectorOver(fc.constantFrom("role", "projectcalico.org/name"));

function often<T>(arbitrary: fc.Arbitrary<T>, frequency = 2): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: frequency });
}

/** Fields that were not chosen are left out. */
function chosen<T extends object>(object: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(object).filter(([, one]) => one !== undefined)) as T;
}

const nets4 = fc.subarray(["10.0.0.0/24", "10.0.0.2/32", "9.0.0.0/8", "0.0.0.0/0"], { minLength: 1 });
const nets6 = fc.subarray(["2001:db8::/32", "::/0"], { minLength: 1 });
const notNets4 = fc.subarray(["10.0.0.0/30", "9.9.9.9/32", "10.0.0.0/8"], { minLength: 1 });

/** What the other end of a rule asks for; at most one kind of it is given often enough to match something. */
const other: fc.Arbitrary<RawEntity> = fc.oneof(
  fc.constant({}),
  fc
    .record({
      selector: often(selector),
      notSelector: often(selector, 4),
      namespaceSelector: often(fc.oneof({ weight: 3, arbitrary: ofNamespaces }, fc.constant("global()")), 3),
      serviceAccounts: often(
        fc
          .record({ names: often(fc.subarray(["default", "robot"]), 2), selector: often(ofAccounts, 3) })
          .map((accounts) => chosen<NonNullable<RawEntity["serviceAccounts"]>>(accounts)),
        5,
      ),
      nets: often(fc.oneof({ weight: 3, arbitrary: nets4 }, nets6), 4),
      notNets: often(notNets4, 5),
    })
    .map((entity) => {
      // A rule is about one family.
      const { notNets, ...rest } = entity;
      return chosen<RawEntity>(
        entity.nets?.some((net) => net.includes(":")) === true ? rest : { ...rest, notNets },
      );
    }),
  fc.record({ nets: fc.oneof(nets4, nets6) }),
  fc
    .constantFrom("web", "outside")
    .map((name) => ({ services: { name, namespace: name === "web" ? "x" : "y" } })),
);
const own: fc.Arbitrary<RawEntity> = fc
  .record({ selector: often(selector, 1), serviceAccounts: fc.constant(undefined) })
  .map((entity) => chosen<RawEntity>(entity));

const ports = fc.subarray<number | string>([80, "8000:9000", "http", "53"], { minLength: 1 });
const notPorts = fc.subarray<number | string>([80, "1:1000"], { minLength: 1 });

function ruleOf(direction: "egress" | "ingress"): fc.Arbitrary<RawRule> {
  return fc
    .record({
      action: fc.constantFrom("Allow", "Allow", "Deny", "Deny", "Pass", "Log"),
      ipVersion: often(fc.constantFrom(4, 6), 6),
      protocol: often(fc.constantFrom<string | number>("TCP", "UDP", "SCTP", 6, "ICMP"), 2),
      notProtocol: often(fc.constantFrom<string | number>("TCP", 17, "ICMP"), 5),
      other,
      own: often(own, 4),
      ports: often(ports, 2),
      notPorts: often(notPorts, 5),
    })
    .map(({ other: far, own: near, ports: wanted, notPorts: unwanted, ...rule }) => {
      const [source, destination] = direction === "egress" ? [near, far] : [far, near];
      const hasPorts =
        rule.protocol !== undefined && rule.protocol !== "ICMP" && destination?.services === undefined;
      const named = wanted?.some((port) => port === "http") === true;
      const portFields = chosen<RawEntity>({
        ports: hasPorts ? wanted : undefined,
        notPorts: hasPorts && !named ? unwanted : undefined,
      });
      const nets = [...(far.nets ?? []), ...(far.notNets ?? [])];
      const version = nets.length > 0 ? undefined : rule.ipVersion;
      const ofIcmp = rule.protocol === "ICMP" || rule.notProtocol === "ICMP";
      return chosen<RawRule>({
        ...rule,
        ipVersion: ofIcmp && version === 6 ? undefined : version,
        source,
        destination: { ...destination, ...portFields },
      });
    });
}

const policySpec = fc
  .record({
    tier: often(fc.constantFrom("default", "early", "late"), 2),
    order: often(fc.constantFrom(10, 1000, 1000, 2000), 3),
    selector: often(selector, 2),
    serviceAccountSelector: often(ofAccounts, 6),
    types: often(fc.subarray(["Ingress", "Egress"], { minLength: 1 }), 2),
    egress: often(fc.array(ruleOf("egress"), { maxLength: 3 }), 5),
    ingress: often(fc.array(ruleOf("ingress"), { maxLength: 2 }), 2),
  })
  .map((spec) => chosen<RawCalicoPolicy["spec"]>(spec));

const namespaced: fc.Arbitrary<RawCalicoPolicy> = fc.record({
  apiVersion: fc.constantFrom("projectcalico.org/v3", "crd.projectcalico.org/v1"),
  metadata: fc.record({ name: fc.constantFrom("a", "b", "c"), namespace: fc.constantFrom("x", "y") }),
  spec: policySpec,
});
const global: fc.Arbitrary<RawCalicoPolicy> = fc.record({
  apiVersion: fc.constantFrom("projectcalico.org/v3", "crd.projectcalico.org/v1"),
  metadata: fc.record({ name: fc.constantFrom("a", "b", "c", "d") }),
  spec: fc
    .tuple(policySpec, often(ofNamespaces, 3))
    .map(([spec, namespaceSelector]) =>
      namespaceSelector === undefined ? spec : { ...spec, namespaceSelector },
    ),
});

const kubernetes: fc.Arbitrary<RawPolicy> = fc.record({
  metadata: fc.record({ name: fc.constantFrom("a", "b", "k"), namespace: fc.constantFrom("x", "y") }),
  spec: fc.record({
    podSelector: fc.constantFrom({}, { matchLabels: { a: "1" } }),
    policyTypes: fc.subarray(["Ingress", "Egress"], { minLength: 1 }),
    egress: fc.subarray(
      [
        { to: [{ podSelector: {} }] },
        { to: [{ ipBlock: { cidr: "10.0.0.0/24", except: ["10.0.0.3/32"] } }] },
        { ports: [{ port: 80 }] },
      ],
      { maxLength: 1 },
    ),
    ingress: fc.subarray(
      [{ from: [{ namespaceSelector: { matchLabels: { team: "red" } } }] }, { ports: [{ port: "http" }] }],
      { maxLength: 1 },
    ),
  }),
});

const SETS: CalicoWorld["networkSets"] = [
  { namespace: null, name: "trusted", labels: { a: "1" }, nets: ["9.9.9.0/24", "2001:4860::/32"] },
  { namespace: null, name: "pods-too", labels: { b: "1", pcns: "x" }, nets: ["10.0.0.3", "10.0.0.9/32"] },
  { namespace: "x", name: "own", labels: { a: "2" }, nets: ["10.0.0.8/29"] },
];

const distinct = <T extends { readonly metadata: { readonly name: string; readonly namespace?: string } }>(
  policies: readonly T[],
) => [
  ...new Map(
    policies.map((policy) => [`${policy.metadata.namespace}/${policy.metadata.name}`, policy]),
  ).values(),
];

export const calicoWorld: fc.Arbitrary<CalicoWorld> = fc
  .record({
    sets: fc.subarray([...SETS], { minLength: 1 }),
    tiers: fc.tuple(often(fc.constantFrom(100, 5_000_000), 4), fc.constantFrom("Deny", "Pass", undefined)),
    policies: fc.array(fc.oneof(namespaced, global, global), { minLength: 1, maxLength: 4 }),
    networkPolicies: fc.array(kubernetes, { maxLength: 2 }),
  })
  .map(({ sets, tiers: [order, defaultAction], policies, networkPolicies }) => ({
    namespaces: NAMESPACES,
    serviceAccounts: [
      { namespace: "x", name: "robot", labels: { role: "admin" } },
      { namespace: "y", name: "robot", labels: {} },
      { namespace: "y", name: "spare", labels: { role: "12" } },
    ],
    services: [
      {
        namespace: "x",
        name: "web",
        selector: { a: "1" },
        ports: [
          { protocol: "TCP", port: 8000, targetPort: "http" },
          { protocol: "UDP", port: 5300, targetPort: 53 },
        ],
        endpoints: [],
      },
      {
        namespace: "y",
        name: "outside",
        selector: null,
        ports: [],
        endpoints: [{ address: "9.9.9.9", protocol: "TCP", port: 80 }],
      },
    ],
    networkSets: sets,
    tiers: [
      { name: "early", order: 200, ...(defaultAction === undefined ? {} : { defaultAction }) },
      { name: "late", ...(order === undefined ? {} : { order }), defaultAction: "Pass" },
    ],
    policies: distinct(policies),
    networkPolicies: distinct(networkPolicies),
  }));

/** The objects of a world, and the cluster that the code reads of them. */
export function clusterOfCalico(world: CalicoWorld, profile: "calico" | "aks-calico" = "calico"): Cluster {
  const others = objectsOf(world).map((object) => manifestOf(object));
  const objects: readonly KubernetesObject[] = [
    ...world.policies.map((policy) => ({
      kind: policy.metadata.namespace === undefined ? "GlobalNetworkPolicy" : "NetworkPolicy",
      ...policy,
    })),
    ...world.networkPolicies.map((policy) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      ...policy,
    })),
  ];
  const readings = objects.map((object) => {
    const reading = read(manifestOf(object), profile, others);
    if (reading === null) throw new Error(`no policy: ${JSON.stringify(object)}`);
    return reading;
  });
  return {
    ...clusterOfWorld({ namespaces: world.namespaces, policies: [] }),
    policies: readings.flatMap(({ policies }) => policies),
    unknowns: readings.flatMap(({ unknowns }) => unknowns),
    remarks: readings.flatMap(({ remarks }) => remarks),
    profile: { name: profile, source: "assumed", evidence: [] },
    inputs: policyInputs(profile, others),
  };
}

function objectsOf(world: CalicoWorld): readonly KubernetesObject[] {
  const v3 = "projectcalico.org/v3";
  return [
    ...Object.entries(world.namespaces).map(([name, labels]) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels },
    })),
    ...world.serviceAccounts.map((metadata) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata })),
    ...world.services.map(({ name, namespace, selector: pods, ports: list }) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { ...(pods === null ? {} : { selector: pods }), ports: list },
    })),
    ...world.services.flatMap(({ name, namespace, endpoints }) =>
      endpoints.map(({ address, protocol, port }) => ({
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name, namespace, labels: { "kubernetes.io/service-name": name } },
        endpoints: [{ addresses: [address] }],
        ports: [{ protocol, port }],
      })),
    ),
    ...world.networkSets.map(({ namespace, name, labels, nets }) => ({
      apiVersion: v3,
      kind: namespace === null ? "GlobalNetworkSet" : "NetworkSet",
      metadata: { name, labels, ...(namespace === null ? {} : { namespace }) },
      spec: { nets },
    })),
    ...world.tiers.map(({ name, ...spec }) => ({ apiVersion: v3, kind: "Tier", metadata: { name }, spec })),
  ];
}

export function pointOfEnd(end: CalicoEnd, packet: CalicoPacket): Point {
  if ("address" in end) {
    const place = end.address === NODE ? { place: { kind: "node", which: "other" } as const } : {};
    return { kind: "address", address: end.address, ...place, ...packet };
  }
  const range = parseAddress(end.pod.address);
  return {
    kind: "pod",
    pod: {
      namespace: end.pod.namespace,
      labels: new Map(Object.entries(end.pod.labels)),
      serviceAccount: end.pod.serviceAccount,
      addresses: addressSetOfRanges(range === null ? [] : [range]),
      containerPorts: portsOf(end.pod),
    },
    ...packet,
  };
}

export function portsOf({ ports: list }: CalicoPod) {
  return list.map(({ name, port }) => ({ name, port, protocol: "TCP" as const }));
}
