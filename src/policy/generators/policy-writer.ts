import { isObject, type JsonObject, nested, ownField } from "../schema/decode.ts";
import { fieldList, fieldObject, type GeneratorEffect, merged, mutation } from "./generator-effect.ts";

/** Resources that an operator turns into policies, or into labels of pods; null = no such. */
export function policyWriter(object: JsonObject, group: string): GeneratorEffect | null {
  const name = `${group}/${String(ownField(object, "kind"))}`;
  return Object.hasOwn(WRITERS, name) ? (WRITERS[name]?.(object) ?? null) : null;
}

const WRITERS: Readonly<Record<string, (object: JsonObject) => GeneratorEffect | null>> = {
  // otterize/intents-operator: policies of the namespace's clients from what they say they call
  "k8s.otterize.com/ClientIntents": writesNetworkPolicies,
  // nais/naiserator: policies from spec.accessPolicy
  "nais.io/Application": writesNetworkPolicies,
  "nais.io/Naisjob": writesNetworkPolicies,
  // kubeflow/kubeflow, admission-webhook: labels for the pods that it selects
  "kubeflow.org/PodDefault": (object) =>
    nested(object, "spec", "labels") === null
      ? null
      : { detail: "labels pods that it selects", namespaces: null, kinds: ["Pod"] },
  // karmada-io/karmada: changes to objects on their way to member clusters
  "policy.karmada.io/OverridePolicy": overrides,
  "policy.karmada.io/ClusterOverridePolicy": overrides,
  // kubernetes-sigs/hierarchical-namespaces: which kinds are copied to namespaces below (roles alone by default)
  "hnc.x-k8s.io/HNCConfiguration": propagates,
};

function writesNetworkPolicies(): GeneratorEffect {
  return { detail: "writes network policies", namespaces: null, kinds: ["NetworkPolicy"] };
}

function overrides(object: JsonObject): GeneratorEffect | null {
  const selectors = fieldList(fieldObject(object, "spec"), "resourceSelectors").filter(isObject);
  const kinds = selectors.map((one) => String(ownField(one, "kind")));
  const text = JSON.stringify(ownField(object, "spec") ?? {});
  return merged(mutation(kinds.length === 0 ? null : kinds, text, "an override"));
}

function propagates(object: JsonObject): GeneratorEffect | null {
  const copied = fieldList(fieldObject(object, "spec"), "resources")
    .filter(isObject)
    .some((one) => /polic/i.test(String(ownField(one, "resource"))) && ownField(one, "mode") !== "Ignore");
  return copied
    ? {
        detail: "copies policies to namespaces below",
        everywhere: true,
        namespaces: null,
        kinds: ["NetworkPolicy"],
      }
    : null;
}
