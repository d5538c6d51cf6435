import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { App, Repository } from "../github/entities.ts";
import { FakeGitHub } from "../github/fake-github.ts";
import { registered } from "../github-app/setup/platform.ts";
import { Installation, type Outcome } from "./installation.ts";

let command: Installation;
let directory: string;
let fake: FakeGitHub;
let app: App;
let shop: Repository;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  command = new Installation();
  directory = mkdtempSync(join(tmpdir(), "egress-review-doctor-"));
  fake = new FakeGitHub();
  const acme = fake.createOrganisation("acme");
  shop = fake.createRepository(acme, "platform", { files: { ".egress-review.yaml": "contact: x\n" } });
  const { permissions, events } = await registered();
  app = fake.registerApp({ name: "egress-review-acme", owner: acme, permissions, events });
  fake.install(app, acme, [shop]);
  await fake.pump(async () => ({ status: 202 }));
  writeFileSync(join(directory, "key.pem"), app.privateKey);
  environment = {
    APP_ID: String(app.id),
    PRIVATE_KEY_PATH: join(directory, "key.pem"),
    WEBHOOK_SECRET: app.webhookSecret,
    GITHUB_API_URL: (await fake.listen({ deliver: false })).url,
  };
}, 120_000);

afterAll(async () => {
  await fake.close();
  command.remove();
  rmSync(directory, { recursive: true, force: true });
});

function doctor(args: readonly string[] = [], more: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return command.start(["doctor", ...args], { directory, environment: { ...environment, ...more } }).outcome;
}

const requireCheck = () =>
  fake.setRuleset(shop, {
    requiredChecks: [{ context: "egress-review", integrationId: app.id }],
    strict: true,
  });

test("all is well: one line each, and exit code 0", async () => {
  requireCheck();
  const { status, stdout, stderr } = await doctor(["--repository", "acme/platform"]);
  expect(stderr).toBe("");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, -2).filter((line) => !line.startsWith("✔ "))).toEqual([]);
  expect(lines.slice(-2)).toEqual(["", "All is well."]);
  expect(status).toBe(0);
});

test("the App alone, without a repository", async () => {
  const { status, stdout } = await doctor();
  expect(stdout).not.toMatch(/platform/);
  expect(status).toBe(0);
});

describe("what is not well", () => {
  test("is followed by what to do, no wider than 80 columns but for addresses", async () => {
    fake.setRuleset(shop, { requiredChecks: [{ context: "egress-review" }] });
    const { status, stdout } = await doctor(["--repository", "acme/platform"], { NO_COLOR: "1" });
    expect(stdout).toMatch(
      /\n✘ whoever can write can post a green check of this name\n {2}→ choose egress-review-acme/,
    );
    expect(stdout).toMatch(/\n\n2 things are not well\.\n$/);
    const wide = stdout.split("\n").filter((line) => line.length > 80 && !/^ *http\S+$/.test(line));
    expect(wide).toEqual([]);
    expect(stdout).toMatch(/ http\S+\/acme\/platform\/settings\/rules\n/);
    expect(status).toBe(1);
  });

  test("has a colour where that is wanted, and none where it is not", async () => {
    const { stdout } = await doctor([], { FORCE_COLOR: "1" });
    expect(stdout).toContain("\u001b[32m✔\u001b[39m GitHub knows");
    expect((await doctor([], { NO_COLOR: "1", FORCE_COLOR: "1" })).stdout).not.toContain("\u001b");
  });

  test("what could not be seen is not well", async () => {
    const fault = { kind: "status", status: 500, effect: "before" } as const;
    fake.faults.add({ route: /\/rules\/branches\//, times: 100, fault });
    requireCheck();
    const { status, stdout } = await doctor(["--repository", "acme/platform"]);
    fake.faults.clear();
    expect(stdout).toMatch(/\n\? the rules of main cannot be seen: /);
    expect(stdout).toMatch(/\n1 thing is not well\.\n$/);
    expect(status).toBe(1);
  });

  test("text that a repository controls cannot move the cursor", async () => {
    requireCheck();
    const tip = fake.tip(shop);
    fake.commit(shop, "main", { ".egress-review.yaml": '"\\u001b[2J\\u202e": 1\n' }, { author: shop.owner });
    const { stdout } = await doctor(["--repository", "acme/platform"]);
    fake.forcePush(shop, "main", tip, shop.owner);
    await fake.pump(async () => ({ status: 202 }));
    expect(stdout).toMatch(/\.egress-review\.yaml:1 unknown key "⟨U\+001B⟩\[2J⟨U\+202E⟩"/);
  });
});

test("for programs: JSON, and the same exit codes", async () => {
  fake.setRuleset(shop, null);
  const { status, stdout } = await doctor(["--repository", "acme/platform", "--format", "json"]);
  const answer = JSON.parse(stdout) as { readonly diagnoses: readonly { readonly code: string }[] };
  expect(answer).toMatchObject({ tool: { name: "egress-review" }, well: false });
  expect(answer.diagnoses.at(-1)).toEqual({
    code: "check-required",
    state: "ill",
    text: "main does not require the check egress-review: what it blocks can be merged",
    remedy: expect.stringMatching(/^in a rule for main, .*\/acme\/platform\/settings\/rules$/),
  });
  expect(status).toBe(1);
});

describe("wrong usage and settings are exit code 64", () => {
  test("each setting that is wrong has a line", async () => {
    const { status, stdout, stderr } = await doctor([], { APP_ID: "Iv1.x", WEBHOOK_SECRET: "secret" });
    expect(stderr.trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^egress-review: APP_ID must be a number/),
      expect.stringMatching(/^egress-review: WEBHOOK_SECRET is one that everybody knows/),
    ]);
    expect([status, stdout]).toEqual([64, ""]);
  });

  test("a key of another App is a diagnosis, not a failure", async () => {
    const { status, stdout } = await doctor([], { APP_ID: "424242" });
    expect(stdout).toMatch(/^✘ GitHub does not accept the private key for this App\n {2}→ compare APP_ID/);
    expect(status).toBe(1);
  });
});
