import { describe, expect, test } from "@jest/globals";
import { clusterOf } from "../../src/cluster/cluster-of.ts";
import { effectsOf } from "../../src/cluster/effects-of.ts";
import { mayHoldUnseenPods } from "../../src/cluster/open-namespaces.ts";
import { defaultConfiguration } from "../../src/config/config.ts";
import type { UnreadTarget } from "../../src/targets/targets.ts";
import { cluster, DELIVERY, environment, manifestsOf, target, unknown } from "./cluster-builder.ts";

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {}\n";
const POLICY =
  "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Egress]}\n";

describe("namespaces", () => {
  test("an object's labels count; the name label is the API server's", () => {
    const result = cluster(
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: data, labels: {team: data, kubernetes.io/metadata.name: fake}}\n",
    );
    expect(Object.fromEntries(result.namespaces.get("data")?.labels ?? [])).toEqual({
      team: "data",
      "kubernetes.io/metadata.name": "data",
    });
    expect(result.namespaces.get("data")?.manifest?.object.kind).toBe("Namespace");
  });

  test("use and destinations declare one, and a destination's labels count where the controller creates it", () => {
    const labels = { isolate: "true" };
    const created = cluster(POD.replace("name: web,", "name: web, namespace: other,"), {
      target: { delivery: { ...DELIVERY, createsNamespace: true, namespaceLabels: labels } },
    });
    expect([...created.namespaces.keys()]).toEqual(["other", "shop"]);
    expect(created.namespaces.get("shop")?.labels.get("isolate")).toBe("true");
    expect(created.namespaces.get("other")?.manifest).toBeNull();
    const existing = cluster(POD, { target: { delivery: { ...DELIVERY, namespaceLabels: labels } } });
    expect(existing.namespaces.get("shop")?.labels.has("isolate")).toBe(false);
  });

  test("the configuration adds labels, marks and ambient workloads", () => {
    const result = cluster(POD, {
      configuration: {
        namespaces: new Map([["shop", { cde: true, baseline: true, labels: { zone: "red" } }]]),
        workloads: [
          {
            namespace: "kube-system",
            kind: "Deployment",
            name: "coredns",
            labels: { "k8s-app": "kube-dns" },
            ports: [{ name: "dns", port: 53, protocol: "UDP" }],
          },
        ],
        podCIDRs: ["10.0.0.0/8"],
      },
    });
    expect(result.namespaces.get("shop")).toMatchObject({ cde: true, baseline: true });
    expect(result.namespaces.get("shop")?.labels.get("zone")).toBe("red");
    expect(result.workloads.get("kube-system/Deployment/coredns")).toMatchObject({
      ambient: true,
      manifest: null,
    });
    expect(result.openNamespaces.get("kube-system")).toBe("nothing-rendered");
    expect(result.podCIDRs).toEqual(["10.0.0.0/8"]);
  });
});

describe("namespaces that may hold pods Git does not show", () => {
  const unread: UnreadTarget = {
    id: "web",
    declaredBy: { kind: "Application", name: "web", namespace: null, place: { path: "a.yaml", line: null } },
    namespace: "shop",
    needs: "chart web 1.0.0",
    sourceName: "web",
    version: "1.0.0",
    claims: [],
    unknown: unknown({ code: "unread", content: "elsewhere", target: "web" }),
  };
  const resource = (apiVersion: string, kind: string, spec = "{}") =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\nspec: ${spec}\n`;

  test.each([
    ["a workload closes it", POD, {}, undefined],
    ["policies alone", POLICY, {}, "nothing-rendered"],
    ["an unread target", POD, { unread: [unread] }, "unread-target"],
    ["a target that failed", POD, { unknowns: [unknown({})] }, "partly-rendered"],
    [
      "a part that may hold pods",
      POD,
      { unknowns: [unknown({ code: "part-dropped", bound: { namespaces: null, kinds: ["Deployment"] } })] },
      "partly-rendered",
    ],
    [
      "a part of a kind that decides nothing",
      POD,
      {
        unknowns: [
          unknown({ code: "part-dropped", bound: { namespaces: ["shop"], kinds: ["PrometheusRule"] } }),
        ],
      },
      undefined,
    ],
    [
      "a generator of policies",
      POD,
      { unknowns: [unknown({ code: "generator", bound: { namespaces: null, kinds: null } })] },
      undefined,
    ],
    [
      "a k3s HelmChart",
      `${POD}---\n${resource("helm.cattle.io/v1", "HelmChart", "{chart: traefik}")}`,
      {},
      "carrier",
    ],
    [
      "a k3s HelmChart for another namespace",
      `${POD}---\n${resource("helm.cattle.io/v1", "HelmChart", "{targetNamespace: ingress}")}`,
      {},
      undefined,
    ],
    [
      "a database operator's cluster",
      `${POD}---\n${resource("postgresql.cnpg.io/v1", "Cluster")}`,
      {},
      "pod-making-resource",
    ],
    [
      "a Knative service",
      `${POD}---\n${resource("serving.knative.dev/v1", "Service")}`,
      {},
      "pod-making-resource",
    ],
    ["a plain Service", `${POD}---\n${resource("v1", "Service")}`, {}, undefined],
  ])("%s", (_, text, options, reason) => {
    expect(cluster(text, options).openNamespaces.get("shop")).toBe(reason);
  });
});

describe("on two sides of a change", () => {
  const empty = cluster(POLICY);
  const inhabited = cluster(`${POLICY}---\n${POD}`);
  const elsewhere = cluster(POD.replace("name: web,", "name: web, namespace: other,"), {
    target: { namespace: "other" },
  });
  const partly = cluster(POD, { unknowns: [unknown({})] });

  test.each([
    ["nothing on either side", empty, empty, true],
    ["nothing at base, not declared at head", empty, elsewhere, true],
    ["its last workload leaves", inhabited, empty, false],
    ["its first workload arrives, what ran there before was unseen", empty, inhabited, true],
    ["workloads on both sides", inhabited, inhabited, false],
    ["something unread on one side", inhabited, partly, true],
  ])("%s", (_, base, head, expected) => {
    expect(mayHoldUnseenPods(base, head, "shop")).toBe(expected);
  });
});

describe("what else a cluster says", () => {
  test("policies and unknowns go where they belong, and ids stay unique", () => {
    const broken = POLICY.replace("podSelector: {}", "podSelector: 1");
    const result = cluster(`${POLICY}---\n${broken}---\n${broken}`);
    expect(result.policies.map(({ identity }) => identity.name)).toEqual(["deny"]);
    expect(result.unknowns.map(({ id }) => id)).toEqual([
      "invalid-policy:shop:NetworkPolicy shop/deny",
      "invalid-policy:shop:NetworkPolicy shop/deny#2",
    ]);
  });

  test("two declarations of one object collide, whatever the version of the group", () => {
    const one = target({ id: "one" });
    const two = target({ id: "two" });
    const rendered = [one, two].map((own, index) => ({
      target: own,
      manifests: manifestsOf(index === 0 ? `${POLICY}---\n${POD}` : POLICY, { target: own.id }),
      unknowns: [],
      remarks: [],
      digest: "0",
    }));
    const { collisions } = clusterOf(environment([one, two]), rendered, defaultConfiguration);
    expect(collisions).toMatchObject([
      {
        identity: { kind: "NetworkPolicy", namespace: "shop", name: "deny" },
        manifests: [{ origin: { target: "one" } }, { origin: { target: "two" } }],
      },
    ]);
  });

  test("a document with duplicate keys is named once", () => {
    const duplicateKeys = [{ pointer: "", key: "kind", lines: [2, 5] }];
    const rendered = {
      target: target(),
      manifests: manifestsOf(`${POLICY}---\n${POD}`, { duplicateKeys }),
      unknowns: [],
      remarks: [],
      digest: "0",
    };
    expect(clusterOf(environment([]), [rendered], defaultConfiguration).duplicates).toHaveLength(1);
  });

  test("kinds that nobody models are counted, mesh kinds among them, kinds of Kubernetes not", () => {
    const text = [
      "networking.istio.io/v1 Sidecar",
      "networking.istio.io/v1 Sidecar",
      "example.com/v1 Thing",
      "v1 ConfigMap",
      "argoproj.io/v1alpha1 Application",
    ]
      .map((one) => one.split(" "))
      .map(
        ([apiVersion, kind], index) =>
          `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: n${index}}\n`,
      )
      .join("---\n");
    expect([...cluster(text).unmodelledKinds]).toEqual([
      ["example.com/Thing", 1],
      ["networking.istio.io/Sidecar", 2],
    ]);
  });
});

describe("effectsOf", () => {
  test.each([
    [null, ["entry-point", "namespace", "policy", "service", "workload"]],
    [["PrometheusRule", "ConfigMap", "Ingress"], []],
    [["NetworkPolicy"], ["policy"]],
    [
      ["CiliumClusterwideNetworkPolicy", "Deployment"],
      ["policy", "workload"],
    ],
    [
      ["Namespace", "Service", "Application"],
      ["entry-point", "namespace", "service"],
    ],
    [["Kafka"], ["workload"]],
    [["ClusterPolicy"], ["policy"]],
    [["List"], ["entry-point", "namespace", "policy", "service", "workload"]],
    [["constructor"], []],
  ])("%j", (kinds, effects) => {
    expect([...effectsOf({ namespaces: null, kinds })].sort()).toEqual(effects);
  });
});
