import { createReadStream } from "node:fs";
import { lstat, readFile } from "node:fs/promises";
import type { BlobCache } from "./blob-cache.ts";
import { blobHash, blobId, type ObjectFormat } from "./blob-id.ts";
import type { Content } from "./entry.ts";
import { MAXIMUM_FILE_BYTES, type TreeProblem, type TreeProblemCode } from "./tree.ts";

/**
 * A regular file on disk. Its id is that of the bytes at the first reading; where the file has changed by a later one it
 * is unreadable, because a review must not mix two states of a file.
 */
export class DiskFile implements Content {
  readonly #file: string;
  readonly #format: ObjectFormat;
  readonly #cache: BlobCache;
  #id: Promise<string | TreeProblemCode> | null = null;

  constructor(file: string, format: ObjectFormat, cache: BlobCache) {
    this.#file = file;
    this.#format = format;
    this.#cache = cache;
  }

  async blobId(path: string): Promise<string | TreeProblem> {
    const id = await this.#identify();
    return isCode(id) ? { kind: "problem", code: id, path } : id;
  }

  async read(path: string): Promise<Uint8Array | TreeProblem> {
    const id = await this.#identify();
    if (isCode(id)) return { kind: "problem", code: id, path };
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const bytes = await this.#bytes();
    if (typeof bytes === "string") return { kind: "problem", code: bytes, path };
    if (blobId(bytes, this.#format) !== id) return { kind: "problem", code: "unreadable", path };
    return bytes;
  }

  async identity(path: string): Promise<string> {
    const id = await this.blobId(path);
    if (typeof id === "string") return id;
    return id.code === "too-large" ? this.#hashInPieces() : `${id.code} ${this.#file}`;
  }

  #identify(): Promise<string | TreeProblemCode> {
    this.#id ??= this.#bytes().then((bytes) => {
      if (typeof bytes === "string") return bytes;
      const id = blobId(bytes, this.#format);
      this.#cache.put(id, bytes);
      return id;
    });
    return this.#id;
  }

  async #bytes(): Promise<Uint8Array | TreeProblemCode> {
    try {
      // The kind was right when the directory was listed; a FIFO put in its place would block the reading.
      const state = await lstat(this.#file);
      if (!state.isFile()) return "unreadable";
      return state.size > MAXIMUM_FILE_BYTES ? "too-large" : await readFile(this.#file);
    } catch {
      return "unreadable";
    }
  }

  async #hashInPieces(): Promise<string> {
    try {
      const hash = blobHash((await lstat(this.#file)).size, this.#format);
      for await (const piece of createReadStream(this.#file)) hash.update(piece as Buffer);
      return hash.digest("hex");
    } catch {
      return `unreadable ${this.#file}`;
    }
  }
}

function isCode(value: string): value is TreeProblemCode {
  return value === "unreadable" || value === "too-large";
}
