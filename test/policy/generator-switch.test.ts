import { describe, expect, test } from "@jest/globals";
import { manifest } from "../render/manifest.ts";
import { read, unknownIn } from "./read-policy.ts";

const object = (apiVersion: string, kind: string, name: string, spec: string) =>
  manifest(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: ${spec}\n`);

const LABELS = object(
  "admissionregistration.k8s.io/v1beta1",
  "MutatingAdmissionPolicy",
  "labels",
  "{mutations: [{applyConfiguration: {expression: 'Object{metadata: Object.metadata{labels: {}}}'}}]}",
);
const TOLERATIONS = object(
  "admissionregistration.k8s.io/v1beta1",
  "MutatingAdmissionPolicy",
  "tolerations",
  "{mutations: [{jsonPatch: {expression: tolerations}}]}",
);
const binding = (policyName: string) =>
  object(
    "admissionregistration.k8s.io/v1beta1",
    "MutatingAdmissionPolicyBinding",
    "binding",
    `{policyName: ${policyName}}`,
  );

describe("what switches a generator on or off is one, if what it names matters", () => {
  test("the binding of a mutating policy: without it the policy does nothing", () => {
    expect(unknownIn(read(binding("labels"), "kubernetes", [LABELS, TOLERATIONS])).code).toBe("generator");
    expect(read(binding("tolerations"), "kubernetes", [LABELS, TOLERATIONS])).toBeNull();
    expect(unknownIn(read(binding("elsewhere"), "kubernetes", [LABELS])).detail).toContain("not in Git");
  });

  test("an exception to a Kyverno rule that generates denies", () => {
    const rule = object(
      "kyverno.io/v1",
      "ClusterPolicy",
      "deny",
      "{rules: [{name: deny, generate: {kind: NetworkPolicy, name: deny, data: {spec: {podSelector: {}, policyTypes: [Egress]}}}}]}",
    );
    const validation = object(
      "kyverno.io/v1",
      "ClusterPolicy",
      "signed",
      "{rules: [{name: a, validate: {}}]}",
    );
    const exception = (policyName: string) =>
      object(
        "kyverno.io/v2",
        "PolicyException",
        "one",
        `{exceptions: [{policyName: ${policyName}, ruleNames: [deny]}]}`,
      );
    expect(unknownIn(read(exception("deny"), "kubernetes", [rule, validation]))).toMatchObject({
      code: "generator",
      bound: { kinds: ["NetworkPolicy"] },
    });
    expect(read(exception("elsewhere"), "kubernetes", [rule])).toBeNull();
    const ofNamespaces = object(
      "kyverno.io/v2",
      "PolicyException",
      "one",
      "{match: {any: [{resources: {kinds: [Namespace]}}]}, exceptions: [{policyName: elsewhere, ruleNames: [deny]}]}",
    );
    expect(unknownIn(read(ofNamespaces, "kubernetes", [rule])).detail).toContain("not in Git");
    expect(read(exception("signed"), "kubernetes", [rule, validation])).toBeNull();
  });

  test("which namespaces hang below which, where policies are copied down", () => {
    const anchor = object("hnc.x-k8s.io/v1alpha2", "SubnamespaceAnchor", "team", "{}");
    const copies = (resource: string) =>
      object(
        "hnc.x-k8s.io/v1alpha2",
        "HNCConfiguration",
        "config",
        `{resources: [{resource: ${resource}, mode: Propagate}]}`,
      );
    expect(unknownIn(read(anchor, "kubernetes", [copies("networkpolicies")])).bound).toEqual({
      namespaces: null,
      kinds: ["NetworkPolicy"],
    });
    expect(read(anchor, "kubernetes", [copies("secrets")])).toBeNull();
    expect(read(anchor)).toBeNull();
  });
});
