import { beforeAll, describe, expect, test } from "@jest/globals";
import { builtInRules } from "../../src/rules/catalogue/load-rules.ts";
import { judge } from "../../src/rules/judge.ts";
import type { RuleSet } from "../../src/rules/rules.ts";
import { type ExampleSettings, judgeSides, sidesOf } from "./rule-example.ts";

let rules: RuleSet;

beforeAll(async () => {
  rules = await builtInRules();
});

function workload(name: string, namespace = "shop"): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: c, image: "registry.example.com/${name}:1"}]}
`;
}

function policy(name: string, egress: string, namespace = "shop"): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: {podSelector: {}, policyTypes: [Egress], egress: ${egress}}
`;
}

const WEB = workload("web");
const DENY = policy("deny", "[]");
const PODS = policy("pods", "[{to: [{namespaceSelector: {}}], ports: [{port: 443}]}]");
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: in, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress]}
`;

async function effects(base: readonly string[], head: readonly string[], settings: ExampleSettings = {}) {
  const { controls } = await judgeSides(sidesOf(base.join("---\n"), head.join("---\n")), rules, settings);
  return Object.fromEntries(controls.map(({ id, effect }) => [id, effect]));
}

describe("the effect on a control", () => {
  test.each([
    ["nothing changed", [WEB, DENY], [WEB, DENY], "unchanged", "unchanged"],
    ["a first default deny", [WEB], [WEB, DENY], "stronger", "stronger"],
    ["the deny goes, and with it the last policy", [WEB, DENY], [WEB], "weaker", "weaker"],
    ["the deny goes, another policy stays", [WEB, DENY, INGRESS], [WEB, INGRESS], "weaker", "unchanged"],
    ["an in-cluster wildcard", [WEB, DENY], [WEB, DENY, PODS], "weaker", "unchanged"],
    ["the wildcard goes", [WEB, DENY, PODS], [WEB, DENY], "stronger", "unchanged"],
    ["a first policy that is for ingress only", [WEB], [WEB, INGRESS], "unchanged", "stronger"],
    ["a first policy that allows everything", [WEB], [WEB, policy("all", "[{}]")], "unchanged", "stronger"],
    [
      "one deny comes, one goes",
      [WEB, DENY, workload("api", "api")],
      [WEB, workload("api", "api"), policy("deny", "[]", "api")],
      "weaker",
      "weaker",
    ],
    [
      "a narrow exception",
      [WEB, DENY],
      [WEB, DENY, policy("one", "[{to: [{ipBlock: {cidr: 203.0.113.7/32}}], ports: [{port: 443}]}]")],
      "unchanged",
      "unchanged",
    ],
    [
      "a new namespace without a policy",
      [WEB, DENY],
      [WEB, DENY, workload("api", "api")],
      "weaker",
      "weaker",
    ],
  ])("%s", async (_, base, head, denyByDefault, policies) => {
    expect(await effects(base, head)).toEqual({
      "SC-7(5)": denyByDefault,
      "5.3.2": policies,
      "1.3": "not-assessed",
      "1.3.2": "not-assessed",
    });
  });

  test("on PCI is assessed in marked namespaces alone", async () => {
    const [base, head] = [
      [WEB, DENY],
      [WEB, DENY, PODS],
    ];
    expect((await effects(base, head, { cde: ["shop"] }))["1.3"]).toBe("weaker");
    expect((await effects([WEB], [WEB, DENY], { cde: ["shop"] }))["1.3.2"]).toBe("stronger");
    const other = [...base, workload("api", "api")];
    expect((await effects(other, [...head, workload("api", "api")], { cde: ["api"] }))["1.3"]).toBe(
      "unchanged",
    );
  });

  test("names its facts, its findings, and what it cannot show", async () => {
    const { controls, findings } = await judgeSides(
      sidesOf([WEB, DENY].join("---\n"), [WEB, DENY, PODS].join("---\n")),
      rules,
    );
    const [denyByDefault, , cardholder] = controls;
    const blocking = findings.find(({ severity }) => severity === "block");
    expect(denyByDefault?.reason).toContain(`shop/Deployment/web (${blocking?.handle ?? ""})`);
    expect(denyByDefault?.reason).toContain("isolated for egress: 1 at base, 1 of 1 at head");
    expect(denyByDefault?.findings).toEqual([blocking?.handle]);
    expect(denyByDefault?.limits).toContain("X2: that the network plugin enforces policies");
    expect(cardholder?.reason).toContain("no namespace is marked");
    expect(cardholder?.findings).toEqual([blocking?.handle]);
  });

  test("is there even where no environment changed", async () => {
    const { controls, verdict } = await judge({
      environments: [],
      rules,
      internalRanges: [],
      unrendered: "coverage",
    });
    expect(verdict).toBe("pass");
    expect(controls.map(({ framework, id, effect }) => `${framework} ${id} ${effect}`)).toEqual([
      "nist-800-53 SC-7(5) unchanged",
      "cis-kubernetes 5.3.2 unchanged",
      "pci-dss 1.3 not-assessed",
      "pci-dss 1.3.2 not-assessed",
    ]);
  });

  test("is not assessed where the change is not decided", async () => {
    const unread = (port: string) =>
      `apiVersion: networking.gke.io/v1alpha1\nkind: FQDNNetworkPolicy\nmetadata: {name: web, namespace: shop}\nspec: {podSelector: {}, egress: [{ports: [{port: ${port}}]}]}\n`;
    expect(await effects([WEB, unread("443")], [WEB, unread("8443")])).toMatchObject({
      "SC-7(5)": "not-assessed",
      "5.3.2": "not-assessed",
    });
  });
});
