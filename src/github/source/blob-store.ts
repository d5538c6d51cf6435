import { mkdir, readdir, readFile, rename, rm, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blobId } from "../../tree/blob-id.ts";
import { inTurn } from "./in-turn.ts";

export interface BlobStoreOptions {
  readonly directory: string;
  /** What one partition may hold: no fork drives out what the base branch needs. */
  readonly partitionBytes: number;
  readonly totalBytes: number;
  /** A damaged file, a disk that is full: the store goes on without. */
  readonly onProblem: (message: string) => void;
}

interface Held {
  readonly bytes: number;
  /** Milliseconds since 1970; written to the file now and then, so that a restart knows the order. */
  touched: number;
}

const ID = /^[0-9a-f]{40}$/;
const TOUCH_MILLISECONDS = 60 * 60_000;
const MAXIMUM_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * Blobs on disk: DIRECTORY/PARTITION/aa/bb…, where "aabb…" is the blob's id. What is read is hashed again, so a file that
 * was damaged or planted is one that is not there. The oldest goes first. Nothing is synced: it is a cache.
 */
export class BlobStore {
  readonly #options: BlobStoreOptions;
  readonly #partitions = new Map<string, Map<string, Held>>();
  readonly #bytes = new Map<string, number>();
  readonly #waiting = new Map<string, Uint8Array>();
  readonly #writeTurn = inTurn(8);
  readonly #readTurn = inTurn(32);
  readonly #roomWanted: (() => void)[] = [];
  readonly #removals = new Set<Promise<void>>();
  #opened: Promise<void> | null = null;
  #waitingBytes = 0;
  #writes = 0;

  constructor(options: BlobStoreOptions) {
    this.#options = options;
  }

  /** Whether a blob is likely there; false before the store was opened. */
  has(partition: string, id: string): boolean {
    return this.#waiting.has(`${partition}/${id}`) || this.#partitions.get(partition)?.has(id) === true;
  }

  async get(partition: string, id: string): Promise<Uint8Array | null> {
    await this.open();
    const waiting = this.#waiting.get(`${partition}/${id}`);
    if (waiting !== undefined) return waiting;
    const held = this.#partitions.get(partition)?.get(id);
    if (held === undefined) return null;
    const file = this.#file(partition, id);
    const bytes = await this.#read(file);
    if (bytes === "unreadable") return null;
    if (bytes === "gone" || blobId(bytes) !== id) {
      if (bytes !== "gone") this.#options.onProblem(`${file} is damaged and was dropped`);
      this.#drop(partition, id);
      return null;
    }
    this.#touch(partition, id, held);
    return bytes;
  }

  /** Resolved when there is room for more; the file is written after that. */
  async put(partition: string, id: string, bytes: Uint8Array): Promise<void> {
    await this.open();
    const key = `${partition}/${id}`;
    if (!ID.test(id) || this.has(partition, id) || bytes.length > this.#options.partitionBytes / 4) return;
    this.#waiting.set(key, bytes);
    this.#waitingBytes += bytes.length;
    void this.#writeTurn(() => this.#write(partition, id, bytes)).finally(() => {
      this.#waiting.delete(key);
      this.#waitingBytes -= bytes.length;
      for (const resolve of this.#roomWanted.splice(0)) resolve();
    });
    while (this.#waitingBytes > MAXIMUM_WAITING_BYTES) {
      await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    }
  }

  /** Resolved when everything that was put is on disk, and what had to go is not. */
  async settled(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#roomWanted.push(resolve));
    await Promise.all(this.#removals);
  }

  /** Forgets partitions whose name begins so: those of an installation that is gone. */
  async forget(prefix: string): Promise<void> {
    await this.open();
    await this.settled();
    for (const partition of [...this.#partitions.keys()].filter((name) => name.startsWith(prefix))) {
      this.#partitions.delete(partition);
      this.#bytes.delete(partition);
      await rm(join(this.#options.directory, partition), { recursive: true, force: true });
    }
  }

  /** Learns what is there. */
  open(): Promise<void> {
    this.#opened ??= this.#learn();
    return this.#opened;
  }

  /** A tree is read all at once, and a process may not have that many files open. */
  async #read(file: string): Promise<Uint8Array | "gone" | "unreadable"> {
    try {
      return await this.#readTurn(() => readFile(file));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return "gone";
      this.#options.onProblem(`${file} cannot be read: ${message}`);
      return "unreadable";
    }
  }

  async #learn(): Promise<void> {
    for (const installation of await names(this.#options.directory)) {
      for (const trust of await names(join(this.#options.directory, installation))) {
        await this.#learnPartition(`${installation}/${trust}`);
      }
    }
    this.#makeRoom();
  }

  async #learnPartition(partition: string): Promise<void> {
    const found: { readonly id: string; readonly held: Held }[] = [];
    for (const first of await names(join(this.#options.directory, partition))) {
      const directory = join(this.#options.directory, partition, first);
      const files = await Promise.all(
        (await names(directory)).map(async (name) => ({
          name,
          state: await stat(join(directory, name)).catch(() => null),
        })),
      );
      for (const { name, state } of files) {
        const id = `${first}${name}`;
        if (state === null) continue;
        // What a process left behind that died while writing.
        if (!ID.test(id)) await rm(join(directory, name), { recursive: true, force: true });
        else found.push({ id, held: { bytes: state.size, touched: state.mtimeMs } });
      }
    }
    found.sort((one, other) => one.held.touched - other.held.touched);
    for (const { id, held } of found) this.#add(partition, id, held);
  }

  async #write(partition: string, id: string, bytes: Uint8Array): Promise<void> {
    const file = this.#file(partition, id);
    this.#writes += 1;
    const unfinished = `${file}.${process.pid}.${this.#writes}.tmp`;
    try {
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(unfinished, bytes, { flag: "wx", mode: 0o600 });
      await rename(unfinished, file);
    } catch (error) {
      this.#options.onProblem(`${file} cannot be written: ${(error as Error).message}`);
      await rm(unfinished, { force: true }).catch(() => undefined);
      return;
    }
    this.#add(partition, id, { bytes: bytes.length, touched: Date.now() });
    this.#makeRoom();
  }

  #add(partition: string, id: string, held: Held): void {
    const blobs = this.#partitions.get(partition) ?? new Map<string, Held>();
    this.#partitions.set(partition, blobs);
    blobs.set(id, held);
    this.#bytes.set(partition, (this.#bytes.get(partition) ?? 0) + held.bytes);
  }

  #touch(partition: string, id: string, held: Held): void {
    const blobs = this.#partitions.get(partition);
    blobs?.delete(id);
    blobs?.set(id, held);
    const now = Date.now();
    if (now - held.touched < TOUCH_MILLISECONDS) return;
    held.touched = now;
    const time = new Date(now);
    void utimes(this.#file(partition, id), time, time).catch(() => undefined);
  }

  #makeRoom(): void {
    const { partitionBytes, totalBytes } = this.#options;
    for (const [partition, blobs] of this.#partitions) {
      for (const id of blobs.keys()) {
        if ((this.#bytes.get(partition) ?? 0) <= partitionBytes) break;
        this.#drop(partition, id);
      }
    }
    for (let total = sum(this.#bytes.values()); total > totalBytes; total = sum(this.#bytes.values())) {
      const [largest] = [...this.#bytes].sort(([, one], [, other]) => other - one)[0] ?? [];
      const oldest = largest === undefined ? undefined : this.#partitions.get(largest)?.keys().next().value;
      if (largest === undefined || oldest === undefined) return;
      this.#drop(largest, oldest);
    }
  }

  #drop(partition: string, id: string): void {
    const held = this.#partitions.get(partition)?.get(id);
    if (held === undefined) return;
    this.#partitions.get(partition)?.delete(id);
    this.#bytes.set(partition, (this.#bytes.get(partition) ?? 0) - held.bytes);
    const removal = unlink(this.#file(partition, id))
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  #file(partition: string, id: string): string {
    return join(this.#options.directory, partition, id.slice(0, 2), id.slice(2));
  }
}

async function names(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
