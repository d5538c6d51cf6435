import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ContainerPort } from "../../src/cluster/cluster.ts";
import { AskedCluster } from "../../src/pipeline/question/asked-cluster.ts";
import type { Pods } from "../../src/pipeline/question/endpoints.ts";
import { decideFlow, waysOf } from "../../src/pipeline/question/flow.ts";
import { addressSetOfRanges, parseAddress } from "../../src/sets/ip.ts";
import { walk } from "../../src/surface/walk.ts";
import { egressAllowed, ingressAllowed, type OraclePod, type RawPolicy } from "../oracle/network-policy.ts";
import { runs } from "../oracle/points.ts";
import { randomPair } from "../oracle/random-worlds.ts";
import { clusterOfWorld, type World } from "../oracle/world.ts";

/** Random policies of egress, and the same ones the other way round for ingress, in both namespaces. */
const worlds: fc.Arbitrary<World> = randomPair.map(({ base, head }) => ({
  ...head,
  policies: [
    ...head.policies,
    ...base.policies.map(turned).map((policy, index) => named(policy, index % 2 === 0 ? "x" : "y")),
  ],
}));

function turned({ metadata, spec }: RawPolicy): RawPolicy {
  const { egress, podSelector } = spec;
  const ingress = egress?.map(({ to, ports }) => ({
    ...(to === undefined ? {} : { from: to }),
    ...(ports === undefined ? {} : { ports }),
  }));
  return {
    metadata,
    spec: { podSelector, policyTypes: ["Ingress"], ...(ingress === undefined ? {} : { ingress }) },
  };
}

function named({ metadata, spec }: RawPolicy, namespace: string): RawPolicy {
  return { metadata: { namespace, name: `ingress-${metadata.name}` }, spec };
}

interface Host {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly ports: readonly ContainerPort[];
  readonly hostNetwork: boolean;
}

const labels = fc.dictionary(fc.constantFrom("a", "b", "p"), fc.constantFrom("1", "2", "3"), { maxKeys: 2 });
const V4 = ["10.0.0.1", "10.1.0.0", "10.127.255.255", "10.128.0.0", "11.0.0.0", "128.0.0.0"];
const V6 = ["2001:db8::1", "2001:db8:8000::1", "2001:db9::1"];

const host: fc.Arbitrary<Host> = fc.record({
  namespace: fc.constantFrom("x", "y"),
  labels,
  addresses: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...V4).map((one) => [one]) },
    { weight: 1, arbitrary: fc.constantFrom(...V6).map((one) => [one]) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...V4), fc.constantFrom(...V6)) },
  ),
  ports: fc.constantFrom<readonly ContainerPort[]>([], [{ name: "http", port: 80, protocol: "TCP" }]),
  hostNetwork: fc.constantFrom(false, false, false, false, true),
});

const packets = fc.constantFrom(
  ...(["TCP", "UDP", "SCTP"] as const).flatMap((protocol) =>
    [53, 80, 81, 443].map((port) => ({ protocol, port })),
  ),
);

const END = { allow: true, deny: false } as const;

function podsOf({ namespace, labels: own, addresses, ports, hostNetwork }: Host, name: string): Pods {
  const known = addresses.flatMap((address) => parseAddress(address) ?? []);
  return {
    name,
    subject: { namespace, labels: new Map(Object.entries(own)), runtimeLabels: new Set(), hostNetwork },
    containerPorts: ports,
    addresses: known,
    node: hostNetwork ? known : [],
    single: true,
  };
}

function oraclePod(world: World, { namespace, labels: own, ports }: Host, address: string): OraclePod {
  return {
    namespace,
    namespaceLabels: world.namespaces[namespace] ?? {},
    labels: own,
    ports: ports.flatMap((port) => (port.name === null ? [] : [{ ...port, name: port.name }])),
    address,
  };
}

/** By the letter: some address of the receiver, to which the sender has one of the same family. */
function allowed(
  world: World,
  from: Host,
  to: Host,
  packet: { readonly protocol: string; readonly port: number },
  direction: "egress" | "both",
): boolean {
  const isSix = (address: string) => address.includes(":");
  const common = to.addresses.some((there) => from.addresses.some((here) => isSix(here) === isSix(there)));
  return to.addresses.some((there) =>
    from.addresses.some((here) => {
      // Where they have no family in common nothing gets there, and the policies are asked all the same.
      if (common && isSix(here) !== isSix(there)) return false;
      const sender = oraclePod(world, from, here);
      const receiver = oraclePod(world, to, there);
      if (from.hostNetwork && to.hostNetwork && here === there) return true;
      const out =
        from.hostNetwork ||
        egressAllowed(
          world.policies,
          sender,
          to.hostNetwork ? { address: there } : { pod: receiver },
          packet,
        );
      if (direction === "egress") return out;
      const into =
        to.hostNetwork ||
        ingressAllowed(
          world.policies,
          from.hostNetwork ? { address: here } : { pod: sender },
          receiver,
          packet,
        );
      return out && into;
    }),
  );
}

describe("flows between pods of known addresses, against the oracle", () => {
  test("every answer is allow or deny, and it is the oracle's", () => {
    const seen = { allow: 0, deny: 0 };
    fc.assert(
      fc.property(
        worlds,
        fc.array(fc.tuple(host, host, packets), { minLength: 4, maxLength: 12 }),
        fc.constantFrom("egress" as const, "both" as const),
        (world, flows, direction) => {
          const asked = new AskedCluster(clusterOfWorld({ ...world, workloads: [] }), []);
          for (const [from, to, packet] of flows) {
            const end = { kind: "pods", pods: podsOf(to, "to") } as const;
            const ways = waysOf(podsOf(from, "from"), { ...packet, end }, direction, asked);
            const { verdict } = decideFlow(asked.surface, ways);
            if (verdict !== "allow" && verdict !== "deny") throw new Error(`not decided: ${verdict}`);
            seen[verdict]++;
            expect([END[verdict], from, to, packet]).toEqual([
              allowed(world, from, to, packet, direction),
              from,
              to,
              packet,
            ]);
          }
        },
      ),
      { numRuns: runs(250) },
    );
    expect(Math.min(seen.allow, seen.deny)).toBeGreaterThan(100);
  });

  test("the walk says of each rule what the oracle says of it, and no rule matches where nothing is allowed", () => {
    let rules = 0;
    fc.assert(
      fc.property(worlds, host, host, packets, (world, drawn, to, packet) => {
        const from = { ...drawn, namespace: "x" };
        const asked = new AskedCluster(clusterOfWorld({ ...world, workloads: [] }), []);
        const [address = ""] = to.addresses;
        const addresses = addressSetOfRanges([parseAddress(address) ?? { family: 4, first: 0, last: 0 }]);
        const { subject } = podsOf({ ...from, hostNetwork: false }, "from");
        const receiver = podsOf(to, "to");
        const pod = { ...receiver.subject, addresses, containerPorts: receiver.containerPorts };
        const walked = walk(asked.surface, asked.listed, {
          direction: "egress",
          subject,
          other: { kind: "pod", pod, ...packet },
        });
        if (walked === null) throw new Error("a pod is a place");
        for (const { policy, rules: own } of walked.policies) {
          const raw = world.policies.find(({ metadata }) => metadata.name === policy.identity.name);
          if (raw === undefined) throw new Error(`no policy ${policy.identity.name}`);
          for (const [index, rule] of own.entries()) {
            rules++;
            const written = raw.spec.egress?.[index] ?? {};
            const alone = (part: typeof written) =>
              egressAllowed(
                [
                  {
                    metadata: raw.metadata,
                    spec: { podSelector: {}, policyTypes: ["Egress"], egress: [part] },
                  },
                ],
                { ...oraclePod(world, from, ""), namespace: raw.metadata.namespace },
                { pod: oraclePod(world, to, address) },
                packet,
              );
            const { ports, to: peers } = written;
            expect(rule.peer).toBe(alone(peers === undefined ? {} : { to: peers }) ? "yes" : "no");
            expect(rule.port).toBe(alone(ports === undefined ? {} : { ports }) ? "yes" : "no");
            // A rule that does not match says why, for each half that does not.
            const missing = [rule.peer, rule.port].filter((half) => half === "no").length;
            expect(rule.misses).toHaveLength(missing);
            expect(rule.peer === "yes" && rule.port === "yes" && walked.verdict === "deny").toBe(false);
            if (rule.decides) expect([rule.peer, rule.port, walked.verdict]).toEqual(["yes", "yes", "allow"]);
          }
        }
      }),
      { numRuns: runs(200) },
    );
    expect(rules).toBeGreaterThan(100);
  });
});
