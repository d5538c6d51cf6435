import type { BlobCache } from "../../tree/blob-cache.ts";
import type { BlobStore } from "./blob-store.ts";

/** Where the blobs of one installation and trust are looked for and put; all reading is verified by id. */
export class Shelf {
  readonly #memory: BlobCache;
  readonly #store: BlobStore | null;
  /** The first is one's own; all may be read. */
  readonly #partitions: readonly string[];

  constructor(memory: BlobCache, store: BlobStore | null, partitions: readonly string[]) {
    this.#memory = memory;
    this.#store = store;
    this.#partitions = partitions;
  }

  held(id: string): Uint8Array | undefined {
    for (const partition of this.#partitions) {
      const bytes = this.#memory.get(`${partition}/${id}`);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  /** Whether a blob is here, without looking at its content. */
  has(id: string): boolean {
    if (this.held(id) !== undefined) return true;
    return this.#partitions.some((partition) => this.#store?.has(partition, id) === true);
  }

  async get(id: string): Promise<Uint8Array | null> {
    const held = this.held(id);
    if (held !== undefined) return held;
    for (const partition of this.#partitions) {
      const bytes = (await this.#store?.get(partition, id)) ?? null;
      if (bytes === null) continue;
      this.#memory.put(`${partition}/${id}`, bytes);
      return bytes;
    }
    return null;
  }

  /** `id` is that of the bytes. */
  async put(id: string, bytes: Uint8Array): Promise<void> {
    const [own = ""] = this.#partitions;
    this.#memory.put(`${own}/${id}`, bytes);
    await this.#store?.put(own, id, bytes);
  }
}
