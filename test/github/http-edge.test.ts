import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Octokit } from "@octokit/core";
import { at, scene } from "./scene.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function served() {
  const here = scene();
  // Over HTTP real time passes.
  here.fake.world.clock.now = () => Date.now();
  const { url } = await here.fake.listen();
  closing.push(() => here.fake.close());
  const token = here.fake.token(here.installation);
  const octokit = (path: string) => new Octokit({ auth: token, baseUrl: `${url}${path}` });
  return { ...here, url, token, octokit };
}

describe("over HTTP", () => {
  test.each([
    ["as github.com serves it", ""],
    ["as GitHub Enterprise Server serves it", "/api/v3"],
  ])("%s", async (_, path) => {
    const { octokit, url, head } = await served();
    const repository = { owner: "acme", repo: "shop" };
    const pull = await octokit(path).request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
      ...repository,
      pull_number: 1,
    });
    expect([pull.data.head.sha, pull.data.url]).toEqual([head, `${url}/repos/acme/shop/pulls/1`]);
    const archive = await octokit(path).request("GET /repos/{owner}/{repo}/tarball/{ref}", {
      ...repository,
      ref: head,
    });
    expect((archive.data as ArrayBuffer).byteLength).toBeGreaterThan(100);
  });

  test("a reset and a body that ends in the middle are errors of the network", async () => {
    const { fake, url, token, pull } = await served();
    const send = () =>
      fetch(`${url}/repos/acme/shop/issues/1/comments`, {
        method: "POST",
        headers: { authorization: `token ${token}` },
        body: JSON.stringify({ body: "b" }),
      });
    fake.faults.add({ method: "POST", fault: { kind: "reset", effect: "after" } });
    await expect(send()).rejects.toThrow("fetch failed");
    expect(fake.comments(pull)).toHaveLength(1);
    fake.faults.add({ method: "POST", fault: { kind: "truncated" } });
    await expect(send().then((response) => response.text())).rejects.toThrow();
    expect((await send()).status).toBe(201);
  });

  test("an answer that is held belongs to something that is done", async () => {
    const { fake, url, token, pull } = await served();
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    fake.faults.add({ method: "POST", fault: { kind: "held", until } });
    let answered = false;
    const sent = fetch(`${url}/repos/acme/shop/issues/1/comments`, {
      method: "POST",
      headers: { authorization: `token ${token}` },
      body: JSON.stringify({ body: "b" }),
    }).then(({ status }) => {
      answered = true;
      return status;
    });
    while (fake.comments(pull).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(answered).toBe(false);
    release();
    expect(await sent).toBe(201);
  });

  test("events go out by themselves, and a receiver that is down is recorded", async () => {
    const { fake, app, pull, bob } = await served();
    const received: unknown[] = [];
    let finished: () => void = () => undefined;
    const receiver = createServer((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
      request.on("end", () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
        received.push(`${request.headers["x-github-event"]}.${at(body, "action")}`);
        response.writeHead(202).end();
        finished();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    closing.push(() => receiver.close());
    // Nobody listens at the address of before.
    app.webhookUrl = "http://127.0.0.1:1/";
    await fake.pump();
    expect(new Set(fake.deliveries.attempts.map(({ statusCode }) => statusCode))).toEqual(new Set([0]));
    app.webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    fake.comment(pull, bob, "/egress help");
    await done;
    expect(received).toEqual(["issue_comment.created"]);
  });
});
