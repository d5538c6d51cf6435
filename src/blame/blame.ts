import type { Cause } from "../rules/finding.ts";
import type { Place } from "../tree/place.ts";
import type { Tree } from "../tree/tree.ts";
import { locate } from "./locate.ts";

export interface Blamed {
  readonly location: (Place & { readonly side: "base" | "head" }) | null;
  readonly document: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
  } | null;
}

/** Where the author of a cause wrote it: the file, and the line where it is certain; and the object it became. */
export async function blame(
  cause: Cause | null,
  trees: { readonly base: Tree; readonly head: Tree },
): Promise<Blamed> {
  if (cause === null) return { location: null, document: null };
  const { side, manifest, pointer, place } = cause;
  const found = manifest === null ? place : await locate(trees[side], manifest, pointer);
  return {
    location: found === null ? null : { side, path: found.path, line: found.line },
    document:
      manifest === null
        ? null
        : {
            kind: manifest.object.kind,
            namespace: manifest.namespace,
            name: manifest.object.metadata.name ?? manifest.object.metadata.generateName ?? "",
          },
  };
}
