import type { BlobCache } from "./blob-cache.ts";
import { type Repository, spawnGit } from "./git-process.ts";
import { MAXIMUM_FILE_BYTES } from "./tree.ts";

export type Blob = Uint8Array | "too-large" | "unreadable";

interface Waiting {
  readonly id: string;
  readonly resolve: (blob: Blob) => void;
}

/** Requests in flight: enough to keep git busy, few enough that neither pipe fills while the other waits. */
const MAXIMUM_IN_FLIGHT = 512;

/**
 * Blobs by id from one long-lived `git cat-file --batch`, started when the first is asked for. Answers come in the order
 * of the requests. Where git dies (a damaged object, a partial clone that may not fetch), the first request in flight is
 * unreadable and the others are asked again.
 */
export class BlobReader {
  readonly #repository: Repository;
  readonly #cache: BlobCache;
  readonly #pending = new Map<string, Promise<Blob>>();
  #queue: Waiting[] = [];
  #inFlight: Waiting[] = [];
  #process: ReturnType<typeof spawnGit> | null = null;
  #answers: AnswerParser | null = null;
  #closed = false;

  constructor(repository: Repository, cache: BlobCache) {
    this.#repository = repository;
    this.#cache = cache;
  }

  async read(id: string): Promise<Blob> {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const pending = this.#pending.get(id);
    if (pending !== undefined) return pending;
    if (this.#closed) return "unreadable";
    const answer = new Promise<Blob>((resolve) => this.#queue.push({ id, resolve }));
    this.#pending.set(id, answer);
    this.#send();
    const blob = await answer;
    this.#pending.delete(id);
    if (typeof blob !== "string") this.#cache.put(id, blob);
    return blob;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const ended = this.#process;
    this.#process = null;
    for (const { resolve } of [...this.#inFlight, ...this.#queue]) resolve("unreadable");
    this.#inFlight = [];
    this.#queue = [];
    if (ended === null || ended.exitCode !== null || ended.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      ended.once("close", () => resolve());
      ended.kill();
    });
  }

  #send(): void {
    if (this.#closed || this.#queue.length === 0) return;
    const room = MAXIMUM_IN_FLIGHT - this.#inFlight.length;
    if (room <= 0) return;
    const process = this.#process ?? this.#start();
    const next = this.#queue.splice(0, room);
    this.#inFlight.push(...next);
    process.stdin.write(next.map(({ id }) => `${id}\n`).join(""));
  }

  #start(): ReturnType<typeof spawnGit> {
    const started = spawnGit(this.#repository, ["cat-file", "--batch"]);
    const answers = new AnswerParser((blob) => {
      this.#inFlight.shift()?.resolve(blob);
      this.#send();
    });
    this.#process = started;
    this.#answers = answers;
    started.stdout.on("data", (chunk: Buffer) => {
      if (this.#answers === answers) answers.feed(chunk);
    });
    started.stderr.resume();
    started.stdin.on("error", () => {});
    const ended = () => {
      if (this.#process !== started) return;
      this.#process = null;
      this.#answers = null;
      const [first, ...others] = this.#inFlight;
      this.#inFlight = [];
      this.#queue = [...others, ...this.#queue];
      first?.resolve("unreadable");
      this.#send();
    };
    started.on("error", ended);
    started.on("close", ended);
    return started;
  }
}

/** The answers of `cat-file --batch`: `ID TYPE SIZE`, a line break, the bytes, a line break; or `ID missing`. */
class AnswerParser {
  readonly #answer: (blob: Blob) => void;
  #header = "";
  #content: Uint8Array | null = null;
  #filled = 0;
  /** Bytes still to come of what is not kept, with the final line break. */
  #skip = 0;
  #kind: "header" | "content" | "skip" = "header";
  #skipped: Blob = "unreadable";

  constructor(answer: (blob: Blob) => void) {
    this.#answer = answer;
  }

  feed(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) rest = rest.subarray(this.#take(rest));
  }

  #take(bytes: Buffer): number {
    if (this.#kind === "header") return this.#takeHeader(bytes);
    if (this.#kind === "skip") return this.#takeSkipped(bytes);
    return this.#takeContent(bytes);
  }

  #takeHeader(bytes: Buffer): number {
    const end = bytes.indexOf(10);
    if (end < 0) {
      this.#header += bytes.toString("latin1");
      return bytes.length;
    }
    this.#begin(this.#header + bytes.toString("latin1", 0, end));
    this.#header = "";
    return end + 1;
  }

  #begin(header: string): void {
    const [, type, size] = header.split(" ");
    const length = Number(size);
    if (size === undefined || !Number.isSafeInteger(length)) {
      this.#answer("unreadable");
      return;
    }
    if (type !== "blob" || length > MAXIMUM_FILE_BYTES) {
      this.#kind = "skip";
      this.#skip = length + 1;
      this.#skipped = type === "blob" ? "too-large" : "unreadable";
      return;
    }
    this.#kind = "content";
    this.#content = new Uint8Array(length);
    this.#filled = 0;
  }

  #takeSkipped(bytes: Buffer): number {
    const taken = Math.min(this.#skip, bytes.length);
    this.#skip -= taken;
    if (this.#skip === 0) {
      this.#kind = "header";
      this.#answer(this.#skipped);
    }
    return taken;
  }

  #takeContent(bytes: Buffer): number {
    const content = this.#content;
    if (content === null) return bytes.length;
    const taken = Math.min(content.length - this.#filled, bytes.length);
    content.set(bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (taken === bytes.length) return taken;
    // One more byte is here: the line break after the content.
    this.#kind = "header";
    this.#content = null;
    this.#answer(content);
    return taken + 1;
  }
}
