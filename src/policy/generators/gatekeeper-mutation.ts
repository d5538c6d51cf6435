import { isObject, type JsonObject, ownField } from "../schema/decode.ts";
import { fieldList, fieldObject, type GeneratorEffect, merged, mutation } from "./generator-effect.ts";

/**
 * mutations.gatekeeper.sh Assign, AssignMetadata, ModifySet (open-policy-agent/gatekeeper, website/docs/mutation.md): what
 * is changed stands in `location`, in which objects in `applyTo` or `match.kinds`. AssignImage changes images alone.
 */
export function gatekeeperMutation(object: JsonObject): GeneratorEffect | null {
  const kind = ownField(object, "kind");
  if (kind === "AssignImage") return null;
  const spec = fieldObject(object, "spec");
  const location = spec === null ? undefined : ownField(spec, "location");
  const effect = merged(mutation(matchedKinds(spec), String(location), String(kind)));
  return effect === null ? null : { ...effect, everywhere: true };
}

/** null = any kind. */
function matchedKinds(spec: JsonObject | null): readonly string[] | null {
  const filters = [...fieldList(spec, "applyTo"), ...fieldList(fieldObject(spec, "match"), "kinds")];
  const kinds = filters.filter(isObject).flatMap((filter) => fieldList(filter, "kinds"));
  const names = kinds.filter((one): one is string => typeof one === "string");
  return names.length === 0 || names.includes("*") ? null : [...new Set(names)].sort();
}
