import { createPrivateKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the service is told by its environment. */
export interface ServiceSettings {
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** The first signs; the others are still believed while a secret is being changed. */
  readonly webhookSecrets: readonly string[];
  /** "https://api.github.com", or that of an own server. */
  readonly apiUrl: string;
  readonly databaseUrl: string | null;
  readonly policyRepository: { readonly owner: string; readonly name: string } | null;
  readonly allowedOwners: readonly string[] | null;
  readonly documentationUrl: string | null;
  readonly logLevel: string;
  readonly concurrency: number;
  readonly evaluationMilliseconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Each problem is one line that says what to do. */
export type SettingsResult =
  | { readonly kind: "settings"; readonly settings: ServiceSettings }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

const SHORTEST_SECRET = 32;
/** Probot's own default, and what people write into examples. */
const DEFAULT_SECRETS =
  /^(development|secret|changeme|change-me|password|test|example|webhook-secret|(.)\2+)$/i;
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);
const DATABASES = new Set(["postgres:", "postgresql:"]);
const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug"];

/** Reads a `.env` into the environment, where one stands; what is set already wins. */
export function loadEnvironmentFile(directory: string): void {
  const file = join(directory, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
}

export function readSettings(environment: Environment): SettingsResult {
  const problems: string[] = [];
  const refuse = <T>(problem: string, instead: T): T => {
    problems.push(problem);
    return instead;
  };
  const settings: ServiceSettings = {
    // `||`: what is set to nothing is not set; an empty host would be every address of this machine.
    host: environment["HOST"] || "127.0.0.1",
    port: whole(environment, "PORT", 3000, 0, 65535, problems),
    dataDirectory: environment["DATA_DIR"] || "data",
    appId: appId(environment, refuse),
    privateKey: privateKey(environment, refuse),
    webhookSecrets: [
      secret(environment, "WEBHOOK_SECRET", refuse),
      ...(environment["WEBHOOK_SECRET_PREVIOUS"]
        ? [secret(environment, "WEBHOOK_SECRET_PREVIOUS", refuse)]
        : []),
    ],
    apiUrl: apiUrl(environment, refuse),
    databaseUrl: databaseUrl(environment, refuse),
    policyRepository: policyRepository(environment, refuse),
    allowedOwners: allowedOwners(environment, refuse),
    documentationUrl: documentationUrl(environment, refuse),
    logLevel: logLevel(environment, refuse),
    concurrency: whole(environment, "CONCURRENCY", 4, 1, 64, problems),
    evaluationMilliseconds: whole(environment, "EVALUATION_SECONDS", 240, 1, 3_600, problems) * 1_000,
  };
  return problems.length === 0 ? { kind: "settings", settings } : { kind: "invalid", problems };
}

/** Notes a problem and goes on with something in its place. */
export type Refuse = <T>(problem: string, instead: T) => T;

function whole(
  environment: Environment,
  name: string,
  fallback: number,
  least: number,
  most: number,
  problems: string[],
): number {
  const text = environment[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  problems.push(`${name} must be a whole number from ${least} to ${most}`);
  return fallback;
}

function appId(environment: Environment, refuse: Refuse): number {
  const text = environment["APP_ID"] ?? "";
  if (text === "")
    return refuse("APP_ID is missing: it stands on the page of the App; egress-review setup writes it", 0);
  return /^\d+$/.test(text)
    ? Number(text)
    : refuse("APP_ID must be a number: the App's id, not its client id", 0);
}

function privateKey(environment: Environment, refuse: Refuse): string {
  const path = environment["PRIVATE_KEY_PATH"] || null;
  const given = environment["PRIVATE_KEY"] || null;
  if (given === null && path === null) {
    return refuse("PRIVATE_KEY or PRIVATE_KEY_PATH is missing: make a key on the page of the App", "");
  }
  const name = given === null ? "PRIVATE_KEY_PATH" : "PRIVATE_KEY";
  const text = given ?? (path === null ? null : fileText(path));
  if (text === null) return refuse(`PRIVATE_KEY_PATH: ${path} cannot be read`, "");
  const pem = pemOf(text);
  switch (keyType(pem)) {
    case "rsa":
      return pem;
    case null:
      return refuse(`${name} holds no private key in PEM`, "");
    default:
      return refuse(`${name} holds no RSA key, which all keys of GitHub are`, "");
  }
}

/** null = no private key. */
function keyType(pem: string): string | null {
  try {
    return createPrivateKey(pem).asymmetricKeyType ?? null;
  } catch {
    return null;
  }
}

function fileText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Environments cannot always hold line breaks: they are then written as \n, or the whole as base64. */
function pemOf(text: string): string {
  const lines = text.replaceAll("\\n", "\n").trim();
  return lines.startsWith("-----BEGIN") ? lines : Buffer.from(lines, "base64").toString("utf8");
}

function secret(environment: Environment, name: string, refuse: Refuse): string {
  const text = environment[name] ?? "";
  if (text === "") return refuse(`${name} is missing: without it anybody could send events`, "");
  if (DEFAULT_SECRETS.test(text))
    return refuse(`${name} is one that everybody knows: choose a random one`, "");
  if (text.length < SHORTEST_SECRET) {
    return refuse(`${name} is shorter than ${SHORTEST_SECRET} characters: choose a random one`, "");
  }
  return text;
}

const GITHUB = "https://api.github.com";

/** Where the API of GitHub answers, of an own server or of a tenant with data residency. */
export function apiUrl(environment: Environment, refuse: Refuse): string {
  const host = environment["GHE_HOST"] || "github.com";
  if (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host !== host.toLowerCase()) {
    return refuse("GHE_HOST is the name of a host alone: github.example.com", GITHUB);
  }
  const given = environment["GITHUB_API_URL"] || apiUrlOfHost(host);
  const url = URL.canParse(given) ? new URL(given) : null;
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.has(url.hostname));
  if (!safe)
    return refuse("GITHUB_API_URL (or GHE_HOST) must be an https address; http only on this machine", GITHUB);
  return given.replace(/\/+$/, "");
}

/** docs.github.com, "Getting started with the REST API": a tenant's API has a host of its own, an own server's a path. */
function apiUrlOfHost(host: string): string {
  if (host === "github.com") return GITHUB;
  return host.endsWith(".ghe.com") ? `https://api.${host}` : `https://${host}/api/v3`;
}

/** The address holds a password: it is never said. */
function databaseUrl(environment: Environment, refuse: Refuse): string | null {
  const given = environment["DATABASE_URL"] || null;
  if (given === null) return null;
  if (URL.canParse(given) && DATABASES.has(new URL(given).protocol)) return given;
  return refuse(
    "DATABASE_URL must be an address of PostgreSQL: postgres://USER:PASSWORD@HOST/DATABASE",
    null,
  );
}

function allowedOwners(environment: Environment, refuse: Refuse): readonly string[] | null {
  const text = environment["ALLOWED_OWNERS"] || null;
  if (text === null) return null;
  const owners = text
    .split(",")
    .map((owner) => owner.trim())
    .filter((owner) => owner !== "");
  return owners.length > 0 ? owners : refuse("ALLOWED_OWNERS names nobody: write acme,other", null);
}

function documentationUrl(environment: Environment, refuse: Refuse): string | null {
  const given = environment["DOCUMENTATION_URL"] || null;
  if (given === null) return null;
  if (URL.canParse(given) && new URL(given).protocol === "https:") return given.replace(/\/+$/, "");
  return refuse("DOCUMENTATION_URL must be an https address: it stands in every comment", null);
}

function policyRepository(environment: Environment, refuse: Refuse): ServiceSettings["policyRepository"] {
  const text = environment["POLICY_REPOSITORY"] ?? "";
  if (text === "") return null;
  const [owner = "", name = "", ...rest] = text.split("/");
  if (owner === "" || name === "" || rest.length > 0) {
    return refuse("POLICY_REPOSITORY must be written as owner/name", null);
  }
  return { owner, name };
}

/** Below "info" libraries write bodies of requests. */
function logLevel(environment: Environment, refuse: Refuse): string {
  const level = environment["LOG_LEVEL"] || "info";
  return LOG_LEVELS.includes(level)
    ? level
    : refuse(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}`, "info");
}
