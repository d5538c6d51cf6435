import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Receiver } from "./deliveries.ts";
import type { RestApi, RestResponse } from "./rest-api.ts";
import type { World } from "./world.ts";

export interface ListenOptions {
  /** 0 or none = a free one. */
  readonly port?: number;
  /** Each request is answered so much later. */
  readonly latencyMilliseconds?: number;
  /** Whether events are sent by themselves; otherwise the test pumps. */
  readonly deliver?: boolean;
}

export interface Listening {
  /** `http://127.0.0.1:PORT`; GitHub Enterprise Server's is this with `/api/v3`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** docs.github.com, "Rate limits for the REST API": no more than so many at once. */
const MOST_AT_ONCE = 100;

/** docs.github.com, "Best practices for using webhooks". */
const DELIVERY_MILLISECONDS = 10_000;

/** Sends one delivery over HTTP, as GitHub does: no redirects, ten seconds. */
export const overHttp: Receiver = async ({ url, headers, body }) => {
  const signal = AbortSignal.timeout(DELIVERY_MILLISECONDS);
  const response = await fetch(url, { method: "POST", headers, body, signal, redirect: "manual" });
  return { status: response.status, body: (await response.text()).slice(0, 1_000) };
};

/** The fake as a server on loopback. Real time passes here and nowhere else. */
export async function listen(world: World, api: RestApi, options: ListenOptions): Promise<Listening> {
  const { latencyMilliseconds = 0, deliver = true } = options;
  let open = 0;
  const server = createServer((request, response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
    serve(api, request, response, latencyMilliseconds, open > MOST_AT_ONCE).catch((error: unknown) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const stop = deliver ? sendDeliveries(world) : () => undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () => {
      stop();
      return closed(server);
    },
  };
}

async function serve(
  api: RestApi,
  request: IncomingMessage,
  response: ServerResponse,
  latency: number,
  tooMany: boolean,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  if (latency > 0) await pause(latency);
  if (tooMany) {
    response.writeHead(403, { "content-type": "application/json", "retry-after": "1" });
    response.end(JSON.stringify({ message: "You have exceeded a secondary rate limit." }));
    return;
  }
  const answer = await api.respond({
    method: request.method ?? "GET",
    url: new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: Buffer.concat(chunks).toString("utf8"),
  });
  await send(answer, response);
}

async function send(
  { status, headers, bytes, fault }: RestResponse,
  response: ServerResponse,
): Promise<void> {
  if (fault?.kind === "reset") {
    response.socket?.destroy();
    return;
  }
  if (fault?.kind === "slow") await pause(fault.milliseconds);
  if (fault?.kind === "held") await fault.until;
  const length = status === 304 ? {} : { "content-length": String(bytes.length) };
  response.writeHead(status, { ...headers, ...length });
  if (fault?.kind === "truncated") {
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.socket?.destroy());
    return;
  }
  response.end(status === 304 ? undefined : bytes);
}

/** One after the other, when their time has come. */
function sendDeliveries(world: World): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  const run = async () => {
    if (running || stopped) return;
    running = true;
    await world.deliveries.pump(overHttp);
    running = false;
    if (world.deliveries.pending.length > 0) later();
  };
  const later = () => {
    if (stopped || timer !== null) return;
    const due = Math.min(...world.deliveries.pending.map(({ dueAt }) => dueAt));
    timer = setTimeout(
      () => {
        timer = null;
        void run();
      },
      Math.max(0, due - world.now()),
    );
  };
  world.deliveries.onQueued = later;
  if (world.deliveries.pending.length > 0) later();
  return () => {
    stopped = true;
    world.deliveries.onQueued = () => undefined;
    if (timer !== null) clearTimeout(timer);
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
