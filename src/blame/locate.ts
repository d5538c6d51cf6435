import { citedLine, fillsItsLines, positionOf } from "../render/position-of.ts";
import type { Manifest, Origin } from "../render/render.ts";
import type { Place } from "../tree/place.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { templateLine, templateRange } from "./align.ts";
import type { LineRange } from "./line-range.ts";
import { resourceText } from "./resource-text.ts";

/** Where a part of an object stands in its file. */
export interface Located extends Place {
  /** All lines of the part, the place's line the first of them; null where one of the two ends is not certain. */
  readonly lines: LineRange | null;
  /** Nothing else stands on these lines. */
  readonly alone: boolean;
}

/** The author's line for a part of an object; see `locateLines`. */
export async function locate(tree: Tree, manifest: Manifest, pointer: string): Promise<Place | null> {
  const located = await locateLines(tree, manifest, pointer);
  return located === null ? null : { path: located.path, line: located.line };
}

/**
 * The author's lines for a part of an object: right, or null. A wrong line is worse than none.
 *
 * The whole object ("") is cited where its text begins, which is the comment directly above it where there is one.
 *
 * @returns null where the object has no file in the tree
 */
export async function locateLines(tree: Tree, manifest: Manifest, pointer: string): Promise<Located | null> {
  const { path, archive } = manifest.origin;
  if (path === null) return fileWithoutLines(tree, manifest.origin, archive ?? null);
  const content = await tree.read(path);
  if (isTreeProblem(content)) return { path, ...NOWHERE };
  return { path, ...linesIn(new TextDecoder().decode(content), manifest, pointer) };
}

type Lines = Omit<Located, "path">;

const NOWHERE: Lines = { line: null, lines: null, alone: false };

function linesIn(file: string, manifest: Manifest, pointer: string): Lines {
  const { origin } = manifest;
  if (origin.built === true) {
    const resource = resourceText(file, manifest, pointer);
    return resource === null ? NOWHERE : plainLines(file, resource.origin, resource.firstLine, pointer);
  }
  return typeof origin.line === "number"
    ? plainLines(file, origin, origin.line, pointer)
    : templateLines(file, origin, pointer);
}

/** In a plain file the document's text stands as it is; checked, because a wrong line is worse than none. */
function plainLines(file: string, origin: Origin, firstLine: number, pointer: string): Lines {
  const part = partOf(origin, pointer);
  if (part === null) return NOWHERE;
  const text = origin.text.split("\n");
  const inFile = file.split("\n");
  const stands = (line: number) =>
    text[line - 1] !== undefined && text[line - 1]?.trimEnd() === inFile[firstLine + line - 2]?.trimEnd();
  if (!stands(part.line)) return NOWHERE;
  const certain = part.lines !== null && everyLine(part.lines).every(stands);
  return {
    line: firstLine + part.line - 1,
    lines: certain ? { first: firstLine + part.line - 1, last: firstLine + part.lines.last - 1 } : null,
    alone: certain && part.alone,
  };
}

function templateLines(file: string, origin: Origin, pointer: string): Lines {
  const part = partOf(origin, pointer);
  if (part === null) return NOWHERE;
  const range = part.lines === null ? null : templateRange(file, origin.text, part.lines);
  if (range === null) return { ...NOWHERE, line: templateLine(file, origin.text, part.line) };
  return { line: range.first, lines: range, alone: part.alone };
}

/** A part in the document's own text. */
function partOf(origin: Origin, pointer: string): (Lines & { readonly line: number }) | null {
  const position = positionOf(origin, pointer);
  if (position === null) return null;
  const line = citedLine(position, pointer);
  // The text may not have the part itself: its nearest parent is cited, but has other lines.
  return position.pointer === pointer
    ? { line, lines: { first: line, last: position.last }, alone: fillsItsLines(origin, pointer) }
    : { line, lines: null, alone: false };
}

function everyLine({ first, last }: LineRange): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Objects out of an archive or a generator: the archive, or the kustomization that made them. */
function fileWithoutLines(tree: Tree, origin: Origin, archive: string | null): Located | null {
  const candidates = [
    ...(archive === null ? [] : [archive]),
    ...["kustomization.yaml", "kustomization.yml", "Kustomization"].map((name) => `${origin.source}/${name}`),
  ];
  for (const path of candidates) {
    const stat = tree.stat(path);
    if (!isTreeProblem(stat) && stat.kind === "file") return { path, ...NOWHERE };
  }
  return null;
}
