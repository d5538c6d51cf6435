import { expect, test } from "@jest/globals";
import { diff } from "../../src/diff/environment-delta.ts";
import { meshDifferences } from "../../src/diff/mesh-difference.ts";
import { cluster } from "../cluster/cluster-builder.ts";

const SHOP =
  "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---\n";
const WORKLOAD = (name: string) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {metadata: {labels: {app: ${name}}}, spec: {}}}\n---\n`;
const DENY = (name: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny-${name}, namespace: shop}\nspec: {podSelector: {matchLabels: {app: ${name}}}, policyTypes: [Egress]}\n---\n`;
const MESH = (mode: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: "outboundTrafficPolicy: {mode: ${mode}}"}\n`;

function clusterIn(text: string) {
  return cluster(text.replace(/---\n$/, ""));
}

function differences(base: string, head: string) {
  const sides = [clusterIn(SHOP + base), clusterIn(SHOP + head)] as const;
  const delta = diff(...sides, { environment: "one" });
  return { delta, told: meshDifferences(delta).map(({ about, changed }) => [about, changed]) };
}

test("the mesh cuts nothing and opens nothing: REGISTRY_ONLY that comes or goes leaves every surface as it is", () => {
  for (const [before, after] of [
    ["ALLOW_ANY", "REGISTRY_ONLY"],
    ["REGISTRY_ONLY", "ALLOW_ANY"],
  ] as const) {
    const { delta, told } = differences(WORKLOAD("web") + MESH(before), WORKLOAD("web") + MESH(after));
    expect(delta.workloads).toEqual([]);
    expect(told).toEqual([
      ["ConfigMap (MeshConfig) istio-system/istio", true],
      ["shop/Deployment/web", true],
    ]);
  }
});

test("where the mesh stands is said for workloads whose surface changed, and for no other", () => {
  const pods = WORKLOAD("web") + WORKLOAD("api");
  const { told } = differences(
    DENY("web") + DENY("api") + pods + MESH("REGISTRY_ONLY"),
    DENY("api") + pods + MESH("REGISTRY_ONLY"),
  );
  expect(told).toEqual([["shop/Deployment/web", false]]);
});

test("without anything of Istio nothing is said", () => {
  const plain = clusterIn(DENY("web") + WORKLOAD("web"));
  const delta = diff(plain, clusterIn(WORKLOAD("web")), { environment: "one" });
  expect(delta.workloads).toHaveLength(1);
  expect(meshDifferences(delta)).toEqual([]);
});
