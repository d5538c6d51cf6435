import { describe, expect, test } from "@jest/globals";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import { decide } from "../../src/surface/decide.ts";
import { surfaceOf } from "../../src/surface/surface-of.ts";
import { clusterOfWorld } from "../oracle/world.ts";
import { read } from "../policy/read-policy.ts";
import { manifest } from "../render/manifest.ts";

const NETWORK_POLICY =
  "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: m, namespace: x}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 443}]}]}}";
const global = (spec: string, name = "g") =>
  `{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: ${name}}, spec: ${spec}}`;
const own = (spec: string, name = "g") =>
  `{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: ${name}, namespace: x}, spec: ${spec}}`;
const tier = (name: string, spec: string) =>
  `{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: ${name}}, spec: ${spec}}`;
const admin = (action: string) =>
  `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: a}, spec: {priority: 5, subject: {namespaces: {}}, egress: [{action: ${action}, to: [{networks: [0.0.0.0/0]}]}]}}`;
const BASELINE =
  "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}}";

const allow80 = "egress: [{action: Allow, protocol: TCP, destination: {ports: [80]}}]";
const deny = "egress: [{action: Deny}]";

/** Which of two ports of an outside address a pod without labels reaches. */
function reached(...texts: readonly string[]): readonly number[] {
  const manifests = texts.map((text) => manifest(text));
  const readings = manifests.flatMap((one) => read(one, "calico", manifests) ?? []);
  const surface = surfaceOf({
    ...clusterOfWorld({ namespaces: { x: {} }, policies: [] }),
    policies: readings.flatMap(({ policies }) => policies),
    profile: { name: "calico", source: "assumed", evidence: [] },
    inputs: policyInputs("calico", manifests),
  });
  const subject = { namespace: "x", labels: new Map(), runtimeLabels: new Set<string>(), hostNetwork: false };
  return [80, 443].filter((port) => {
    const { verdict } = decide(surface, {
      direction: "egress",
      subject,
      other: { kind: "address", address: "192.0.2.1", protocol: "TCP", port },
    });
    return verdict === "allow";
  });
}

describe("the order of Calico (felix/calc/policy_sorter.go)", () => {
  test.each<[string, readonly string[], readonly number[]]>([
    ["nothing selects the pod: its profile allows", [], [80, 443]],
    ["types without rules deny", [global("{types: [Egress]}")], []],
    ["types of ingress say nothing of egress", [global("{types: [Ingress]}")], [80, 443]],
    ["who is not selected is not denied", [global("{selector: has(x), types: [Egress]}")], [80, 443]],
    [
      "the smaller order is asked first",
      [global(`{order: 1, ${allow80}}`, "z"), global(`{order: 2, ${deny}}`, "a")],
      [80],
    ],
    ["without an order last", [global(`{${deny}}`, "a"), global(`{order: 5, ${allow80}}`, "z")], [80]],
    ["equal orders by name", [global(`{${deny}}`, "b"), global(`{${allow80}}`, "a")], [80]],
    ["equal orders by name, the other way", [global(`{${deny}}`, "a"), global(`{${allow80}}`, "b")], []],
    // The kind and the namespace decide after the name alone.
    ["equal orders by name, whatever the kinds", [global(`{${deny}}`, "a"), own(`{${allow80}}`, "b")], []],
    [
      "a name that begins with that of its tier",
      [global(`{${deny}}`, "default.c"), global(`{${allow80}}`, "b")],
      [80],
    ],
    ["NetworkPolicy isolates", [NETWORK_POLICY], [443]],
    ["an allow behind NetworkPolicy adds to it", [NETWORK_POLICY, global(`{${allow80}}`)], [80, 443]],
    ["a deny before order 1000 cuts NetworkPolicy", [NETWORK_POLICY, global(`{order: 999, ${deny}}`)], []],
    ["a deny behind order 1000 does not", [NETWORK_POLICY, global(`{order: 1001, ${deny}}`)], [443]],
    ["a deny at order 1000 by its name: before", [NETWORK_POLICY, global(`{order: 1000, ${deny}}`, "a")], []],
    [
      "a deny at order 1000 by its name: behind",
      [NETWORK_POLICY, global(`{order: 1000, ${deny}}`, "z")],
      [443],
    ],
    [
      "Pass leaves the tier, and NetworkPolicy in it",
      [NETWORK_POLICY, global("{order: 1, egress: [{action: Pass}]}")],
      [80, 443],
    ],
    ["Log decides nothing", [global("{egress: [{action: Log}]}")], []],
    [
      "the tier of the smaller order is asked first",
      [tier("t", "{order: 5}"), global(`{tier: t, ${allow80}}`), NETWORK_POLICY],
      [80],
    ],
    [
      "the end of a tier denies",
      [tier("t", "{order: 5}"), global("{tier: t, types: [Egress]}"), NETWORK_POLICY],
      [],
    ],
    [
      "unless it passes",
      [tier("t", "{order: 5, defaultAction: Pass}"), global("{tier: t, types: [Egress]}"), NETWORK_POLICY],
      [443],
    ],
    [
      "a tier without an order comes last",
      [tier("t", "{}"), global(`{tier: t, ${allow80}}`), NETWORK_POLICY],
      [443],
    ],
    [
      "tiers of one order by name",
      [
        tier("a", "{order: 5}"),
        tier("b", "{order: 5}"),
        global(`{tier: b, ${deny}}`),
        global(`{tier: a, ${allow80}}`, "h"),
      ],
      [80],
    ],
    [
      "AdminNetworkPolicy is in kube-admin, before the tier default",
      [admin("Deny"), global(`{order: 0, ${allow80}}`)],
      [],
    ],
    [
      "and behind a tier of a smaller order",
      [admin("Deny"), tier("t", "{order: 999}"), global(`{tier: t, ${allow80}}`)],
      [80],
    ],
    ["its Pass leads to the tier default", [admin("Pass"), NETWORK_POLICY], [443]],
    ["its end passes", [admin("Pass")], [80, 443]],
    [
      "BaselineAdminNetworkPolicy is in kube-baseline, behind the tier default",
      [BASELINE, global(`{${allow80}}`)],
      [80],
    ],
    [
      "and before a tier of a greater order",
      [BASELINE, tier("t", "{order: 10000001}"), global(`{tier: t, ${allow80}}`)],
      [],
    ],
    [
      "policies of Calico in kube-admin by their order among them",
      [admin("Deny"), global(`{tier: kube-admin, order: 1, ${allow80}}`)],
      [80],
    ],
  ])("%s", (_, texts, ports) => {
    expect(reached(...texts)).toEqual(ports);
  });
});
