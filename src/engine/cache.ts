import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Rendering } from "./engine.ts";
import { decodeResponse } from "./frame.ts";
import type { Trace } from "./trace.ts";

/**
 * Results of renders by their key: engine, operation and request. A key has several results, one for each set of
 * observations; the one whose observations hold is the answer.
 */
export interface RenderCache {
  get(key: string, holds: (trace: Trace) => Promise<boolean>): Promise<Rendering | null>;
  /** Never fails: what cannot be stored is a problem for `onProblem`, not for the render. */
  put(key: string, entry: RenderEntry): void;
}

interface RenderEntry {
  readonly rendering: Rendering;
  /** The frame that the module answered with. */
  readonly response: Uint8Array;
}

export interface CacheProblem {
  readonly kind: "corrupt-entry" | "unwritable";
  readonly path: string;
  readonly message: string;
}

export interface DiskCacheOptions {
  /** Default `egress-review/renders` under the XDG cache directory. */
  readonly directory?: string | undefined;
  /**
   * Whose entries these are: renders of one installation, or of changes that are less trusted than the base branch,
   * are never answered from those of another. Default "local".
   */
  readonly partition?: string | undefined;
  /** Bytes on disk above which the oldest entries go; default 256 MiB. */
  readonly maximumBytes?: number | undefined;
  /** Bytes in memory in front of it; default 256 MiB. */
  readonly memoryBytes?: number | undefined;
  readonly onProblem?: ((problem: CacheProblem) => void) | undefined;
}

const DEFAULT_MAXIMUM_BYTES = 256 * 1024 * 1024;
/** A review of the largest repositories that were measured answers with some 60 MiB. */
const DEFAULT_MEMORY_BYTES = 256 * 1024 * 1024;
/** Most results of one key: a key is one target, its results the states of its inputs. */
const MAXIMUM_RESULTS = 16;
/** Changes with the format of an entry. */
const FORMAT = "render-1";

export function noCache(): RenderCache {
  return { get: async () => null, put: () => undefined };
}

/**
 * Keeps results in memory, those of the keys that were unused for longest dropped first above `maximumBytes` of answers of
 * the module: the head of a review is validated against its base, and a service lives for months.
 */
export function memoryCache(maximumBytes = DEFAULT_MEMORY_BYTES): RenderCache {
  const results = new Map<string, readonly Remembered[]>();
  let bytes = 0;
  const keep = (key: string, entries: readonly Remembered[]) => {
    bytes += sizeOf(entries) - sizeOf(results.get(key) ?? []);
    // A Map keeps insertion order: taking out and putting back makes the key the youngest.
    results.delete(key);
    results.set(key, entries);
    for (const [oldest, dropped] of results) {
      if (bytes <= maximumBytes || oldest === key) break;
      results.delete(oldest);
      bytes -= sizeOf(dropped);
    }
  };
  return {
    async get(key, holds) {
      for (const { rendering } of results.get(key) ?? []) {
        if (!(await holds(rendering.trace))) continue;
        keep(key, results.get(key) ?? []);
        return rendering;
      }
      return null;
    },
    put(key, { rendering, response }) {
      const others = (results.get(key) ?? []).filter(
        (other) => !isDeepStrictEqual(other.rendering.trace, rendering.trace),
      );
      keep(key, [{ rendering, bytes: response.length }, ...others].slice(0, MAXIMUM_RESULTS));
    },
  };
}

interface Remembered {
  readonly rendering: Rendering;
  readonly bytes: number;
}

function sizeOf(entries: readonly Remembered[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Results on disk behind results in memory. Any number of processes may share the directory. */
export function diskCache(options: DiskCacheOptions = {}): RenderCache {
  const memory = memoryCache(options.memoryBytes);
  const store = new Store(options);
  return {
    async get(key, holds) {
      const remembered = await memory.get(key, holds);
      if (remembered !== null) return remembered;
      for (const path of store.entries(key)) {
        const stored = store.read(path);
        if (stored === null || !(await holds(stored.trace))) continue;
        const rendering = { ...decodeResponse(stored.response), trace: stored.trace };
        memory.put(key, { rendering, response: stored.response });
        return rendering;
      }
      return null;
    },
    put(key, entry) {
      memory.put(key, entry);
      store.write(key, entry.rendering.trace, entry.response);
    },
  };
}

export function defaultCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  // Relative values are invalid: https://specifications.freedesktop.org/basedir-spec/latest/
  const configured = environment["XDG_CACHE_HOME"] ?? "";
  const base = configured.startsWith("/") ? configured : join(homedir(), ".cache");
  return join(base, "egress-review", "renders");
}

/**
 * Entries as files: `<partition>/<key>/<digest of the trace>`. A file is a SHA-256 over the rest, the length of the
 * trace, the trace as JSON, the response; compressed as a whole.
 */
class Store {
  readonly #folder: string;
  readonly #maximumBytes: number;
  readonly #onProblem: (problem: CacheProblem) => void;
  /** Bytes on disk as far as this process knows; null until it has looked. */
  #bytes: number | null = null;

  constructor(options: DiskCacheOptions) {
    const partition = sha256(options.partition ?? "local").slice(0, 32);
    this.#folder = join(options.directory ?? defaultCacheDirectory(), FORMAT, partition);
    this.#maximumBytes = options.maximumBytes ?? DEFAULT_MAXIMUM_BYTES;
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  entries(key: string): string[] {
    const folder = join(this.#folder, key);
    return namesIn(folder)
      .filter((name) => !name.includes("."))
      .sort()
      .slice(0, MAXIMUM_RESULTS)
      .map((name) => join(folder, name));
  }

  read(path: string): { readonly trace: Trace; readonly response: Uint8Array } | null {
    try {
      const content = gunzipSync(fs.readFileSync(path));
      const body = content.subarray(32);
      if (!createHash("sha256").update(body).digest().equals(content.subarray(0, 32))) {
        throw new Error("the content does not fit its digest");
      }
      const length = body.readUInt32LE(0);
      const trace = JSON.parse(body.toString("utf8", 4, 4 + length)) as Trace;
      return { trace, response: body.subarray(4 + length) };
    } catch (cause) {
      if (errorCode(cause) === "ENOENT") return null;
      this.#onProblem({ kind: "corrupt-entry", path, message: messageOf(cause) });
      attempt(() => fs.rmSync(path, { force: true }));
      return null;
    }
  }

  write(key: string, trace: Trace, response: Uint8Array): void {
    const json = Buffer.from(JSON.stringify(trace));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    const body = Buffer.concat([length, json, response]);
    const digest = createHash("sha256").update(body).digest();
    const content = gzipSync(Buffer.concat([digest, body]), { level: 1 });
    const folder = join(this.#folder, key);
    const path = join(folder, sha256(json));
    const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`;
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      fs.writeFileSync(temporary, content, { mode: 0o600 });
      // A rename replaces the whole file at once, so that another process reads the old or the new one.
      fs.renameSync(temporary, path);
      this.#makeRoom(content.length);
    } catch (cause) {
      attempt(() => fs.rmSync(temporary, { force: true }));
      this.#onProblem({ kind: "unwritable", path, message: messageOf(cause) });
    }
  }

  #makeRoom(added: number): void {
    this.#bytes = this.#bytes === null ? totalBytes(this.#files()) : this.#bytes + added;
    if (this.#bytes <= this.#maximumBytes) return;
    const files = this.#files().sort((left, right) => left.modified - right.modified);
    let bytes = totalBytes(files);
    // Room for a tenth more, so that not every write looks through the folder.
    for (const file of files) {
      if (bytes <= this.#maximumBytes * 0.9) break;
      attempt(() => fs.rmSync(file.path, { force: true }));
      attempt(() => fs.rmdirSync(join(file.path, "..")));
      bytes -= file.bytes;
    }
    this.#bytes = bytes;
  }

  #files(): StoredFile[] {
    return namesIn(this.#folder).flatMap((key) => {
      const folder = join(this.#folder, key);
      return namesIn(folder).flatMap((name) => {
        const path = join(folder, name);
        const stat = fs.statSync(path, { throwIfNoEntry: false });
        return stat === undefined ? [] : [{ path, bytes: stat.size, modified: stat.mtimeMs }];
      });
    });
  }
}

interface StoredFile {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
}

function totalBytes(files: readonly StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    // Absent, or removed by another process meanwhile.
    return [];
  }
}

/** For clean-up that another process may have done already. */
function attempt(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    // Nothing depends on it.
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function errorCode(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
