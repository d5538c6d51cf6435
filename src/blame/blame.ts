import type { Cause } from "../rules/finding.ts";
import type { Place } from "../tree/place.ts";
import type { Tree } from "../tree/tree.ts";
import type { LineRange } from "./line-range.ts";
import { locateLines } from "./locate.ts";

export interface Blamed {
  readonly location: (Place & { readonly side: "base" | "head" }) | null;
  /** Of the location's file: all that makes the cause, from the location's line on; null where that is not certain. */
  readonly lines: LineRange | null;
  readonly document: {
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string;
  } | null;
}

/** Where the author of a cause wrote it: the file, and the lines where they are certain; and the object it became. */
export async function blame(
  cause: Cause | null,
  trees: { readonly base: Tree; readonly head: Tree },
): Promise<Blamed> {
  if (cause === null) return { location: null, lines: null, document: null };
  const { side, manifest, pointer, place } = cause;
  const located = manifest === null ? null : await locateLines(trees[side], manifest, pointer);
  const found = manifest === null ? place : located;
  return {
    location: found === null ? null : { side, path: found.path, line: found.line },
    lines: located?.lines ?? null,
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
