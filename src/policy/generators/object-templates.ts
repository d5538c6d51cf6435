import { isObject, type JsonObject, nested, ownField } from "../schema/decode.ts";
import { canMatter, type GeneratorEffect } from "./generator-effect.ts";

/**
 * Operators that write into the cluster, or into others, the objects that stand in their resources as templates, by
 * "group/Kind". Only the kinds of those objects are known: names, namespaces and times are the operator's.
 */
const HOLDERS: ReadonlySet<string> = new Set([
  // open-cluster-management-io/config-policy-controller: object-templates, in a Policy or alone
  "policy.open-cluster-management.io/Policy",
  "policy.open-cluster-management.io/ConfigurationPolicy",
  // redhat-cop/namespace-configuration-operator: templates of objects for namespaces, groups and users
  "redhatcop.redhat.io/NamespaceConfig",
  "redhatcop.redhat.io/GroupConfig",
  "redhatcop.redhat.io/UserConfig",
  // projectcapsule/capsule: objects for every namespace of a tenant
  "capsule.clastix.io/TenantResource",
  "capsule.clastix.io/GlobalTenantResource",
  // crossplane/crossplane and kubernetes-sigs/kro: what a claim is made of
  "apiextensions.crossplane.io/Composition",
  "kro.run/ResourceGraphDefinition",
  // stakater/multi-tenant-operator: templates for the namespaces of tenants
  "tenantoperator.stakater.com/Template",
]);

export function objectTemplates(object: JsonObject, group: string): GeneratorEffect | null {
  if (!HOLDERS.has(`${group}/${String(ownField(object, "kind"))}`)) return null;
  if (reportsOnly(object)) return null;
  const { apiVersion: _, kind: __, metadata: ___, ...content } = object;
  const found = kindsWithin(content);
  const kinds = found.includes(null) ? null : [...new Set(found.filter((one) => one !== null))].sort();
  if (kinds !== null && !kinds.some(canMatter)) return null;
  return {
    detail: `writes ${kinds?.join(", ") ?? "objects"}`,
    everywhere: true,
    namespaces: null,
    kinds: kinds?.filter(canMatter) ?? null,
  };
}

/** Of policy.open-cluster-management.io: what differs is reported and nothing is written. */
function reportsOnly(object: JsonObject): boolean {
  const action = nested(object, "spec")?.["remediationAction"];
  return typeof action === "string" && action.toLowerCase() === "inform";
}

/** Kinds of objects that stand in a value, as such or as text; null among them = one that is filled in later. */
function kindsWithin(value: unknown): readonly (string | null)[] {
  if (typeof value === "string") return kindsInText(value);
  if (Array.isArray(value)) return value.flatMap(kindsWithin);
  if (!isObject(value)) return [];
  const kind = ownField(value, "kind");
  const own =
    typeof kind === "string" && typeof ownField(value, "apiVersion") === "string" ? [kindName(kind)] : [];
  return [...own, ...Object.values(value).flatMap(kindsWithin)];
}

function kindsInText(text: string): readonly (string | null)[] {
  return [...text.matchAll(/^[ \t]*(?:-[ \t]+)?["']?kind["']?[ \t]*:[ \t]*["']?([^"'\s,}]+)/gm)].map(
    ([, kind = ""]) => kindName(kind),
  );
}

function kindName(kind: string): string | null {
  return /^[A-Za-z][A-Za-z0-9]*$/.test(kind) ? kind : null;
}
