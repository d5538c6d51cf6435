import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A repository in a temporary directory, made and questioned with git itself. */
export class GitRepository {
  readonly directory: string;

  constructor(...initArguments: readonly string[]) {
    this.directory = mkdtempSync(join(tmpdir(), "egress-review-tree-"));
    this.git("init", "--quiet", "--initial-branch=main", ...initArguments);
  }

  git(...command: readonly string[]): string {
    return execFileSync("git", ["-C", this.directory, ...command], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@example.com",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@example.com",
      },
      stdio: ["ignore", "pipe", "pipe"],
    }).trimEnd();
  }

  write(path: string, content: string | Uint8Array): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  link(path: string, target: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(target, file);
  }

  remove(path: string): void {
    rmSync(join(this.directory, path), { recursive: true });
  }

  commit(files: Readonly<Record<string, string>> = {}): string {
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", "state");
    return this.git("rev-parse", "HEAD");
  }

  delete(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
