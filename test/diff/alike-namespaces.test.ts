import { describe, expect, test } from "@jest/globals";
import { diff } from "../../src/diff/environment-delta.ts";
import { OTHER_NAMESPACES } from "../../src/surface/other-namespaces.ts";
import { clusterOfObjects } from "../oracle/cluster-of-objects.ts";

/** Peers in namespaces like the own one, for pods of namespaces that Git does not declare: which is which nobody knows. */
const drop = { action: "Drop", name: "rest" };
const allow = (to: unknown) => ({ action: "Allow", name: "own", to: [to] });
const self = { namespaces: { match: "Self" } };
const same = (...sameLabels: readonly string[]) => ({ namespaces: { sameLabels } });

function opened(base: readonly unknown[], head: readonly unknown[]): boolean {
  const [before, after] = [base, head].map((egress) =>
    clusterOfObjects(
      { namespaces: { shop: { org: "a" } } },
      [
        {
          apiVersion: "crd.antrea.io/v1beta1",
          kind: "ClusterNetworkPolicy",
          metadata: { name: "isolate" },
          spec: { priority: 5, appliedTo: [{ namespaceSelector: {} }], egress },
        },
      ],
      "antrea",
    ),
  );
  if (before === undefined || after === undefined) throw new Error("two sides");
  return diff(before, after, { environment: "test" }).workloads.some(
    ({ namespace, added }) => namespace === OTHER_NAMESPACES && !added.isEmpty,
  );
}

describe("of namespaces that Git does not declare", () => {
  test.each([
    ["the own namespace, as before", [allow(self), drop], [allow(self), drop], false],
    ["the own namespace was denied", [drop], [allow(self), drop], true],
    [
      "every namespace instead of the own",
      [allow(self), drop],
      [allow({ namespaceSelector: {} }), drop],
      true,
    ],
    [
      "the own namespace instead of every",
      [allow({ namespaceSelector: {} }), drop],
      [allow(self), drop],
      false,
    ],
    ["fewer labels have to be the same", [allow(same("org", "env")), drop], [allow(same("org")), drop], true],
    ["more labels have to be the same", [allow(same("org")), drop], [allow(same("org", "env")), drop], false],
    [
      "a denial of the own namespace is gone",
      [{ ...drop, to: [self] }],
      [{ ...drop, to: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }],
      true,
    ],
  ])("%s", (_, base, head, expected) => {
    expect(opened(base, head)).toBe(expected);
  });
});
