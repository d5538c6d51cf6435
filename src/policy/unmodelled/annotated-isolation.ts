import type { Manifest } from "../../render/render.ts";
import { type ObjectUnknown, objectUnknown } from "../model/object-unknown.ts";
import { isObject, ownField } from "../schema/decode.ts";

/**
 * Before NetworkPolicy was stable an annotation of the Namespace isolated its pods; Kube-router, Weave Net and Calico read
 * it on old clusters. All that it could say was of incoming traffic ({"ingress": {"isolation": "DefaultDeny"}}): anything
 * else in it is unknown.
 */
const ISOLATION_ANNOTATION = "net.beta.kubernetes.io/network-policy";

export function annotatedIsolation(manifest: Manifest): ObjectUnknown | null {
  const { apiVersion, kind, metadata } = manifest.object;
  if (apiVersion !== "v1" || kind !== "Namespace" || !isObject(metadata.annotations)) return null;
  const value = ownField(metadata.annotations, ISOLATION_ANNOTATION);
  if (value === undefined || isIngressAlone(value)) return null;
  return objectUnknown(manifest, "unmodelled-policy", {
    detail: `annotation ${ISOLATION_ANNOTATION} is not read`,
    pointer: `/metadata/annotations/${ISOLATION_ANNOTATION.replaceAll("/", "~1")}`,
    bound: { namespaces: [metadata.name ?? ""], kinds: ["NetworkPolicy"] },
    selectorKeys: [],
  });
}

function isIngressAlone(value: unknown): boolean {
  try {
    const parsed: unknown = JSON.parse(String(value));
    return isObject(parsed) && Object.keys(parsed).every((key) => key === "ingress");
  } catch {
    return false;
  }
}
