import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { EnvironmentDelta } from "../../src/diff/diff.ts";
import { diff } from "../../src/diff/environment-delta.ts";
import { runs } from "../oracle/points.ts";
import { randomPair } from "../oracle/random-worlds.ts";
import { clusterOfWorld, policy, type World } from "../oracle/world.ts";

const environment = "test";

function compare(base: World, head: World): EnvironmentDelta {
  return diff(clusterOfWorld(base), clusterOfWorld(head), { environment });
}

/** Key, added and removed lines of each workload. */
function texts({ workloads }: EnvironmentDelta) {
  return workloads.map(({ key, added, removed }) => ({
    key,
    added: added.lines(),
    removed: removed.lines(),
  }));
}

describe("changes of the input with a known effect on the delta", () => {
  test("swapping the sides swaps added and removed", () => {
    fc.assert(
      fc.property(randomPair, ({ base, head }) => {
        const known = (delta: EnvironmentDelta) => texts(delta).filter(({ key }) => !key.includes("?"));
        const swapped = known(compare(head, base)).map(({ key, added, removed }) => ({
          key,
          added: removed,
          removed: added,
        }));
        expect(swapped).toEqual(known(compare(base, head)));
      }),
      { numRuns: runs(100) },
    );
  });

  test("a rule added to an isolated workload's policies removes nothing, one taken away adds nothing", () => {
    const open = policy("x", "zz-added", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {} }] }],
    });
    const deny = policy("x", "zz-deny", { podSelector: {}, policyTypes: ["Egress"] });
    fc.assert(
      fc.property(randomPair, ({ head }) => {
        const without = { ...head, policies: [...head.policies, deny] };
        const extended = { ...head, policies: [...head.policies, deny, open] };
        for (const { removed } of compare(without, extended).workloads) expect(removed.isEmpty).toBe(true);
        for (const { added } of compare(extended, without).workloads) expect(added.isEmpty).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });

  test("nothing changes where nothing does; order, names and irrelevant labels are nothing", () => {
    fc.assert(
      fc.property(randomPair, ({ head }) => {
        expect(compare(head, head).workloads).toEqual([]);
        const other: World = {
          ...head,
          policies: [...head.policies]
            .reverse()
            .map((one, index) => ({ ...one, metadata: { ...one.metadata, name: `other-${index}` } })),
          workloads: (head.workloads ?? []).map((workload) => ({
            ...workload,
            labels: { ...workload.labels, version: "2" },
          })),
        };
        expect(compare(head, other).workloads).toEqual([]);
      }),
      { numRuns: runs(100) },
    );
  });

  test("skipping what is equal object by object changes nothing: the same policies under other digests", () => {
    fc.assert(
      fc.property(randomPair, ({ base, head }) => {
        // An annotation changes every digest and no meaning, so nothing is skipped.
        const annotated: World = {
          ...head,
          policies: head.policies.map((one) => ({
            ...one,
            metadata: { ...one.metadata, annotations: { touched: "yes" } },
          })),
        };
        expect(texts(compare(base, annotated))).toEqual(texts(compare(base, head)));
      }),
      { numRuns: runs(100) },
    );
  });
});
