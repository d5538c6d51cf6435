import { isObjectUnknown } from "../policy/model/object-unknown.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Place } from "../tree/place.ts";
import type { Tree } from "../tree/tree.ts";
import { locate } from "./locate.ts";

/** Where a person finds the reason for an unknown: the refused field of an object, else the place it came with. */
export async function locateUnknown(tree: Tree, unknown: Unknown): Promise<Place | null> {
  if (!isObjectUnknown(unknown)) return unknown.place;
  return (await locate(tree, unknown.manifest, unknown.pointer)) ?? unknown.place;
}
