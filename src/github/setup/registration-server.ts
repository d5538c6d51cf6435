import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What GitHub gives for a finished registration, once. */
export interface Credentials {
  readonly id: number;
  readonly slug: string;
  readonly url: string;
  readonly privateKey: string;
  readonly webhookSecret: string;
}

export interface RegistrationServer {
  /** To be opened in a browser on this machine. */
  readonly url: string;
  /** Where GitHub sends the browser back to. */
  readonly redirectUrl: string;
  /** Resolves when GitHub has sent the browser back and the credentials are there. */
  readonly credentials: Promise<Credentials>;
  close(): Promise<void>;
}

export interface RegistrationOptions {
  readonly port: number;
  /** "https://github.com", or that of an own server. */
  readonly githubUrl: string;
  readonly organisation: string | null;
  readonly manifest: (redirectUrl: string) => object;
  readonly convert: (code: string) => Promise<Credentials>;
  readonly onListening?: (url: string) => void;
}

const LOOPBACK = "127.0.0.1";

/**
 * The browser's side of a registration, on the loopback interface alone: whoever could reach it would get the App's keys.
 * The code that GitHub sends back is good once, belongs to the state that went out, and only a request for this very host is
 * answered, so that no page of elsewhere can speak to it by a name that resolves to here.
 */
export async function startRegistration(options: RegistrationOptions): Promise<RegistrationServer> {
  const state = randomBytes(24).toString("hex");
  const received = deferred<Credentials>();
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      page(
        response,
        502,
        "GitHub did not give the App's keys",
        String(error instanceof Error ? error.message : error),
      );
      received.reject(error);
    });
  });
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  const origin = `http://${LOOPBACK}:${port}`;
  const redirectUrl = `${origin}/registered`;
  let asked = false;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", origin);
    if (request.headers.host !== `${LOOPBACK}:${port}` || request.method !== "GET") {
      page(response, 403, "Not here", `Open ${origin}/ on the machine that runs the setup.`);
      return;
    }
    if (url.pathname === "/") {
      form(response, options, state, redirectUrl);
      return;
    }
    const code = url.searchParams.get("code");
    if (
      url.pathname !== "/registered" ||
      code === null ||
      !equal(url.searchParams.get("state") ?? "", state)
    ) {
      page(response, 404, "Nothing here", "The registration starts at /.");
      return;
    }
    if (asked) {
      page(response, 409, "Already registered", "The code of a registration is good once.");
      return;
    }
    asked = true;
    const credentials = await options.convert(code);
    page(
      response,
      200,
      "Registered",
      "Go back to the terminal: it says what comes next. This page can be closed.",
    );
    received.resolve(credentials);
  }

  return {
    url: `${origin}/`,
    redirectUrl,
    credentials: received.promise,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
}

function form(
  response: ServerResponse,
  { githubUrl, organisation, manifest }: RegistrationOptions,
  state: string,
  redirectUrl: string,
): void {
  const owner = organisation === null ? "" : `/organizations/${encodeURIComponent(organisation)}`;
  const action = `${githubUrl}${owner}/settings/apps/new?state=${state}`;
  html(
    response,
    200,
    `<h1>Register egress-review</h1>
<p>The next page is GitHub's. It shows what the App asks for; nothing is registered before you press the button there.</p>
<form action="${attribute(action)}" method="post">
<input type="hidden" name="manifest" value="${attribute(JSON.stringify(manifest(redirectUrl)))}">
<button>Go on to GitHub</button></form>`,
    new URL(githubUrl).origin,
  );
}

function page(response: ServerResponse, status: number, title: string, text: string): void {
  html(response, status, `<h1>${attribute(title)}</h1><p>${attribute(text)}</p>`, "'none'");
}

function html(response: ServerResponse, status: number, body: string, formAction: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": `default-src 'none'; form-action ${formAction}; frame-ancestors 'none'`,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`<!doctype html><html lang="en"><title>egress-review setup</title>${body}</html>\n`);
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // Nobody may be waiting yet when it fails.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
