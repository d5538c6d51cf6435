import { blobId } from "./blob-id.ts";
import type { Content, Entry } from "./entry.ts";
import { IndexedTree, type RepositoryTree } from "./indexed-tree.ts";

/**
 * The tree with some files replaced (bytes) or taken out (null; a directory goes with all below it). What stood in the
 * way of a new file is gone. Closing it does not close the tree below.
 */
export function overlay(
  tree: RepositoryTree,
  files: ReadonlyMap<string, Uint8Array | null>,
  name = `${tree.name} with changes`,
): RepositoryTree {
  const entries = new Map<string, Entry | null>();
  for (const [path, bytes] of files) {
    entries.set(
      path,
      bytes === null ? null : { kind: "file", executable: false, content: new BytesContent(bytes) },
    );
  }
  return new IndexedTree(name, withEntries(tree.entries(), entries));
}

/** Entries with some put in and some (null) taken out, and without what would be both file and directory then. */
export function withEntries(
  below: ReadonlyMap<string, Entry>,
  changes: ReadonlyMap<string, Entry | null>,
): ReadonlyMap<string, Entry> {
  const result = new Map<string, Entry>();
  const parents = new Set([...changes].flatMap(([path, entry]) => (entry === null ? [] : ancestorsOf(path))));
  for (const [path, entry] of below) {
    const hidden = changes.has(path) || parents.has(path) || ancestorsOf(path).some((at) => changes.has(at));
    if (!hidden) result.set(path, entry);
  }
  for (const [path, entry] of changes) if (entry !== null) result.set(path, entry);
  return result;
}

/** "a/b/c" has "a" and "a/b". */
function ancestorsOf(path: string): readonly string[] {
  const found: string[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    found.push(path.slice(0, slash));
  }
  return found;
}

class BytesContent implements Content {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  async blobId(): Promise<string> {
    return blobId(this.#bytes);
  }

  async read(): Promise<Uint8Array> {
    return this.#bytes;
  }

  async identity(): Promise<string> {
    return blobId(this.#bytes);
  }
}
