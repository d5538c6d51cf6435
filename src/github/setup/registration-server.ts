import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { GitHubError } from "../client/github-error.ts";
import { deferred } from "../deferred.ts";

/** What GitHub gives for a finished registration, once. */
export interface Credentials {
  readonly id: number;
  /** The App's public page. */
  readonly url: string;
  /** PEM. */
  readonly privateKey: string;
  /** null where GitHub made none. */
  readonly webhookSecret: string | null;
}

export interface RegistrationServer {
  /** To be opened in a browser on this machine. */
  readonly url: string;
  /** Resolves when GitHub has sent the browser back and the credentials are there; rejects where it gives none. */
  readonly credentials: Promise<Credentials>;
  close(): Promise<void>;
}

export interface RegistrationOptions {
  /** 0 = any free one. */
  readonly port: number;
  /** "https://github.com", or that of an own server. */
  readonly githubUrl: string;
  readonly organisation: string | null;
  readonly manifest: (redirectUrl: string) => object;
  readonly convert: (code: string) => Promise<Credentials>;
}

export const LOOPBACK = "127.0.0.1";

/**
 * The browser's side of a registration, on the loopback interface alone: whoever could reach it would get the App's keys.
 * The code that GitHub sends back is good once, belongs to the state that went out, and only a request for this very host is
 * answered, so that no page of elsewhere can speak to it by a name that resolves to here.
 *
 * @throws what `listen` throws: EADDRINUSE, EACCES
 */
export async function startRegistration(options: RegistrationOptions): Promise<RegistrationServer> {
  const state = randomBytes(24).toString("hex");
  const received = deferred<Credentials>();
  // Nobody may be waiting yet when it fails.
  received.promise.catch(() => undefined);
  const server = createServer((request, response) => void answer(request, response));
  await listen(server, options.port);
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const redirectUrl = `http://${host}/registered`;
  let asked = false;

  function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.host !== host) {
      return page(response, 403, "Not here", `Open http://${host}/ on the machine that runs the setup.`);
    }
    if (request.method !== "GET") return page(response, 405, "Not this way", "Pages are only read here.");
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    if (path === "/") return form(response, options, state, redirectUrl);
    const parameters = new URLSearchParams(query);
    const code = parameters.get("code") ?? "";
    if (path !== "/registered" || code === "" || !equal(parameters.get("state") ?? "", state)) {
      return page(response, 404, "Nothing here", "The registration starts at /.");
    }
    if (asked) return page(response, 409, "Already registered", "The code of a registration is good once.");
    asked = true;
    return convert(code, response);
  }

  async function convert(code: string, response: ServerResponse): Promise<void> {
    try {
      const credentials = await options.convert(code);
      await page(
        response,
        200,
        "Registered",
        "Go back to the terminal: it says what comes next. This page can be closed.",
      );
      received.resolve(credentials);
    } catch (error) {
      const text = error instanceof GitHubError ? error.message : "The terminal says why.";
      await page(response, 502, "GitHub did not give the App's keys", text);
      received.reject(error);
    }
  }

  return { url: `http://${host}/`, credentials: received.promise, close: () => close(server) };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
}

/** Browsers open connections that they may need later; they are not waited for. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function form(
  response: ServerResponse,
  { githubUrl, organisation, manifest }: RegistrationOptions,
  state: string,
  redirectUrl: string,
): Promise<void> {
  const owner = organisation === null ? "" : `/organizations/${encodeURIComponent(organisation)}`;
  const action = `${githubUrl}${owner}/settings/apps/new?state=${state}`;
  return html(
    response,
    200,
    `<h1>Register egress-review</h1>
<p>The next page is GitHub's. It shows what the App asks for; nothing is registered before you press the button there.</p>
<form action="${escaped(action)}" method="post">
<input type="hidden" name="manifest" value="${escaped(JSON.stringify(manifest(redirectUrl)))}">
<button>Go on to GitHub</button></form>`,
  );
}

function page(response: ServerResponse, status: number, title: string, text: string): Promise<void> {
  return html(response, status, `<h1>${escaped(title)}</h1><p>${escaped(text)}</p>`);
}

/** Resolves when all is sent, or nobody is there any more to read it. */
async function html(response: ServerResponse, status: number, body: string): Promise<void> {
  const end = once(response, "close");
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    // Some browsers hold redirects of a form, too, against form-action: signing in may lead over another host.
    "content-security-policy": "default-src 'none'; form-action https:; frame-ancestors 'none'",
    "cache-control": "no-store",
    // Without any referrer the form's origin would be "null", which servers take for forgery.
    "referrer-policy": "strict-origin",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(`<!doctype html><html lang="en"><title>egress-review setup</title>${body}</html>\n`);
  await end;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
