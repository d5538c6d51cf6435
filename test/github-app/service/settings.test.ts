import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { readSettings, type ServiceSettings } from "../../../src/github/service/settings.ts";
import { PRIVATE_KEY, PROBOT, SECRET, SERVER, ServiceProcess } from "./service-process.ts";

const directory = mkdtempSync(join(tmpdir(), "egress-settings-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ENOUGH = { APP_ID: "17", PRIVATE_KEY, WEBHOOK_SECRET: SECRET };

function settings(environment: Readonly<Record<string, string>>): ServiceSettings {
  const read = readSettings({ ...ENOUGH, ...environment });
  if (read.kind === "invalid") throw new Error(read.problems.join("\n"));
  return read.settings;
}

function problems(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const read = readSettings({ ...ENOUGH, ...environment });
  return read.kind === "invalid" ? read.problems : [];
}

describe("settings", () => {
  test("three are enough; what is not said is safe", () => {
    expect(settings({})).toEqual({
      host: "127.0.0.1",
      port: 3000,
      dataDirectory: "data",
      appId: 17,
      privateKey: PRIVATE_KEY.trim(),
      webhookSecrets: [SECRET],
      apiUrl: "https://api.github.com",
      databaseUrl: null,
      policyRepository: null,
      allowedOwners: null,
      documentationUrl: null,
      logLevel: "info",
      concurrency: 4,
      evaluationMilliseconds: 240_000,
    });
  });

  test("an empty one is one that was not set: an empty HOST would listen everywhere", () => {
    const names = [
      "HOST PORT DATA_DIR PRIVATE_KEY_PATH WEBHOOK_SECRET_PREVIOUS GHE_HOST GITHUB_API_URL DATABASE_URL",
      "POLICY_REPOSITORY ALLOWED_OWNERS DOCUMENTATION_URL LOG_LEVEL CONCURRENCY EVALUATION_SECONDS",
    ].flatMap((line) => line.split(" "));
    expect(settings(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(settings({}));
  });

  test("each is read", () => {
    const previous = "the-secret-before-0123456789-0123456789";
    expect(
      settings({
        HOST: "::",
        PORT: "8080",
        DATA_DIR: "/data",
        WEBHOOK_SECRET_PREVIOUS: previous,
        GHE_HOST: "github.example.com",
        DATABASE_URL: "postgres://egress:pass@db.example.com/egress",
        POLICY_REPOSITORY: "acme/egress-policy",
        ALLOWED_OWNERS: "acme, other ,",
        DOCUMENTATION_URL: "https://docs.example.com/egress/",
        LOG_LEVEL: "warn",
        CONCURRENCY: "8",
        EVALUATION_SECONDS: "60",
      }),
    ).toMatchObject({
      host: "::",
      port: 8080,
      dataDirectory: "/data",
      webhookSecrets: [SECRET, previous],
      apiUrl: "https://github.example.com/api/v3",
      databaseUrl: "postgres://egress:pass@db.example.com/egress",
      policyRepository: { owner: "acme", name: "egress-policy" },
      allowedOwners: ["acme", "other"],
      documentationUrl: "https://docs.example.com/egress",
      logLevel: "warn",
      concurrency: 8,
      evaluationMilliseconds: 60_000,
    });
  });

  test("a key may be a file, lines, one line with \\n, or base64", () => {
    const file = join(directory, "key.pem");
    writeFileSync(file, PRIVATE_KEY);
    const key = PRIVATE_KEY.trim();
    expect(settings({ PRIVATE_KEY: "", PRIVATE_KEY_PATH: file }).privateKey).toBe(key);
    expect(settings({ PRIVATE_KEY: PRIVATE_KEY.replaceAll("\n", "\\n") }).privateKey).toBe(key);
    const encoded = Buffer.from(PRIVATE_KEY).toString("base64");
    expect(settings({ PRIVATE_KEY: encoded }).privateKey.trim()).toBe(key);
  });

  test("http is for this machine alone", () => {
    expect(settings({ GITHUB_API_URL: "http://127.0.0.1:9999/" }).apiUrl).toBe("http://127.0.0.1:9999");
  });
});

describe("a setting that cannot be", () => {
  test.each<[Readonly<Record<string, string | undefined>>, RegExp]>([
    [{ APP_ID: undefined }, /^APP_ID is missing/],
    [{ APP_ID: "Iv1.0123456789abcdef" }, /^APP_ID must be a number: .* not its client id/],
    [{ PRIVATE_KEY: undefined }, /^PRIVATE_KEY or PRIVATE_KEY_PATH is missing/],
    [{ PRIVATE_KEY: "nonsense" }, /^PRIVATE_KEY holds no private key/],
    [
      { PRIVATE_KEY: "", PRIVATE_KEY_PATH: "/nowhere.pem" },
      /^PRIVATE_KEY_PATH: \/nowhere.pem cannot be read/,
    ],
    [{ WEBHOOK_SECRET: undefined }, /^WEBHOOK_SECRET is missing/],
    [{ WEBHOOK_SECRET: "development" }, /^WEBHOOK_SECRET is one that everybody knows/],
    [{ WEBHOOK_SECRET: "a".repeat(40) }, /^WEBHOOK_SECRET is one that everybody knows/],
    [{ WEBHOOK_SECRET: "x1y2z3" }, /^WEBHOOK_SECRET is shorter than 32 characters/],
    [{ WEBHOOK_SECRET_PREVIOUS: "development" }, /^WEBHOOK_SECRET_PREVIOUS is one that everybody knows/],
    [{ PORT: "http" }, /^PORT must be a whole number from 0 to 65535/],
    [{ PORT: "65536" }, /^PORT must be/],
    [{ CONCURRENCY: "0" }, /^CONCURRENCY must be/],
    [{ EVALUATION_SECONDS: "1.5" }, /^EVALUATION_SECONDS must be/],
    [{ GITHUB_API_URL: "http://github.example.com" }, /^GITHUB_API_URL .* must be an https address/],
    [{ GHE_HOST: "not a host" }, /^GHE_HOST is the name of a host alone/],
    [{ GHE_HOST: "https://github.example.com/" }, /^GHE_HOST is the name of a host alone/],
    [{ DATABASE_URL: "mysql://db.example.com/egress" }, /^DATABASE_URL must be/],
    [{ POLICY_REPOSITORY: "egress-policy" }, /^POLICY_REPOSITORY must be written as owner\/name/],
    [{ POLICY_REPOSITORY: "acme/egress/policy" }, /^POLICY_REPOSITORY must be/],
    [{ ALLOWED_OWNERS: " , " }, /^ALLOWED_OWNERS names nobody/],
    [{ DOCUMENTATION_URL: "javascript:alert(1)" }, /^DOCUMENTATION_URL must be an https address/],
    [{ LOG_LEVEL: "trace" }, /^LOG_LEVEL must be one of/],
  ])("%j is one line that says what to do", (environment, line) => {
    expect(problems(environment)).toEqual([expect.stringMatching(line)]);
  });

  test("a key of another kind than GitHub's is named", () => {
    const elliptic = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    }).privateKey;
    expect(problems({ PRIVATE_KEY: elliptic })).toEqual([expect.stringMatching(/no RSA key/)]);
  });

  test("each that is read is on the page of operations, and nothing else", () => {
    const source = readFileSync(new URL("../../../src/github/service/settings.ts", import.meta.url), "utf8");
    const read = [...source.matchAll(/environment(?:\["|, ")([A-Z_]+)"/g)].map(([, name]) => name);
    const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const rows = page.split("\n").filter((line) => /^\| `[A-Z]/.test(line));
    const written = rows.flatMap((row) =>
      [...(row.split("|")[1] ?? "").matchAll(/[A-Z_]{4,}/g)].map(([name]) => name),
    );
    expect(new Set(written)).toEqual(new Set(read));
  });

  test("no line says a secret", () => {
    const said = problems({ WEBHOOK_SECRET: "x1y2z3", PRIVATE_KEY: "nonsense", DATABASE_URL: "my:pass@db" });
    expect(said).toHaveLength(3);
    expect(said.join("\n")).not.toMatch(/x1y2z3|nonsense|pass/);
  });
});

describe("a process whose settings cannot be", () => {
  test.each([
    ["npm start", SERVER, { APP_ID: "", WEBHOOK_SECRET: "development", LOG_LEVEL: "loud" }, 3],
    // Probot's own default, which it takes where nothing is said.
    ["probot run", PROBOT, { APP_ID: "17", LOG_LEVEL: "warn" }, 1],
    ["probot run --secret", [...PROBOT, "--secret=development"], { WEBHOOK_SECRET: SECRET }, 1],
  ])("%s says all of them and ends with 78", async (_, command, environment, lines) => {
    const service = new ServiceProcess(
      command,
      { APP_ID: "17", PRIVATE_KEY, PORT: "0", DATA_DIR: join(directory, "data"), ...environment },
      directory,
    );
    expect(await service.exited).toBe(78);
    expect(service.output.match(/^egress-review: .+$/gm)).toHaveLength(lines);
    expect(service.output).toMatch(/^egress-review: .*(WEBHOOK_SECRET)/m);
  });

  test(".env in the working directory is read; what is set already wins", async () => {
    writeFileSync(join(directory, ".env"), `APP_ID=17\nLOG_LEVEL=loud\nWEBHOOK_SECRET=${SECRET}\n`);
    const service = new ServiceProcess(SERVER, { APP_ID: "no", PRIVATE_KEY }, directory);
    expect(await service.exited).toBe(78);
    expect(service.output.split("\n").filter((line) => line !== "")).toEqual([
      expect.stringContaining("APP_ID must be a number"),
      expect.stringContaining("LOG_LEVEL must be one of"),
    ]);
  });
});
