import { isObject, type JsonObject, ownField } from "../schema/decode.ts";
import { isPolicyKindName } from "../unmodelled/policy-kinds.ts";
import { fieldList, fieldObject, type GeneratorEffect } from "./generator-effect.ts";

/**
 * Kyverno deletes what these match, on a schedule: kyverno.io (Cluster)CleanupPolicy and policies.kyverno.io
 * (Namespaced)DeletingPolicy (kyverno/kyverno, api/v2/cleanup_policy_types.go, api/policies.kyverno.io). A deny that goes
 * opens.
 */
export function cleanup(object: JsonObject, group: string): GeneratorEffect | null {
  const kind = String(ownField(object, "kind"));
  const spec = fieldObject(object, "spec");
  const kinds =
    group === "kyverno.io" && /^(Cluster)?CleanupPolicy$/.test(kind)
      ? matchedKinds(spec)
      : group === "policies.kyverno.io" && /^(Namespaced)?DeletingPolicy$/.test(kind)
        ? matchedResources(spec)
        : [];
  const policies = kinds?.filter(isPolicyKindName) ?? null;
  if (policies?.length === 0) return null;
  const everywhere = kind === "ClusterCleanupPolicy" || kind === "DeletingPolicy";
  const detail = `deletes ${policies?.join(", ") ?? "objects"}`;
  return { detail, everywhere, namespaces: null, kinds: policies };
}

/** null = any kind: one is not literal, or a wildcard. */
function matchedKinds(spec: JsonObject | null): readonly string[] | null {
  const match = fieldObject(spec, "match");
  const filters = [...fieldList(match, "any"), ...fieldList(match, "all")].filter(isObject);
  const kinds = filters.flatMap((filter) => fieldList(fieldObject(filter, "resources"), "kinds"));
  const names = kinds.map((one) => /(?:^|\/)([A-Za-z]+)$/.exec(String(one))?.[1] ?? null);
  return names.includes(null) ? null : names.filter((one) => one !== null);
}

/** Resources are plural and in lower case: "networkpolicies". */
function matchedResources(spec: JsonObject | null): readonly string[] | null {
  const rules = fieldList(fieldObject(spec, "matchConstraints"), "resourceRules").filter(isObject);
  const resources = rules.flatMap((rule) => fieldList(rule, "resources")).map(String);
  if (resources.some((one) => one.includes("*"))) return null;
  return resources.filter((one) => /networkpolic|egressfirewall/i.test(one)).map(() => "NetworkPolicy");
}
