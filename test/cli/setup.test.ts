import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Account } from "../github/entities.ts";
import { FakeGitHub } from "../github/fake-github.ts";
import { Installation, type Running } from "./installation.ts";

let command: Installation;
let directory: string;
let fake: FakeGitHub;
let acme: Account;
let api: string;
let running: Running[] = [];

beforeAll(async () => {
  command = new Installation();
}, 120_000);

afterAll(() => command.remove());

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "egress-review-setup-"));
  fake = new FakeGitHub();
  acme = fake.createOrganisation("acme");
  api = (await fake.listen({ deliver: false })).url;
});

afterEach(async () => {
  for (const one of running) one.process.kill("SIGKILL");
  await Promise.all(running.map(({ outcome }) => outcome));
  running = [];
  await fake.close();
  rmSync(directory, { recursive: true, force: true });
});

const ORGANISATION = ["--organization", "acme", "--url", "https://egress.example.com/"];

function setup(...args: readonly string[]): Running {
  const started = command.start(["setup", ...args], { directory, environment: { GITHUB_API_URL: api } });
  running.push(started);
  return started;
}

/** The address that the command printed. */
async function opened({ text, outcome }: Running): Promise<string> {
  const ended = outcome.then(({ stderr }) => `ended: ${stderr}`);
  for (;;) {
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(text.stderr)?.[0];
    if (address !== undefined) return address;
    const said = await Promise.race([ended, new Promise<null>((resolve) => setTimeout(resolve, 10, null))]);
    if (said !== null) throw new Error(said);
  }
}

interface Form {
  readonly action: URL;
  readonly state: string;
  readonly manifest: Parameters<FakeGitHub["registerFromManifest"]>[0] & { readonly redirect_url: string };
}

async function formAt(address: string): Promise<Form> {
  const body = await (await fetch(address)).text();
  const field = (pattern: RegExp) =>
    (pattern.exec(body)?.[1] ?? "").replace(/&#(\d+);/g, (_, code: string) =>
      String.fromCharCode(Number(code)),
    );
  const action = new URL(field(/<form action="([^"]*)"/));
  const manifest = JSON.parse(field(/name="manifest" value="([^"]*)"/)) as Form["manifest"];
  return { action, manifest, state: action.searchParams.get("state") ?? "" };
}

/** What a person does in the browser: open the page, press GitHub's button, and be sent back. */
async function register(started: Running): Promise<{
  readonly form: Form;
  readonly app: ReturnType<FakeGitHub["registerApp"]>;
  readonly page: Response;
}> {
  const form = await formAt(await opened(started));
  const { app, code } = fake.registerFromManifest(form.manifest, acme);
  return { form, app, page: await back(form, code) };
}

function back({ manifest, state }: Form, code: string): Promise<Response> {
  return fetch(`${manifest.redirect_url}?code=${code}&state=${state}`);
}

const mode = (file: string) => statSync(join(directory, file)).mode & 0o777;

describe("a registration", () => {
  test("leads from the form over GitHub to keys that only their owner reads", async () => {
    const started = setup(...ORGANISATION);
    const { form, app, page } = await register(started);
    const { status, stdout, stderr } = await started.outcome;
    expect(stderr).toMatch(/^Open http:\/\/127\.0\.0\.1:\d+\/ in a browser[^\n]*\n$/);
    expect(status).toBe(0);
    expect(page.status).toBe(200);
    expect(form.action.href).toMatch(
      /^https:\/\/github\.com\/organizations\/acme\/settings\/apps\/new\?state=/,
    );
    expect(form.manifest).toMatchObject({
      name: "egress-review-acme",
      url: "https://egress.example.com",
      hook_attributes: { url: "https://egress.example.com/api/github/webhooks" },
      public: false,
    });
    expect(readFileSync(join(directory, "private-key.pem"), "utf8")).toBe(app.privateKey);
    expect(readFileSync(join(directory, ".env"), "utf8")).toBe(
      [
        `APP_ID=${app.id}`,
        `PRIVATE_KEY_PATH=${join(directory, "private-key.pem")}`,
        `WEBHOOK_SECRET=${app.webhookSecret}`,
        `GITHUB_API_URL=${api}`,
        "",
      ].join("\n"),
    );
    expect([mode(".env"), mode("private-key.pem")]).toEqual([0o600, 0o600]);
    expect(stdout).toContain(`${api}/apps/egress-review-acme/installations/new`);
    for (const secret of [app.webhookSecret, ...app.privateKey.split("\n").slice(1, 3)]) {
      expect(`${stdout}${stderr}${await page.text().catch(() => "")}`).not.toContain(secret);
    }
  });

  test("is enough for doctor, in the same directory", async () => {
    const started = setup(...ORGANISATION);
    await register(started);
    await started.outcome;
    const asked = command.start(["doctor"], { directory });
    running.push(asked);
    const { stdout, stderr, status } = await asked.outcome;
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^✔ GitHub knows the App as egress-review-acme/);
    expect(stdout).toMatch(/✘ the App is installed nowhere\n {2}→ install it: /);
    expect(status).toBe(1);
  });

  test("of an own account has a name that nobody else has", async () => {
    const forms = await Promise.all(
      [setup("--url", "https://e.example.com"), setup("--url", "https://e.example.com")].map(async (one) =>
        formAt(await opened(one)),
      ),
    );
    const [one, other] = forms.map(({ manifest }) => manifest.name);
    expect(one).toMatch(/^egress-review-[0-9a-f]{6}$/);
    expect(one).not.toBe(other);
    expect(forms[0]?.action.pathname).toBe("/settings/apps/new");
  });

  test("of an organisation with a long name has one that GitHub takes", async () => {
    const form = await formAt(
      await opened(
        setup("--organization", "a-very-long-name-of-a-company", "--url", "https://e.example.com"),
      ),
    );
    expect(form.manifest.name).toBe("egress-review-a-very-long-name-of");
  });

  test("on an own server asks for no merge groups, and the service is told the server", async () => {
    const started = command.start(["setup", ...ORGANISATION, "--host", "github.example.com"], {
      directory,
      environment: { GITHUB_API_URL: `${api}/api/v3` },
    });
    running.push(started);
    const { form } = await register(started);
    expect((await started.outcome).status).toBe(0);
    expect(form.action.host).toBe("github.example.com");
    expect(form.manifest.default_events).not.toContain("merge_group");
    expect(form.manifest.default_permissions).not.toHaveProperty("merge_queues");
    expect(readFileSync(join(directory, ".env"), "utf8")).toContain("\nGHE_HOST=github.example.com\n");
  });

  test("into a directory that is not there yet, with a name that a file of settings could misread", async () => {
    const started = setup(...ORGANISATION, "--directory", "of # acme");
    await register(started);
    const { status, stdout } = await started.outcome;
    expect(status).toBe(0);
    expect(stdout).toContain("cd 'of # acme' && node ");
    const folder = join(directory, "of # acme");
    const script = "process.loadEnvFile('.env'); process.stdout.write(process.env.PRIVATE_KEY_PATH)";
    const read = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
    expect(read.stdout).toBe(join(folder, "private-key.pem"));
  });
});

describe("keys that stand there", () => {
  test.each([[".env"], ["private-key.pem"]])("%s is not replaced", async (file) => {
    writeFileSync(join(directory, file), "mine");
    const { status, stderr } = await setup(...ORGANISATION).outcome;
    expect(stderr).toBe(`egress-review: ${file} exists: move it away, or add --force to replace it\n`);
    expect(status).toBe(64);
    expect(readFileSync(join(directory, file), "utf8")).toBe("mine");
  });

  test("nor one that came while the browser was open; what was registered is not lost sight of", async () => {
    const started = setup(...ORGANISATION);
    await opened(started);
    writeFileSync(join(directory, "private-key.pem"), "mine");
    await register(started);
    const { status, stderr } = await started.outcome;
    expect(stderr).toMatch(/The App is registered \(http\S+\), but its keys cannot be written \(EEXIST\)/);
    expect(status).toBe(64);
    expect(readFileSync(join(directory, "private-key.pem"), "utf8")).toBe("mine");
  });

  test("--force replaces them, and neither their mode nor a link stays", async () => {
    const elsewhere = join(directory, "elsewhere");
    writeFileSync(elsewhere, "mine");
    symlinkSync(elsewhere, join(directory, "private-key.pem"));
    writeFileSync(join(directory, ".env"), "PORT=1\n");
    chmodSync(join(directory, ".env"), 0o644);
    const started = setup(...ORGANISATION, "--force");
    const { app } = await register(started);
    expect((await started.outcome).status).toBe(0);
    expect(readFileSync(elsewhere, "utf8")).toBe("mine");
    expect(readFileSync(join(directory, "private-key.pem"), "utf8")).toBe(app.privateKey);
    expect([mode(".env"), mode("private-key.pem")]).toEqual([0o600, 0o600]);
  });
});

describe("what goes wrong ends with one line, exit code 64, and no file", () => {
  const nothing = () => [".env", "private-key.pem"].filter((file) => existsSync(join(directory, file)));

  test("a code that GitHub does not know", async () => {
    const started = setup(...ORGANISATION);
    const form = await formAt(await opened(started));
    expect((await back(form, "unknown")).status).toBe(502);
    const { status, stdout, stderr } = await started.outcome;
    expect(stderr).toMatch(/\negress-review: GitHub does not know this code[^\n]*: start the setup again\n$/);
    expect([status, stdout, nothing()]).toEqual([64, "", []]);
  });

  test("a state that is not this registration's: it goes on waiting", async () => {
    const started = setup(...ORGANISATION);
    const form = await formAt(await opened(started));
    const { code } = fake.registerFromManifest(form.manifest, acme);
    expect((await back({ ...form, state: "f".repeat(48) }, code)).status).toBe(404);
    expect((await back(form, code)).status).toBe(200);
    expect((await started.outcome).status).toBe(0);
  });

  test("a port that another program has", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { readonly port: number };
    const { status, stderr } = await setup(...ORGANISATION, "--port", String(port)).outcome;
    await new Promise((resolve) => other.close(resolve));
    expect(stderr).toBe(`egress-review: --port ${port}: another program has this port\n`);
    expect([status, nothing()]).toEqual([64, []]);
  });

  test("a directory that is a file", async () => {
    writeFileSync(join(directory, "file"), "");
    const { status, stderr } = await setup(...ORGANISATION, "--directory", "file").outcome;
    expect(stderr).toMatch(/^egress-review: --directory: nothing can be written to file \(EEXIST\)\n$/);
    expect(status).toBe(64);
  });

  test("an API that would be asked without encryption", async () => {
    const started = command.start(["setup", ...ORGANISATION], {
      directory,
      environment: { GITHUB_API_URL: "http://api.example.com" },
    });
    const { status, stderr } = await started.outcome;
    expect(stderr).toMatch(/^egress-review: GITHUB_API_URL .* must be an https address/);
    expect(status).toBe(64);
  });

  test("an address that others reach", () => {
    const { status, stdout, stderr } = command.run(["setup", ...ORGANISATION, "--address", "0.0.0.0"]);
    expect(stderr).toMatch(/^egress-review: [^\n]*listens on 127\.0\.0\.1 alone[^\n]*setup --help\n$/);
    expect([status, stdout]).toEqual([64, ""]);
  });

  test("Ctrl-C", async () => {
    mkdirSync(join(directory, "keys"));
    const started = setup(...ORGANISATION, "--directory", "keys");
    const address = await opened(started);
    started.process.kill("SIGINT");
    const { status, stdout, stderr } = await started.outcome;
    expect([status, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(/^Open [^\n]*\n$/);
    await expect(fetch(address)).rejects.toThrow();
    expect(existsSync(join(directory, "keys", ".env"))).toBe(false);
  });
});
