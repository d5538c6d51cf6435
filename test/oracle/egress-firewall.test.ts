import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { addressSetOfCidrs } from "../../src/sets/ip.ts";
import { decide } from "../../src/surface/decide.ts";
import type { Point } from "../../src/surface/surface.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { clusterOfObjects } from "./cluster-of-objects.ts";
import {
  type FirewallEnd,
  type FirewallWorld,
  firewallAllows,
  type RawFirewall,
  type RawFirewallRule,
} from "./egress-firewall.ts";
import type { OraclePod, Packet, RawPolicy, RawSelector } from "./network-policy.ts";
import { runs } from "./points.ts";
import { workloadOf } from "./world.ts";

const NAMESPACES = { x: { t: "1" }, y: {} };
const pod = (namespace: "x" | "y", labels: Record<string, string>, address: string): OraclePod => ({
  namespace,
  namespaceLabels: NAMESPACES[namespace],
  labels,
  ports: [],
  address,
});
const PODS = [pod("x", { a: "1" }, "10.1.0.1"), pod("x", {}, "10.1.0.2"), pod("y", { a: "1" }, "10.2.0.1")];
const PLACES: readonly Omit<Exclude<FirewallEnd, { pod: OraclePod }>, "address">[] = [
  {},
  { name: "example.com" },
  { name: "www.example.com" },
  { name: "a.www.example.com" },
  { nodeLabels: { role: "edge" } },
  { nodeLabels: {} },
];
const ENDS: readonly FirewallEnd[] = [
  ...PODS.map((one) => ({ pod: one })),
  ...PLACES.flatMap((place) =>
    (place.name === undefined
      ? ["10.1.0.1", "10.9.0.1", "192.0.2.1", "2001:db8::1"]
      : ["10.9.0.1", "192.0.2.1"]
    ).map((address) => ({ ...place, address })),
  ),
];
const PACKETS: readonly Packet[] = [
  { protocol: "TCP", port: 443 },
  { protocol: "TCP", port: 6443 },
  { protocol: "UDP", port: 53 },
  { protocol: "SCTP", port: 443 },
];

const cidr = fc.constantFrom("0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "192.0.2.0/24", "192.0.2.1/32");
const cidr6 = fc.constantFrom("::/0", "2001:db8::/32");
const dnsName = fc.constantFrom("example.com", "WWW.Example.com.", "a.www.example.com");
const ports = fc.subarray([
  { protocol: "TCP", port: 443 },
  { protocol: "UDP", port: 53 },
  { protocol: "SCTP", port: 443 },
]);
const type = fc.constantFrom("Allow" as const, "Deny" as const);
const rule: fc.Arbitrary<RawFirewallRule> = fc.record(
  {
    type,
    to: fc.oneof(
      fc.record({ cidrSelector: fc.oneof(cidr, cidr6) }),
      fc.record({ dnsName: fc.oneof(dnsName, fc.constantFrom("*.example.com", "*.www.example.com")) }),
      fc.record({ nodeSelector: fc.constantFrom<RawSelector>({}, { matchLabels: { role: "edge" } }) }),
    ),
    ports,
  },
  { requiredKeys: ["type", "to"] },
);
const legacyRule: fc.Arbitrary<RawFirewallRule> = fc.record({
  type,
  to: fc.oneof(fc.record({ cidrSelector: cidr }), fc.record({ dnsName })),
});

const firewall = (
  kind: RawFirewall["kind"],
  one: fc.Arbitrary<RawFirewallRule>,
  name: string,
  namespace: string,
): fc.Arbitrary<RawFirewall | null> =>
  fc.option(
    fc
      .array(one, { maxLength: 4 })
      .map((egress): RawFirewall => ({ kind, metadata: { name, namespace }, spec: { egress } })),
    { freq: 5 },
  );
const present = (list: readonly (RawFirewall | null)[]) => list.filter((one) => one !== null);
const firewalls: fc.Arbitrary<readonly RawFirewall[]> = fc.oneof(
  fc
    .tuple(firewall("EgressFirewall", rule, "default", "x"), firewall("EgressFirewall", rule, "default", "y"))
    .map(present),
  fc
    .tuple(
      firewall("EgressNetworkPolicy", legacyRule, "one", "x"),
      fc.option(firewall("EgressNetworkPolicy", legacyRule, "two", "x"), { freq: 1 }),
      firewall("EgressNetworkPolicy", legacyRule, "one", "y"),
    )
    .map(present),
);
const networkPolicy = fc
  .record({
    podSelector: fc.constantFrom<RawSelector>({}, { matchLabels: { a: "1" } }),
    policyTypes: fc.constantFrom(["Egress"], ["Ingress"]),
    egress: fc.constantFrom<NonNullable<RawPolicy["spec"]["egress"]>>(
      [{}],
      [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }] }],
      [{ ports: [{ port: 443 }] }, { to: [{ podSelector: {} }] }],
    ),
  })
  .map((spec): RawPolicy => ({ metadata: { name: "standard", namespace: "x" }, spec }));
const world: fc.Arbitrary<FirewallWorld> = fc.record({
  networkPolicies: fc.array(networkPolicy, { maxLength: 1 }),
  firewalls,
});

const WORKLOADS = PODS.map(({ namespace, labels }, index) => ({ namespace, name: `pod-${index}`, labels }));

function clusterOf(given: FirewallWorld): Cluster {
  const apiVersions = { EgressFirewall: "k8s.ovn.org/v1", EgressNetworkPolicy: "network.openshift.io/v1" };
  return clusterOfObjects(
    { namespaces: NAMESPACES, workloads: WORKLOADS },
    [
      ...given.networkPolicies.map((one) => ({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        ...one,
      })),
      ...given.firewalls.map((one) => ({ apiVersion: apiVersions[one.kind], ...one })),
    ],
    "ovn-kubernetes",
  );
}

function pointOf(end: FirewallEnd, packet: Packet): Point {
  const at = { protocol: packet.protocol as Point["protocol"], port: packet.port };
  if ("pod" in end) {
    const addresses = end.pod.address === undefined ? null : addressSetOfCidrs([`${end.pod.address}/32`]);
    return {
      kind: "pod",
      ...at,
      pod: {
        namespace: end.pod.namespace,
        labels: new Map(Object.entries(end.pod.labels)),
        containerPorts: [],
        ...(addresses === null ? {} : { addresses }),
      },
    };
  }
  const { address, name = null, nodeLabels } = end;
  return nodeLabels === undefined
    ? { kind: "address", ...at, address, place: { kind: "outside", name } }
    : {
        kind: "address",
        ...at,
        address,
        place: { kind: "node", which: "other", labels: new Map(Object.entries(nodeLabels)) },
      };
}

/** Without the addresses of pods, as a comparison of two sides does not ask for them. */
const unaddressed = ({ address: _, ...rest }: OraclePod): OraclePod => rest;

describe("random clusters with an egress firewall against the oracle", () => {
  test("every point is decided as its documentation says", () => {
    const counts = { allow: 0, deny: 0, cut: 0 };
    fc.assert(
      fc.property(world, (given) => {
        const surface = surfaceOf(clusterOf(given), "each-pod");
        for (const [index, from] of PODS.entries()) {
          for (const end of ENDS) {
            for (const packet of PACKETS) {
              const subject = workloadOf(WORKLOADS[index] ?? { namespace: "", name: "", labels: {} });
              const { verdict } = decide(surface, {
                direction: "egress",
                subject,
                other: pointOf(end, packet),
              });
              const expected = firewallAllows(given, from, end, packet);
              counts[expected ? "allow" : "deny"]++;
              if (!expected && firewallAllows({ ...given, firewalls: [] }, from, end, packet)) counts.cut++;
              if (verdict !== (expected ? "allow" : "deny")) {
                throw new Error(`${JSON.stringify([from, end, packet])} is not "${verdict}"`);
              }
            }
          }
        }
      }),
      { numRuns: runs(85) },
    );
    if (process.env["SHOW_COUNTS"] === "1") console.info(counts);
    expect(counts.allow + counts.deny).toBeGreaterThan(20_000);
    expect(counts.cut).toBeGreaterThan(1_500);
  });

  test("added holds exactly what head allows and base does not, removed the reverse", () => {
    let added = 0;
    fc.assert(
      fc.property(world, world, (base, other) => {
        const head = { ...base, firewalls: other.firewalls };
        const delta = diff(clusterOf(base), clusterOf(head), { environment: "test" });
        for (const [index, one] of PODS.entries()) {
          const from = unaddressed(one);
          const own = delta.workloads.find(({ key }) => key === `${one.namespace}/Deployment/pod-${index}`);
          for (const addressed of ENDS) {
            const end = "pod" in addressed ? { pod: unaddressed(addressed.pod) } : addressed;
            for (const packet of PACKETS) {
              const [was, is] = [
                firewallAllows(base, from, end, packet),
                firewallAllows(head, from, end, packet),
              ];
              const point = pointOf(end, packet);
              if (is && !was) added++;
              if ((own?.added.contains(point) ?? false) !== (is && !was)) {
                throw new Error(
                  `added is wrong at ${JSON.stringify([from, end, packet])}: ${was}, then ${is}`,
                );
              }
              if ((own?.removed.contains(point) ?? false) !== (was && !is)) {
                throw new Error(
                  `removed is wrong at ${JSON.stringify([from, end, packet])}: ${was}, then ${is}`,
                );
              }
            }
          }
        }
      }),
      { numRuns: runs(25) },
    );
    expect(added).toBeGreaterThan(50);
  });
});
