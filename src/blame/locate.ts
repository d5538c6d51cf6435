import { citedLine, positionOf } from "../render/position-of.ts";
import type { Manifest, Origin } from "../render/render.ts";
import type { Place } from "../tree/place.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { templateLine } from "./align.ts";
import { resourceLine } from "./resource-line.ts";

/**
 * The author's line for a part of an object: right, or null. A wrong line is worse than none.
 *
 * The whole object ("") is cited where its text begins, which is the comment directly above it where there is one.
 *
 * @returns null where the object has no file in the tree
 */
export async function locate(tree: Tree, manifest: Manifest, pointer: string): Promise<Place | null> {
  const { path, archive } = manifest.origin;
  if (path === null) return fileWithoutLines(tree, manifest.origin, archive ?? null);
  const content = await tree.read(path);
  if (isTreeProblem(content)) return { path, line: null };
  return { path, line: lineIn(new TextDecoder().decode(content), manifest, pointer) };
}

function lineIn(file: string, manifest: Manifest, pointer: string): number | null {
  const { origin } = manifest;
  if (origin.built === true) return resourceLine(file, manifest, pointer);
  const position = positionOf(origin, pointer);
  if (position === null) return null;
  const line = citedLine(position, pointer);
  return typeof origin.line === "number"
    ? plainLine(file, origin.text, origin.line, line)
    : templateLine(file, origin.text, line);
}

/** In a plain file the document's text stands as it is; checked, because a wrong line is worse than none. */
function plainLine(file: string, text: string, firstLine: number, line: number): number | null {
  const cited = firstLine + line - 1;
  const inFile = file.split("\n")[cited - 1]?.trimEnd();
  return inFile !== undefined && inFile === text.split("\n")[line - 1]?.trimEnd() ? cited : null;
}

/** Objects out of an archive or a generator: the archive, or the kustomization that made them. */
function fileWithoutLines(tree: Tree, origin: Origin, archive: string | null): Place | null {
  const candidates = [
    ...(archive === null ? [] : [archive]),
    ...["kustomization.yaml", "kustomization.yml", "Kustomization"].map((name) => `${origin.source}/${name}`),
  ];
  for (const path of candidates) {
    const stat = tree.stat(path);
    if (!isTreeProblem(stat) && stat.kind === "file") return { path, line: null };
  }
  return null;
}
