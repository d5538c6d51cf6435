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
    ["cilium.io/v2", "CiliumNetworkPolicy", ["shop"]],
    ["cilium.io/v2", "CiliumClusterwideNetworkPolicy", null],
    ["projectcalico.org/v3", "NetworkPolicy", ["shop"]],
    ["projectcalico.org/v3", "GlobalNetworkPolicy", null],
    ["crd.projectcalico.org/v1", "GlobalNetworkSet", null],
    ["kubeovn.io/v1", "Subnet", null],
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

  test("selector keys stand literally, without Cilium's label source", () => {
    const text = `
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: one}
specs:
- endpointSelector: {matchLabels: {"k8s:app": web}, matchExpressions: [{key: "any:tier", operator: Exists}]}
`;
    expect(unknownOf(text)?.selectorKeys).toEqual(["app", "tier"]);
    const calico =
      "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: one}\nspec: {selector: a == 'b'}\n";
    expect(unknownOf(calico)?.selectorKeys).toBeNull();
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
});
