import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { diff } from "../../src/diff/environment-delta.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { decideEnd } from "../../src/surface/walk.ts";
import { type CiliumPod, type CiliumWorld, ciliumAllows, type Direction } from "./cilium.ts";
import { ciliumCluster, otherEnd, pointOf } from "./cilium-cluster.ts";
import { ciliumPair, type Flow, flows, SUBJECTS } from "./cilium-worlds.ts";
import { runs } from "./points.ts";
import { workloadOf } from "./world.ts";

/** The names of ports are those of the receiver: of ingress the subject's. */
function allowed(world: CiliumWorld, direction: Direction, subject: (typeof SUBJECTS)[number], flow: Flow) {
  const { packet, end, named } = flow;
  const pod: CiliumPod = {
    ...subject,
    namespaceLabels: world.namespaces[subject.namespace] ?? {},
    ports: named ? [{ name: "http", ...packet }] : [],
  };
  return ciliumAllows(world, direction, pod, end, packet);
}

describe("random clusters under Cilium against the letter", () => {
  test.each<Direction>(["egress", "ingress"])(
    "every point of %s is decided as the agent decides",
    (direction) => {
      let points = 0;
      let denied = 0;
      fc.assert(
        fc.property(ciliumPair, ({ head }) => {
          const surface = surfaceOf(ciliumCluster(head), "each-pod");
          for (const subject of SUBJECTS) {
            for (const flow of flows(head)) {
              const decision = decideEnd(surface, {
                direction,
                subject: { ...workloadOf(subject), serviceAccount: subject.serviceAccount },
                other: otherEnd(flow),
              });
              const expected = allowed(head, direction, subject, flow);
              points++;
              if (!expected) denied++;
              if (decision?.verdict !== (expected ? "allow" : "deny")) {
                throw new Error(`${decision?.verdict} is wrong: ${JSON.stringify([subject, flow])}`);
              }
            }
          }
        }),
        { numRuns: runs(18) },
      );
      console.log(`${direction}: ${points} points, ${denied} denied`);
      expect(points).toBeGreaterThanOrEqual(20_000);
      expect(denied).toBeGreaterThan(points / 100);
      expect(denied).toBeLessThan(points * 0.99);
    },
  );

  test("added holds exactly what head allows and base does not, removed the reverse", () => {
    let points = 0;
    let changed = 0;
    fc.assert(
      fc.property(ciliumPair, ({ base, head }) => {
        const delta = diff(ciliumCluster(base), ciliumCluster(head), { environment: "test" });
        for (const subject of SUBJECTS) {
          const own = delta.workloads.find(({ key }) => key === workloadOf(subject).key);
          for (const flow of flows(head)) {
            const was = allowed(base, "egress", subject, flow);
            const is = allowed(head, "egress", subject, flow);
            const point = pointOf(flow);
            points++;
            if (was !== is) changed++;
            const found = [own?.added.contains(point) ?? false, own?.removed.contains(point) ?? false];
            if (found[0] !== (is && !was) || found[1] !== (was && !is)) {
              throw new Error(`${JSON.stringify([found, was, is])} at ${JSON.stringify([subject, flow])}`);
            }
          }
        }
      }),
      { numRuns: runs(8) },
    );
    console.log(`${points} points of both sides, ${changed} changed`);
    expect(changed).toBeGreaterThan(0);
  });
});
