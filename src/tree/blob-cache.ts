/** Contents by blob id, the longest unused dropped first. Ids name bytes, so every tree of a process may share one. */
export class BlobCache {
  readonly #contents = new Map<string, Uint8Array>();
  readonly #capacity: number;
  #bytes = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(id: string): Uint8Array | undefined {
    const content = this.#contents.get(id);
    if (content !== undefined) {
      // A Map keeps insertion order: taking out and putting back makes the entry the youngest.
      this.#contents.delete(id);
      this.#contents.set(id, content);
    }
    return content;
  }

  put(id: string, content: Uint8Array): void {
    if (content.length > this.#capacity / 4 || this.#contents.has(id)) return;
    this.#contents.set(id, content);
    this.#bytes += content.length;
    for (const [oldest, bytes] of this.#contents) {
      if (this.#bytes <= this.#capacity) break;
      this.#contents.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

/** The data files of a large GitOps repository are about 10 MB; both sides share most of them. */
const SHARED_BYTES = 64 * 1024 * 1024;

export const sharedBlobs = new BlobCache(SHARED_BYTES);
