import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { diff } from "../../src/diff/environment-delta.ts";
import type { Region, RegionLine } from "../../src/surface/surface.ts";
import { lineHolds } from "../surface/line-match.ts";
import { egressAllowed, type RawPeer, type RawPolicy, type RawSelector } from "./network-policy.ts";
import { oraclePod, pairDestinations, runs } from "./points.ts";
import { type Destination, type RandomPair, randomPair } from "./random-worlds.ts";
import { clusterOfWorld, type RawWorkload, type World } from "./world.ts";

function allowed(world: World, workload: RawWorkload, { end, packet }: Destination): boolean {
  return (
    workload.hostNetwork === true || egressAllowed(world.policies, oraclePod(world, workload), end, packet)
  );
}

/** Some line of `before` of a line, or of the lines below it, holds the point. */
function holds(lines: readonly RegionLine[], point: Destination, declared: ReadonlySet<string>): boolean {
  return lines.some((line) => lineHolds(line, point, declared));
}

describe("what is printed, against the oracle", () => {
  test("every line is inside head, nothing that was added is missing, and 'before' is what was there", () => {
    let printed = 0;
    fc.assert(
      fc.property(randomPair, (pair) => {
        const { base, head } = pair;
        const declared = new Set(Object.keys(head.namespaces));
        const delta = diff(clusterOfWorld(base), clusterOfWorld(head), { environment: "test" });
        for (const own of delta.workloads) {
          if (own.subject.kind !== "known") continue;
          const index = Number(own.key.split("-").at(-1));
          const [before, after] = [base.workloads?.[index], head.workloads?.[index]];
          if (before === undefined || after === undefined) throw new Error(`no workload ${own.key}`);
          const lines = own.added.lines();
          printed += lines.length;
          for (const point of pairDestinations(pair)) {
            const was = allowed(base, before, point.base);
            const is = allowed(head, after, point.head);
            const said = holds(lines, point.head, declared);
            const fail = (what: string) => {
              throw new Error(`${what} at ${JSON.stringify([before, after, point.head, lines])}`);
            };
            if (said && !is) fail("a line says more than head allows");
            if (is && !was && !said) fail("no line says what was added");
            for (const line of lines) {
              if (!lineHolds(line, point.head, declared)) continue;
              if (holds(line.before ?? [], point.head, declared) !== was) fail("'before' is wrong");
            }
          }
        }
      }),
      { numRuns: runs(150) },
    );
    expect(printed).toBeGreaterThan(0);
  });

  test("the same policies in other words give the same text", () => {
    fc.assert(
      fc.property(randomPair, fc.integer(), ({ base, head }, salt) => {
        const texts = (pair: RandomPair) =>
          diff(clusterOfWorld(pair.base), clusterOfWorld(pair.head), { environment: "test" })
            .workloads.filter(({ subject }) => subject.kind === "known")
            .map(({ key, added, removed }) => [key, textsOf(added), textsOf(removed)]);
        const respelled = { base: reworded(base, salt), head: reworded(head, salt + 1) };
        expect(texts(respelled)).toEqual(texts({ base, head }));
      }),
      { numRuns: runs(150) },
    );
  });

  test("the same policies in other words are no change", () => {
    fc.assert(
      fc.property(randomPair, fc.integer(), ({ head }, salt) => {
        const after = reworded(head, salt);
        const delta = diff(clusterOfWorld(head), clusterOfWorld(after), { environment: "test" });
        expect(delta.workloads).toEqual([]);
      }),
      { numRuns: runs(100) },
    );
  });
});

function textsOf(region: Region): unknown {
  return region.lines();
}

/** Every policy as another author would write it: split blocks, selectors, ports and rules, other names, other order. */
function reworded(world: World, salt: number): World {
  const policies = world.policies.map((policy, index) => rewordedPolicy(policy, salt + index));
  return { ...world, policies: salt % 2 === 0 ? policies.reverse() : policies };
}

function rewordedPolicy({ metadata, spec }: RawPolicy, salt: number): RawPolicy {
  const { egress } = spec;
  const rules = egress?.flatMap((rule) => {
    const { to, ports } = rule;
    const peers =
      to === undefined || to.length === 0 ? [undefined] : to.flatMap((peer) => splitPeer(peer, salt));
    const lists =
      ports === undefined || ports.length === 0
        ? [undefined]
        : ports.flatMap((port) => splitPort(port, salt));
    // One rule for each pair of a peer and a port: rules and their parts add up.
    return peers.flatMap((peer) =>
      lists.map((port) => ({
        ...(peer === undefined ? {} : { to: [peer] }),
        ...(port === undefined ? {} : { ports: [port] }),
      })),
    );
  });
  return {
    metadata: { ...metadata, name: `${metadata.name}-reworded` },
    spec: rules === undefined ? spec : { ...spec, egress: salt % 3 === 0 ? [...rules].reverse() : rules },
  };
}

function splitPeer(peer: RawPeer, salt: number): readonly RawPeer[] {
  const { ipBlock, podSelector } = peer;
  if (ipBlock !== undefined) return splitBlock(ipBlock);
  if (salt % 2 === 0 || peer.namespaceSelector === undefined) {
    return splitSelector(podSelector ?? {}).map((part) => ({ ...peer, podSelector: part }));
  }
  return splitSelector(peer.namespaceSelector).map((part) => ({ ...peer, namespaceSelector: part }));
}

/** A selector is itself where a key exists, and itself where it does not. */
function splitSelector(selector: RawSelector): readonly RawSelector[] {
  return ["Exists", "DoesNotExist"].map((operator) => ({
    ...selector,
    matchExpressions: [...(selector.matchExpressions ?? []), { key: "split", operator }],
  }));
}

/** The halves of a block without exceptions; others are left. */
function splitBlock(block: {
  readonly cidr: string;
  readonly except?: readonly string[];
}): readonly RawPeer[] {
  const halves: Readonly<Record<string, readonly string[]>> = {
    "0.0.0.0/0": ["0.0.0.0/1", "128.0.0.0/1"],
    "10.0.0.0/8": ["10.0.0.0/9", "10.128.0.0/9"],
    "2001:db8::/32": ["2001:db8::/33", "2001:db8:8000::/33"],
    "::/0": ["::/1", "8000::/1"],
  };
  const parts = block.except === undefined ? halves[block.cidr] : undefined;
  return (parts ?? [null]).map((cidr) => ({ ipBlock: cidr === null ? block : { cidr } }));
}

function splitPort(
  port: { readonly protocol?: string; readonly port?: number | string; readonly endPort?: number },
  salt: number,
) {
  if (typeof port.port === "number" && port.endPort !== undefined && port.endPort > port.port) {
    const middle = port.port + (Math.abs(salt) % (port.endPort - port.port));
    return [
      { ...port, endPort: middle },
      { ...port, port: middle + 1 },
    ];
  }
  return [port];
}
