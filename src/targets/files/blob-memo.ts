import { isTreeProblem, type Tree, type TreeProblem } from "../../tree/tree.ts";

/** As many files as one repository has; more only costs work again. */
const MAXIMUM_ENTRIES = 50_000;

/** Something computed from a file's bytes alone, once for each content: both sides of a change share almost all. */
export class BlobMemo<T> {
  readonly #compute: (bytes: Uint8Array) => T;
  readonly #results = new Map<string, T>();

  constructor(compute: (bytes: Uint8Array) => T) {
    this.#compute = compute;
  }

  async of(tree: Tree, path: string): Promise<T | TreeProblem> {
    const id = await tree.blobId(path);
    if (isTreeProblem(id)) return id;
    const known = this.#results.get(id);
    if (known !== undefined) return known;
    const bytes = await tree.read(path);
    if (isTreeProblem(bytes)) return bytes;
    const result = this.#compute(bytes);
    if (this.#results.size >= MAXIMUM_ENTRIES) this.#results.clear();
    this.#results.set(id, result);
    return result;
  }
}
