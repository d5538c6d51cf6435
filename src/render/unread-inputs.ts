import type { Rendering } from "../engine/engine.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { isLfsPointer } from "../tree/lfs.ts";
import { isTreeProblem, type Tree, type TreeProblemCode } from "../tree/tree.ts";
import { digestOf } from "./digest.ts";

/** An input that a render asked for and nobody can read here (threat T21). */
export interface UnreadInput {
  readonly path: string;
  readonly reason: "submodule" | "outside" | "unreadable" | "too-large" | "lfs-pointer";
  /** What its content is known by: a submodule's commit, the pointer's text. Two sides with the same are the same. */
  readonly digest: string;
}

const UNREADABLE: ReadonlySet<string> = new Set<TreeProblemCode>([
  "submodule",
  "outside",
  "unreadable",
  "too-large",
]);

/**
 * Inputs in a render's trace that could not be read. Pointer files of Git LFS are read as text and so look like bad
 * content: they are searched only where something went wrong, because no good render has one that matters.
 */
export async function unreadInputs(tree: Tree, rendering: Rendering): Promise<readonly UnreadInput[]> {
  const unreadable = new Map<string, UnreadInput>();
  for (const [, path, answer] of rendering.trace) {
    if (!UNREADABLE.has(answer) || unreadable.has(path)) continue;
    const reason = answer as UnreadInput["reason"];
    unreadable.set(path, { path, reason, digest: digestOf([reason, submoduleCommit(tree, path)]) });
  }
  const pointers = wentWrong(rendering) ? await lfsPointers(tree, rendering) : [];
  return [...unreadable.values(), ...pointers];
}

function wentWrong({ error, dropped, documents }: Rendering): boolean {
  return (
    error !== null || dropped.length > 0 || documents.some((one) => one.error !== null || one.object === null)
  );
}

async function lfsPointers(tree: Tree, { trace }: Rendering): Promise<readonly UnreadInput[]> {
  const reads = new Map(
    trace.filter(([question]) => question === "read").map(([, path, answer]) => [path, answer]),
  );
  const found: UnreadInput[] = [];
  for (const [path, blob] of reads) {
    const content = await tree.read(path);
    if (isTreeProblem(content) || !isLfsPointer(content)) continue;
    found.push({ path, reason: "lfs-pointer", digest: digestOf(["lfs-pointer", blob]) });
  }
  return found;
}

/** The commit of the submodule that holds a path; null where there is none, or the tree cannot say. */
function submoduleCommit(tree: Tree, path: string): string | null {
  const entries = (tree as Partial<RepositoryTree>).entries?.();
  const parts = path.split("/");
  for (let length = parts.length; entries !== undefined && length > 0; length--) {
    const entry = entries.get(parts.slice(0, length).join("/"));
    if (entry?.kind === "submodule") return entry.commit;
  }
  return null;
}
