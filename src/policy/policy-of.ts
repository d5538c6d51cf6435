import type { Manifest } from "../render/render.ts";
import type { FieldError } from "./field-error.ts";
import { generator } from "./generator.ts";
import { networkPolicy } from "./network-policy.ts";
import { type ObjectUnknown, objectUnknown } from "./object-unknown.ts";
import type { Policy } from "./policy.ts";
import { unmodelledPolicy } from "./unmodelled-policy.ts";

/**
 * What a rendered object means as a policy: a policy of the model; an unknown where it governs traffic but cannot be said
 * (the API server refuses it, no dialect models it, it writes policies at run time); null where it is no policy.
 */
export function policyOf(manifest: Manifest): Policy | ObjectUnknown | null {
  const { apiVersion, kind } = manifest.object;
  if (kind === "NetworkPolicy" && apiVersion === "networking.k8s.io/v1") return standardPolicy(manifest);
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  if (kind === "NetworkPolicy" && SERVED_BY_KUBERNETES.has(group)) {
    return refused(manifest, `no matches for kind "NetworkPolicy" in version "${apiVersion}"`, "/apiVersion");
  }
  return unmodelledPolicy(manifest, group) ?? generator(manifest, group);
}

export function isPolicy(value: Policy | ObjectUnknown): value is Policy {
  return "dialect" in value;
}

/** Groups of Kubernetes itself: another version than v1 was removed (extensions/v1beta1 with 1.16) or never was. */
const SERVED_BY_KUBERNETES: ReadonlySet<string> = new Set(["", "extensions", "networking.k8s.io", "apps"]);

function standardPolicy(manifest: Manifest): Policy | ObjectUnknown {
  const result = networkPolicy(manifest);
  if (!isErrors(result)) return result;
  return refused(manifest, result.map(({ text }) => text).join("; "), result[0]?.pointer ?? "");
}

/** A policy the API server refuses enforces nothing: what a cluster holds of it is an older version, or nothing. */
function refused(manifest: Manifest, detail: string, pointer: string): ObjectUnknown {
  return objectUnknown(manifest, "invalid-policy", {
    detail,
    pointer,
    bound: { namespaces: [manifest.namespace ?? "default"], kinds: [manifest.object.kind] },
    selectorKeys: null,
  });
}

function isErrors(value: Policy | readonly FieldError[]): value is readonly FieldError[] {
  return Array.isArray(value);
}
