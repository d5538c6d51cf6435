import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Piscina } from "piscina";
import type { Tree } from "../tree/tree.ts";
import { compileArtefact } from "./artefact.ts";
import type { RenderLimits } from "./engine.ts";
import { answerFrom, type Observation, type Question, type Trace, UNREADABLE } from "./trace.ts";

const MEBIBYTE = 1024 * 1024;
const DEFAULT_MEMORY_BYTES = 768 * MEBIBYTE;
/** WebAssembly memory never shrinks, so an instance that grew beyond this is replaced by a new one. */
const RECYCLE_BYTES = 192 * MEBIBYTE;
const DEFAULT_LIMITS = {
  deadline: 20_000,
  outputBytes: 64 * MEBIBYTE,
  inputBytes: 256 * MEBIBYTE,
  questions: 200_000,
};

export type Operation = "render_helm" | "build_kustomize" | "read_manifests";

/** What became of a request: the frame of a response, or why there is none. */
export type RenderOutcome =
  | { readonly kind: "response"; readonly response: Uint8Array; readonly trace: Trace }
  | {
      readonly kind: "trap" | "deadline" | "too-large" | "aborted";
      readonly message: string;
      readonly trace: Trace;
    };

type WorkerOutcome =
  | { readonly kind: "response"; readonly response: Uint8Array }
  | { readonly kind: "trap"; readonly message: string };

export interface RendererOptions {
  /** Most memory of one renderer in bytes; default 768 MiB, real charts were seen to need 433. */
  readonly memoryBytes?: number | undefined;
  /** Renderers that work at the same time; default: as many as the machine runs in parallel, at most 4. */
  readonly renderers?: number | undefined;
}

/** Renderers in worker threads, started when the first request comes. */
export class RendererPool {
  readonly #digest: string;
  readonly #memoryBytes: number;
  readonly #renderers: number;
  #pool: Promise<Piscina> | null = null;

  constructor(digest: string, options: RendererOptions) {
    this.#digest = digest;
    this.#memoryBytes = options.memoryBytes ?? DEFAULT_MEMORY_BYTES;
    this.#renderers = options.renderers ?? Math.min(4, availableParallelism());
  }

  prepare(): void {
    // A failure is thrown by the render that needs the pool.
    this.#start().catch(() => undefined);
  }

  #start(): Promise<Piscina> {
    this.#pool ??= compileArtefact(this.#digest, this.#memoryBytes).then((module) => {
      const pool = new Piscina({
        filename: fileURLToPath(new URL("worker-entry.cjs", import.meta.url)),
        minThreads: this.#renderers,
        maxThreads: this.#renderers,
        workerData: { module },
        execArgv: [],
        env: {},
      });
      // A thread that dies between two requests is replaced; one that dies in a request fails that request.
      pool.on("error", () => undefined);
      return pool;
    });
    return this.#pool;
  }

  async render(
    operation: Operation,
    tree: Tree,
    request: object,
    limits: RenderLimits,
  ): Promise<RenderOutcome> {
    const pool = await this.#start();
    const conversation = new Conversation(tree, limits);
    const message = { maximumOutputBytes: limits.outputBytes ?? DEFAULT_LIMITS.outputBytes, request };
    const task = {
      operation,
      request: new TextEncoder().encode(JSON.stringify(message)),
      port: conversation.theirPort,
      flag: conversation.flag,
      recycleBytes: RECYCLE_BYTES,
    };
    try {
      // Aborting a task that runs ends its thread; the pool starts another.
      const outcome = (await pool.run(task, {
        transferList: [conversation.theirPort],
        signal: conversation.stop.signal,
      })) as WorkerOutcome;
      return conversation.stopped ?? { ...outcome, trace: conversation.trace };
    } catch (cause) {
      return (
        conversation.stopped ?? {
          kind: "trap",
          message: cause instanceof Error ? cause.message : String(cause),
          trace: conversation.trace,
        }
      );
    } finally {
      conversation.end();
    }
  }

  async close(): Promise<void> {
    if (this.#pool === null) return;
    const pool = await this.#pool.catch(() => null);
    await pool?.destroy();
  }
}

/** One render's questions to the tree, and the limits that end it. */
class Conversation {
  readonly theirPort: MessagePort;
  /** Set to 1 when an answer stands in the port of the renderer. */
  readonly flag = new Int32Array(new SharedArrayBuffer(4));
  readonly stop = new AbortController();
  stopped: Exclude<RenderOutcome, { readonly kind: "response" }> | null = null;

  readonly #tree: Tree;
  readonly #limits: RenderLimits;
  readonly #port: MessagePort;
  readonly #observations = new Map<string, Observation>();
  readonly #onAbort = () => this.#end("aborted", "the review was stopped");
  #timer: NodeJS.Timeout | null = null;
  #questions = 0;
  #bytes = 0;

  constructor(tree: Tree, limits: RenderLimits) {
    this.#tree = tree;
    this.#limits = limits;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.theirPort = port2;
    port1.on("message", (message: "started" | { operation: number; path: string }) => {
      if (message === "started") this.#startTimer();
      else void this.#answer(message);
    });
    limits.signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (limits.signal?.aborted === true) this.#onAbort();
  }

  get trace(): Trace {
    return [...this.#observations.values()];
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#limits.signal?.removeEventListener("abort", this.#onAbort);
    this.#port.close();
  }

  #startTimer(): void {
    const deadline = this.#limits.deadline ?? DEFAULT_LIMITS.deadline;
    this.#timer = setTimeout(() => this.#end("deadline", `no result after ${deadline} ms`), deadline);
  }

  #end(kind: "deadline" | "too-large" | "aborted", message: string): void {
    this.stopped ??= { kind, message, trace: this.trace };
    this.stop.abort();
  }

  async #answer({ operation, path }: { operation: number; path: string }): Promise<void> {
    const question = questionOf(operation);
    const answer = await answerFrom(this.#tree, question, path).catch(() => UNREADABLE);
    this.#observations.set(`${question} ${path}`, [question, path, answer.recorded]);
    // A copy, because its buffer is handed over; the slice of a Buffer would be the buffer of others, too.
    const given = typeof answer.given === "number" ? answer.given : new Uint8Array(answer.given);
    const size = typeof given === "number" ? 0 : given.byteLength;
    this.#questions += 1;
    this.#bytes += size;
    const { questions = DEFAULT_LIMITS.questions, inputBytes = DEFAULT_LIMITS.inputBytes } = this.#limits;
    if (this.#questions > questions) return this.#end("too-large", `more than ${questions} files looked at`);
    if (this.#bytes > inputBytes) return this.#end("too-large", `more than ${inputBytes} bytes read`);
    this.#port.postMessage(given, typeof given === "number" ? [] : [given.buffer]);
    Atomics.store(this.flag, 0, 1);
    Atomics.notify(this.flag, 0);
  }
}

/** The numbers of engine/repository.go. */
function questionOf(operation: number): Question {
  if (operation === 1) return "stat";
  return operation === 2 ? "read" : "list";
}
