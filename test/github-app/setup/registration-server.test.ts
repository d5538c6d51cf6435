import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { GitHubError } from "../../../src/github/client/github-error.ts";
import {
  type Credentials,
  type RegistrationServer,
  startRegistration,
} from "../../../src/github/setup/registration-server.ts";

const CREDENTIALS: Credentials = {
  id: 7,
  url: "https://github.com/apps/egress-review-acme",
  privateKey: "-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n",
  webhookSecret: "a secret of the webhook",
};

let server: RegistrationServer;
let codes: string[] = [];
let convert: (code: string) => Promise<Credentials>;

beforeEach(async () => {
  codes = [];
  convert = async () => CREDENTIALS;
  server = await startRegistration({
    port: 0,
    githubUrl: "https://github.com",
    organisation: "acme",
    manifest: (redirectUrl) => ({ name: `a "quoted" <name> & 'more'`, redirect_url: redirectUrl }),
    convert: (code) => {
      codes.push(code);
      return convert(code);
    },
  });
});

let reserved: Socket[] = [];

afterEach(async () => {
  for (const socket of reserved) socket.destroy();
  reserved = [];
  await server.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Over a bare socket: libraries for HTTP would mend the path and the host, or refuse them. */
async function ask(
  path: string,
  {
    host = new URL(server.url).host,
    method = "GET",
  }: { readonly host?: string; readonly method?: string } = {},
): Promise<Answer> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n", 2);
  const [first = "", ...fields] = head.split("\r\n");
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(":")).toLowerCase(),
      field.slice(field.indexOf(":") + 2),
    ]),
  );
  return { status: Number(first.split(" ")[1]), headers, body };
}

/** What a browser would send to GitHub when the button is pressed. */
async function submitted(): Promise<{
  readonly action: URL;
  readonly manifest: Record<string, string>;
  readonly state: string;
}> {
  const { body } = await ask("/");
  const field = (pattern: RegExp) => unescaped(pattern.exec(body)?.[1] ?? "");
  const action = new URL(field(/<form action="([^"]*)" method="post">/));
  const manifest = JSON.parse(field(/name="manifest" value="([^"]*)"/)) as Record<string, string>;
  return { action, manifest, state: action.searchParams.get("state") ?? "" };
}

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

describe("the way that a browser goes", () => {
  test("a form with the manifest for GitHub's page of the organisation", async () => {
    const { action, manifest, state } = await submitted();
    expect(`${action.origin}${action.pathname}`).toBe(
      "https://github.com/organizations/acme/settings/apps/new",
    );
    expect(state).toMatch(/^[0-9a-f]{48}$/);
    expect(manifest).toEqual({ name: `a "quoted" <name> & 'more'`, redirect_url: `${server.url}registered` });
  });

  test("back from GitHub: the code is exchanged, and the page shows no secret", async () => {
    const { state } = await submitted();
    const { status, body } = await ask(`/registered?code=c%2F1&state=${state}`);
    expect(status).toBe(200);
    expect(body).toMatch(/Go back to the terminal/);
    expect(body).not.toMatch(/secret/);
    expect(codes).toEqual(["c/1"]);
    expect(await server.credentials).toBe(CREDENTIALS);
  });

  test("nothing is kept, framed, run or sent elsewhere", async () => {
    const { headers } = await ask("/");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("strict-origin");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; form-action https:; frame-ancestors 'none'",
    );
  });

  test("two registrations have two states", async () => {
    const { state } = await submitted();
    const other = await startRegistration({
      port: 0,
      githubUrl: "https://github.com",
      organisation: null,
      manifest: () => ({}),
      convert,
    });
    const body = await (await fetch(other.url)).text();
    await other.close();
    expect(body).toMatch(/action="https:\/\/github\.com\/settings\/apps\/new\?state=/);
    expect(body).not.toContain(state);
  });
});

describe("what is refused, without a code being used", () => {
  test("a state of another registration, none, and a shorter one", async () => {
    const { state } = await submitted();
    for (const query of [
      `code=c&state=${"0".repeat(48)}`,
      "code=c",
      `code=c&state=${state.slice(1)}`,
      `state=${state}`,
    ]) {
      expect((await ask(`/registered?${query}`)).status).toBe(404);
    }
    expect(codes).toEqual([]);
  });

  test("a name that resolves to here", async () => {
    const { state } = await submitted();
    const { port } = new URL(server.url);
    for (const host of ["evil.example.com", `evil.example.com:${port}`, `localhost:${port}`, "127.0.0.1"]) {
      for (const path of ["/", `/registered?code=c&state=${state}`]) {
        const { status, body } = await ask(path, { host });
        expect(status).toBe(403);
        expect(body).not.toContain(state);
      }
    }
    expect(codes).toEqual([]);
  });

  test("everything but reading", async () => {
    const { state } = await submitted();
    for (const method of ["POST", "PUT", "OPTIONS"]) {
      expect((await ask(`/registered?code=c&state=${state}`, { method })).status).toBe(405);
    }
    expect(codes).toEqual([]);
  });

  test("another path, and one that is no address: the registration goes on", async () => {
    const { state } = await submitted();
    for (const path of ["/x", "/registered/", "//", "/..%2f", `/x?code=c&state=${state}`, "/favicon.ico"]) {
      expect((await ask(path)).status).toBe(404);
    }
    expect((await ask(`/registered?code=c&state=${state}`)).status).toBe(200);
    expect(codes).toEqual(["c"]);
  });

  test("a second use", async () => {
    const { state } = await submitted();
    const both = await Promise.all(["1", "2"].map((code) => ask(`/registered?code=${code}&state=${state}`)));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(codes).toHaveLength(1);
  });
});

describe("what goes wrong", () => {
  test("GitHub gives no keys: the page and the terminal say why", async () => {
    convert = () => Promise.reject(new GitHubError("invalid", "GitHub does not know <this> code"));
    const { state } = await submitted();
    const { status, body } = await ask(`/registered?code=c&state=${state}`);
    expect(status).toBe(502);
    expect(body).toContain("GitHub does not know &#60;this&#62; code");
    await expect(server.credentials).rejects.toThrow("GitHub does not know <this> code");
  });

  test("what is no answer of GitHub's is for the terminal alone", async () => {
    convert = () => Promise.reject(new Error("a path of this machine"));
    const { state } = await submitted();
    const { body } = await ask(`/registered?code=c&state=${state}`);
    expect(body).not.toContain("a path of this machine");
    await expect(server.credentials).rejects.toThrow("a path of this machine");
  });

  test("a port that another program has", async () => {
    const { port } = new URL(server.url);
    const second = startRegistration({
      port: Number(port),
      githubUrl: "https://github.com",
      organisation: null,
      manifest: () => ({}),
      convert,
    });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("closing does not wait for a connection that a browser holds in reserve", async () => {
    const { port } = new URL(server.url);
    const reserve = connect(Number(port), "127.0.0.1");
    reserved.push(reserve);
    await new Promise((resolve) => reserve.once("connect", resolve));
    const ended = new Promise((resolve) => reserve.once("close", resolve));
    reserve.on("error", () => undefined);
    await server.close();
    await ended;
  });

  test("no other address of this machine answers", async () => {
    const port = Number(new URL(server.url).port);
    const addresses = Object.values(networkInterfaces())
      .flatMap((known) => known ?? [])
      .filter(({ family, address }) => family === "IPv4" && address !== "127.0.0.1")
      .map(({ address }) => address);
    // On Linux the whole of 127/8 is this machine.
    const loopback = process.platform === "linux" ? ["::1", "127.0.0.2"] : ["::1"];
    for (const address of [...loopback, ...addresses]) expect(await reaches(address, port)).toBe(false);
    expect(await reaches("127.0.0.1", port)).toBe(true);
  });
});

function reaches(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}
