import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { EVENTS, workOf } from "../events/events.ts";
import type { Delivery, Queue } from "../queue/queue.ts";
import { WEBHOOK_PATH } from "../setup/manifest.ts";
import type { Metrics } from "./metrics.ts";
import { isSigned } from "./signature.ts";

export interface FrontOptions {
  readonly secrets: readonly string[];
  readonly queue: Pick<Queue, "accept">;
  /** How long the oldest delivery waits to be written, in milliseconds. */
  readonly oldestArrival: () => number;
  /** null = ready; else why not. */
  readonly unready: () => Promise<string | null>;
  readonly metrics: Metrics;
  readonly onProblem: (code: "forged" | "failed", error: unknown) => void;
}

/** GitHub sends nothing above 25 MB. */
const LARGEST_BODY = 26 * 1024 * 1024;
/** GitHub gives up after ten seconds and counts the delivery as failed. */
const REQUEST_MILLISECONDS = 9_000;
const HEADERS_MILLISECONDS = 5_000;
/** Above this what comes is refused: GitHub records it, and it is asked for again when there is room. */
const LONGEST_ARRIVAL_MILLISECONDS = 3_000;

/**
 * What the world can reach. A delivery is believed after its signature over the raw bytes, parsed after that, and acknowledged
 * when it is written. Nothing of a request is ever printed.
 */
export function createFront(options: FrontOptions): Server {
  const server = createServer((request, response) => {
    void route(request, response, options).catch((error: unknown) => {
      options.metrics.delivery("failed");
      options.onProblem("failed", error);
      answer(response, 503, "try again");
    });
  });
  server.requestTimeout = REQUEST_MILLISECONDS;
  server.headersTimeout = HEADERS_MILLISECONDS;
  server.maxHeadersCount = 100;
  return server;
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
): Promise<void> {
  const path = (request.url ?? "/").split("?")[0];
  const asked = `${request.method} ${path}`;
  switch (asked) {
    case `POST ${WEBHOOK_PATH}`:
      return receive(request, response, options);
    case "GET /healthz":
      return answer(response, 200, "alive");
    case "GET /readyz": {
      const why = await options.unready();
      return answer(response, why === null ? 200 : 503, why ?? "ready");
    }
    case "GET /metrics": {
      const { registry } = options.metrics;
      response.writeHead(200, { "content-type": registry.contentType });
      response.end(await registry.metrics());
      return;
    }
    default:
      return answer(response, 404, "nothing here");
  }
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  options: FrontOptions,
): Promise<void> {
  const { metrics, queue, secrets, onProblem } = options;
  const started = performance.now();
  if (options.oldestArrival() > LONGEST_ARRIVAL_MILLISECONDS) {
    metrics.delivery("shed");
    return answer(response, 503, "busy, try again");
  }
  const bytes = await bodyOf(request);
  if (bytes === null) {
    metrics.delivery("oversized");
    return answer(response, 413, "too large");
  }
  if (!isSigned(bytes, header(request, "x-hub-signature-256"), secrets)) {
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
  await queue.accept(deliveryOf(event, guid, payload), workOf(event, payload));
  metrics.delivery("accepted");
  metrics.acknowledged((performance.now() - started) / 1_000);
  answer(response, 202, "accepted");
}

/** null = larger than anything that GitHub sends. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  if (Number(request.headers["content-length"] ?? 0) > LARGEST_BODY) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

export function deliveryOf(event: string, guid: string, payload: unknown): Delivery {
  const fields = payload as {
    readonly action?: unknown;
    readonly installation?: { readonly id?: unknown };
  } | null;
  const action = fields?.action;
  const installation = fields?.installation?.id;
  return {
    guid,
    event,
    action: typeof action === "string" ? action : null,
    installation: typeof installation === "number" ? installation : null,
    receivedAt: new Date(),
  };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  // A body that was refused is not read to its end.
  const close = status === 413 ? { connection: "close" } : {};
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...close });
  response.end(`${text}\n`);
}
