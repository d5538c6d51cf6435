import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { diff } from "../../src/diff/environment-delta.ts";
import { decide } from "../../src/surface/decide.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { egressAllowed } from "./network-policy.ts";
import { oraclePod, pairDestinations, pointOf, runs } from "./points.ts";
import { destinations, randomPair, SUBJECTS } from "./random-worlds.ts";
import { clusterOfWorld, type RawWorkload, type World, workloadOf } from "./world.ts";

/** By the oracle: a pod on the host network is governed by no policy. */
function allowed(
  world: World,
  workload: RawWorkload,
  destination: ReturnType<typeof destinations>[number],
): boolean {
  return (
    workload.hostNetwork === true ||
    egressAllowed(world.policies, oraclePod(world, workload), destination.end, destination.packet)
  );
}

describe("random clusters against the oracle", () => {
  test("every point of every workload is decided as the API says", () => {
    let points = 0;
    fc.assert(
      fc.property(randomPair, ({ head }) => {
        const surface = surfaceOf(clusterOfWorld(head));
        for (const workload of head.workloads ?? []) {
          for (const destination of destinations(head)) {
            const decision = decide(surface, {
              direction: "egress",
              subject: workloadOf(workload),
              other: pointOf(destination),
            });
            points++;
            if ((decision.verdict === "allow") !== allowed(head, workload, destination)) {
              throw new Error(`${JSON.stringify([workload, destination])} is not "${decision.verdict}"`);
            }
          }
        }
      }),
      { numRuns: runs(60) },
    );
    expect(points).toBeGreaterThan(0);
  });

  test("added holds exactly what head allows and base does not, removed the reverse", () => {
    let widened = 0;
    let narrowed = 0;
    fc.assert(
      fc.property(randomPair, ({ base, head }) => {
        const delta = diff(clusterOfWorld(base), clusterOfWorld(head), { environment: "test" });
        for (const [index, before] of (base.workloads ?? []).entries()) {
          const after = head.workloads?.[index] ?? before;
          const own = delta.workloads.find(({ key }) => key === workloadOf(before).key);
          if (own !== undefined && !own.added.isEmpty) widened++;
          if (own !== undefined && !own.removed.isEmpty) narrowed++;
          let added = 0;
          let removed = 0;
          for (const destination of pairDestinations({ base, head })) {
            const was = allowed(base, before, destination.base);
            const is = allowed(head, after, destination.head);
            const point = pointOf(destination.head);
            if (is && !was) added++;
            if (was && !is) removed++;
            const opened = own?.openings.some(({ region }) => region.contains(point)) ?? false;
            if ((own?.added.contains(point) ?? false) !== (is && !was) || opened !== (is && !was)) {
              throw new Error(`added is wrong at ${JSON.stringify([before, after, destination])}`);
            }
            if ((own?.removed.contains(point) ?? false) !== (was && !is)) {
              throw new Error(`removed is wrong at ${JSON.stringify([before, after, destination])}`);
            }
          }
          // The points hold a member of every class, so a region with none of them is empty.
          expect(own?.added.isEmpty ?? true).toBe(added === 0);
          expect(own?.removed.isEmpty ?? true).toBe(removed === 0);
        }
      }),
      { numRuns: runs(60) },
    );
    expect(widened).toBeGreaterThan(0);
    expect(narrowed).toBeGreaterThan(0);
  });

  test("the search for potential workloads finds a widening where trying every labelling does", () => {
    let widened = 0;
    let cases = 0;
    fc.assert(
      fc.property(randomPair, (pair) => {
        const base = { ...pair.base, workloads: [], open: ["x"] };
        const head = { ...pair.head, workloads: [], open: ["x"] };
        const delta = diff(clusterOfWorld(base), clusterOfWorld(head), { environment: "test" });
        const points = pairDestinations(pair);
        const differs = (direction: "added" | "removed") =>
          SUBJECTS.some((labels) => {
            const subject = { namespace: "x", name: "any", labels };
            return points.some((destination) => {
              const was = allowed(base, subject, destination.base);
              const is = allowed(head, subject, destination.head);
              return direction === "added" ? is && !was : was && !is;
            });
          });
        const found = (direction: "added" | "removed") =>
          delta.workloads.some((own) => !own[direction].isEmpty);
        cases++;
        if (found("added")) widened++;
        expect([found("added"), found("removed")]).toEqual([differs("added"), differs("removed")]);
      }),
      { numRuns: runs(120) },
    );
    expect(widened).toBeGreaterThan(cases / 10);
  });
});
