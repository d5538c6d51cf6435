import type { RestApi, RestResponse } from "./rest-api.ts";
import type { Clock } from "./world.ts";

const MOST_REDIRECTS = 20;

/** A `fetch` that asks the fake without a socket; follows redirects as fetch does. */
export function inProcessFetch(api: RestApi, clock: Clock): typeof fetch {
  return async (input, init = {}) => {
    let method = (init.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
    let url = new URL(input instanceof Request ? input.url : String(input));
    const headers = headersOf(init.headers ?? (input instanceof Request ? input.headers : undefined));
    let body = await bodyOf(init.body ?? null);
    for (let hop = 0; ; hop++) {
      init.signal?.throwIfAborted();
      const response = await api.respond({ method, url, headers, body });
      await suffer(response, clock, init.signal ?? null);
      const location = response.headers["location"];
      const redirect = response.status >= 301 && response.status <= 308 && location !== undefined;
      if (!redirect || init.redirect === "manual" || hop === MOST_REDIRECTS) return responseOf(response);
      const next = new URL(location, url);
      // fetch.spec.whatwg.org, "HTTP-redirect fetch": a POST becomes a GET, and another origin gets no authorisation.
      if (response.status <= 303 && method === "POST") {
        method = "GET";
        body = "";
      }
      if (next.origin !== url.origin) delete headers["authorization"];
      url = next;
    }
  };
}

function headersOf(given: ConstructorParameters<typeof Headers>[0]): Record<string, string> {
  return Object.fromEntries(new Headers(given));
}

async function bodyOf(body: unknown): Promise<string> {
  if (body === null || body === undefined) return "";
  return typeof body === "string"
    ? body
    : new Response(body as ConstructorParameters<typeof Response>[0]).text();
}

async function suffer({ fault }: RestResponse, clock: Clock, signal: AbortSignal | null): Promise<void> {
  if (fault?.kind === "reset") {
    const cause = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    throw new TypeError("fetch failed", { cause });
  }
  if (fault?.kind !== "slow") return;
  if (clock.wait === undefined && signal === null) {
    throw new Error('a "slow" answer in process needs a clock that waits, or a signal that gives up');
  }
  const givenUp = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  givenUp.catch(() => undefined);
  await (clock.wait === undefined ? givenUp : Promise.race([clock.wait(fault.milliseconds), givenUp]));
}

function responseOf({ status, headers, bytes, fault }: RestResponse): Response {
  const empty = status === 204 || status === 304;
  const shown = fault?.kind === "truncated" ? bytes.subarray(0, bytes.length >> 1) : bytes;
  return new Response(empty ? null : Uint8Array.from(shown), { status, headers });
}
