import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type Question } from "../../src/surface/decide.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { ingressAllowed, type RawPolicy } from "../oracle/network-policy.ts";
import { oraclePod, pointOf } from "../oracle/points.ts";
import { destinations, randomPair } from "../oracle/random-worlds.ts";
import { clusterOfWorld, policy, unknownOf, type World, workloadOf } from "../oracle/world.ts";

const namespaces = { x: {}, y: {} };
const web = workloadOf({ namespace: "x", name: "web", labels: { app: "web" } });
const outside: Question["other"] = { kind: "address", address: "192.0.2.1", protocol: "TCP", port: 443 };
const deny = policy("x", "deny", { podSelector: {}, policyTypes: ["Egress"] });

function ask(world: Partial<World>, question: Partial<Question> = {}) {
  const surface = surfaceOf(clusterOfWorld({ namespaces, policies: [], ...world }));
  const decision = decide(surface, { direction: "egress", subject: web, other: outside, ...question });
  const by = [decision.by]
    .flat()
    .map((source) =>
      source.kind === "rule" || source.kind === "isolation"
        ? `${source.kind} ${source.policy.identity.name}`
        : source.kind,
    );
  return [decision.verdict, ...by];
}

describe("one point, with what decided it", () => {
  test("nothing isolates: allowed by default", () => {
    expect(ask({})).toEqual(["allow", "default"]);
  });

  test("isolated, and no rule admits it", () => {
    expect(ask({ policies: [deny] })).toEqual(["deny", "isolation deny"]);
  });

  test("admitted by a rule of one policy", () => {
    const open = policy("x", "open", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }],
    });
    expect(ask({ policies: [deny, open] })).toEqual(["allow", "rule open"]);
  });

  test("an unread source may isolate, or admit: unknown, unless a rule that was read admits it", () => {
    const unknowns = [unknownOf()];
    const open = policy("x", "open", { podSelector: {}, policyTypes: ["Egress"], egress: [{}] });
    expect(ask({ unknowns })).toEqual(["unknown", "unknown", "default"]);
    expect(ask({ unknowns, policies: [deny] })).toEqual(["unknown", "unknown", "isolation deny"]);
    expect(ask({ unknowns, policies: [deny, open] })).toEqual(["allow", "rule open"]);
  });

  test("a policy for a label of run time decides for some pods of the workload", () => {
    const first = policy("x", "first", {
      podSelector: { matchLabels: { "pod-name": "web-0" } },
      policyTypes: ["Egress"],
    });
    const subject = { ...web, runtimeLabels: new Set(["pod-name"]) };
    expect(ask({ policies: [first] }, { subject })).toEqual(["unknown", "isolation first", "default"]);
    expect(ask({ policies: [first] })).toEqual(["allow", "default"]);
  });

  test("pods on the host network are governed by nothing", () => {
    expect(ask({ policies: [deny] }, { subject: { ...web, hostNetwork: true } })).toEqual([
      "allow",
      "default",
    ]);
  });

  test("an address inside the pod CIDRs is a pod, and has to be asked for as one", () => {
    expect(() => ask({ podCIDRs: ["192.0.2.0/24"] })).toThrow(RangeError);
  });
});

describe("ingress", () => {
  test("is decided by the receiver's policies, as the API says", () => {
    const turned = ({ metadata, spec }: RawPolicy): RawPolicy => ({
      metadata,
      spec: {
        podSelector: spec.podSelector,
        policyTypes: ["Ingress"],
        ingress: (spec.egress ?? []).map(({ to, ports }) => ({
          ...(to === undefined ? {} : { from: to }),
          ...(ports === undefined ? {} : { ports }),
        })),
      },
    });
    let denied = 0;
    fc.assert(
      fc.property(randomPair, ({ head }) => {
        const world = { ...head, policies: head.policies.map(turned) };
        const surface = surfaceOf(clusterOfWorld(world));
        for (const workload of world.workloads ?? []) {
          const receiver = oraclePod(world, workload);
          for (const destination of destinations(world)) {
            const point = pointOf(destination);
            // The ports of an ingress question are the receiver's.
            const ports = "pod" in destination.end ? destination.end.pod.ports : [];
            const { verdict } = decide(surface, {
              direction: "ingress",
              subject: { ...workloadOf(workload), hostNetwork: false },
              other: point,
            });
            if (verdict === "deny") denied++;
            const expected = ingressAllowed(
              world.policies,
              destination.end,
              { ...receiver, ports },
              destination.packet,
            );
            if ((verdict === "allow") !== expected) {
              throw new Error(`${JSON.stringify([workload, destination])} is not "${verdict}"`);
            }
          }
        }
      }),
      { numRuns: 30 },
    );
    expect(denied).toBeGreaterThan(0);
  });
});
