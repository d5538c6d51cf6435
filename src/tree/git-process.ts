import { spawn } from "node:child_process";
import { type GitProblem, gitProblem } from "./git-problem.ts";

/**
 * Nothing that a repository says may run: no hooks, no monitor, no pager, no replaced objects, no fetch of what a partial
 * clone lacks (and no protocol to fetch by, for a git that does not know GIT_NO_LAZY_FETCH).
 */
const ARGUMENTS = [
  "--no-replace-objects",
  "--no-pager",
  "-c",
  "core.fsmonitor=",
  "-c",
  "core.hooksPath=/dev/null",
  "-c",
  "core.quotePath=false",
  "-c",
  "protocol.allow=never",
];

/** Variables by which a caller (a hook, for example) would point git to another repository are not inherited. */
const INHERITED = /^(?!GIT_)|^GIT_(CONFIG_(GLOBAL|COUNT|KEY_\d+|VALUE_\d+)|CEILING_DIRECTORIES)$/;

/** Settings that win over what the repository's configuration says, whatever signs their names hold. */
export type Settings = readonly (readonly [name: string, value: string])[];

/** Where git works: a directory, or one whose new objects go elsewhere, so that the repository itself stays as it is. */
export type Repository = string | ScratchRepository;

export interface ScratchRepository {
  readonly directory: string;
  /** The repository's own objects. */
  readonly objects: string;
  /** An empty directory, for what is written. */
  readonly scratch: string;
}

function directoryOf(repository: Repository): string {
  return typeof repository === "string" ? repository : repository.directory;
}

/** git(1), Object Database: objects are written to the one, and read from both. */
function objectVariables(repository: Repository): NodeJS.ProcessEnv {
  if (typeof repository === "string") return {};
  const { objects, scratch } = repository;
  // A path with a colon or a quote is given as a C string.
  const quoted = `"${objects.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return { GIT_OBJECT_DIRECTORY: scratch, GIT_ALTERNATE_OBJECT_DIRECTORIES: quoted };
}

function environment(settings: Settings, repository: Repository): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name));
  const before = Number(process.env["GIT_CONFIG_COUNT"] ?? "0") || 0;
  const added = settings.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${before + index}`, name],
    [`GIT_CONFIG_VALUE_${before + index}`, value],
  ]);
  return {
    ...Object.fromEntries([...inherited, ...added]),
    ...objectVariables(repository),
    GIT_CONFIG_COUNT: String(before + settings.length),
    GIT_ALLOW_PROTOCOL: "none",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}

/** A git process with piped streams. */
export function spawnGit(repository: Repository, subcommand: readonly string[], settings: Settings = []) {
  return spawn("git", [...ARGUMENTS, "-C", directoryOf(repository), ...subcommand], {
    env: environment(settings, repository),
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
}

export interface GitAnswer {
  readonly kind: "answer";
  readonly status: number;
  readonly output: Buffer;
  /** What git said on its error stream, at most 64 KiB. */
  readonly said: string;
}

/** Runs git to its end. A non-zero status is an answer; only what prevents any answer is a problem. */
export async function git(
  repository: Repository,
  ...subcommand: readonly string[]
): Promise<GitAnswer | GitProblem> {
  return gitWith([], repository, ...subcommand);
}

export async function gitWith(
  settings: Settings,
  repository: Repository,
  ...subcommand: readonly string[]
): Promise<GitAnswer | GitProblem> {
  return new Promise((resolve) => {
    const child = spawnGit(repository, subcommand, settings);
    const output: Buffer[] = [];
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      if (said.length < 65536) said += chunk.toString();
    });
    child.on("error", (error: NodeJS.ErrnoException) => resolve(problemOfStart(error)));
    child.on("close", (status) => {
      const problem = problemOfWords(directoryOf(repository), status, said);
      resolve(problem ?? { kind: "answer", status: status ?? 1, output: Buffer.concat(output), said });
    });
    child.stdin.on("error", () => {});
    child.stdin.end();
  });
}

function problemOfStart(error: NodeJS.ErrnoException): GitProblem {
  if (error.code === "ENOENT") {
    return gitProblem("git-missing", "git", "git was not found: install it, or put it on the PATH");
  }
  return gitProblem("failed", "git", `git could not be started (${error.code ?? error.message})`);
}

function problemOfWords(directory: string, status: number | null, said: string): GitProblem | null {
  if (status === 0) return null;
  if (said.includes("not a git repository") || said.includes("cannot change to")) {
    return gitProblem("not-a-repository", directory, `${directory} is not a git repository`);
  }
  if (said.includes("dubious ownership")) {
    const advice = `git config --global --add safe.directory ${directory}`;
    return gitProblem(
      "not-trusted",
      directory,
      `${directory} belongs to another user; if you trust it: ${advice}`,
    );
  }
  return null;
}

/** The answer's text without the final line break. */
export function textOf(answer: GitAnswer): string {
  return answer.output.toString("utf8").replace(/\n$/, "");
}

/** For an answer that nothing explains. */
export function failed(repository: Repository, answer: GitAnswer): GitProblem {
  const directory = directoryOf(repository);
  const words = answer.said.trim().split("\n").at(-1) ?? "";
  return gitProblem(
    "failed",
    directory,
    `git failed in ${directory}: ${words.replace(/^(fatal|error): /, "")}`,
  );
}
