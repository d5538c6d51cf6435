import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { type JsonObject, nested, objects, ownField } from "../schema/decode.ts";
import { generator } from "./generator.ts";

/**
 * Objects that switch something on or off, or move it, that writes at run time: without the binding a mutating policy does
 * nothing, an exception keeps a Kyverno rule from generating. They count where what they name does, or is not in Git.
 */
export function generatorSwitch(
  manifest: Manifest,
  group: string,
  inputs: PolicyInputs,
): ObjectUnknown | null {
  const names = namesOf(manifest.object, group);
  const [found] = names.flatMap((name) => switched(name, inputs) ?? []);
  if (found === undefined) return null;
  return objectUnknown(manifest, "generator", {
    detail: `says where ${found.what} applies`,
    pointer: "",
    bound: found.unknown?.bound ?? { namespaces: null, kinds: null },
    selectorKeys: null,
  });
}

interface Named {
  readonly group: string;
  readonly kinds: readonly string[];
  /** null = every object of these kinds. */
  readonly name: string | null;
  /** Whether it counts where what is named is not in Git. */
  readonly elsewhere: boolean;
}

/** null = what is named does not write anything that matters. */
function switched(
  { group, kinds, name, elsewhere }: Named,
  inputs: PolicyInputs,
): { readonly what: string; readonly unknown: ObjectUnknown | null } | null {
  const all = kinds.flatMap((kind) => inputs.objects(group, kind));
  const named = all.filter(({ object }) => name === null || object.metadata.name === name);
  if (named.length === 0 && name !== null && !elsewhere) return null;
  if (named.length === 0 && name !== null)
    return { what: `${kinds[0] ?? ""} ${name}, which is not in Git,`, unknown: null };
  const [unknown] = named.flatMap((one) => generator(one, group) ?? []);
  return unknown === undefined ? null : { what: unknown.subject, unknown };
}

function namesOf(object: JsonObject, group: string): readonly Named[] {
  const spec = nested(object, "spec") ?? {};
  switch (`${group}/${String(ownField(object, "kind"))}`) {
    // kubernetes/api, admissionregistration/v1beta1: spec.policyName
    case "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding":
      return named(group, ["MutatingAdmissionPolicy"], ownField(spec, "policyName"), true);
    // kyverno/kyverno, api/kyverno/v2: spec.exceptions, "name" or "namespace/name"
    case "kyverno.io/PolicyException":
      return objects(ownField(spec, "exceptions")).flatMap((one) => {
        const name = ownField(one, "policyName");
        return named(
          group,
          ["ClusterPolicy", "Policy"],
          typeof name === "string" ? name.split("/").at(-1) : null,
          exemptsGeneration(spec),
        );
      });
    // kyverno/kyverno, api/policies.kyverno.io: spec.policyRefs
    case "policies.kyverno.io/PolicyException":
      return objects(ownField(spec, "policyRefs")).flatMap((one) =>
        named(group, [String(ownField(one, "kind"))], ownField(one, "name"), exemptsGeneration(spec)),
      );
    // kubernetes-sigs/hierarchical-namespaces: which namespaces hang below which
    case "hnc.x-k8s.io/HierarchyConfiguration":
    case "hnc.x-k8s.io/SubnamespaceAnchor":
      return [{ group, kinds: ["HNCConfiguration"], name: null, elsewhere: false }];
    default:
      return [];
  }
}

function named(group: string, kinds: readonly string[], name: unknown, elsewhere: boolean): readonly Named[] {
  return typeof name === "string" ? [{ group, kinds, name, elsewhere }] : [];
}

/**
 * Most exceptions are from checks of pods, by policies that somebody else ships. Rules that write policies are started by
 * namespaces, or change policies.
 */
function exemptsGeneration(spec: JsonObject): boolean {
  const match = JSON.stringify(ownField(spec, "match") ?? ownField(spec, "matchConditions") ?? {});
  return /Namespace"|Polic(y|ies)|"\*"/.test(match);
}
