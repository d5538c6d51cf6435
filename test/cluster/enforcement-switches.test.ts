import { describe, expect, test } from "@jest/globals";
import { enforcementSwitches } from "../../src/cluster/enforcement-switches.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import type { UnreadChart, UnreadTarget } from "../../src/targets/targets.ts";
import { environment, manifestsOf, target, unknown } from "./cluster-builder.ts";

function switches(text: string, unread: readonly UnreadTarget[] = []) {
  const inputs = policyInputs("kubernetes", text === "" ? [] : manifestsOf(text));
  return enforcementSwitches(environment([target()], unread), { inputs, unknowns: [] }).map(
    ({ name, value, level, unset, pointer }) => [name, value, level, unset, pointer],
  );
}

const configMap = (name: string, data: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: ${name}, namespace: kube-system}
data: ${data}
`;

describe("Cilium's configuration (docs.cilium.io: policy enforcement modes, policy audit mode)", () => {
  const of = "of ConfigMap kube-system/cilium-config";
  test.each([
    ["enable-policy", "never", 0, 1],
    ["enable-policy", "default", 1, 1],
    ["enable-policy", "always", 2, 1],
    ["enable-policy", "sometimes", null, 1],
    ["policy-audit-mode", "true", 0, 1],
    ["policy-cidr-match-mode", "nodes", 0, 1],
    ["enable-k8s-networkpolicy", "false", 0, 1],
    ["enable-k8s-cluster-network-policy", "true", 1, 0],
    ["enable-cilium-network-policy", "false", 0, 1],
    ["enable-cilium-clusterwide-network-policy", "false", 0, 1],
  ])("%s: %s", (key, value, level, unset) => {
    expect(switches(configMap("cilium-config", `{${key}: "${value}", debug: "true"}`))).toEqual([
      [`${key} ${of}`, value, level, unset, `/data/${key}`],
    ]);
  });

  test("of another object of these keys: nothing", () => {
    expect(switches(configMap("other", '{enable-policy: "never"}'))).toEqual([]);
  });
});

describe("EKS (docs.aws.amazon.com: network policies)", () => {
  test("the controller of the managed add-on", () => {
    expect(switches(configMap("amazon-vpc-cni", '{enable-network-policy-controller: "true"}'))).toEqual([
      [
        "enable-network-policy-controller of ConfigMap kube-system/amazon-vpc-cni",
        "true",
        1,
        0,
        "/data/enable-network-policy-controller",
      ],
    ]);
  });

  test("the argument of the agent, and the mode before its rules are there", () => {
    const daemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: aws-node, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: aws-node
          env:
            - {name: NETWORK_POLICY_ENFORCING_MODE, value: strict}
            - {name: ENABLE_NETWORK_POLICY, value: "true"}
        - {name: aws-eks-nodeagent, args: [--enable-ipv6=false, --enable-network-policy=false]}
`;
    const at = "/spec/template/spec/containers";
    const of = "of DaemonSet kube-system/aws-node";
    expect(switches(daemonSet)).toEqual([
      [`NETWORK_POLICY_ENFORCING_MODE ${of}`, "strict", 1, 0, `${at}/0/env/0`],
      [`ENABLE_NETWORK_POLICY ${of}`, "true", 1, 0, `${at}/0/env/1`],
      [`--enable-network-policy ${of}`, "false", 0, 0, `${at}/1/args/1`],
    ]);
  });
});

test("Antrea's gates stand in a file inside a ConfigMap (antrea.io/docs, feature gates)", () => {
  const text = `
apiVersion: v1
kind: ConfigMap
metadata: {name: antrea-config, namespace: kube-system}
data:
  antrea-agent.conf: |
    featureGates:
      AntreaPolicy: false
`;
  expect(switches(text)).toEqual([
    [
      "AntreaPolicy in antrea-agent.conf of ConfigMap kube-system/antrea-config",
      "false",
      0,
      1,
      "/data/antrea-agent.conf",
    ],
  ]);
});

describe("values of charts that nobody read", () => {
  const release = (chart: UnreadChart): UnreadTarget => ({
    id: "network",
    declaredBy: {
      kind: "HelmRelease",
      name: "network",
      namespace: "kube-system",
      place: { path: "flux/network.yaml", line: 1 },
    },
    namespace: "kube-system",
    needs: "",
    sourceName: "",
    version: null,
    claims: [],
    unknown: unknown({ code: "unread" }),
    chart,
  });
  const of = "of HelmRelease kube-system/network";

  test("the entry point's own", () => {
    const values = { policyEnforcementMode: "never", k8sNetworkPolicy: { enabled: false }, hubble: {} };
    expect(switches("", [release({ name: "cilium", values, others: null })])).toEqual([
      [`policyEnforcementMode ${of} (chart cilium)`, "never", 0, 1, ""],
      [`k8sNetworkPolicy.enabled ${of} (chart cilium)`, "false", 0, 1, ""],
    ]);
    const aws = { enableNetworkPolicy: "true" };
    expect(switches("", [release({ name: "eks/aws-vpc-cni", values: aws, others: null })])).toEqual([
      [`enableNetworkPolicy ${of} (chart aws-vpc-cni)`, "true", 1, 0, ""],
    ]);
  });

  test("of those elsewhere it is only known whether they are the same", () => {
    expect(switches("", [release({ name: "cilium", values: {}, others: "0123" })])).toEqual([
      [`values ${of} (chart cilium) from other files`, "0123", null, null, ""],
    ]);
    expect(switches("", [release({ name: "grafana", values: {}, others: "0123" })])).toEqual([]);
  });

  test("a chart of this tree that wraps one from elsewhere is known by what was not read", () => {
    const wrapper = target({
      id: "network",
      source: { kind: "helm", request: { chart: "platform/cilium", releaseName: "network" } },
    });
    const inputs = policyInputs("kubernetes", []);
    const missing = unknown({ target: "network", digest: "01" });
    const found = enforcementSwitches(environment([wrapper]), { inputs, unknowns: [missing] });
    expect(found).toMatchObject([
      { name: "what target network (chart cilium) renders to", value: "01", level: null, unset: null },
    ]);
    expect(enforcementSwitches(environment([wrapper]), { inputs, unknowns: [] })).toEqual([]);
  });

  test("what k3s installs", () => {
    const text = `
apiVersion: helm.cattle.io/v1
kind: HelmChartConfig
metadata: {name: rke2-cilium, namespace: kube-system}
spec:
  valuesContent: |-
    policyAuditMode: true
`;
    expect(switches(text)).toEqual([
      [
        "policyAuditMode of HelmChartConfig kube-system/rke2-cilium (chart rke2-cilium)",
        "true",
        0,
        1,
        "/spec/valuesContent",
      ],
    ]);
  });
});
