import { type BlobCache, sharedBlobs } from "./blob-cache.ts";
import { BlobReader } from "./blob-reader.ts";
import type { Content, Entry } from "./entry.ts";
import { type GitProblem, isGitProblem } from "./git-problem.ts";
import { failed, git, type Repository } from "./git-process.ts";
import { IndexedTree, type RepositoryTree } from "./indexed-tree.ts";
import { resolveRevision } from "./revisions.ts";
import type { TreeProblem } from "./tree.ts";

export type CommitTree = RepositoryTree & { readonly commit: string };

/**
 * The tree of a commit of a local repository: no checkout, one listing, contents when somebody asks. Works in bare and
 * shallow clones, worktrees and with alternates; what a partial clone lacks is "unreadable", never fetched.
 */
export async function openCommit(
  repositoryDirectory: string,
  revision: string,
  blobs: BlobCache = sharedBlobs,
): Promise<CommitTree | GitProblem> {
  const commit = await resolveRevision(repositoryDirectory, revision);
  if (typeof commit !== "string") return commit;
  const listed = await listCommit(repositoryDirectory, commit, blobs);
  if ("kind" in listed) return listed;
  const tree = new IndexedTree(commit.slice(0, 7), listed.entries, () => listed.reader.close());
  return Object.assign(tree, { commit });
}

export interface ListedCommit {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly reader: BlobReader;
}

/** Of a commit, or of a tree by itself. */
export async function listCommit(
  repository: Repository,
  commit: string,
  blobs: BlobCache,
): Promise<ListedCommit | GitProblem> {
  const answer = await git(repository, "ls-tree", "-r", "-z", "--full-tree", commit);
  if (isGitProblem(answer)) return answer;
  if (answer.status !== 0) return failed(repository, answer);
  const reader = new BlobReader(repository, blobs);
  const entries = new Map<string, Entry>();
  const links: Promise<void>[] = [];
  for (const { mode, id, path } of parseListing(answer.output)) {
    if (mode === "120000") {
      // A placeholder keeps git's order of the paths until the link has been read.
      entries.set(path, { kind: "irregular" });
      links.push(readLink(reader, id).then((entry) => void entries.set(path, entry)));
    } else if (mode === "160000") {
      entries.set(path, { kind: "submodule", commit: id });
    } else {
      entries.set(path, {
        kind: "file",
        executable: mode === "100755",
        content: new BlobContent(reader, id),
      });
    }
  }
  await Promise.all(links);
  return { entries, reader };
}

async function readLink(reader: BlobReader, id: string): Promise<Entry> {
  const target = await reader.read(id);
  return typeof target === "string" ? { kind: "irregular" } : { kind: "link", target: textOfName(target) };
}

function* parseListing(output: Buffer): Generator<{ mode: string; id: string; path: string }> {
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(0, start);
    const tab = output.indexOf(9, start);
    const [mode = "", , id = ""] = output.toString("latin1", start, tab).split(" ");
    yield { mode, id, path: textOfName(output.subarray(tab + 1, end)) };
    start = end + 1;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name that is not UTF-8 keeps apart from all others: each byte above 127 is written `\xNN`. */
export function textOfName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const latin1 = Buffer.from(bytes).toString("latin1");
    return latin1.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
}

class BlobContent implements Content {
  readonly #reader: BlobReader;
  readonly #id: string;

  constructor(reader: BlobReader, id: string) {
    this.#reader = reader;
    this.#id = id;
  }

  async blobId(): Promise<string> {
    return this.#id;
  }

  async read(path: string): Promise<Uint8Array | TreeProblem> {
    const blob = await this.#reader.read(this.#id);
    return typeof blob === "string" ? { kind: "problem", code: blob, path } : blob;
  }

  async identity(): Promise<string> {
    return this.#id;
  }
}
