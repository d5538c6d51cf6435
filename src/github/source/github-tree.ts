import { textOfName } from "../../tree/commit-tree.ts";
import type { Content, Entry } from "../../tree/entry.ts";
import { IndexedTree, type RepositoryTree } from "../../tree/indexed-tree.ts";
import { MAXIMUM_FILE_BYTES, type TreeProblem } from "../../tree/tree.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { CommitBlobs } from "./commit-blobs.ts";
import { type ListedEntry, listTree } from "./listing.ts";
import type { SourceCache } from "./source-cache.ts";
import { SOURCE_LIMITS, type SourceLimits } from "./source-limits.ts";
import { isSourceProblem, type SourceProblem } from "./source-problem.ts";
import type { Trust } from "./trust.ts";
import { visible } from "./visible.ts";

export interface GitHubTreeOptions {
  readonly cache: SourceCache;
  readonly trust: Trust;
  readonly limits?: Partial<SourceLimits>;
  readonly signal?: AbortSignal;
}

export type GitHubTree = RepositoryTree & {
  readonly commit: string;
  /**
   * Why content could not be had. Reading throws it, but whoever reads may take that for a file that is unreadable: what
   * was made of a tree that has a failure says nothing about the commit.
   */
  failure(): GitHubError | null;
};

/** Longer than any path that Linux follows (PATH_MAX). */
const MAXIMUM_TARGET_BYTES = 4096;

/** What a change brings beyond its base is fetched before somebody asks, unless it is more than this. */
const READ_AHEAD = { blobs: 300, bytes: 16 * 1024 * 1024, blobBytes: 1024 * 1024 };

/**
 * The tree of a commit at GitHub: one listing, contents when somebody asks. Nothing is written anywhere but blobs, under
 * their ids. The same tree as `openCommit` gives of a clone.
 *
 * @throws {GitHubError} also later, by reading
 */
export async function openGitHubTree(
  client: RepositoryClient,
  commit: string,
  { cache, trust, limits, signal }: GitHubTreeOptions,
): Promise<GitHubTree | SourceProblem> {
  signal?.throwIfAborted();
  const blobs = await commitBlobs(client, commit, cache, trust, { ...SOURCE_LIMITS, ...limits });
  if (isSourceProblem(blobs)) return blobs;
  const repository = `${client.repository.installation}/${client.repository.id}`;
  if (trust === "base") cache.keepBase(repository, blobs);
  const base = trust === "base" ? undefined : cache.base(repository);
  if (base !== undefined) readAhead(blobs, base);
  const reader = new Reader(blobs, base, signal);
  const tree = new IndexedTree(commit.slice(0, 7), await entriesOf(blobs, reader));
  return Object.assign(tree, { commit, failure: () => reader.failure });
}

/** Why a tree's content could not be had; null for every other tree. */
export function failureOf(tree: RepositoryTree): GitHubError | null {
  return (tree as Partial<GitHubTree>).failure?.() ?? null;
}

async function commitBlobs(
  client: RepositoryClient,
  commit: string,
  cache: SourceCache,
  trust: Trust,
  limits: SourceLimits,
): Promise<CommitBlobs | SourceProblem> {
  const { installation, id } = client.repository;
  const key = `${installation}/${id}/${trust}/${commit}`;
  const known = cache.commit(key);
  if (known !== undefined) return known;
  const listing = await visible(client, `commit ${commit}`, () => listTree(client, commit, limits));
  if (isSourceProblem(listing)) return listing;
  const shelf = cache.shelf(installation, trust);
  const blobs = new CommitBlobs(client, commit, listing, { shelf, limits, onProblem: cache.onProblem });
  cache.keep(key, blobs);
  return blobs;
}

function readAhead(blobs: CommitBlobs, base: CommitBlobs): void {
  const added = new Map<string, number>();
  let bytes = 0;
  for (const entry of blobs.listing.values()) {
    if (entry.kind !== "blob" || entry.size > READ_AHEAD.blobBytes || base.has(entry.id)) continue;
    if (!added.has(entry.id)) bytes += entry.size;
    added.set(entry.id, entry.size);
    if (added.size > READ_AHEAD.blobs || bytes > READ_AHEAD.bytes) return;
  }
  // Who needs it asks again, and is told what was wrong.
  for (const id of added.keys()) void blobs.read(id).catch(() => undefined);
}

async function entriesOf(blobs: CommitBlobs, reader: Reader): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  const links: Promise<void>[] = [];
  for (const [path, listed] of blobs.listing) {
    entries.set(path, entryOf(listed, reader));
    if (listed.kind !== "blob" || listed.mode !== "120000" || listed.size > MAXIMUM_TARGET_BYTES) continue;
    const link = reader.read(listed.id).then((target) => {
      entries.set(path, { kind: "link", target: textOfName(target) });
    });
    links.push(link);
  }
  await Promise.all(links);
  return entries;
}

/** A link stands for nothing until its target was read; one that is too long never does. */
function entryOf(listed: ListedEntry, reader: Reader): Entry {
  if (listed.kind === "submodule") return listed;
  if (listed.mode === "120000") return { kind: "irregular" };
  const content = new GitHubContent(reader, listed.id, listed.size);
  return { kind: "file", executable: listed.mode === "100755", content };
}

class Reader {
  failure: GitHubError | null = null;
  readonly #blobs: CommitBlobs;
  readonly #base: CommitBlobs | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted: Promise<never> | null;

  constructor(blobs: CommitBlobs, base: CommitBlobs | undefined, signal: AbortSignal | undefined) {
    this.#blobs = blobs;
    this.#base = base;
    this.#signal = signal;
    this.#aborted = signal === undefined ? null : rejectedBy(signal);
  }

  /** What the base branch holds as well is read as its: it is trusted more, and asked for once. */
  async read(id: string): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    // One failure is the end of what is made of this tree: the rest would only keep GitHub busy.
    if (this.failure !== null) throw this.failure;
    const source = this.#base?.has(id) === true ? this.#base : this.#blobs;
    const read = source.read(id);
    try {
      return await (this.#aborted === null ? read : Promise.race([read, this.#aborted]));
    } catch (error) {
      if (error instanceof GitHubError) this.failure ??= error;
      throw error;
    }
  }
}

function rejectedBy(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}

class GitHubContent implements Content {
  readonly #reader: Reader;
  readonly #id: string;
  readonly #size: number;

  constructor(reader: Reader, id: string, size: number) {
    this.#reader = reader;
    this.#id = id;
    this.#size = size;
  }

  async blobId(): Promise<string> {
    return this.#id;
  }

  async read(path: string): Promise<Uint8Array | TreeProblem> {
    if (this.#size > MAXIMUM_FILE_BYTES) return { kind: "problem", code: "too-large", path };
    return this.#reader.read(this.#id);
  }

  async identity(): Promise<string> {
    return this.#id;
  }
}
