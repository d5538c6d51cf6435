import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";

/** Nothing of the person who runs this reaches git: no configuration, hooks, signing, or a repository around it. */
function environment() {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const who = { name: "egress-review", email: "egress-review@example.com", date: "2026-01-01T00:00:00Z" };
  return {
    ...Object.fromEntries(inherited),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_AUTHOR_NAME: who.name,
    GIT_AUTHOR_EMAIL: who.email,
    GIT_AUTHOR_DATE: who.date,
    GIT_COMMITTER_NAME: who.name,
    GIT_COMMITTER_EMAIL: who.email,
    GIT_COMMITTER_DATE: who.date,
  };
}

/**
 * Runs git in a directory; returns what it prints.
 *
 * @param {string} directory
 * @param {...string} args
 */
export function git(directory, ...args) {
  return execFileSync("git", ["-C", directory, ...args], {
    encoding: "utf8",
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** @param {string} name */
export function temporaryDirectory(name) {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

/**
 * A new repository in a temporary directory, on branch main.
 *
 * @param {string} name
 */
export function emptyRepository(name) {
  const directory = temporaryDirectory(name);
  git(directory, "init", "--quiet", "--initial-branch=main");
  return directory;
}

/**
 * Commits everything that stands in the work tree.
 *
 * @param {string} directory
 * @param {string} message
 */
export function commit(directory, message) {
  git(directory, "add", "--all", "--force");
  git(directory, "commit", "--quiet", "--allow-empty", "--no-verify", "--message", message);
}

/**
 * Makes the work tree equal to a folder; git's own directory stays.
 *
 * @param {string} directory
 * @param {string} folder
 */
export function replaceFiles(directory, folder) {
  for (const entry of readdirSync(directory)) {
    if (entry !== ".git") rmSync(join(directory, entry), { recursive: true });
  }
  cpSync(folder, directory, { recursive: true, verbatimSymlinks: true });
}
