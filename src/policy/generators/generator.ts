import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import { isObject, type JsonObject, ownField } from "../schema/decode.ts";
import { cleanup } from "./cleanup-policy.ts";
import { gatekeeperMutation } from "./gatekeeper-mutation.ts";
import {
  canMatter,
  fieldList,
  fieldObject,
  type GeneratorEffect,
  isLiteral,
  merged,
  mutation,
} from "./generator-effect.ts";
import { objectTemplates } from "./object-templates.ts";
import { policyWriter } from "./policy-writer.ts";

/**
 * Objects that make the cluster write or change policies, labels or pods at run time. They are no policies: each counts as
 * a possible isolator of what it matches (design section 5, "Generators"; threat T15), unless what it makes is literal and
 * cannot restrict egress.
 */
export function generator(manifest: Manifest, group: string): ObjectUnknown | null {
  const effect = effectOf(manifest.object, group, manifest.object.kind);
  if (effect === null) return null;
  return objectUnknown(manifest, "generator", {
    detail: effect.detail,
    pointer: "",
    bound: {
      namespaces:
        manifest.namespace !== null && effect.everywhere !== true ? [manifest.namespace] : effect.namespaces,
      kinds: effect.kinds,
    },
    selectorKeys: null,
  });
}

function effectOf(object: JsonObject, group: string, kind: string): GeneratorEffect | null {
  if (group === "kyverno.io" && (kind === "ClusterPolicy" || kind === "Policy")) return kyvernoRules(object);
  if (group === "policies.kyverno.io" && /^(Namespaced)?GeneratingPolicy$/.test(kind))
    return expressionGenerator(object);
  if (group === "policies.kyverno.io" && /^(Namespaced)?MutatingPolicy$/.test(kind))
    return expressionMutator(object);
  if (group === "admissionregistration.k8s.io" && kind === "MutatingAdmissionPolicy")
    return expressionMutator(object);
  if (group === "mutations.gatekeeper.sh") return gatekeeperMutation(object);
  if (group === "capsule.clastix.io" && kind === "Tenant") return capsuleTenant(object);
  return cleanup(object, group) ?? objectTemplates(object, group) ?? policyWriter(object, group);
}

/** kyverno.io/v1 rules: `generate` writes objects, `mutate` changes those that it matches. */
function kyvernoRules(object: JsonObject): GeneratorEffect | null {
  const spec = fieldObject(object, "spec");
  const rules = fieldList(spec, "rules").filter(isObject);
  const effects = rules.flatMap((rule) => [...generateRule(rule), ...mutateRule(rule)]);
  return merged(effects);
}

function generateRule(rule: JsonObject): readonly GeneratorEffect[] {
  const generate = ownField(rule, "generate");
  if (!isObject(generate)) return [];
  const each = fieldList(generate, "foreach").filter(isObject);
  const targets = each.length > 0 ? each : [generate];
  return targets.flatMap((target) => generatedObject(target, ruleName(rule)) ?? []);
}

function generatedObject(target: JsonObject, name: string): GeneratorEffect | null {
  const detail = `rule ${name} generates`;
  const kinds = generatedKinds(target);
  if (kinds !== null && !kinds.some(canMatter)) return null;
  const data = ownField(target, "data");
  if (kinds?.every((kind) => kind === "NetworkPolicy") === true && isLiteral(data) && !hasEgressPart(data))
    return null;
  return {
    detail: `${detail} ${kinds?.join(", ") ?? "objects"}`,
    namespaces: literalNamespace(target),
    kinds,
  };
}

/** null = not literal. `cloneList` copies kinds written "networking.k8s.io/v1/NetworkPolicy". */
function generatedKinds(target: JsonObject): readonly string[] | null {
  const cloned = fieldObject(target, "cloneList");
  const written = cloned === null ? [ownField(target, "kind")] : fieldList(cloned, "kinds");
  const kinds = written.map((kind) =>
    typeof kind === "string" && isLiteral(kind) ? kind.slice(kind.lastIndexOf("/") + 1) : null,
  );
  return kinds.length === 0 || kinds.includes(null) ? null : kinds.filter((kind) => kind !== null);
}

function literalNamespace(target: JsonObject): readonly string[] | null {
  const namespace = ownField(target, "namespace");
  return typeof namespace === "string" && isLiteral(namespace) ? [namespace] : null;
}

/** A NetworkPolicy that never isolates egress: types without Egress, or no types and no egress rules. */
function hasEgressPart(data: unknown): boolean {
  const spec = isObject(data) ? ownField(data, "spec") : undefined;
  if (!isObject(spec)) return false;
  const types = fieldList(spec, "policyTypes");
  return types.length > 0 ? types.includes("Egress") : fieldList(spec, "egress").length > 0;
}

function mutateRule(rule: JsonObject): readonly GeneratorEffect[] {
  const mutate = ownField(rule, "mutate");
  if (!isObject(mutate)) return [];
  const existing = fieldList(mutate, "targets").filter(isObject);
  const kinds = existing.length > 0 ? literalKinds(existing) : matchedKinds(rule);
  return mutation(kinds, JSON.stringify(mutate), `rule ${ruleName(rule)}`);
}

function matchedKinds(rule: JsonObject): readonly string[] | null {
  const match = fieldObject(rule, "match");
  if (match === null) return null;
  const filters = [match, ...fieldList(match, "any"), ...fieldList(match, "all")].filter(isObject);
  const kinds = filters.flatMap((filter) => fieldList(fieldObject(filter, "resources"), "kinds"));
  const names = kinds.map((kind) => (typeof kind === "string" ? kindName(kind) : null));
  return names.length === 0 || names.includes(null) ? null : names.filter((name) => name !== null);
}

/** Kyverno writes "Pod", "apps/v1/Deployment", "v1/Pod.status"; a wildcard is no name. */
function kindName(text: string): string | null {
  const name = text.slice(text.lastIndexOf("/") + 1).replace(/\..*$/, "");
  return /^[A-Za-z]+$/.test(name) ? name : null;
}

function literalKinds(objects: readonly JsonObject[]): readonly string[] | null {
  const kinds = objects.map((object) => ownField(object, "kind"));
  const names = kinds.map((kind) => (typeof kind === "string" ? kindName(kind) : null));
  return names.includes(null) ? null : names.filter((name) => name !== null);
}

/** policies.kyverno.io: objects are written in CEL. Text that names no kind of policy cannot write one. */
function expressionGenerator(object: JsonObject): GeneratorEffect | null {
  const text = JSON.stringify(ownField(object, "spec") ?? {});
  if (!/polic|firewall|securitygroup/i.test(text)) return null;
  return { detail: "generates objects by expressions", namespaces: null, kinds: null };
}

function expressionMutator(object: JsonObject): GeneratorEffect | null {
  const text = JSON.stringify(ownField(object, "spec") ?? {});
  return merged(mutation(null, text, "an expression"));
}

function capsuleTenant(object: JsonObject): GeneratorEffect | null {
  const policies = fieldObject(fieldObject(object, "spec"), "networkPolicies");
  return policies === null
    ? null
    : {
        detail: "writes network policies into namespaces of the tenant",
        namespaces: null,
        kinds: ["NetworkPolicy"],
      };
}

function ruleName(rule: JsonObject): string {
  const name = ownField(rule, "name");
  return typeof name === "string" ? name : "without a name";
}
