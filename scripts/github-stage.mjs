/**
 * The service as a process, beside a GitHub of our own that it talks to over HTTP: what `npm run demo:github` and
 * `npm run bench:app` play on. Needs `npm run build:stage`.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "./throwaway-repository.mjs";

// What is built is there when this runs, and need not be when this is checked.
const { FakeGitHub } = await built("build/github/fake-github.js");
const { readManifest, WEBHOOK_PATH } = await built("dist/github/setup/manifest.js");

const SERVER = fileURLToPath(new URL("../dist/server.js", import.meta.url));
const WEBHOOK_SECRET = "a-secret-of-this-machine-and-of-this-run-alone";
/** The first start makes a database. */
const START_MILLISECONDS = 120_000;
const INTERRUPTED = 130;

/**
 * @param {{ latencyMilliseconds?: number, limits?: object, environment?: Record<string, string> }} [options]
 */
export async function openStage({ latencyMilliseconds = 0, limits = {}, environment = {} } = {}) {
  const folder = temporaryDirectory("egress-review-stage");
  const fake = new FakeGitHub({ limits });
  const { url } = await fake.listen({ latencyMilliseconds });
  const manifest = await readManifest(url);
  const app = fake.registerApp({
    name: "egress-review",
    permissions: manifest.default_permissions,
    events: manifest.default_events,
    webhookSecret: WEBHOOK_SECRET,
  });
  const service = startService(folder, {
    PORT: "0",
    DATA_DIR: join(folder, "data"),
    APP_ID: String(app.id),
    PRIVATE_KEY: app.privateKey,
    WEBHOOK_SECRET,
    GITHUB_API_URL: url,
    ...environment,
  });
  const close = async () => {
    await service.stop();
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const listening = await until("the service listens", () => service.url(), START_MILLISECONDS);
    app.webhookUrl = `${listening}${WEBHOOK_PATH}`;
    await until("the service is ready", () => answers(`${listening}/readyz`), START_MILLISECONDS);
    return { fake, app, serviceUrl: listening, pid: service.pid, output: service.output, close };
  } catch (error) {
    console.error(service.output());
    await close();
    throw error;
  }
}

/**
 * @param {string} folder
 * @param {Record<string, string>} environment
 */
function startService(folder, environment) {
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [SERVER], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  const exited = new Promise((resolve) => {
    child.once("close", resolve);
  });
  // Whatever ends this process ends the service.
  process.once("exit", () => child.kill("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      rmSync(folder, { recursive: true, force: true });
      process.exit(INTERRUPTED);
    });
  }
  return {
    pid: child.pid,
    output: () => output,
    /** null = not yet. */
    url() {
      if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
      return /"url":"(http:[^"]+)"/.exec(output)?.[1] ?? null;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exited;
    },
  };
}

/**
 * Asks again until there is something.
 *
 * @template T
 * @param {string} what
 * @param {() => T | null | false | undefined | Promise<T | null | false | undefined>} ask
 * @param {number} milliseconds
 * @returns {Promise<T>}
 */
export async function until(what, ask, milliseconds = 60_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`after ${milliseconds / 1_000} s it is still not so: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** @param {string} url */
async function answers(url) {
  try {
    const response = await fetch(url);
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

/**
 * The files of a folder, as a commit of the fake takes them.
 *
 * @param {string} folder
 * @returns {Record<string, string>}
 */
export function filesIn(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

/** @param {string} path */
function built(path) {
  return import(new URL(`../${path}`, import.meta.url).href);
}
