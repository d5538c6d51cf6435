import { spawnSync } from "node:child_process";
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
    copyFileSync("package.json", join(this.folder, "package.json"));
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

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
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
