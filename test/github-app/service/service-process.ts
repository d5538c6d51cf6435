import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const SERVER = [`${ROOT}dist/server.js`] as const;
export const PROBOT = [`${ROOT}node_modules/probot/bin/probot.js`, "run", `${ROOT}dist/index.js`] as const;

export const SECRET = "correct-horse-battery-staple-0123456789";

/** One key is enough for all tests: making one takes a while. */
export const PRIVATE_KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
}).privateKey;

/** A real process of the service, with nothing of this one's environment but where programs are. */
export class ServiceProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = "";
  #seen: (() => void)[] = [];

  constructor(command: readonly string[], environment: Readonly<Record<string, string>>, directory: string) {
    this.child = spawn(process.execPath, [...command], {
      cwd: directory,
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.exited = new Promise((resolve) => {
      this.child.once("close", (code) => {
        resolve(code);
        this.#wake();
      });
    });
  }

  #wake(): void {
    for (const seen of this.#seen.splice(0)) seen();
  }

  /** Waits until the output matches; fails with the output where the process ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without ${pattern}:\n${this.output}`);
      }
      await new Promise<void>((resolve) => this.#seen.push(resolve));
    }
  }

  /** Of `npm start`: where it listens. */
  async url(): Promise<string> {
    return (await this.printed(/"url":"(http:[^"]+)"/))[1] ?? "";
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.exited;
  }
}

/** Asks again until it is so; ends before the test's own limit, so that nothing goes on after it. */
export async function until<T>(ask: () => T | Promise<T>): Promise<NonNullable<Awaited<T>>> {
  const started = Date.now();
  for (;;) {
    if (Date.now() - started > 45_000) throw new Error(`still not so: ${ask}`);
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer as NonNullable<Awaited<T>>;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** What a server answers; null = nobody there. */
export async function statusOf(url: string): Promise<number | null> {
  try {
    const response = await fetch(url);
    await response.text();
    return response.status;
  } catch {
    return null;
  }
}
