import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import { isObject, ownField } from "../schema/decode.ts";
import { type PolicyKind, policyKind } from "./policy-kinds.ts";

/** A policy of an API group that no dialect models yet: unknown for everything it can touch. null = no such policy. */
export function unmodelledPolicy(manifest: Manifest, group: string): ObjectUnknown | null {
  const { kind, apiVersion } = manifest.object;
  const known = policyKind(group, kind, manifest.namespace !== null);
  if (known === null || known.governs?.(manifest.object) === false) return null;
  return objectUnknown(manifest, "unmodelled-policy", {
    detail: `${kind} of ${apiVersion} is not modelled yet`,
    pointer: "",
    bound: {
      namespaces: reachesEverywhere(manifest, known) ? null : [manifest.namespace ?? "default"],
      kinds: [kind],
    },
    selectorKeys: selectorKeys(manifest, known),
  });
}

function reachesEverywhere({ namespace }: Manifest, { scope, everywhereFrom }: PolicyKind): boolean {
  return scope === "cluster" || (everywhereFrom !== undefined && everywhereFrom === namespace);
}

/** The label keys that decide whom the policy governs; null where that does not stand there literally. */
function selectorKeys(manifest: Manifest, kind: PolicyKind): readonly string[] | null {
  if (kind.subjects === null) return null;
  const keys = new Set<string>();
  for (const path of kind.subjects) {
    for (const selector of valuesAt(manifest.object, path.split("."))) {
      const found = keysOfSelector(selector);
      if (found === null) return null;
      for (const key of found) keys.add(key);
    }
  }
  return [...keys].sort();
}

/** Everything that stands at a path; "*" is every element of a list. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const [name, ...rest] = path;
  if (name === undefined) return value === undefined || value === null ? [] : [value];
  if (name === "*") return Array.isArray(value) ? value.flatMap((one: unknown) => valuesAt(one, rest)) : [];
  return isObject(value) ? valuesAt(ownField(value, name), rest) : [];
}

function keysOfSelector(selector: unknown): readonly string[] | null {
  if (!isObject(selector)) return null;
  const labels = ownField(selector, "matchLabels") ?? {};
  const expressions = ownField(selector, "matchExpressions") ?? [];
  if (!isObject(labels) || !Array.isArray(expressions)) return null;
  const keys = Object.keys(labels);
  for (const expression of expressions as readonly unknown[]) {
    const key = isObject(expression) ? ownField(expression, "key") : undefined;
    if (typeof key !== "string") return null;
    keys.push(key);
  }
  return keys;
}
