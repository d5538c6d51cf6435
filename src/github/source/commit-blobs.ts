import { blobId } from "../../tree/blob-id.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { type Deferred, deferred } from "../deferred.ts";
import { readArchive } from "./archive.ts";
import type { Listing } from "./listing.ts";
import type { Shelf } from "./shelf.ts";
import type { SourceLimits } from "./source-limits.ts";
import { visible } from "./visible.ts";

/** Of an archive, larger files are kept only where somebody waits for them: they are images, not manifests. */
const KEPT_BYTES = 1024 * 1024;

/**
 * The blobs of one commit. Those that nobody has are asked for one by one, a few at a time; where many are waiting the
 * commit is fetched once as an archive, and what that does not hold as git has it (attributes change archives:
 * export-ignore, export-subst, eol) is asked for after all. Everything is verified by its id.
 */
export class CommitBlobs {
  readonly listing: Listing;
  readonly #client: RepositoryClient;
  readonly #commit: string;
  readonly #shelf: Shelf;
  readonly #limits: SourceLimits;
  readonly #onProblem: (message: string) => void;
  readonly #ids: ReadonlySet<string>;
  readonly #loading = new Map<string, Promise<Uint8Array>>();
  readonly #waiting = new Map<string, Deferred<Uint8Array>>();
  #archive: "untried" | "running" | "over";
  #running = 0;
  #scheduled = false;

  constructor(
    client: RepositoryClient,
    commit: string,
    listing: Listing,
    context: {
      readonly shelf: Shelf;
      readonly limits: SourceLimits;
      readonly onProblem: (message: string) => void;
    },
  ) {
    this.listing = listing;
    this.#client = client;
    this.#commit = commit;
    this.#shelf = context.shelf;
    this.#limits = context.limits;
    this.#onProblem = context.onProblem;
    const blobs = [...listing.values()].flatMap((entry) => (entry.kind === "blob" ? [entry] : []));
    this.#ids = new Set(blobs.map(({ id }) => id));
    const bytes = blobs.reduce((total, { size }) => total + size, 0);
    this.#archive = bytes <= context.limits.archiveTreeBytes ? "untried" : "over";
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** @throws {GitHubError} */
  async read(id: string): Promise<Uint8Array> {
    const held = this.#shelf.held(id);
    if (held !== undefined) return held;
    const loading = this.#loading.get(id);
    if (loading !== undefined) return loading;
    const loaded = this.#load(id).finally(() => this.#loading.delete(id));
    this.#loading.set(id, loaded);
    return loaded;
  }

  async #load(id: string): Promise<Uint8Array> {
    return (await this.#shelf.get(id)) ?? this.#wanted(id);
  }

  /** Waits for what comes in next, of an archive or by itself. */
  #wanted(id: string): Promise<Uint8Array> {
    const { promise, resolve, reject } = deferred<Uint8Array>();
    this.#waiting.set(id, { promise, resolve, reject });
    // Whoever reads many files asks for all of them before the first comes in: they are counted together.
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#next();
      });
    }
    return promise;
  }

  #next(): void {
    if (this.#archive === "running") return;
    if (this.#archive === "untried" && this.#waiting.size >= this.#limits.archiveFrom) {
      this.#archive = "running";
      void this.#readArchive().finally(() => {
        this.#archive = "over";
        this.#next();
      });
      return;
    }
    for (const [id, waiting] of this.#waiting) {
      if (this.#running >= this.#limits.concurrency) return;
      this.#waiting.delete(id);
      this.#running += 1;
      void this.#fetch(id)
        .then(waiting.resolve, (error: unknown) => {
          waiting.reject(error);
          // The others would fail the same way, and keep GitHub busy while it is down or asks for quiet.
          this.#giveUp(error);
        })
        .finally(() => {
          this.#running -= 1;
          this.#next();
        });
    }
  }

  #giveUp(error: unknown): void {
    for (const [id, { reject }] of this.#waiting) {
      this.#waiting.delete(id);
      reject(error);
    }
  }

  async #fetch(id: string): Promise<Uint8Array> {
    const bytes = await visible(this.#client, `blob ${id}`, () => this.#client.blob(id));
    if (blobId(bytes) !== id) {
      throw new GitHubError("unavailable", `what GitHub sent for blob ${id} has another id`);
    }
    await this.#shelf.put(id, bytes);
    return bytes;
  }

  /** An archive is a short cut: where it fails its files are asked for one by one, and what is wrong shows there. */
  async #readArchive(): Promise<void> {
    try {
      const stream = await this.#client.tarball(this.#commit);
      const end = await readArchive(stream, {
        limits: this.#limits.archive,
        wants: (path, size) => this.#wants(path, size),
        take: (path, bytes) => this.#take(path, bytes),
      });
      if (end.kind === "refused")
        this.#onProblem(`the archive of ${this.#commit} is not used: ${end.reason}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#onProblem(`the archive of ${this.#commit} cannot be had: ${reason}`);
    }
  }

  #wants(path: string, size: number): boolean {
    const entry = this.listing.get(path);
    if (entry?.kind !== "blob" || entry.size !== size) return false;
    return this.#waiting.has(entry.id) || (size <= KEPT_BYTES && !this.#shelf.has(entry.id));
  }

  async #take(path: string, bytes: Uint8Array): Promise<void> {
    const entry = this.listing.get(path);
    if (entry?.kind !== "blob" || blobId(bytes) !== entry.id) return;
    await this.#shelf.put(entry.id, bytes);
    const waiting = this.#waiting.get(entry.id);
    this.#waiting.delete(entry.id);
    waiting?.resolve(bytes);
  }
}
