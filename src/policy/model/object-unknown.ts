import type { Manifest } from "../../render/render.ts";
import type { Bound, Unknown, UnknownCode } from "../../targets/unknown.ts";

/** An unknown that one rendered object causes: with the object and the place in it, so that its line can be found. */
export interface ObjectUnknown extends Unknown {
  readonly manifest: Manifest;
  /** JSON pointer of what is wrong; "" = the object itself. */
  readonly pointer: string;
}

export function isObjectUnknown(unknown: Unknown): unknown is ObjectUnknown {
  return "manifest" in unknown;
}

export function objectUnknown(
  manifest: Manifest,
  code: UnknownCode,
  what: {
    readonly detail: string;
    readonly pointer: string;
    readonly bound: Bound;
    readonly selectorKeys: readonly string[] | null;
  },
): ObjectUnknown {
  const subject = objectText(manifest);
  return {
    code,
    id: `${code}:${manifest.origin.target}:${subject}`,
    target: manifest.origin.target,
    subject,
    detail: what.detail,
    bound: what.bound,
    selectorKeys: what.selectorKeys,
    digest: manifest.digest,
    content: "tree",
    place: manifest.origin.path === null ? null : { path: manifest.origin.path, line: null },
    manifest,
    pointer: what.pointer,
  };
}

/** "NetworkPolicy data-platform/allow-dns"; with the group where the kind alone could be another one. */
function objectText(manifest: Manifest): string {
  const { apiVersion, kind, metadata } = manifest.object;
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const kindText = group === "" || group === "networking.k8s.io" ? kind : `${kind}.${group}`;
  const name = metadata.name ?? `${metadata.generateName ?? ""}*`;
  return `${kindText} ${manifest.namespace === null ? name : `${manifest.namespace}/${name}`}`;
}
