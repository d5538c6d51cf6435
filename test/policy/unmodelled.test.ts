import { describe, expect, test } from "@jest/globals";
import { manifest } from "../render/manifest.ts";
import { read, unknownIn } from "./read-policy.ts";

function unknownOf(text: string) {
  const reading = read(manifest(text));
  return reading === null ? null : unknownIn(reading);
}

describe("policies of groups that no dialect models", () => {
  test.each([
    ["policy.networking.k8s.io/v1beta1", "ClusterNetworkPolicy", null],
    ["networking.gke.io/v1alpha1", "FQDNNetworkPolicy", ["shop"]],
  ])("%s %s is unknown in %j", (apiVersion, kind, namespaces) => {
    expect(
      unknownOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\nspec: {}\n`),
    ).toMatchObject({
      code: "unmodelled-policy",
      bound: { namespaces, kinds: [kind] },
      content: "tree",
    });
  });

  test.each<[string, string, string, readonly string[] | null]>([
    ["kubeovn.io/v1", "Subnet", "{acls: [{action: drop}]}", null],
    ["kubeovn.io/v1", "Subnet", "{private: true}", null],
    ["kubeovn.io/v1", "SecurityGroup", "{egressRules: []}", null],
    ["kubeovn.io/v1", "Vpc", "{policyRoutes: [{action: drop, match: ip4}]}", null],
    ["k8s.ovn.org/v1", "UserDefinedNetwork", "{topology: Layer3, layer3: {role: Primary}}", ["shop"]],
    ["k8s.ovn.org/v1", "ClusterUserDefinedNetwork", "{network: {layer2: {role: Primary}}}", null],
    [
      "cilium.io/v1alpha1",
      "TracingPolicy",
      "{kprobes: [{selectors: [{matchActions: [{action: Sigkill}]}]}]}",
      null,
    ],
    ["vpcresources.k8s.aws/v1beta1", "SecurityGroupPolicy", "{podSelector: {}}", ["shop"]],
    ["networking.k8s.aws/v1alpha1", "ApplicationNetworkPolicy", "{podSelector: {}}", ["shop"]],
    ["networking.k8s.aws/v1alpha1", "ClusterNetworkPolicy", "{tier: Admin}", null],
    ["networking.k8s.aws/v1alpha1", "PolicyEndpoint", "{egress: []}", ["shop"]],
    ["crd.k8s.amazonaws.com/v1alpha1", "ENIConfig", "{securityGroups: [sg-1]}", null],
    ["eks.amazonaws.com/v1", "NodeClass", "{networkPolicy: DefaultDeny}", null],
    ["network.alibabacloud.com/v1beta1", "PodNetworking", "{securityGroupIDs: [sg-1]}", null],
    ["crd.yangtse.cni/v1", "SecurityGroup", "{podSelector: {}}", ["shop"]],
    ["crd.nsx.vmware.com/v1alpha1", "SecurityPolicy", "{rules: []}", ["shop"]],
    ["core.contrail.juniper.net/v1", "FirewallPolicy", "{}", null],
    ["neuvector.com/v1", "NvSecurityRule", "{egress: []}", ["shop"]],
    ["neuvector.com/v1", "NvClusterSecurityRule", "{egress: []}", null],
    [
      "security.kubearmor.com/v1",
      "KubeArmorPolicy",
      "{network: {matchProtocols: [{protocol: tcp}]}}",
      ["shop"],
    ],
    ["policy.linkerd.io/v1alpha1", "EgressNetwork", "{trafficPolicy: Deny}", ["shop"]],
    ["kuma.io/v1alpha1", "MeshPassthrough", "{default: {passthroughMode: None}}", ["shop"]],
    ["kuma.io/v1alpha1", "Mesh", "{networking: {outbound: {passthrough: false}}}", null],
    ["consul.hashicorp.com/v1alpha1", "Mesh", "{transparentProxy: {meshDestinationsOnly: true}}", null],
    ["isovalent.com/v1", "IsovalentClusterwideNetworkPolicy", "{}", null],
    ["project.cattle.io/v3", "ProjectNetworkPolicy", "{}", ["shop"]],
    ["vendor.example.com/v1", "GlobalNetworkPolicy", "{}", null],
  ])("%s %s %s is unknown in %j", (apiVersion, kind, spec, namespaces) => {
    expect(
      unknownOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\nspec: ${spec}\n`),
    ).toMatchObject({ code: "unmodelled-policy", bound: { namespaces, kinds: [kind] }, content: "tree" });
  });

  test.each([
    // Nothing that guards in it
    ["kubeovn.io/v1", "Subnet", "{cidrBlock: 10.16.0.0/16}"],
    ["kubeovn.io/v1", "Vpc", "{policyRoutes: [{action: reroute}]}"],
    ["k8s.ovn.org/v1", "UserDefinedNetwork", "{topology: Layer2, layer2: {role: Secondary}}"],
    ["cilium.io/v1alpha1", "TracingPolicy", "{kprobes: [{selectors: [{matchActions: [{action: Post}]}]}]}"],
    ["crd.k8s.amazonaws.com/v1alpha1", "ENIConfig", "{subnet: subnet-1}"],
    ["eks.amazonaws.com/v1", "NodeClass", "{role: node}"],
    ["network.alibabacloud.com/v1beta1", "PodNetworking", "{vSwitchOptions: [vsw-1]}"],
    ["security.kubearmor.com/v1", "KubeArmorPolicy", "{process: {matchPaths: []}}"],
    ["policy.linkerd.io/v1alpha1", "EgressNetwork", "{trafficPolicy: Allow}"],
    ["kuma.io/v1alpha1", "MeshPassthrough", "{default: {passthroughMode: All}}"],
    // Which way, from which address or how fast, not whether
    ["cilium.io/v2", "CiliumLocalRedirectPolicy", "{}"],
    ["cilium.io/v2", "CiliumEgressGatewayPolicy", "{}"],
    ["k8s.ovn.org/v1", "EgressIP", "{}"],
    ["k8s.ovn.org/v1", "EgressQoS", "{}"],
    ["k8s.ovn.org/v1", "AdminPolicyBasedExternalRoute", "{}"],
    ["crd.antrea.io/v1beta1", "Egress", "{}"],
    ["crd.antrea.io/v1alpha1", "BGPPolicy", "{}"],
    ["kubeovn.io/v1", "QoSPolicy", "{}"],
    ["kubeovn.io/v1", "VpcEgressGateway", "{}"],
    ["projectcalico.org/v3", "EgressGatewayPolicy", "{}"],
    ["networking.gke.io/v1", "HealthCheckPolicy", "{}"],
    // Decided at the destination
    ["policy.linkerd.io/v1beta3", "ServerAuthorization", "{}"],
    ["policy.linkerd.io/v1alpha1", "AuthorizationPolicy", "{}"],
    ["kuma.io/v1alpha1", "MeshTrafficPermission", "{}"],
    ["kuma.io/v1alpha1", "MeshRetry", "{}"],
    ["consul.hashicorp.com/v1alpha1", "ServiceIntentions", "{}"],
    // Other objects of a product
    ["neuvector.com/v1", "NvAdmissionControlSecurityRule", "{}"],
    ["neuvector.com/v1", "NvDlpSecurityRule", "{}"],
    ["security.kubearmor.com/v1", "KubeArmorHostPolicy", "{network: {matchProtocols: []}}"],
    ["vpcresources.k8s.aws/v1alpha1", "CNINode", "{}"],
    ["policy.karmada.io/v1alpha1", "PropagationPolicy", "{}"],
  ])("%s %s %s is none", (apiVersion, kind, spec) => {
    expect(
      unknownOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\nspec: ${spec}\n`),
    ).toBeNull();
  });

  test("the namespace of a mesh's own objects reaches every other", () => {
    const text = (namespace: string) =>
      `apiVersion: policy.linkerd.io/v1alpha1\nkind: EgressNetwork\nmetadata: {name: one, namespace: ${namespace}}\nspec: {trafficPolicy: Deny}\n`;
    expect(unknownOf(text("linkerd-egress"))?.bound.namespaces).toBeNull();
    expect(unknownOf(text("egress"))?.bound.namespaces).toEqual(["egress"]);
  });

  test("the annotation that isolated namespaces before NetworkPolicy said nothing of egress; else it is unknown", () => {
    const namespace = (value: string) =>
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: legacy, annotations: {net.beta.kubernetes.io/network-policy: '${value}'}}\n`;
    expect(unknownOf(namespace('{"ingress": {"isolation": "DefaultDeny"}}'))).toBeNull();
    for (const value of ['{"egress": {"isolation": "DefaultDeny"}}', "not JSON"]) {
      expect(unknownOf(namespace(value))).toMatchObject({
        code: "unmodelled-policy",
        bound: { namespaces: ["legacy"], kinds: ["NetworkPolicy"] },
      });
    }
    expect(unknownOf("apiVersion: v1\nkind: Namespace\nmetadata: {name: legacy}\n")).toBeNull();
  });

  test.each([
    ["cilium.io/v2", "CiliumEgressGatewayPolicy"],
    ["projectcalico.org/v3", "StagedNetworkPolicy"],
    ["k8s.cni.cncf.io/v1beta1", "MultiNetworkPolicy"],
    ["networking.istio.io/v1", "Sidecar"],
    ["security.istio.io/v1", "AuthorizationPolicy"],
    ["policy.linkerd.io/v1beta3", "Server"],
    ["policy/v1", "PodDisruptionBudget"],
    ["v1", "ConfigMap"],
  ])("%s %s is none", (apiVersion, kind) => {
    expect(unknownOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\n`)).toBeNull();
  });

  test("selector keys stand literally", () => {
    const text = `
apiVersion: networking.gke.io/v1alpha1
kind: FQDNNetworkPolicy
metadata: {name: one}
spec:
  podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}
`;
    expect(unknownOf(text)?.selectorKeys).toEqual(["app", "tier"]);
  });
});

describe("generators", () => {
  const kyverno = (rule: string) =>
    `apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: one}\nspec:\n  rules:\n  - name: r\n${rule.replaceAll(/^/gm, "    ")}\n`;
  const generate = (data: string) =>
    kyverno(`generate:
  apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  name: default-deny
  namespace: "{{request.object.metadata.name}}"
  data:
    spec: ${data}`);

  test.each([
    ["with Egress", generate("{podSelector: {}, policyTypes: [Egress]}"), ["NetworkPolicy"]],
    ["without types, with egress rules", generate("{egress: [{}]}"), ["NetworkPolicy"]],
    ["templated", generate('{policyTypes: "{{ types }}"}'), ["NetworkPolicy"]],
    [
      "cloned",
      kyverno("generate: {kind: NetworkPolicy, name: x, clone: {namespace: a, name: b}}"),
      ["NetworkPolicy"],
    ],
    ["of a templated kind", kyverno('generate: {kind: "{{ kind }}", name: x, data: {}}'), null],
    [
      "of a list",
      kyverno("generate: {cloneList: {kinds: [v1/Secret, networking.k8s.io/v1/NetworkPolicy]}}"),
      ["NetworkPolicy", "Secret"],
    ],
  ])("Kyverno generates a policy %s", (_, text, kinds) => {
    const result = unknownOf(text);
    expect(result).toMatchObject({ code: "generator", bound: { namespaces: null } });
    expect(result?.bound.kinds === null ? null : [...(result?.bound.kinds ?? [])].sort()).toEqual(kinds);
  });

  test.each([
    [
      "a literal policy without an egress part",
      generate("{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}"),
    ],
    ["a Secret", kyverno("generate: {kind: Secret, name: x, clone: {namespace: a, name: b}}")],
    ["validation", kyverno("validate: {message: no, pattern: {spec: {hostNetwork: false}}}")],
    [
      "a mutation of security contexts",
      kyverno(
        "match: {any: [{resources: {kinds: [Pod]}}]}\nmutate: {patchStrategicMerge: {spec: {securityContext: {runAsNonRoot: true}}}}",
      ),
    ],
  ])("%s decides nothing", (_, text) => {
    expect(unknownOf(text)).toBeNull();
  });

  test.each([
    [
      "labels of pods",
      kyverno(
        "match: {any: [{resources: {kinds: [Pod]}}]}\nmutate: {patchStrategicMerge: {metadata: {labels: {internet: 'true'}}}}",
      ),
      ["Pod"],
    ],
    [
      "policies",
      kyverno(
        "match: {resources: {kinds: [networking.k8s.io/v1/NetworkPolicy]}}\nmutate: {patchesJson6902: x}",
      ),
      ["NetworkPolicy"],
    ],
  ])("a mutation of %s counts", (_, text, kinds) => {
    expect(unknownOf(text)).toMatchObject({ code: "generator", bound: { kinds } });
  });

  test("a GeneratingPolicy whose expressions name a policy counts, one that copies secrets does not", () => {
    const text = (expression: string) =>
      `apiVersion: policies.kyverno.io/v1alpha1\nkind: GeneratingPolicy\nmetadata: {name: one}\nspec:\n  generate:\n  - expression: ${JSON.stringify(expression)}\n`;
    expect(unknownOf(text('generator.Apply(ns, [{"kind": dyn("NetworkPolicy")}])'))?.code).toBe("generator");
    expect(unknownOf(text('generator.Apply(ns, [resource.Get("v1", "secrets", "a", "b")])'))).toBeNull();
  });

  const spec = (apiVersion: string, kind: string, text: string) =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\nspec:\n${text.replaceAll(/^/gm, "  ")}\n`;
  const policyObject = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}}";

  test.each<[string, string, readonly string[] | null, readonly string[] | null]>([
    [
      "Gatekeeper sets a label of pods",
      spec(
        "mutations.gatekeeper.sh/v1",
        "AssignMetadata",
        "match: {kinds: [{apiGroups: ['*'], kinds: [Pod]}]}\nlocation: metadata.labels.internet",
      ),
      null,
      ["Pod"],
    ],
    [
      "Gatekeeper sets the host network of anything",
      spec("mutations.gatekeeper.sh/v1", "Assign", "location: spec.hostNetwork"),
      null,
      null,
    ],
    [
      "Kyverno deletes policies",
      spec(
        "kyverno.io/v2",
        "ClusterCleanupPolicy",
        "match: {any: [{resources: {kinds: [networking.k8s.io/v1/NetworkPolicy, Pod]}}]}",
      ),
      null,
      ["NetworkPolicy"],
    ],
    [
      "Kyverno deletes anything",
      spec("kyverno.io/v2", "ClusterCleanupPolicy", "match: {any: [{resources: {kinds: ['*']}}]}"),
      null,
      null,
    ],
    [
      "a DeletingPolicy of policies",
      spec(
        "policies.kyverno.io/v1alpha1",
        "DeletingPolicy",
        "matchConstraints: {resourceRules: [{resources: [networkpolicies]}]}",
      ),
      null,
      ["NetworkPolicy"],
    ],
    [
      "Open Cluster Management enforces a policy",
      spec(
        "policy.open-cluster-management.io/v1",
        "Policy",
        `remediationAction: enforce\npolicy-templates: [{objectDefinition: {apiVersion: policy.open-cluster-management.io/v1, kind: ConfigurationPolicy, spec: {object-templates: [{objectDefinition: ${policyObject}}]}}}]`,
      ),
      null,
      ["ConfigurationPolicy", "NetworkPolicy"],
    ],
    [
      "a NamespaceConfig of templates as text",
      spec(
        "redhatcop.redhat.io/v1alpha1",
        "NamespaceConfig",
        "templates:\n- objectTemplate: |\n    apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy",
      ),
      null,
      ["NetworkPolicy"],
    ],
    [
      "Capsule copies objects into namespaces",
      spec(
        "capsule.clastix.io/v1beta2",
        "GlobalTenantResource",
        `resources: [{rawItems: [${policyObject}]}]`,
      ),
      null,
      ["NetworkPolicy"],
    ],
    [
      "a Composition makes policies",
      spec(
        "apiextensions.crossplane.io/v1",
        "Composition",
        `resources: [{name: deny, base: ${policyObject}}]`,
      ),
      null,
      ["NetworkPolicy"],
    ],
    [
      "a template of a kind that is filled in",
      spec(
        "kro.run/v1alpha1",
        "ResourceGraphDefinition",
        "resources: [{template: {apiVersion: v1, kind: '{{ kind }}'}}]",
      ),
      null,
      null,
    ],
    [
      "Otterize writes policies for those who call",
      spec("k8s.otterize.com/v2alpha1", "ClientIntents", "workload: {name: web}"),
      ["shop"],
      ["NetworkPolicy"],
    ],
    [
      "a PodDefault labels pods",
      spec("kubeflow.org/v1alpha1", "PodDefault", "selector: {}\nlabels: {internet: 'true'}"),
      ["shop"],
      ["Pod"],
    ],
    [
      "Karmada overrides policies",
      spec(
        "policy.karmada.io/v1alpha1",
        "OverridePolicy",
        "resourceSelectors: [{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}]",
      ),
      ["shop"],
      ["NetworkPolicy"],
    ],
    [
      "hierarchical namespaces copy policies",
      spec(
        "hnc.x-k8s.io/v1alpha2",
        "HNCConfiguration",
        "resources: [{group: networking.k8s.io, resource: networkpolicies, mode: Propagate}]",
      ),
      null,
      ["NetworkPolicy"],
    ],
  ])("%s", (_, text, namespaces, kinds) => {
    expect(unknownOf(text)).toMatchObject({ code: "generator", bound: { namespaces, kinds } });
  });

  test.each([
    [
      "Gatekeeper sets an image",
      spec("mutations.gatekeeper.sh/v1alpha1", "AssignImage", "location: spec.containers"),
    ],
    [
      "Gatekeeper sets an annotation",
      spec(
        "mutations.gatekeeper.sh/v1",
        "AssignMetadata",
        "match: {kinds: [{kinds: [Pod]}]}\nlocation: metadata.annotations.owner",
      ),
    ],
    [
      "Kyverno deletes old Jobs",
      spec("kyverno.io/v2", "CleanupPolicy", "match: {any: [{resources: {kinds: [Job]}}]}"),
    ],
    [
      "Open Cluster Management reports",
      spec(
        "policy.open-cluster-management.io/v1",
        "ConfigurationPolicy",
        `remediationAction: inform\nobject-templates: [{objectDefinition: ${policyObject}}]`,
      ),
    ],
    [
      "a Composition of buckets' secrets",
      spec(
        "apiextensions.crossplane.io/v1",
        "Composition",
        "resources: [{base: {apiVersion: v1, kind: Secret}}]",
      ),
    ],
    ["a PodDefault of variables", spec("kubeflow.org/v1alpha1", "PodDefault", "selector: {}\nenv: []")],
    [
      "hierarchical namespaces copy roles",
      spec("hnc.x-k8s.io/v1alpha2", "HNCConfiguration", "resources: [{resource: secrets, mode: Propagate}]"),
    ],
  ])("%s: decides nothing", (_, text) => {
    expect(unknownOf(text)).toBeNull();
  });
});
