import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { addressSetOfRanges, parseAddress } from "../../src/sets/ip.ts";
import { compile, decide, decideAll } from "../../src/surface/decide.ts";
import { endBox } from "../../src/surface/other-end.ts";
import { OUTSIDE } from "../../src/surface/surface.ts";
import { type Surface, surfaceOf } from "../../src/surface/surface-of.ts";
import {
  type CalicoEnd,
  type CalicoPacket,
  type CalicoPod,
  type CalicoWorld,
  calicoAllows,
} from "./calico.ts";
import { calicoWorld, clusterOfCalico, ENDS, PACKETS, PODS, pointOfEnd, portsOf } from "./calico-worlds.ts";
import { runs } from "./points.ts";
import { workloadOf } from "./world.ts";

const DIRECTIONS = ["egress", "ingress"] as const;

describe("random clusters of Calico against the oracle", () => {
  test("every point of every pod is decided as Calico does", () => {
    const count = { points: 0, denied: 0, clusters: 0, open: 0 };
    fc.assert(
      fc.property(calicoWorld, (world) => {
        const cluster = clusterOfCalico(world);
        expect(cluster.remarks).toEqual([]);
        // What nobody can say is no answer to hold against the oracle's.
        const refused = cluster.unknowns.filter(({ code }) => code !== "open-policy");
        expect(refused.map(({ detail }) => detail)).toEqual([]);
        count.clusters++;
        if (cluster.unknowns.length > 0) {
          count.open++;
          return;
        }
        const surface = surfaceOf(cluster, "each-pod");
        for (const direction of DIRECTIONS) {
          for (const pod of PODS) {
            for (const end of ENDS) {
              if (!shareFamily(pod, end)) continue;
              for (const packet of PACKETS) {
                const verdict = verdictOf(surface, direction, pod, end, packet);
                const expected = calicoAllows(world, direction, pod, end, packet);
                count.points++;
                if (!expected) count.denied++;
                if (verdict !== (expected ? "allow" : "deny")) {
                  throw new Error(`${JSON.stringify([direction, pod, end, packet])} is not "${verdict}"`);
                }
              }
            }
          }
        }
      }),
      { numRuns: runs(220) },
    );
    process.stdout.write(`Calico: ${JSON.stringify(count)}\n`);
    expect(count.points).toBeGreaterThan(20_000);
    expect(count.denied).toBeGreaterThan(count.points / 10);
    expect(count.denied).toBeLessThan((count.points * 9) / 10);
  });

  test("added holds exactly what head allows and base does not, removed the reverse", () => {
    const count = { points: 0, added: 0, removed: 0 };
    fc.assert(
      fc.property(calicoWorld, calicoWorld, fc.boolean(), (base, changed, shared) => {
        // Half of the pairs share most of what they say.
        const head = shared
          ? { ...base, policies: withOneMore(base.policies.slice(1), changed.policies.slice(0, 1)) }
          : changed;
        const clusters = [base, head].map((world) => withWorkloads(clusterOfCalico(world)));
        const [before, after] = clusters;
        if (
          before === undefined ||
          after === undefined ||
          clusters.some(({ unknowns }) => unknowns.length > 0)
        )
          return;
        const delta = diff(before, after, { environment: "test" });
        for (const pod of PODS) {
          const own = delta.workloads.find(({ key }) => key === keyOf(pod));
          for (const end of ENDS) {
            if (!shareFamily(pod, end)) continue;
            for (const packet of PACKETS) {
              const was = calicoAllows(base, "egress", pod, end, packet);
              const is = calicoAllows(head, "egress", pod, end, packet);
              const point = pointOfEnd(end, packet);
              count.points++;
              if (is && !was) count.added++;
              if (was && !is) count.removed++;
              const said = [own?.added.contains(point) ?? false, own?.removed.contains(point) ?? false];
              if (said[0] !== (is && !was) || said[1] !== (was && !is)) {
                throw new Error(
                  `${JSON.stringify([pod, end, packet])}: was ${was}, is ${is}, said ${said.join()}`,
                );
              }
            }
          }
        }
      }),
      { numRuns: runs(70) },
    );
    process.stdout.write(`Calico, both sides: ${JSON.stringify(count)}\n`);
    expect(count.added).toBeGreaterThan(100);
    expect(count.removed).toBeGreaterThan(100);
  });
});

/** Two objects of one identity are another question: which of them stands in the cluster. */
function withOneMore(
  policies: CalicoWorld["policies"],
  more: CalicoWorld["policies"],
): CalicoWorld["policies"] {
  const identity = ({ apiVersion, metadata }: CalicoWorld["policies"][number]) =>
    JSON.stringify([apiVersion, metadata]);
  const known = new Set(policies.map(identity));
  return [...policies, ...more.filter((policy) => !known.has(identity(policy)))];
}

/** For ingress the names of ports are those of the receiver, whoever sends. */
function verdictOf(
  surface: Surface,
  direction: (typeof DIRECTIONS)[number],
  pod: CalicoPod,
  end: CalicoEnd,
  packet: CalicoPacket,
): string {
  const subject = {
    ...pod,
    labels: new Map(Object.entries(pod.labels)),
    namespaceLabels: new Map<string, string>(),
    runtimeLabels: new Set<string>(),
    hostNetwork: false,
  };
  const point = pointOfEnd(end, packet);
  if (direction === "egress") return decide(surface, { direction, subject, other: point }).verdict;
  const containerPorts = portsOf(pod);
  if (point.kind === "pod") {
    return decide(surface, { direction, subject, other: { ...point, pod: { ...point.pod, containerPorts } } })
      .verdict;
  }
  compile(surface, { direction, subject });
  const address = parseAddress(point.address);
  const others = endBox(surface.universe, {
    kind: "addresses",
    addresses: addressSetOfRanges(address === null ? [] : [address]),
    place: point.place ?? OUTSIDE,
    containerPorts,
    ...packet,
  });
  if (others === null) throw new Error(`no point: ${point.address}`);
  return decideAll(surface, { direction, subject, others }).verdict;
}

/** No packet goes from one family of addresses to the other. */
function shareFamily(pod: CalicoPod, end: CalicoEnd): boolean {
  const address = "pod" in end ? end.pod.address : end.address;
  return pod.address.includes(":") === address.includes(":");
}

function keyOf({ namespace, labels }: CalicoPod): string {
  return `${namespace}/Deployment/pod-${labels["a"] ?? "none"}`;
}

/** With the pods as workloads, and blocks that hold their addresses and no other of the points. */
function withWorkloads(cluster: Cluster): Cluster {
  return {
    ...cluster,
    podCIDRs: ["10.0.0.0/29", "2001:db8::/125"],
    workloads: new Map(
      PODS.map((pod) => {
        const name = `pod-${pod.labels["a"] ?? "none"}`;
        const workload = workloadOf({ namespace: pod.namespace, name, labels: pod.labels });
        return [workload.key, { ...workload, serviceAccount: pod.serviceAccount }];
      }),
    ),
  };
}
