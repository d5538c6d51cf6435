import { describe, expect, test } from "@jest/globals";
import { clusterProfile, profilesOf } from "../../src/cluster/profile.ts";
import type { EntryPoint, UnreadTarget } from "../../src/targets/targets.ts";
import { environment, manifestsOf, target, unknown } from "./cluster-builder.ts";

function inferred(text: string, unread: readonly UnreadTarget[] = []) {
  const profile = clusterProfile(null, environment([target()], unread), manifestsOf(text));
  return [profile.source, profilesOf(profile), profile.evidence.map(({ subject }) => subject)];
}

const daemonSet = (name: string, image = "registry.example.com/mirror/agent:1") => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ${name}, namespace: kube-system}
spec: {template: {spec: {containers: [{name: main, image: "${image}"}]}}}
`;
const configMap = (name: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: kube-system}
`;
const CILIUM_POLICY = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: one, namespace: shop}
`;
const CALICO_POLICY = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: one}
`;
const ENTRY: EntryPoint = {
  kind: "HelmRelease",
  name: "network",
  namespace: "kube-system",
  place: { path: "flux/network.yaml", line: 3 },
};

function release(chart: string, values: UnreadTarget["chart"] | null = null): UnreadTarget {
  return {
    id: "network",
    declaredBy: ENTRY,
    namespace: "kube-system",
    needs: `chart ${chart}`,
    sourceName: `chart ${chart}`,
    version: "1.0.0",
    claims: [],
    unknown: unknown({ code: "unread" }),
    chart: values ?? { name: chart, values: {}, others: null },
  };
}

describe("what a declared install says", () => {
  test.each([
    ["the DaemonSet of Cilium, by its name", daemonSet("cilium"), "cilium"],
    ["by its image", daemonSet("agent", "quay.io/cilium/cilium:v1.20.2@sha256:00"), "cilium"],
    [
      "by its image in a registry with a port",
      daemonSet("agent", "mirror.example.com:5000/cilium/cilium:v1"),
      "cilium",
    ],
    ["Calico's agent", daemonSet("calico-node", "docker.io/calico/node:v3"), "calico"],
    ["Canal: Calico enforces, Flannel routes", daemonSet("canal"), "calico"],
    ["Antrea's agent", daemonSet("antrea-agent"), "antrea"],
    ["OVN-Kubernetes", daemonSet("ovnkube-node"), "ovn-kubernetes"],
    [
      "the VPC CNI",
      daemonSet("aws-node", "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1"),
      "aws-vpc-cni",
    ],
    ["Azure's network policy manager", daemonSet("azure-npm"), "aks-azure"],
    [
      "the agent of dataplane V2, whose image is Cilium's",
      daemonSet("anetd", "gke.gcr.io/cilium/cilium:v1"),
      "gke-v2",
    ],
    ["Cilium's configuration", configMap("cilium-config"), "cilium"],
    [
      "the operator of Calico",
      "{apiVersion: operator.tigera.io/v1, kind: Installation, metadata: {name: default}}",
      "calico",
    ],
    [
      "OpenShift's network",
      "{apiVersion: config.openshift.io/v1, kind: Network, metadata: {name: cluster}, spec: {networkType: OVNKubernetes}}",
      "ovn-kubernetes",
    ],
    [
      "a chart that k3s installs",
      "{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: cni, namespace: kube-system}, spec: {chart: cilium}}",
      "cilium",
    ],
    [
      "the configuration of a chart of RKE2",
      "{apiVersion: helm.cattle.io/v1, kind: HelmChartConfig, metadata: {name: rke2-cilium, namespace: kube-system}}",
      "cilium",
    ],
  ])("%s", (_, text, profile) => {
    const [source, profiles] = inferred(text);
    expect([source, profiles]).toEqual(["inferred", [profile]]);
  });

  test.each([
    ["a DaemonSet of something else", daemonSet("fluent-bit", "cr.fluentbit.io/fluent/fluent-bit:3")],
    ["an image that only begins alike", daemonSet("agent", "quay.io/cilium/cilium-envoy:v1")],
    ["a Deployment of its name", daemonSet("cilium").replace("DaemonSet", "Deployment")],
    [
      "a Network of another group",
      "{apiVersion: example.com/v1, kind: Network, metadata: {name: a}, spec: {networkType: Cilium}}",
    ],
    [
      "a chart of something else",
      "{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: a, namespace: a}, spec: {chart: traefik}}",
    ],
  ])("nothing: %s", (_, text) => {
    expect(inferred(text)).toEqual(["assumed", ["kubernetes"], []]);
  });

  test("a chart that nobody read is named by its entry point", () => {
    expect(inferred(configMap("other"), [release("cilium")])).toEqual([
      "inferred",
      ["cilium"],
      ["HelmRelease kube-system/network (chart cilium)"],
    ]);
  });

  test("a chart of this tree is called after its directory", () => {
    const declaredBy: EntryPoint = { ...ENTRY, kind: "Application" };
    const wrapper = target({
      source: { kind: "helm", request: { chart: "platform/cilium", releaseName: "network" } },
      declaredBy,
    });
    const { name, evidence } = clusterProfile(null, environment([wrapper]), []);
    expect([name, evidence.map(({ place }) => place)]).toEqual(["cilium", [ENTRY.place]]);
  });

  test("one that is stored under a path is called by its last step", () => {
    const [, profiles] = inferred(configMap("other"), [
      release("oci://ghcr.io/projectcalico/charts/tigera-operator"),
    ]);
    expect(profiles).toEqual(["calico"]);
  });

  test("what runs above the VPC CNI enforces instead of it (Cilium: CNI chaining; Calico: policy only)", () => {
    expect(inferred([daemonSet("aws-node"), daemonSet("cilium")].join("---"))[1]).toEqual(["cilium"]);
    expect(inferred([daemonSet("calico-node"), daemonSet("aws-node")].join("---"))[1]).toEqual(["calico"]);
  });

  test("two CNIs are both", () => {
    expect(inferred([daemonSet("cilium"), daemonSet("calico-node")].join("---"))).toEqual([
      "inferred",
      ["cilium", "calico"],
      ["DaemonSet kube-system/cilium", "DaemonSet kube-system/calico-node"],
    ]);
  });
});

describe("kinds of policies in use", () => {
  test("say it where no install does, each kind once a profile", () => {
    expect(inferred([CALICO_POLICY, CALICO_POLICY, CILIUM_POLICY].join("---"))).toEqual([
      "inferred",
      ["calico", "cilium"],
      ["GlobalNetworkPolicy one", "CiliumNetworkPolicy shop/one"],
    ]);
  });

  test("an install is stronger, and they stay evidence", () => {
    expect(inferred([CALICO_POLICY, daemonSet("cilium")].join("---"))).toEqual([
      "inferred",
      ["cilium"],
      ["DaemonSet kube-system/cilium", "GlobalNetworkPolicy one"],
    ]);
  });
});

describe("who says it wins over what is declared", () => {
  const marked = environment([target()]);
  const configured = { ...marked, marks: { ...marked.marks, profile: "antrea" } } as const;

  test("the configuration", () => {
    expect(clusterProfile(null, configured, manifestsOf(CILIUM_POLICY))).toEqual({
      name: "antrea",
      source: "configured",
      evidence: [],
    });
  });

  test("an option wins over both", () => {
    const stated = { name: "calico", source: "option", evidence: [] } as const;
    expect(clusterProfile(stated, configured, manifestsOf(CILIUM_POLICY))).toBe(stated);
  });
});
