import { describe, expect, test } from "@jest/globals";
import { diff } from "../../src/diff/environment-delta.ts";
import type { KubernetesObject } from "../../src/render/render.ts";
import { clusterOfObjects } from "../oracle/cluster-of-objects.ts";

/** A firewall and NetworkPolicy have to allow a destination together: what changed is to blame, not what allowed it before. */
const standard = (...egress: readonly unknown[]): KubernetesObject => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "standard", namespace: "shop" },
  spec: { podSelector: {}, policyTypes: ["Egress"], egress },
});
const firewall = (...egress: readonly unknown[]): KubernetesObject => ({
  apiVersion: "k8s.ovn.org/v1",
  kind: "EgressFirewall",
  metadata: { name: "default", namespace: "shop" },
  spec: { egress },
});
const deny = { type: "Deny", to: { cidrSelector: "0.0.0.0/0" } };
const allow = (cidrSelector: string) => ({ type: "Allow", to: { cidrSelector } });
const block = (cidr: string) => ({ to: [{ ipBlock: { cidr } }] });

function causesOf(
  base: readonly KubernetesObject[],
  head: readonly KubernetesObject[],
  known: boolean,
): readonly string[] {
  const world = {
    namespaces: { shop: {} },
    workloads: known ? [{ namespace: "shop", name: "web", labels: {} }] : [],
    open: known ? [] : ["shop"],
  };
  const [before, after] = [base, head].map((objects) => clusterOfObjects(world, objects, "ovn-kubernetes"));
  if (before === undefined || after === undefined) throw new Error("two sides");
  return diff(before, after, { environment: "test" }).workloads.flatMap(({ openings }) =>
    openings.map(({ cause, closers }) => {
      const by = cause.kind === "rule" ? `${cause.policy.identity.kind} ${cause.rule.pointer}` : cause.kind;
      return `${by}, before: ${closers.map(({ identity }) => identity.kind).join(", ")}`;
    }),
  );
}

describe.each([
  ["a known workload", true],
  ["pods that Git does not show", false],
])("of %s", (_, known) => {
  test("a rule of the firewall opens what NetworkPolicy admitted all along", () => {
    const head = [standard({}), firewall(allow("192.0.2.0/24"), deny)];
    expect(causesOf([standard({}), firewall(deny)], head, known)).toEqual([
      "EgressFirewall /spec/egress/0, before: EgressFirewall",
    ]);
  });

  test("the firewall is gone", () => {
    expect(causesOf([standard({}), firewall(deny)], [standard({})], known)).toEqual([
      "not-isolated, before: EgressFirewall",
    ]);
  });

  test("a rule of NetworkPolicy opens what the firewall let through all along", () => {
    const through = firewall(allow("192.0.2.0/24"), deny);
    const [base, head] = [
      [standard(block("10.0.0.0/8")), through],
      [standard(block("10.0.0.0/8"), block("192.0.2.0/24")), through],
    ];
    expect(causesOf(base, head, known)).toEqual(["NetworkPolicy /spec/egress/1, before: NetworkPolicy"]);
  });

  test("what another still denies is opened by nobody", () => {
    expect(causesOf([standard(), firewall(deny)], [standard({}), firewall(deny)], known)).not.toContainEqual(
      expect.stringContaining("EgressFirewall"),
    );
  });
});
