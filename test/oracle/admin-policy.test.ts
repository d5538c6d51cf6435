import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { diff } from "../../src/diff/environment-delta.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { type Flow, type Reading, verdicts } from "./admin-policy.ts";
import {
  type AdminWorld,
  adminWorld,
  COLLIDING,
  clusterOfAdminWorld,
  DISTINCT,
  decideFlow,
  flows,
  flowsOf,
  isOrdered,
} from "./admin-worlds.ts";
import type { OracleEnd } from "./network-policy.ts";
import { pointOf, runs } from "./points.ts";

/** What the API says, or that it does not say. */
function expected(
  { admin, networkPolicies }: AdminWorld,
  flow: Flow,
  reading?: Reading,
): "allow" | "deny" | "unknown" {
  const [first = "allow", ...others] = verdicts(admin, networkPolicies, flow, reading);
  return others.length === 0 ? first : "unknown";
}

function compare(world: AdminWorld, count: (verdict: string) => void, reading: Reading = "letter"): void {
  const profile = reading === "cilium" ? "cilium" : "kubernetes";
  const surface = surfaceOf(clusterOfAdminWorld(world, profile), "each-pod");
  for (const flow of flows(world)) {
    const { verdict } = decideFlow(surface, flow);
    const wanted = expected(world, flow, reading);
    count(wanted);
    if (verdict !== wanted) throw new Error(`"${verdict}", not "${wanted}": ${JSON.stringify(flow)}`);
  }
}

/** How often each verdict was expected: a bad generator would show. */
class Tally {
  readonly counts = new Map<string, number>();
  readonly add = (verdict: string) => this.counts.set(verdict, this.of(verdict) + 1);

  of(verdict: string): number {
    return this.counts.get(verdict) ?? 0;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

describe("policies of administrators in random clusters, against the letter of their API", () => {
  test("every flow of every pod, in both directions", () => {
    const tally = new Tally();
    fc.assert(
      fc.property(adminWorld(DISTINCT).filter(isOrdered), (world) => compare(world, tally.add)),
      { numRuns: runs(70) },
    );
    expect(tally.of("unknown")).toBe(0);
    expect(tally.total).toBeGreaterThan(20_000);
    expect(tally.of("deny")).toBeGreaterThan(tally.total / 10);
  });

  test("of policies of one priority only what the order decides is unknown", () => {
    const tally = new Tally();
    fc.assert(
      fc.property(adminWorld(COLLIDING, 2), (world) => compare(world, tally.add)),
      { numRuns: runs(40) },
    );
    expect(tally.of("unknown")).toBeGreaterThan(20);
    expect(tally.of("deny")).toBeGreaterThan(tally.total / 10);
  });

  test("every flow under Cilium, which reads some of it otherwise", () => {
    const tally = new Tally();
    const world = adminWorld(DISTINCT, 2).map((one) => ({
      ...one,
      // Those of version 1 it does not know; nodes it refuses; how it reads NetworkPolicy is asked elsewhere.
      admin: one.admin.filter(({ kind, spec }) => kind === "ClusterNetworkPolicy" && !asksForNodes(spec)),
      networkPolicies: [],
    }));
    fc.assert(
      fc.property(
        world.filter((one) => isOrdered(one) && one.admin.length > 0),
        (one) => compare(one, tally.add, "cilium"),
      ),
      { numRuns: runs(40) },
    );
    expect(tally.of("unknown")).toBe(0);
    expect(tally.of("deny")).toBeGreaterThan(tally.total / 20);
  });

  test("added holds what head allows and base does not, removed the reverse", () => {
    const tally = new Tally();
    const pair = fc
      .tuple(adminWorld(DISTINCT), adminWorld(DISTINCT), fc.boolean())
      .map(([base, other, relabelled]): readonly [AdminWorld, AdminWorld] => {
        const shared = { ...base, admin: [...base.admin.slice(0, 2), ...other.admin].map(renamed) };
        const pods = relabelled ? other.pods : base.pods;
        return [base, { ...shared, pods: pods.map((pod) => inWorld(pod, base)) }];
      })
      .filter((worlds) => worlds.every(isOrdered) && worlds.every(isOfOneVersion));
    fc.assert(
      fc.property(pair, ([base, head]) => {
        const delta = diff(clusterOfAdminWorld(base), clusterOfAdminWorld(head), { environment: "test" });
        head.pods.forEach((_, index) => {
          const own = delta.workloads.find(({ key }) => key.endsWith(`/pod-${index}`));
          for (const [before, after] of pairsOf(base, head, index)) {
            const was = expected(base, before) === "allow";
            const is = expected(head, after) === "allow";
            tally.add(is && !was ? "added" : was && !is ? "removed" : "same");
            const point = pointOf({ end: endOf(after), packet: after.packet });
            if ((own?.added.contains(point) ?? false) !== (is && !was)) {
              throw new Error(`added is wrong at ${JSON.stringify([before, after])}`);
            }
            if ((own?.removed.contains(point) ?? false) !== (was && !is)) {
              throw new Error(`removed is wrong at ${JSON.stringify([before, after])}`);
            }
          }
        });
      }),
      { numRuns: runs(100) },
    );
    expect(tally.of("added")).toBeGreaterThan(100);
    expect(tally.of("removed")).toBeGreaterThan(100);
  });
});

function asksForNodes({ egress = [] }: AdminWorld["admin"][number]["spec"]): boolean {
  return egress.some(({ to = [] }) => to.some(({ nodes }) => nodes !== undefined));
}

function renamed<T extends AdminWorld["admin"][number]>(policy: T, index: number): T {
  return policy.kind === "BaselineAdminNetworkPolicy"
    ? policy
    : { ...policy, metadata: { name: `policy-${index}` } };
}

function isOfOneVersion({ admin }: AdminWorld): boolean {
  return new Set(admin.map(({ apiVersion }) => apiVersion)).size < 2;
}

function inWorld<T extends AdminWorld["pods"][number]>(pod: T, { namespaces }: AdminWorld): T {
  return { ...pod, namespaceLabels: namespaces[pod.namespace] ?? {} };
}

/** The same egress on both sides: to pods, whose addresses a review does not know, and to addresses without a name. */
function pairsOf(base: AdminWorld, head: AdminWorld, index: number): readonly (readonly [Flow, Flow])[] {
  const after = flowsOf(withoutAddresses(head), index);
  return flowsOf(withoutAddresses(base), index).flatMap((before, position) => {
    const { direction, other } = before;
    const own = after[position];
    const isPoint = !("node" in other) && !("address" in other && other.name !== undefined);
    return own === undefined || direction === "ingress" || !isPoint
      ? []
      : [[before, { ...own, other }] as const];
  });
}

function withoutAddresses(world: AdminWorld): AdminWorld {
  return { ...world, pods: world.pods.map(({ address: _, ...pod }) => pod) };
}

function endOf({ other }: Flow): OracleEnd {
  if ("node" in other) throw new Error("a node is no point of a region");
  return other;
}
