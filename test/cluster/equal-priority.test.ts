import { describe, expect, test } from "@jest/globals";
import { equalPriorities } from "../../src/cluster/equal-priority.ts";
import type { Profile } from "../../src/config/config.ts";
import { policyIn, read } from "../policy/read-policy.ts";
import { manifest } from "../render/manifest.ts";
import { cluster } from "./cluster-builder.ts";

const policy = (
  name: string,
  rest: { priority?: number; tier?: string; subject?: string; rules?: string },
) => `
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: ${name}}
spec:
  tier: ${rest.tier ?? "Admin"}
  priority: ${rest.priority ?? 5}
  subject: {namespaces: ${rest.subject ?? "{}"}}
  ${rest.rules ?? "egress: [{action: Deny, to: [{namespaces: {}}]}]"}
`;
const ALLOW = "egress: [{action: Accept, to: [{namespaces: {}}]}]";

function told(texts: readonly string[], profile: Profile = "kubernetes"): readonly string[] {
  const policies = texts.map((text) => policyIn(read(manifest(text), profile)));
  return equalPriorities(profile, policies).map(
    (remark) => `${remark.manifest.object.metadata.name}: ${remark.detail}`,
  );
}

/** network-policy-api apis/v1alpha2 ClusterNetworkPolicySpec.Priority: nobody can tell which of them is applied. */
describe("policies of one tier and priority", () => {
  test("that say different things are told of, on both", () => {
    expect(told([policy("a", {}), policy("b", { rules: ALLOW })])).toEqual([
      "a: priority 5 is that of ClusterNetworkPolicy b too: which of them is asked first is not defined",
      "b: priority 5 is that of ClusterNetworkPolicy a too: which of them is asked first is not defined",
    ]);
  });

  test.each([
    ["another priority", { rules: ALLOW, priority: 6 }],
    ["another tier", { rules: ALLOW, tier: "Baseline" }],
    ["the same to say", {}],
    ["another direction", { rules: "ingress: [{action: Accept, from: [{namespaces: {}}]}]" }],
  ])("are no matter with %s", (_, other) => {
    expect(told([policy("a", {}), policy("b", other)])).toEqual([]);
  });

  test("are no matter for pods that only one of them selects", () => {
    const team = (value: string) => `{matchLabels: {team: ${value}}}`;
    const pair = (two: string) =>
      told([policy("a", { subject: team("data") }), policy("b", { rules: ALLOW, subject: two })]);
    expect(pair(team("web"))).toEqual([]);
    expect(pair("{matchExpressions: [{key: team, operator: DoesNotExist}]}")).toEqual([]);
    expect(pair("{matchExpressions: [{key: team, operator: NotIn, values: [web]}]}")).toHaveLength(2);
  });

  test("Calico asks by name", () => {
    expect(told([policy("a", {}), policy("b", { rules: ALLOW })], "calico")).toEqual([]);
  });

  test("of Antrea only rules of one number compete", () => {
    const antrea = (name: string, ...actions: readonly string[]) => `
apiVersion: crd.antrea.io/v1beta1
kind: ClusterNetworkPolicy
metadata: {name: ${name}}
spec:
  priority: 5
  appliedTo: [{podSelector: {}}]
  egress: [${actions.map((action, index) => `{action: ${action}, name: r${index}}`).join(", ")}]
`;
    expect(told([antrea("a", "Allow", "Drop"), antrea("b", "Allow", "Drop")], "antrea")).toEqual([]);
    expect(told([antrea("a", "Allow"), antrea("b", "Allow", "Drop")], "antrea")).toEqual([]);
    expect(told([antrea("a", "Allow", "Drop"), antrea("b", "Drop")], "antrea")).toHaveLength(2);
  });

  test("are remarks of the cluster", () => {
    const { remarks } = cluster(`${policy("a", {})}---${policy("b", { rules: ALLOW })}`);
    expect(remarks.map(({ code, pointer }) => [code, pointer])).toEqual([
      ["equal-priority", "/spec/priority"],
      ["equal-priority", "/spec/priority"],
    ]);
  });
});
