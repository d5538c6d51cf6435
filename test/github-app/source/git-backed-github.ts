import { execFileSync } from "node:child_process";
import { Octokit } from "@octokit/core";
import { repositoryClient } from "../../../src/github/client/octokit-repository-client.ts";
import type { RepositoryClient } from "../../../src/github/client/repository-client.ts";
import type { GitRepository } from "../../tree/git-repository.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The part of GitHub that gives out objects, over a repository on disk. */
export class GitBackedGitHub {
  /** "tree", "blob ID", "tarball", "archive", in the order in which they were asked for. */
  readonly calls: string[] = [];
  /** Answers instead of git's; null = git's. */
  instead: (call: string) => Answer | null = () => null;
  /** Recursive listings with more entries are cut. */
  truncateAbove = Number.POSITIVE_INFINITY;
  /** The archive, instead of what git makes of the commit. */
  archive: ((commit: string) => Uint8Array) | null = null;
  mostAtOnce = 0;
  #now = 0;
  readonly #repository: GitRepository;

  constructor(repository: GitRepository) {
    this.#repository = repository;
  }

  client({ installation = 1, id = 42 } = {}): RepositoryClient {
    return repositoryClient({
      request: new Octokit({ request: { fetch: this.fetch }, log: silent }).request,
      repository: { installation, id, owner: "acme", name: "gitops" },
      app: { id: 9, slug: "egress-review" },
      fetch: this.fetch as typeof fetch,
    });
  }

  count(kind: string): number {
    return this.calls.filter((call) => call.split(" ")[0] === kind).length;
  }

  readonly fetch = async (address: string | URL | Request): Promise<Response> => {
    this.#now += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#now);
    // As from a network: answers come later, so that requests overlap.
    await new Promise((resolve) => setImmediate(resolve));
    this.#now -= 1;
    return this.#answer(new URL(String(address)));
  };

  #answer(url: URL): Response {
    const path = url.pathname.replace("/repos/acme/gitops", "");
    const [, blob] = /^\/git\/blobs\/(\w+)$/.exec(path) ?? [];
    const [, tree] = /^\/git\/trees\/(\w+)$/.exec(path) ?? [];
    const [, commit] = /^\/tarball\/(\w+)$/.exec(path) ?? [];
    const call =
      blob !== undefined
        ? `blob ${blob}`
        : tree !== undefined
          ? "tree"
          : commit !== undefined
            ? "tarball"
            : path.startsWith("/archive/")
              ? "archive"
              : "repository";
    this.calls.push(call);
    const instead = this.instead(call);
    if (instead !== null) return Response.json(instead.body, { status: instead.status });
    if (blob !== undefined) return Response.json(this.#blob(blob));
    if (tree !== undefined) return Response.json(this.#tree(tree, url.searchParams.has("recursive")));
    if (commit !== undefined) {
      return new Response(null, {
        status: 302,
        headers: { location: `https://codeload.example.com/archive/${commit}` },
      });
    }
    if (call === "archive")
      return new Response(this.#archive(path.slice("/archive/".length)) as Uint8Array<ArrayBuffer>);
    return Response.json({ id: 42, name: "gitops", owner: { login: "acme" }, default_branch: "main" });
  }

  #git(...command: readonly string[]): Buffer {
    return execFileSync("git", ["-C", this.#repository.directory, ...command], {
      maxBuffer: 1 << 30,
      stdio: ["ignore", "pipe", "ignore"],
    });
  }

  #blob(id: string): unknown {
    const content = this.#git("cat-file", "blob", id);
    // GitHub breaks base64 into lines.
    const base64 = content.toString("base64").replace(/.{60}/g, "$&\n");
    return { sha: id, size: content.length, encoding: "base64", content: base64, node_id: "", url: "" };
  }

  #tree(id: string, recursive: boolean): unknown {
    const listed = this.#git("ls-tree", "-z", "-l", ...(recursive ? ["-r", "-t"] : []), id).toString("utf8");
    const tree = listed
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => {
        const tab = line.indexOf("\t");
        const [facts, path] = [line.slice(0, tab), line.slice(tab + 1)];
        const [mode = "", type = "", sha = "", size = ""] = facts.split(/ +/);
        return { path, mode, type, sha, ...(type === "blob" ? { size: Number(size) } : {}) };
      });
    const truncated = recursive && tree.length > this.truncateAbove;
    return { sha: id, url: "", truncated, tree: truncated ? tree.slice(0, this.truncateAbove) : tree };
  }

  #archive(commit: string): Uint8Array {
    if (this.archive !== null) return this.archive(commit);
    return this.#git("archive", "--format=tar.gz", `--prefix=acme-gitops-${commit.slice(0, 7)}/`, commit);
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
