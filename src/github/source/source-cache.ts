import { join } from "node:path";
import { BlobCache } from "../../tree/blob-cache.ts";
import { BlobStore } from "./blob-store.ts";
import type { CommitBlobs } from "./commit-blobs.ts";
import { Shelf } from "./shelf.ts";
import type { Trust } from "./trust.ts";

export interface SourceCacheOptions {
  /** The service's data directory; null = memory alone. */
  readonly dataDirectory: string | null;
  readonly memoryBytes?: number;
  readonly partitionBytes?: number;
  readonly totalBytes?: number;
  /** Told of what the cache goes on without. */
  readonly onProblem?: (message: string) => void;
}

const MEBIBYTE = 1024 * 1024;
const COMMITS = 24;

/**
 * Contents that GitHub gave out, in memory and on disk, by installation and trust. Two installations share nothing, though
 * ids name bytes: whether a blob is here, and how fast it comes, would tell one what another has. The base branch never
 * reads what a pull request, and that never what a fork, had fetched: ids are SHA-1, for which two contents of one id can
 * be made, and a partition that strangers fill must not drive out the others (threat T22). Less trusted content may be
 * answered from the base branch's.
 */
export class SourceCache {
  readonly onProblem: (message: string) => void;
  readonly #memory: BlobCache;
  readonly #store: BlobStore | null;
  readonly #commits = new Map<string, CommitBlobs>();
  readonly #bases = new Map<string, CommitBlobs>();

  constructor(options: SourceCacheOptions) {
    const { dataDirectory, memoryBytes = 128 * MEBIBYTE } = options;
    this.onProblem = options.onProblem ?? (() => undefined);
    this.#memory = new BlobCache(memoryBytes);
    this.#store =
      dataDirectory === null
        ? null
        : new BlobStore({
            directory: join(dataDirectory, "blobs"),
            partitionBytes: options.partitionBytes ?? 512 * MEBIBYTE,
            totalBytes: options.totalBytes ?? 4096 * MEBIBYTE,
            onProblem: this.onProblem,
          });
  }

  shelf(installation: number, trust: Trust): Shelf {
    const own = `${installation}/${trust}`;
    return new Shelf(this.#memory, this.#store, trust === "base" ? [own] : [own, `${installation}/base`]);
  }

  /** A commit that was opened lately: its listing need not be asked for again, and its requests are shared. */
  commit(key: string): CommitBlobs | undefined {
    return this.#commits.get(key);
  }

  keep(key: string, blobs: CommitBlobs): void {
    remember(this.#commits, key, blobs);
  }

  /** The last commit of a base branch that was opened of a repository: what a change has in common with it. */
  base(repository: string): CommitBlobs | undefined {
    return this.#bases.get(repository);
  }

  keepBase(repository: string, blobs: CommitBlobs): void {
    remember(this.#bases, repository, blobs);
  }

  /** Everything of an installation that is gone. */
  async forget(installation: number): Promise<void> {
    for (const kept of [this.#commits, this.#bases]) {
      for (const key of [...kept.keys()].filter((name) => name.startsWith(`${installation}/`)))
        kept.delete(key);
    }
    await this.#store?.forget(`${installation}/`);
  }

  /** Resolved when everything is on disk. */
  async settled(): Promise<void> {
    await this.#store?.settled();
  }
}

function remember(kept: Map<string, CommitBlobs>, key: string, blobs: CommitBlobs): void {
  kept.delete(key);
  kept.set(key, blobs);
  for (const oldest of kept.keys()) {
    if (kept.size <= COMMITS) return;
    kept.delete(oldest);
  }
}
