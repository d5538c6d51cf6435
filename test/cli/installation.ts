import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { commit, emptyRepository, git } from "../../scripts/throwaway-repository.mjs";

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as it is installed, built from the sources into a folder of its own. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), "egress-review-cli-"));

  /** `engine: false` leaves the renderer out, as a broken installation would. */
  constructor({ engine = true }: { readonly engine?: boolean } = {}) {
    const built = spawnSync(resolve("node_modules/.bin/tsc"), [
      "-p",
      "tsconfig.json",
      "--outDir",
      join(this.folder, "dist"),
    ]);
    if (built.status !== 0) throw new Error(`the sources do not compile: ${built.stdout}`);
    for (const file of ["package.json", "app.yml"]) copyFileSync(file, join(this.folder, file));
    for (const part of ["node_modules", "rules", "third_party", ...(engine ? ["engine"] : [])]) {
      symlinkSync(resolve(part), join(this.folder, part));
    }
  }

  get cli(): string {
    return join(this.folder, "dist", "cli.js");
  }

  get environment(): NodeJS.ProcessEnv {
    const { NO_COLOR: _none, FORCE_COLOR: _force, ...environment } = process.env;
    return { ...environment, XDG_CACHE_HOME: join(this.folder, "cache") };
  }

  run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.cli, ...args], {
      encoding: "utf8",
      env: { ...this.environment, ...environment },
    });
    return { status, stdout, stderr };
  }

  /** While this process goes on, for a command that asks it. */
  start(args: readonly string[], { environment = {}, directory = "." }: StartOptions = {}): Running {
    const process_ = spawn(process.execPath, [this.cli, ...args], {
      cwd: directory,
      env: { ...this.environment, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      process_[stream].setEncoding("utf8").on("data", (chunk: string) => {
        text[stream] += chunk;
      });
    }
    const outcome = new Promise<Outcome>((resolve, reject) => {
      process_.on("error", reject);
      process_.on("close", (status) => resolve({ status, ...text }));
    });
    return { process: process_, text, outcome };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface StartOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Where it runs. */
  readonly directory?: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it said so far. */
  readonly text: { readonly stdout: string; readonly stderr: string };
  /** When it has ended. */
  readonly outcome: Promise<Outcome>;
}

/** A repository on branch main whose first commit holds these files; `folder` is its working tree. */
export class Repository {
  readonly folder = emptyRepository("egress-review-cli");

  constructor(files: Readonly<Record<string, string>>) {
    this.write(files);
    this.commit("The state before");
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
  }

  commit(message: string): void {
    commit(this.folder, message);
  }

  git(...args: readonly string[]): string {
    return git(this.folder, ...args);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1}]}
`;

/** A policy for every pod of `shop` with these egress rules, in YAML flow style. */
export function policy(egress: string): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: ${egress}
`;
}
