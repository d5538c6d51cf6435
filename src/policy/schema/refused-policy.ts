import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import type { PolicyReading } from "../model/policy-reading.ts";
import type { FieldError } from "./field-error.ts";

/** A policy that the API server refuses, in its words. */
export function refusedByApi(manifest: Manifest, errors: readonly FieldError[]): PolicyReading {
  const text = errors.map((error) => error.text).join("; ");
  return { policies: [], unknowns: [refused(manifest, text, errors[0]?.pointer ?? "")], remarks: [] };
}

/** A policy the API server refuses enforces nothing: what a cluster holds of it is an older version, or nothing. */
export function refused(manifest: Manifest, detail: string, pointer: string): ObjectUnknown {
  return objectUnknown(manifest, "invalid-policy", {
    detail,
    pointer,
    // An object without a namespace that is none of Kubernetes itself governs pods of any.
    bound: {
      namespaces:
        manifest.namespace === null && !isNamespaced(manifest) ? null : [manifest.namespace ?? "default"],
      kinds: [manifest.object.kind],
    },
    selectorKeys: null,
  });
}

/** Which of the modelled kinds belong to a namespace; a document may leave it out, and means "default". */
function isNamespaced({ object }: Manifest): boolean {
  return !/^((Cilium)?(Clusterwide|Cluster|Global|Admin|BaselineAdmin)|Tier$)/.test(object.kind);
}
