import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EVENTS } from "../events/events.ts";
import { WEBHOOK_PATH } from "../setup/manifest.ts";
import type { Metrics } from "./metrics.ts";
import { isSignature, isSigned } from "./signature.ts";

export interface FrontOptions extends HealthOptions {
  readonly secrets: readonly string[];
  /** Resolved = written. */
  readonly accept: (event: string, guid: string, payload: unknown) => Promise<void>;
  /** How long the oldest delivery waits to be written, in milliseconds. */
  readonly oldestArrival: () => number;
  readonly onProblem: (code: "forged" | "failed", error: unknown) => void;
  readonly limits?: Partial<FrontLimits>;
}

/** What orchestrators and Prometheus ask. */
export interface HealthOptions {
  /** null = ready; else why not. */
  readonly unready: () => Promise<string | null>;
  readonly metrics: Metrics;
}

export interface FrontLimits {
  readonly bodyBytes: number;
  /** Of all bodies that are being read: whoever sends many without a key fills no memory. */
  readonly heldBytes: number;
  readonly requestMilliseconds: number;
  readonly headersMilliseconds: number;
  /** Above this what comes is refused: GitHub records it, and it is asked for again when there is room. */
  readonly arrivalMilliseconds: number;
}

const LIMITS: FrontLimits = {
  // GitHub sends nothing above 25 MB.
  bodyBytes: 26 * 1024 * 1024,
  heldBytes: 256 * 1024 * 1024,
  // GitHub gives up after ten seconds and counts the delivery as failed.
  requestMilliseconds: 8_000,
  headersMilliseconds: 5_000,
  arrivalMilliseconds: 3_000,
};

/**
 * What the world can reach. A delivery is believed after its signature over the raw bytes, parsed after that, and acknowledged
 * when it is written. Nothing of a request is ever printed.
 */
export function createFront(options: FrontOptions): Server {
  const limits = { ...LIMITS, ...options.limits };
  const held = new HeldBytes(limits.heldBytes);
  const server = createServer(
    {
      requestTimeout: limits.requestMilliseconds,
      headersTimeout: Math.min(limits.headersMilliseconds, limits.requestMilliseconds),
      // Node looks for requests that take too long every 30 seconds, unless it is told to look sooner.
      connectionsCheckingInterval: Math.min(1_000, limits.requestMilliseconds / 2),
    },
    (request, response) => {
      route(request, response, options, limits, held).catch((error: unknown) => {
        options.onProblem("failed", error);
        answer(response, 503, "try again");
      });
    },
  );
  server.maxHeadersCount = 100;
  return server;
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
  limits: FrontLimits,
  held: HeldBytes,
): Promise<void> {
  if (request.method === "POST" && pathOf(request) === WEBHOOK_PATH) {
    return receive(request, response, options, limits, held);
  }
  if (!(await answerHealth(request, response, options))) answer(response, 404, "nothing here");
}

/** Answers what orchestrators and Prometheus ask; false = something else was asked. */
export async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  { unready, metrics: { registry } }: HealthOptions,
): Promise<boolean> {
  if (request.method !== "GET") return false;
  switch (pathOf(request)) {
    case "/healthz":
      answer(response, 200, "alive");
      return true;
    case "/readyz": {
      const why = await unready();
      answer(response, why === null ? 200 : 503, why ?? "ready");
      return true;
    }
    case "/metrics":
      response.writeHead(200, { "content-type": registry.contentType });
      response.end(await registry.metrics());
      return true;
    default:
      return false;
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?")[0] ?? "/";
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
  limits: FrontLimits,
  held: HeldBytes,
): Promise<void> {
  const { metrics, secrets, onProblem } = options;
  const started = performance.now();
  const signature = header(request, "x-hub-signature-256");
  const busy = options.oldestArrival() > limits.arrivalMilliseconds || held.full;
  const bytes = busy
    ? "busy"
    : isSignature(signature)
      ? await bodyOf(request, limits.bodyBytes, held)
      : "unsigned";
  if (bytes === "gone") return metrics.delivery("broken");
  if (bytes === "busy") {
    metrics.delivery("shed");
    return answer(response, 503, "busy, try again");
  }
  if (bytes === "oversized") {
    metrics.delivery("oversized");
    return answer(response, 413, "too large");
  }
  if (bytes === "unsigned" || !isSigned(bytes, signature, secrets)) {
    metrics.delivery("forged");
    onProblem("forged", null);
    return answer(response, 401, "not signed by GitHub");
  }
  const event = header(request, "x-github-event");
  const guid = header(request, "x-github-delivery");
  if (event === "" || guid === "") {
    metrics.delivery("malformed");
    return answer(response, 400, "a delivery has an event and an id");
  }
  if (!EVENTS.has(event)) {
    metrics.delivery("dropped");
    return answer(response, 202, "not listened to");
  }
  const payload = parsed(bytes);
  if (payload === undefined) {
    metrics.delivery("malformed");
    return answer(response, 400, "not JSON");
  }
  await options.accept(event, guid, payload);
  metrics.acknowledged((performance.now() - started) / 1_000);
  answer(response, 202, "accepted");
}

/** Bytes of bodies that are in memory because they are not signed before they are read to their end. */
class HeldBytes {
  readonly #most: number;
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get full(): boolean {
    return this.#bytes >= this.#most;
  }

  change(bytes: number): void {
    this.#bytes += bytes;
  }
}

async function bodyOf(
  request: IncomingMessage,
  most: number,
  held: HeldBytes,
): Promise<Uint8Array | "oversized" | "busy" | "gone"> {
  if (Number(request.headers["content-length"] ?? 0) > most) return "oversized";
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // What is left of a body that is too large stays unread, and its sender still gets an answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      held.change(chunk.length);
      if (size > most) return "oversized";
      if (held.full) return "busy";
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch {
    // The sender went away, or was too slow.
    return "gone";
  } finally {
    held.change(-size);
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  // A body that was refused is not read to its end.
  const close = status === 202 || status === 200 ? {} : { connection: "close" };
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...close });
  response.end(`${text}\n`);
}
