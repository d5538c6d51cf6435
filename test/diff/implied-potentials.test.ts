import { expect, test } from "@jest/globals";
import { diff } from "../../src/diff/environment-delta.ts";
import { clusterOfWorld, policy } from "../oracle/world.ts";

const isolating = (label: string) =>
  policy("x", label, { podSelector: { matchLabels: { [label]: "1" } }, policyTypes: ["Egress"] });
const opening = (label: string, cidr: string) =>
  policy("x", label, {
    podSelector: { matchLabels: { [label]: "1" } },
    policyTypes: ["Egress"],
    egress: [{ to: [{ ipBlock: { cidr } }] }],
  });

function keys(...head: readonly ReturnType<typeof policy>[]): readonly string[] {
  const world = { namespaces: { x: {} }, open: ["x"] };
  const base = clusterOfWorld({ ...world, policies: [isolating("a"), isolating("b")] });
  const delta = diff(base, clusterOfWorld({ ...world, policies: head }), { environment: "test" });
  return delta.workloads.map(({ key }) => key);
}

test("pods with more labels that gain the same are not told beside those with fewer", () => {
  expect(keys(opening("a", "192.0.2.0/24"), isolating("b"))).toEqual(["x/?a=1"]);
});

test("pods with more labels that gain more are", () => {
  expect(keys(opening("a", "192.0.2.0/24"), opening("b", "198.51.100.0/24"))).toEqual([
    "x/?a=1",
    "x/?a=1,b=1",
    "x/?b=1",
  ]);
});
