import type { GitTree, GitTreeEntry, RepositoryClient } from "../client/repository-client.ts";
import { inTurn } from "./in-turn.ts";
import type { SourceLimits } from "./source-limits.ts";
import { isSourceProblem, type SourceProblem, sourceProblem } from "./source-problem.ts";

/** Everything in a tree that is no directory, by path, in git's order. */
export type Listing = ReadonlyMap<string, ListedEntry>;

export type ListedEntry =
  | { readonly kind: "blob"; readonly mode: BlobMode; readonly id: string; readonly size: number }
  | { readonly kind: "submodule"; readonly commit: string };

type BlobMode = "100644" | "100755" | "120000";

const DIRECTORY = "040000";
const ID = /^[0-9a-f]{40}$/;

/**
 * The whole tree of a commit: one request, or, where GitHub cuts the answer short (above 100,000 entries or 7 MB,
 * docs.github.com "Get a tree"), one for each directory that fits into an answer.
 *
 * @throws {GitHubError}
 */
export async function listTree(
  client: RepositoryClient,
  commit: string,
  limits: SourceLimits,
): Promise<Listing | SourceProblem> {
  const walk = new Walk(client, limits);
  const found = await walk.below(commit, "");
  return isSourceProblem(found) ? found : indexed(found, limits);
}

class Walk {
  readonly #client: RepositoryClient;
  readonly #limits: SourceLimits;
  readonly #turn: <T>(action: () => Promise<T>) => Promise<T>;
  #listings = 0;

  constructor(client: RepositoryClient, limits: SourceLimits) {
    this.#client = client;
    this.#limits = limits;
    this.#turn = inTurn(limits.concurrency);
  }

  /** Entries below a tree, directories left out, paths beginning with `prefix`. */
  async below(id: string, prefix: string): Promise<readonly GitTreeEntry[] | SourceProblem> {
    const whole = await this.#ask(id, true);
    if (isSourceProblem(whole)) return whole;
    if (!whole.truncated) return placed(whole.entries.filter(isNoDirectory), prefix);
    const flat = await this.#ask(id, false);
    if (isSourceProblem(flat)) return flat;
    if (flat.truncated) {
      return sourceProblem("too-large", `the directory "${prefix}" has more entries than GitHub lists`);
    }
    const parts = await Promise.all(
      flat.entries.map(async (entry) =>
        isNoDirectory(entry) ? placed([entry], prefix) : this.below(entry.id, `${prefix}${entry.path}/`),
      ),
    );
    const entries: GitTreeEntry[] = [];
    for (const part of parts) {
      if (isSourceProblem(part)) return part;
      for (const entry of part) entries.push(entry);
    }
    return entries;
  }

  async #ask(id: string, recursive: boolean): Promise<GitTree | SourceProblem> {
    this.#listings += 1;
    if (this.#listings > this.#limits.listings) {
      return sourceProblem(
        "too-large",
        `the tree has more than ${this.#limits.listings} directories to list`,
      );
    }
    return this.#turn(() => this.#client.gitTree(id, { recursive }));
  }
}

function isNoDirectory({ mode }: GitTreeEntry): boolean {
  return mode !== DIRECTORY;
}

function placed(entries: readonly GitTreeEntry[], prefix: string): readonly GitTreeEntry[] {
  return prefix === "" ? entries : entries.map((entry) => ({ ...entry, path: `${prefix}${entry.path}` }));
}

function indexed(entries: readonly GitTreeEntry[], limits: SourceLimits): Listing | SourceProblem {
  if (entries.length > limits.entries) {
    return sourceProblem("too-large", `the tree has more than ${limits.entries} files`);
  }
  const listing = new Map<string, ListedEntry>();
  for (const entry of entries) {
    const listed = listedEntry(entry);
    // GitHub shows names that are not UTF-8 with a replacement character: two of them may look the same.
    if (listed === null || listing.has(entry.path) || !isPath(entry.path)) {
      return sourceProblem("malformed", `GitHub lists ${JSON.stringify(entry.path)} in a way git does not`);
    }
    listing.set(entry.path, listed);
  }
  return listing;
}

function listedEntry({ mode, id, size }: GitTreeEntry): ListedEntry | null {
  if (!ID.test(id)) return null;
  if (mode === "160000") return { kind: "submodule", commit: id };
  if (mode === "120000" || mode === "100755") return { kind: "blob", mode, id, size: size ?? 0 };
  // 100664 is of the first git; it is read as it is checked out.
  if (mode === "100644" || mode === "100664") return { kind: "blob", mode: "100644", id, size: size ?? 0 };
  return null;
}

function isPath(path: string): boolean {
  return path
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
}
