import { isPolicyKind } from "../policy/policy-of.ts";
import { pathOf, pointerOf, valueAt } from "../render/json-pointer.ts";
import type { Manifest } from "../render/render.ts";
import type { Cause } from "../rules/finding.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { areAdded, withoutLines } from "./added-lines.ts";
import type { LineRange } from "./line-range.ts";
import { locateLines } from "./locate.ts";

/** Lines of a file of head, taken out. */
export interface Deletion {
  readonly path: string;
  readonly lines: LineRange;
  /** What is left of the file. */
  readonly content: Uint8Array;
}

/**
 * Deletions that may take out a cause, narrowest first: its own lines, the list elements that hold it, the whole policy. Each
 * takes whole lines that the change added and nothing else. What they lead to nobody knows before it is evaluated: a rule
 * whose last peer is deleted allows every peer.
 */
export async function deletions(
  cause: Cause | null,
  trees: { readonly base: Tree; readonly head: Tree },
): Promise<readonly Deletion[]> {
  if (cause === null || cause.side !== "head" || cause.manifest === null) return [];
  const { manifest, pointer } = cause;
  const { path } = manifest.origin;
  const file = path === null ? null : await changedFile(trees, path);
  if (path === null || file === null) return [];
  const found = new Map<string, Deletion>();
  for (const one of wider(manifest, pointer)) {
    const part = await locateLines(trees.head, manifest, one);
    if (part === null || part.lines === null || !part.alone) continue;
    const lines = file.added(part.lines);
    // What holds lines that were there before is not added either.
    if (lines === null) break;
    const content = new TextEncoder().encode(withoutLines(file.head, lines).join("\n"));
    found.set(JSON.stringify(lines), { path, lines, content });
  }
  return [...found.values()];
}

/** The part itself, then the list elements around it, then the object if it is a policy: a workload is nobody's mistake. */
function wider(manifest: Manifest, pointer: string): readonly string[] {
  const path = pathOf(pointer);
  const elements = [...path.keys()]
    .filter((length) => length > 0 && Array.isArray(valueAt(manifest.object, parentOf(path, length))))
    .map((length) => pointerOf(path.slice(0, length)))
    .reverse();
  return [...(pointer === "" ? [] : [pointer]), ...elements, ...(isPolicyKind(manifest) ? [""] : [])];
}

function parentOf(path: readonly string[], length: number): string {
  return pointerOf(path.slice(0, length - 1));
}

interface ChangedFile {
  readonly head: readonly string[];
  /** The lines with what goes with them, where the change added all of them. */
  added(lines: LineRange): LineRange | null;
}

async function changedFile(
  { base, head }: { readonly base: Tree; readonly head: Tree },
  path: string,
): Promise<ChangedFile | null> {
  const stat = head.stat(path);
  // Behind a link stands another file, which others may read.
  if (isTreeProblem(stat) || stat.path !== path) return null;
  const after = await textLines(head, path);
  if (after === null) return null;
  const before = isMissing(base, path) ? null : await textLines(base, path);
  if (before === null && !isMissing(base, path)) return null;
  const isAdded = (lines: LineRange) => areAdded(before, after, lines);
  return {
    head: after,
    added: (lines) => {
      const whole = withComments(after, lines);
      if (isAdded(whole)) return whole;
      return isAdded(lines) ? lines : null;
    },
  };
}

function isMissing(tree: Tree, path: string): boolean {
  const stat = tree.stat(path);
  return isTreeProblem(stat) && stat.code === "missing";
}

/** null = nothing that can be written again as it was. */
async function textLines(tree: Tree, path: string): Promise<readonly string[] | null> {
  const content = await tree.read(path);
  if (isTreeProblem(content)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content).split("\n");
  } catch {
    return null;
  }
}

/** With the comment directly above, as far in as the lines themselves, and with the separator above a document. */
function withComments(lines: readonly string[], { first, last }: LineRange): LineRange {
  const indent = indentOf(lines[first - 1] ?? "");
  let start = first;
  while (isCommentAt(lines[start - 2], indent)) start--;
  if (indent === 0 && /^---\s*$/.test(lines[start - 2] ?? "")) start--;
  return { first: start, last };
}

function isCommentAt(line: string | undefined, indent: number): boolean {
  return line?.trimStart().startsWith("#") === true && indentOf(line) === indent;
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}
