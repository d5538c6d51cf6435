import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import type { LabelSelector, Peer, Policy } from "../../src/policy/model/policy.ts";
import type { AddressPlace, Point, RegionLine } from "../../src/surface/surface.ts";
import { inBlock } from "../oracle/network-policy.ts";
import { clusterOfWorld } from "../oracle/world.ts";
import { manifestOf } from "../render/manifest.ts";

/** Addresses are more than numbers: of nodes, of the API server, looked up under a name. */
const PATTERNS: Readonly<Record<string, (name: string) => boolean>> = {
  "a.example.com": (name) => name === "a.example.com",
  "*.example.com": (name) => /^[^.]+\.example\.com$/.test(name),
  "*": () => true,
};
const parts = (text: string) =>
  text === "*"
    ? ([{ any: "anything" }] as const)
    : text
        .split("*")
        .flatMap((part, index) => [...(index === 0 ? [] : [{ any: "within-label" } as const]), part]);

const selector = fc.constantFrom<LabelSelector>([], [{ key: "role", operator: "In", values: ["edge"] }]);
const peer: fc.Arbitrary<Peer | null> = fc.oneof(
  fc.constant(null),
  fc
    .constantFrom("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16")
    .map((cidr): Peer => ({ kind: "addresses", cidr, except: [], pointer: "" })),
  fc
    .constantFrom(...Object.keys(PATTERNS))
    .map((text): Peer => ({ kind: "names", pattern: { text, parts: parts(text) }, pointer: "" })),
  fc
    .tuple(selector, fc.constantFrom("own" as const, "other" as const, "any" as const))
    .map(([nodes, which]): Peer => ({ kind: "nodes", nodes, which, pointer: "" })),
  fc.constant<Peer>({ kind: "api-server", pointer: "" }),
);
const rule = fc.record({ peer, port: fc.constantFrom(null, 80, 443) });
const rules = fc.array(rule, { maxLength: 4 });
type RawRule = typeof rule extends fc.Arbitrary<infer T> ? T : never;

function clusterOf(list: readonly RawRule[], profile: "kubernetes" | "cilium"): Cluster {
  const identity = { apiVersion: "example.com/v1", kind: "Made", namespace: "x", name: "made" };
  const manifest = manifestOf({ ...identity, metadata: { name: "made", namespace: "x" }, spec: { list } });
  const policy: Policy = {
    dialect: "networking.k8s.io/v1 NetworkPolicy",
    identity,
    manifest,
    digest: manifest.digest,
    tier: "network-policy",
    order: null,
    subjects: [{ namespaces: { kind: "named", name: "x" }, pods: [] }],
    isolates: { egress: true, ingress: false },
    egress: list.map(({ peer: one, port }, index) => ({
      action: "allow",
      peers: one === null ? null : [one],
      ports:
        port === null
          ? null
          : [{ protocol: "TCP", port: { kind: "range", first: port, last: port }, pointer: "" }],
      pointer: `/spec/list/${index}`,
    })),
    ingress: [],
  };
  const world = clusterOfWorld({
    namespaces: { x: {} },
    policies: [],
    workloads: [{ namespace: "x", name: "web", labels: {} }],
  });
  return { ...world, policies: [policy], profile: { name: profile, source: "configured", evidence: [] } };
}

const PLACES: readonly AddressPlace[] = [
  { kind: "outside", name: null },
  { kind: "outside", name: "a.example.com" },
  { kind: "outside", name: "b.example.com" },
  { kind: "outside", name: "other.test" },
  { kind: "node", which: "own", labels: new Map([["role", "edge"]]) },
  { kind: "node", which: "other", labels: new Map() },
  { kind: "node", which: "other", labels: new Map([["role", "edge"]]) },
  { kind: "api-server" },
];
type AddressPoint = Point & { readonly kind: "address"; readonly place: AddressPlace };
const POINTS = PLACES.flatMap((place) =>
  ["9.0.0.1", "10.0.0.1", "10.1.0.1"].flatMap((address) =>
    [80, 443].map((port): AddressPoint => ({ kind: "address", address, place, protocol: "TCP", port })),
  ),
);

function peerHolds(one: Peer, { address, place }: AddressPoint, blocksMatchNodes: boolean): boolean {
  switch (one.kind) {
    case "addresses":
      return inBlock(one.cidr, address) && (blocksMatchNodes || place.kind !== "node");
    case "names":
      return (
        place.kind === "outside" && place.name !== null && PATTERNS[one.pattern.text]?.(place.name) === true
      );
    case "nodes":
      return (
        place.kind === "node" &&
        (one.which === "any" || one.which === place.which) &&
        (one.nodes.length === 0 || place.labels?.get("role") === "edge")
      );
    case "api-server":
      return place.kind === "api-server";
    case "pods":
      return false;
  }
}

function allowed(list: readonly RawRule[], point: AddressPoint, blocksMatchNodes: boolean): boolean {
  return list.some(
    ({ peer: one, port }) =>
      (port === null || port === point.port) && (one === null || peerHolds(one, point, blocksMatchNodes)),
  );
}

/** What a reader takes a line to say. */
function lineHolds(
  { destination, protocol, ports }: RegionLine,
  point: AddressPoint,
  nodes: boolean,
): boolean {
  if (protocol !== "any" && protocol !== point.protocol) return false;
  const inPorts =
    ports === "any" ||
    ports.split(", ").some((range) => {
      const [first = "", last = first] = range.split("-");
      return point.port >= Number(first) && point.port <= Number(last);
    });
  const { address, place } = point;
  if (!inPorts) return false;
  switch (destination.kind) {
    case "any":
      return true;
    case "ip":
      return destination.cidrs.some((cidr) => inBlock(cidr, address)) && (nodes || place.kind !== "node");
    case "name":
      return (
        place.kind === "outside" && place.name !== null && PATTERNS[destination.name]?.(place.name) === true
      );
    case "nodes":
      return (
        place.kind === "node" &&
        (destination.which === "any" || destination.which === place.which) &&
        (destination.labels.length === 0 || place.labels?.get("role") === "edge")
      );
    case "api-server":
      return place.kind === "api-server";
    case "pods":
      return false;
  }
}

describe.each(["kubernetes", "cilium"] as const)("addresses by what they are, under %s", (profile) => {
  const nodes = profile === "kubernetes";

  test("are decided by the letter, and what is printed is what was added", () => {
    let added = 0;
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const delta = diff(clusterOf(before, profile), clusterOf(after, profile), { environment: "test" });
        const own = delta.workloads.find(({ key }) => key === "x/Deployment/web");
        const lines = own?.added.lines() ?? [];
        for (const point of POINTS) {
          const opens = allowed(after, point, nodes) && !allowed(before, point, nodes);
          if (opens) added++;
          expect(own?.added.contains(point) ?? false).toBe(opens);
          const said = lines.some((line) => lineHolds(line, point, nodes));
          if (opens) expect(said).toBe(true);
          if (said) expect(allowed(after, point, nodes)).toBe(true);
        }
      }),
      { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 150) },
    );
    expect(added).toBeGreaterThan(150);
  });

  test("the same set in another order gives the same text", () => {
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const lines = (list: readonly RawRule[]) =>
          diff(clusterOf(before, profile), clusterOf(list, profile), { environment: "test" }).workloads.map(
            ({ key, added }) => [key, added.lines()],
          );
        expect(lines([...after].reverse())).toEqual(lines(after));
      }),
      { numRuns: 60 },
    );
  });

  test("of two names in one row the new one alone is printed", () => {
    const named = (text: string, port: 80 | 443): RawRule => ({
      peer: { kind: "names", pattern: { text, parts: [text] }, pointer: "" },
      port,
    });
    const before = [named("a.example.com", 443)];
    const after = [...before, named("b.test", 443), named("b.test", 80), named("a.example.com", 80)];
    const lines = (list: readonly RawRule[]) =>
      diff(clusterOf(before, profile), clusterOf(list, profile), { environment: "test" }).workloads.flatMap(
        ({ added }) =>
          added
            .lines()
            .map(({ destination, ports }) => [destination.kind === "name" && destination.name, ports]),
      );
    expect(lines(after.slice(0, 2))).toEqual([["b.test", "443"]]);
    expect(lines(after)).toEqual([
      ["a.example.com", "80"],
      ["b.test", "80, 443"],
    ]);
  });
});
