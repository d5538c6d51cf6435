import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { openEmbedded } from "../../../src/github/queue/database.ts";
import { FakeGitHub } from "../../github/fake-github.ts";
import { PROBOT, SECRET, SERVER, ServiceProcess, statusOf, until } from "./service-process.ts";
import { signedDelivery } from "./signed-delivery.ts";

const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
  merge_queues: "read",
} as const;
const EVENTS = ["pull_request", "issue_comment", "check_run", "check_suite", "push", "repository"];

const directory = mkdtempSync(join(tmpdir(), "egress-service-"));
const started: ServiceProcess[] = [];
let fake: FakeGitHub;

/** Making a database takes seconds, copying an empty one does not. */
beforeAll(async () => {
  const database = await openEmbedded(join(directory, "empty"));
  await database.close();
}, 60_000);

afterEach(async () => {
  for (const one of started.splice(0)) await one.end("SIGKILL");
  await fake.close();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** An organisation with one repository and one open pull request, and the service's environment for it. */
async function scene(name: string) {
  fake = new FakeGitHub();
  const acme = fake.createOrganisation("acme");
  const ann = fake.createUser("ann");
  const shop = fake.createRepository(acme, "shop", { files: { "README.md": "A shop.\n" } });
  fake.setPermission(ann, shop, "write");
  // Events are handed over by the tests, one by one.
  const { url } = await fake.listen({ deliver: false });
  const app = fake.registerApp({ permissions: PERMISSIONS, events: EVENTS, webhookSecret: SECRET });
  const installation = fake.install(app, acme, [shop]);
  fake.commit(shop, "text", { "README.md": "A larger shop.\n" }, { author: ann });
  const dataDirectory = join(directory, name);
  cpSync(join(directory, "empty"), join(dataDirectory, "queue"), { recursive: true });
  const environment = {
    PORT: "0",
    DATA_DIR: dataDirectory,
    APP_ID: String(app.id),
    PRIVATE_KEY: app.privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: url,
  };
  const open = () => {
    const pull = fake.openPullRequest(shop, { head: "text", author: ann, title: "SECRET-TITLE" });
    const body = JSON.stringify({
      action: "opened",
      installation: { id: installation.id },
      repository: { id: shop.id, name: "shop", owner: { login: "acme" }, default_branch: "main" },
      pull_request: {
        number: pull.number,
        title: "SECRET-TITLE",
        updated_at: "2026-01-01T00:00:00Z",
        head: { sha: fake.head(pull) },
      },
    });
    return signedDelivery({ event: "pull_request", body, secret: SECRET });
  };
  const concluded = () => {
    const run = fake.checkRun(shop, fake.tip(shop, "text"), "egress-review");
    return run?.status === "completed" ? run : null;
  };
  return { environment, open, concluded };
}

function start(command: readonly string[], environment: Readonly<Record<string, string>>): ServiceProcess {
  const process = new ServiceProcess(command, environment, directory);
  started.push(process);
  return process;
}

describe("npm start", () => {
  test("is alive, then ready; takes a delivery, reviews, tells what it did, drains", async () => {
    const { environment, open, concluded } = await scene("life");
    const service = start(SERVER, environment);
    const url = await service.url();
    expect(await statusOf(`${url}/healthz`)).toBe(200);
    await until(async () => (await statusOf(`${url}/readyz`)) === 200);

    const hook = `${url}/api/github/webhooks`;
    const delivery = open();
    const forged = { ...delivery, headers: { ...delivery.headers, "x-hub-signature-256": "sha256=00" } };
    expect((await fetch(hook, forged)).status).toBe(401);
    expect((await fetch(hook, delivery)).status).toBe(202);
    expect((await until(concluded)).conclusion).toBe("success");

    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('egress_review_deliveries_total{result="accepted"} 1');
    expect(metrics).toContain('egress_review_deliveries_total{result="forged"} 1');
    expect(metrics).toMatch(/egress_review_job_seconds_count\{kind="review",end="done"\} [1-9]/);

    expect(await service.end("SIGTERM")).toBe(0);
    const lines = service.output.trim().split("\n");
    expect(lines.every((line) => typeof JSON.parse(line).msg === "string")).toBe(true);
    expect(service.output).toContain('"msg":"stopped"');
    expect(service.output).not.toMatch(/SECRET-TITLE|PRIVATE KEY|ghs_/);
    expect(service.output).not.toContain(SECRET);
  }, 60_000);

  test("what was acknowledged is done, though the process was killed before it began; a second one is refused", async () => {
    const { environment, open, concluded } = await scene("killed");
    fake.faults.decide = () => ({ kind: "status", status: 503, effect: "before" });
    const first = start(SERVER, environment);
    const url = await first.url();
    // Without GitHub it is alive and not ready.
    expect(await statusOf(`${url}/healthz`)).toBe(200);
    expect(await statusOf(`${url}/readyz`)).toBe(503);
    const second = start(SERVER, environment);
    expect(await second.exited).toBe(78);
    expect(second.output).toMatch(/^egress-review: .*is used by process \d+: .*\n$/);

    expect((await fetch(`${url}/api/github/webhooks`, open())).status).toBe(202);
    await first.end("SIGKILL");
    expect(concluded()).toBeNull();

    fake.faults.clear();
    // The reconciler would find it, too: it is kept from looking.
    fake.faults.add({
      route: "/app/installations",
      times: Number.POSITIVE_INFINITY,
      fault: { kind: "status", status: 503, effect: "before" },
    });
    start(SERVER, environment);
    expect((await until(concluded)).conclusion).toBe("success");
  }, 60_000);
});

describe("probot run", () => {
  async function freePort(): Promise<string> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return String(typeof address === "object" ? address?.port : 0);
  }

  test("takes a delivery when it is written, answers health, drains", async () => {
    const { environment, open, concluded } = await scene("probot");
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const service = start(PROBOT, { ...environment, HOST: "127.0.0.1", PORT: port, LOG_FORMAT: "json" });
    await until(async () => (await statusOf(`${url}/readyz`)) === 200);
    expect(await statusOf(`${url}/healthz`)).toBe(200);
    expect(await statusOf(`${url}/metrics`)).toBe(200);
    const delivery = open();
    expect((await fetch(`${url}/api/github/webhooks`, delivery)).status).toBe(200);
    expect((await until(concluded)).conclusion).toBe("success");
    expect(await service.end("SIGTERM")).toBe(0);
    expect(service.output).not.toContain("SECRET-TITLE");
  }, 60_000);
});
