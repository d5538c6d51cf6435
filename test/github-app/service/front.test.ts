import { once } from "node:events";
import type { Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createFront, type FrontOptions } from "../../../src/github/service/front.ts";
import { Intake } from "../../../src/github/service/intake.ts";
import { openLog } from "../../../src/github/service/log.ts";
import { Metrics } from "../../../src/github/service/metrics.ts";
import { isSigned } from "../../../src/github/service/signature.ts";
import { signedDelivery } from "./signed-delivery.ts";

const SECRET = "current-secret-0123456789-0123456789";
const PREVIOUS = "previous-secret-0123456789-0123456789";
const PATH = "/api/github/webhooks";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A front that writes down what it takes, and what it says. */
async function open(options: Partial<FrontOptions> = {}) {
  const accepted: { event: string; guid: string; payload: unknown }[] = [];
  const lines: string[] = [];
  const log = openLog({ level: "debug", secrets: [SECRET], write: (line) => lines.push(line) });
  const metrics = new Metrics();
  const server = createFront({
    secrets: [SECRET, PREVIOUS],
    accept: async (event, guid, payload) => void accepted.push({ event, guid, payload }),
    oldestArrival: () => 0,
    unready: async () => null,
    metrics,
    onProblem: (code, error) => log.error({ err: error }, code),
    ...options,
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const post = async (delivery: RequestInit, path = PATH) => {
    const response = await fetch(`${url}${path}`, delivery);
    return { status: response.status, text: await response.text() };
  };
  const counted = async (result: string) => {
    const text = await metrics.registry.metrics();
    const found = new RegExp(`deliveries_total\\{result="${result}"\\} (\\d+)`).exec(text);
    return Number(found?.[1] ?? 0);
  };
  return { url, port, post, accepted, lines, counted, metrics };
}

/** Writes bytes to a connection and returns what comes back until it ends. */
async function raw(port: number, parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  // What is refused early may be reset while it is still being sent.
  socket.on("error", () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, "close");
  return answer;
}

describe("a signature", () => {
  const body = Buffer.from("Hello, World!");

  test("is the one of GitHub's documentation", () => {
    const vector = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    expect(isSigned(body, vector, ["It's a Secret to Everybody"])).toBe(true);
    expect(isSigned(Buffer.from("Hello, World?"), vector, ["It's a Secret to Everybody"])).toBe(false);
    expect(isSigned(body, vector, ["It's a Secret to Somebody"])).toBe(false);
    expect(isSigned(body, vector, [])).toBe(false);
  });

  test.each(["", "sha256=", "sha256=00", "sha1=757107ea", "sha256=é"])("is not %j", (signature) => {
    expect(isSigned(body, signature, [SECRET])).toBe(false);
  });
});

describe("a delivery", () => {
  test("is taken with what it said, signed with the secret of now or the one before", async () => {
    const { post, accepted, counted } = await open();
    const body = JSON.stringify({ action: "opened", text: "ü" });
    for (const secret of [SECRET, PREVIOUS]) {
      const answer = await post(signedDelivery({ event: "pull_request", guid: "g-1", body, secret }));
      expect(answer).toEqual({ status: 202, text: "accepted\n" });
    }
    const taken = { event: "pull_request", guid: "g-1", payload: { action: "opened", text: "ü" } };
    expect(accepted).toEqual([taken, taken]);
    expect(await counted("forged")).toBe(0);
  });

  test("that nobody signed is refused, whoever it claims to be from; nothing of it is said", async () => {
    const { post, accepted, counted, lines } = await open();
    const signed = signedDelivery({ body: '{"private":"TEXT-OF-PAYLOAD"}', secret: SECRET });
    const { "x-hub-signature-256": signature = "", ...unsigned } = signed.headers;
    const forged: RequestInit[] = [
      signedDelivery({ secret: "development" }),
      { ...signed, headers: unsigned },
      { ...signed, headers: { ...signed.headers, "x-hub-signature-256": signature.toUpperCase() } },
      { ...signed, headers: { ...signed.headers, "x-hub-signature-256": `${signature.slice(0, -1)}` } },
      { ...signed, body: '{"private":"TEXT-OF-PAYLOAD"} ' },
    ];
    for (const one of forged) {
      expect(await post(one)).toEqual({ status: 401, text: "not signed by GitHub\n" });
    }
    expect(accepted).toEqual([]);
    expect(await counted("forged")).toBe(forged.length);
    expect(lines.join("")).not.toMatch(/TEXT-OF-PAYLOAD|sha256|x-hub/);
  });

  test("of an event that the App does not listen to is acknowledged and dropped, but only if it is signed", async () => {
    const { post, accepted, counted } = await open();
    expect((await post(signedDelivery({ event: "star", secret: SECRET }))).status).toBe(202);
    expect((await post(signedDelivery({ event: "star", secret: "other" }))).status).toBe(401);
    expect(accepted).toEqual([]);
    expect(await counted("dropped")).toBe(1);
  });

  test.each([
    ["no JSON", { body: "{" }],
    ["no text", { body: "" }],
    ["no event", { headers: { "x-github-event": "" } }],
    ["no id", { headers: { "x-github-delivery": "" } }],
  ])("with %s is malformed", async (_, parts) => {
    const { post, accepted, counted } = await open();
    expect((await post(signedDelivery({ secret: SECRET, ...parts }))).status).toBe(400);
    expect(accepted).toEqual([]);
    expect(await counted("malformed")).toBe(1);
  });

  test("that cannot be written is refused with a text for strangers, so that GitHub keeps it", async () => {
    const problem = new Error("password=hunter2 of the database");
    const { post, lines } = await open({ accept: () => Promise.reject(problem) });
    expect(await post(signedDelivery({ secret: SECRET }))).toEqual({ status: 503, text: "try again\n" });
    expect(lines).toHaveLength(1);
  });

  test("is refused while older ones wait to be written", async () => {
    let waiting = 3_001;
    const { post, counted } = await open({ oldestArrival: () => waiting });
    expect((await post(signedDelivery({ secret: SECRET }))).status).toBe(503);
    expect(await counted("shed")).toBe(1);
    waiting = 3_000;
    expect((await post(signedDelivery({ secret: SECRET }))).status).toBe(202);
  });
});

describe("a body", () => {
  const head = (headers: readonly string[]) =>
    [
      `POST ${PATH} HTTP/1.1`,
      "host: localhost",
      `x-hub-signature-256: sha256=${"0".repeat(64)}`,
      ...headers,
      "",
      "",
    ].join("\r\n");

  test("that says it is larger than GitHub sends is refused before it comes", async () => {
    const { port, counted } = await open();
    expect(await raw(port, [head([`content-length: ${27 * 1024 * 1024}`])])).toMatch(/^HTTP\/1.1 413 /);
    expect(await counted("oversized")).toBe(1);
  });

  test("that becomes larger without saying so is refused where it does, and still answered", async () => {
    const { port, counted } = await open({ limits: { bodyBytes: 1_000 } });
    const chunk = `258\r\n${"x".repeat(600)}\r\n`;
    const answer = await raw(port, [head(["transfer-encoding: chunked"]), chunk, chunk]);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(await counted("oversized")).toBe(1);
  });

  test("that nobody could have signed is not read at all", async () => {
    const { port, counted } = await open();
    const unsigned = head([`content-length: ${20 * 1024 * 1024}`]).replace(/x-hub-[^\r]*\r\n/, "");
    expect(await raw(port, [unsigned])).toMatch(/^HTTP\/1.1 401 /);
    expect(await counted("forged")).toBe(1);
  });

  test("of many that are held at a time is one too many", async () => {
    const { port, post, counted } = await open({ limits: { heldBytes: 1_000, requestMilliseconds: 600 } });
    const slow = raw(port, [head(["content-length: 5000"]), "x".repeat(990)]);
    // The first is held when its bytes were read.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const body = JSON.stringify("y".repeat(100));
    expect((await post(signedDelivery({ secret: SECRET, body }))).status).toBe(503);
    await slow;
    expect((await post(signedDelivery({ secret: SECRET, body }))).status).toBe(202);
    expect([await counted("shed"), await counted("broken")]).toEqual([1, 1]);
  });

  test("that comes too slowly is ended before GitHub would give up", async () => {
    const { port, counted } = await open({ limits: { requestMilliseconds: 200 } });
    expect(await raw(port, [head(["content-length: 5000"]), "x"])).toMatch(/^HTTP\/1.1 408 /);
    expect(await raw(port, [`POST ${PATH} HTTP/1.1\r\nhost:`])).toMatch(/^HTTP\/1.1 408 /);
    expect(await counted("broken")).toBe(1);
  });

  test("whose sender goes away is counted", async () => {
    const { port, counted } = await open();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    await new Promise((resolve) => socket.write(head(["content-length: 5000"]), resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    while ((await counted("broken")) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe("other requests", () => {
  test.each([
    ["POST", "/"],
    ["POST", `${PATH}/`],
    ["POST", "/healthz"],
    ["GET", PATH],
    ["GET", "/probot"],
    ["PUT", PATH],
  ])("%s %s finds nothing", async (method, path) => {
    const { url } = await open();
    const response = await fetch(`${url}${path}`, { method, ...(method === "GET" ? {} : { body: "{}" }) });
    expect([response.status, await response.text()]).toEqual([404, "nothing here\n"]);
  });

  test("a query is no other path", async () => {
    const { post } = await open();
    expect((await post(signedDelivery({ secret: SECRET }), `${PATH}?a=b`)).status).toBe(202);
  });

  test("alive it says always, ready when it is, else why not", async () => {
    let why: string | null = "GitHub was not looked at yet";
    const { url } = await open({ unready: async () => why });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const unready = await fetch(`${url}/readyz`);
    expect([unready.status, await unready.text()]).toEqual([503, "GitHub was not looked at yet\n"]);
    why = null;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

describe("the intake", () => {
  const intake = (accept: () => Promise<void>, milliseconds = 8_000) =>
    new Intake({ queue: { accept }, metrics: new Metrics(), now: () => new Date(0), milliseconds });

  test("writes what the payload is about, with the work it asks for", async () => {
    const calls: unknown[] = [];
    const queue = {
      accept: async (...given: unknown[]) => {
        calls.push(given);
      },
    };
    const one = new Intake({ queue, metrics: new Metrics(), now: () => new Date(0) });
    await one.accept("installation", "g", { action: "created", installation: { id: 7 } });
    await one.accept("push", "h", null);
    const receivedAt = new Date(0);
    expect(calls).toEqual([
      [
        { guid: "g", event: "installation", action: "created", installation: 7, receivedAt },
        [{ job: { kind: "installation", installation: 7 } }],
      ],
      [
        { guid: "h", event: "push", action: null, installation: null, receivedAt },
        [{ job: { kind: "reconcile", scope: "recent" } }],
      ],
    ]);
  });

  test("waits no longer for a write than GitHub does", async () => {
    const stuck = intake(() => new Promise(() => undefined), 50);
    await expect(stuck.accept("push", "g", {})).rejects.toThrow("writing takes too long");
  });

  test("says to strangers nothing of what went wrong", async () => {
    const failing = intake(() => Promise.reject(new Error("password=hunter2")));
    await expect(failing.accept("push", "g", {})).rejects.toThrow(/^it could not be written$/);
  });

  test("takes nothing more once it is closed", async () => {
    let written = 0;
    const closing = intake(async () => {
      written += 1;
    });
    await closing.accept("push", "g", {});
    closing.close();
    await expect(closing.accept("push", "g", {})).rejects.toThrow("stopping");
    expect(written).toBe(1);
  });
});
