import { isDeepStrictEqual } from "node:util";
import { parseAllDocuments } from "yaml";
import { pathOf, pointerOf, valueAt } from "../render/json-pointer.ts";
import { positionOf } from "../render/position-of.ts";
import type { Manifest, Origin } from "../render/render.ts";

/** A document of a resource file, as if the object had been rendered from it as it stands. */
export interface ResourceText {
  readonly origin: Origin;
  /** On which the document's text begins, one-based. */
  readonly firstLine: number;
}

/**
 * The document of a resource file in which a part of a built object stands. Kustomize writes objects anew, so the built text
 * says nothing: the part is cited only where the file holds one document that can be this object, and holds the part just as
 * it was built. What a patch, a generator or a transformer has written has no line.
 */
export function resourceText(file: string, manifest: Manifest, pointer: string): ResourceText | null {
  const candidates = documentsOf(file).filter(({ value }) => canBe(value, manifest));
  const [candidate] = candidates;
  if (candidate === undefined || candidates.length > 1) return null;
  if (!sameOnTheWay(candidate.value, manifest.object, pointer)) return null;
  const origin = { ...manifest.origin, item: null, pointer: "", text: candidate.text };
  return positionOf(origin, pointer)?.pointer === pointer ? { origin, firstLine: candidate.firstLine } : null;
}

interface FileDocument {
  readonly text: string;
  readonly firstLine: number;
  readonly value: unknown;
}

function documentsOf(file: string): readonly FileDocument[] {
  const documents: FileDocument[] = [];
  let firstLine = 1;
  for (const text of splitDocuments(file)) {
    const parsed = parseAllDocuments(text, { uniqueKeys: false, logLevel: "silent" });
    const [document] = parsed;
    if (document !== undefined && document.errors.length === 0) {
      documents.push({ text, firstLine, value: document.toJS() as unknown });
    }
    firstLine += text.split("\n").length - 1;
  }
  return documents;
}

/** Each piece but the first begins with its "---" line. */
function splitDocuments(file: string): readonly string[] {
  return file.split(/^(?=---(?:\s|$))/m);
}

/** The same kind; a name that the build may have given a prefix or a suffix. */
function canBe(value: unknown, { object }: Manifest): boolean {
  const name = valueAt(value, "/metadata/name");
  return (
    valueAt(value, "/kind") === object.kind &&
    valueAt(value, "/apiVersion") === object.apiVersion &&
    typeof name === "string" &&
    (object.metadata.name ?? "").includes(name)
  );
}

/**
 * The part is equal, and every list on the way to it is, up to and with the element that holds it. An element that differs
 * elsewhere was written by a patch: a strategic merge replaces the rules of a policy as a whole, so that an equal part of
 * such an element need not be the file's.
 */
function sameOnTheWay(file: unknown, built: unknown, pointer: string): boolean {
  if (pointer === "") return true;
  const path = pathOf(pointer);
  for (const length of path.keys()) {
    const parent = pointerOf(path.slice(0, length));
    const list = valueAt(built, parent);
    if (!Array.isArray(list)) continue;
    const index = Number(path[length]);
    const other = valueAt(file, parent);
    if (!Array.isArray(other) || !isDeepStrictEqual(other.slice(0, index + 1), list.slice(0, index + 1)))
      return false;
  }
  return isDeepStrictEqual(valueAt(file, pointer), valueAt(built, pointer));
}
