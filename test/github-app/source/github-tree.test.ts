import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { pack } from "tar-stream";
import { GitHubError } from "../../../src/github/client/github-error.ts";
import { BlobStore } from "../../../src/github/source/blob-store.ts";
import {
  failureOf,
  type GitHubTree,
  type GitHubTreeOptions,
  openGitHubTree,
} from "../../../src/github/source/github-tree.ts";
import { SourceCache } from "../../../src/github/source/source-cache.ts";
import { isSourceProblem } from "../../../src/github/source/source-problem.ts";
import { blobId } from "../../../src/tree/blob-id.ts";
import { openCommit } from "../../../src/tree/commit-tree.ts";
import type { RepositoryTree } from "../../../src/tree/indexed-tree.ts";
import { good } from "../../tree/expect-tree.ts";
import { GitRepository } from "../../tree/git-repository.ts";
import { GitBackedGitHub } from "./git-backed-github.ts";

const NEVER = Number.POSITIVE_INFINITY;

function memory(): SourceCache {
  return new SourceCache({ dataDirectory: null });
}

async function open(
  github: GitBackedGitHub,
  commit: string,
  options: Partial<GitHubTreeOptions> & { readonly installation?: number } = {},
): Promise<GitHubTree> {
  const { installation = 1, ...others } = options;
  const client = github.client({ installation });
  const tree = await openGitHubTree(client, commit, { cache: memory(), trust: "base", ...others });
  if (isSourceProblem(tree)) throw new Error(tree.message);
  return tree;
}

/** Everything that a tree answers, as text. */
async function told(tree: RepositoryTree): Promise<unknown> {
  const paths = tree.paths();
  const directories = new Set(
    paths.flatMap((path) => path.split("/").map((_, at, parts) => parts.slice(0, at).join("/") || ".")),
  );
  const files = await Promise.all(
    paths.map(async (path) => {
      const entry = tree.entries().get(path);
      const [id, bytes] = await Promise.all([tree.blobId(path), tree.read(path)]);
      const content = bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : bytes;
      const facts = entry?.kind === "file" ? { kind: entry.kind, executable: entry.executable } : entry;
      return [path, facts, id, content];
    }),
  );
  return {
    order: [...tree.entries().keys()],
    files,
    lists: [...directories].map((path) => [path, tree.list(path)]),
  };
}

const repositories: GitRepository[] = [];

function repository(): GitRepository {
  const made = new GitRepository();
  repositories.push(made);
  return made;
}

afterAll(() => {
  for (const made of repositories) made.delete();
});

const PARTS = [
  "a",
  "b.yaml",
  "-x",
  "sp ace",
  "ü",
  "𐐷",
  "\uE000",
  "A",
  "a.b",
  "%41",
  "#q?",
  "{c}",
  "tab\tbed",
  'quo"te',
];

const repositoryFiles = fc.uniqueArray(
  fc.record({
    path: fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
    content: fc.oneof(
      fc.constant(""),
      fc.string({ maxLength: 40 }),
      fc.constantFrom("one", "two\r\n", "x".repeat(70_000)),
    ),
    kind: fc.constantFrom("file", "file", "file", "executable", "link", "submodule"),
    target: fc.constantFrom("a", "../a", "b.yaml", "missing", "../../..", "/etc/passwd", "a/b.yaml", "."),
  }),
  { selector: ({ path }) => path, minLength: 1, maxLength: 14 },
);

interface IndexEntry {
  readonly path: string;
  readonly content: string;
  readonly kind: keyof typeof MODES;
  readonly target: string;
}

const MODES = { file: "100644", executable: "100755", link: "120000", submodule: "160000" };

/** Writes the entries by git's index alone, so that any name and mode can stand there. */
function commitOf(made: GitRepository, files: readonly IndexEntry[]): string {
  made.git("read-tree", "--empty");
  for (const { path, content, kind, target } of files) {
    const scratch = join(made.directory, ".git", "scratch");
    writeFileSync(scratch, kind === "link" ? target : content);
    const id = kind === "submodule" ? "1".repeat(40) : made.git("hash-object", "-w", "--no-filters", scratch);
    // An entry that is a directory of another goes away, as it does in a checkout.
    made.git("update-index", "--add", "--replace", "--cacheinfo", `${MODES[kind]},${id},${path}`);
  }
  const tree = made.git("write-tree");
  return made.git("commit-tree", "-m", "state", tree);
}

describe("the tree of a commit at GitHub", () => {
  test("is the tree of a clone: blob by blob, as an archive, listed in parts", async () => {
    const made = repository();
    await fc.assert(
      fc.asyncProperty(repositoryFiles, fc.integer({ min: 1, max: 8 }), async (files, truncateAbove) => {
        const commit = commitOf(made, files);
        const local = good(await openCommit(made.directory, commit));
        const expected = await told(local);
        await local.close();
        for (const way of [{ archiveFrom: NEVER }, { archiveFrom: 1 }]) {
          const github = new GitBackedGitHub(made);
          expect(await told(await open(github, commit, { limits: way }))).toEqual(expected);
          github.truncateAbove = truncateAbove;
          expect(await told(await open(github, commit, { limits: way }))).toEqual(expected);
        }
      }),
      { numRuns: 12 },
    );
  });

  test("whose attributes change archives", async () => {
    const made = repository();
    made.write(".gitattributes", "ignored export-ignore\nsubst export-subst\n*.crlf eol=crlf\n");
    const commit = made.commit({
      ignored: "not in the archive",
      subst: "$Format:%H$",
      "text.crlf": "one\ntwo\n",
      plain: "plain",
    });
    const github = new GitBackedGitHub(made);
    const local = good(await openCommit(made.directory, commit));
    expect(await told(await open(github, commit, { limits: { archiveFrom: 1 } }))).toEqual(await told(local));
    await local.close();
    expect(github.count("archive")).toBe(1);
    // "plain" and ".gitattributes" came with the archive.
    expect(github.count("blob")).toBe(3);
  });
});

describe("requests", () => {
  let made: GitRepository;
  let commit: string;
  let github: GitBackedGitHub;
  const names = Array.from({ length: 60 }, (_, index) => `f${index}.yaml`);

  beforeAll(() => {
    made = repository();
    commit = made.commit(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  });

  beforeEach(() => {
    github = new GitBackedGitHub(made);
  });

  test("a few blobs are asked for one by one, each once, eight at a time", async () => {
    const tree = await open(github, commit);
    await Promise.all([...names.slice(0, 30), ...names.slice(0, 30)].map((name) => tree.read(name)));
    expect(github.count("blob")).toBe(30);
    expect(github.count("tarball")).toBe(0);
    expect(github.mostAtOnce).toBe(8);
  });

  test("many at once are one archive, and what came with it is not asked for again", async () => {
    const tree = await open(github, commit);
    await Promise.all(names.slice(0, 45).map((name) => tree.read(name)));
    await Promise.all(names.map((name) => tree.read(name)));
    expect(github.calls).toEqual(["tree", "tarball", "archive"]);
  });

  test("many at once of a tree that is large are not", async () => {
    const tree = await open(github, commit, { limits: { archiveTreeBytes: 100 } });
    await Promise.all(names.map((name) => tree.read(name)));
    expect(github.count("tarball")).toBe(0);
    expect(github.count("blob")).toBe(60);
  });

  test("a commit that was open lately is not listed again", async () => {
    const cache = memory();
    await (await open(github, commit, { cache })).close();
    const again = await open(github, commit, { cache });
    expect(again.paths()).toHaveLength(60);
    expect(github.count("tree")).toBe(1);
  });

  test("what base and change have in common is asked for once, what the change brings before it is read", async () => {
    const cache = memory();
    const change = made.commit({ "f0.yaml": "changed" });
    const base = await open(github, commit, { cache });
    const head = await open(github, change, { cache, trust: "change" });
    await head.read("f1.yaml");
    await base.read("f1.yaml");
    for (let turn = 0; turn < 1_000 && github.count("blob") < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const asked = github.calls.length;
    expect(await head.read("f0.yaml")).toEqual(Buffer.from("changed"));
    expect(github.calls).toHaveLength(asked);
    expect(github.count("blob")).toBe(2);
  });

  test("a file that is too large is not asked for", async () => {
    github.instead = (call) =>
      call === "tree"
        ? {
            status: 200,
            body: {
              sha: commit,
              truncated: false,
              tree: [
                { path: "big", mode: "100644", type: "blob", sha: "1".repeat(40), size: 101 * 1024 * 1024 },
              ],
            },
          }
        : null;
    const tree = await open(github, commit);
    expect(await tree.read("big")).toEqual({ kind: "problem", code: "too-large", path: "big" });
    expect(github.count("blob")).toBe(0);
  });

  test("an aborted reading ends at once", async () => {
    const controller = new AbortController();
    const tree = await open(github, commit, { signal: controller.signal });
    const read = tree.read("f0.yaml");
    controller.abort(new Error("over"));
    await expect(read).rejects.toThrow("over");
    await expect(tree.read("f1.yaml")).rejects.toThrow("over");
    expect(failureOf(tree)).toBeNull();
  });
});

describe("GitHub that fails", () => {
  let made: GitRepository;
  let commit: string;
  let github: GitBackedGitHub;

  beforeAll(() => {
    made = repository();
    commit = made.commit({ a: "a", b: "b", c: "c" });
  });

  beforeEach(() => {
    github = new GitBackedGitHub(made);
  });

  async function refusal(promise: Promise<unknown>): Promise<string> {
    const error = await promise.catch((thrown: unknown) => thrown);
    return error instanceof GitHubError ? error.code : `no GitHubError: ${String(error)}`;
  }

  const notFound = { status: 404, body: { message: "Not Found" } };

  test("a blob, or a commit, that is not visible yet makes work wait, and decides nothing", async () => {
    github.instead = (call) => (call.startsWith("blob") ? notFound : null);
    const tree = await open(github, commit);
    expect(await refusal(tree.read("a"))).toBe("unavailable");
    github.instead = (call) => (call === "tree" ? notFound : null);
    expect(await refusal(open(github, commit))).toBe("unavailable");
  });

  test("a repository that is gone is gone", async () => {
    const tree = await open(github, commit);
    github.instead = () => notFound;
    expect(await refusal(tree.read("a"))).toBe("not-found");
  });

  test("a failure is remembered for whoever took it for an unreadable file, and is the last request", async () => {
    const tree = await open(github, commit);
    expect(failureOf(tree)).toBeNull();
    github.instead = (call) => (call.startsWith("blob") ? { status: 502, body: {} } : null);
    expect(await refusal(tree.read("a"))).toBe("unavailable");
    expect(failureOf(tree)?.code).toBe("unavailable");
    github.instead = () => null;
    expect(await refusal(tree.read("b"))).toBe("unavailable");
    expect(github.count("blob")).toBe(1);
    // The commit itself is not spoilt.
    expect(await (await open(github, commit)).read("a")).toEqual(Buffer.from("a"));
  });

  test("the end of one request is the end of those that wait", async () => {
    const many = made.commit(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`m${index}`, `${index}`])),
    );
    const tree = await open(github, many);
    github.instead = (call) => (call.startsWith("blob") ? { status: 502, body: {} } : null);
    const reads = Array.from({ length: 30 }, (_, index) => refusal(tree.read(`m${index}`)));
    expect(new Set(await Promise.all(reads))).toEqual(new Set(["unavailable"]));
    expect(github.count("blob")).toBe(8);
  });

  test("an archive with another content of the same size is not believed", async () => {
    const packed = pack();
    packed.entry({ name: "acme-gitops-1234567/a" }, "x");
    packed.entry({ name: "acme-gitops-1234567/b" }, "b");
    packed.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of packed) chunks.push(chunk as Buffer);
    github.archive = () => gzipSync(Buffer.concat(chunks));
    const tree = await open(github, commit, { limits: { archiveFrom: 1 } });
    expect(await tree.read("a")).toEqual(Buffer.from("a"));
    expect(await tree.read("b")).toEqual(Buffer.from("b"));
    expect(github.count("blob")).toBe(1);
  });

  test("a blob with another content than its id says is none", async () => {
    github.instead = (call) =>
      call.startsWith("blob")
        ? { status: 200, body: { content: Buffer.from("planted").toString("base64"), encoding: "base64" } }
        : null;
    const tree = await open(github, commit);
    expect(await refusal(tree.read("a"))).toBe("unavailable");
  });

  test.each([
    ["no archive", () => new Uint8Array(0)],
    ["a page", () => Buffer.from("<html>")],
  ])("%s instead of an archive: the blobs are asked for", async (_, archive) => {
    github.archive = archive;
    const problems: string[] = [];
    const cache = new SourceCache({ dataDirectory: null, onProblem: (message) => problems.push(message) });
    const tree = await open(github, commit, { cache, limits: { archiveFrom: 1 } });
    expect(await tree.read("a")).toEqual(Buffer.from("a"));
    expect(problems).toHaveLength(1);
    expect(github.count("blob")).toBe(1);
  });

  test("trees that git does not make are refused", async () => {
    const file = { mode: "100644", type: "blob", sha: "1".repeat(40), size: 1 };
    for (const entries of [
      [{ ...file, path: "../a" }],
      [{ ...file, path: "a//b" }],
      [
        { ...file, path: "a" },
        { ...file, path: "a" },
      ],
      [{ ...file, path: "a", sha: "../../x" }],
      [{ ...file, path: "a", mode: "100000" }],
    ]) {
      github.instead = () => ({ status: 200, body: { sha: commit, truncated: false, tree: entries } });
      const options = { cache: memory(), trust: "base" } as const;
      expect(await openGitHubTree(github.client(), commit, options)).toMatchObject({ code: "malformed" });
    }
  });

  test("trees beyond the limits are refused, never cut", async () => {
    const options = { cache: memory(), trust: "base" } as const;
    const found = openGitHubTree(github.client(), commit, { ...options, limits: { entries: 2 } });
    expect(await found).toMatchObject({ kind: "source-problem", code: "too-large" });
    github.instead = () => ({ status: 200, body: { sha: commit, truncated: true, tree: [] } });
    const cut = openGitHubTree(github.client(), commit, options);
    expect(await cut).toMatchObject({ kind: "source-problem", code: "too-large" });
  });
});

describe("the cache on disk", () => {
  let made: GitRepository;
  let commit: string;
  let directory: string;
  let github: GitBackedGitHub;
  let problems: string[];

  beforeAll(() => {
    made = repository();
    commit = made.commit({ a: "content of a", link: "b" });
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "egress-review-blobs-"));
    github = new GitBackedGitHub(made);
    problems = [];
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  function started(options: Partial<ConstructorParameters<typeof SourceCache>[0]> = {}): SourceCache {
    const onProblem = (message: string) => problems.push(message);
    return new SourceCache({ dataDirectory: directory, onProblem, ...options });
  }

  async function readA(
    cache: SourceCache,
    options: { installation?: number; trust?: GitHubTreeOptions["trust"] } = {},
  ): Promise<number> {
    const before = github.count("blob");
    const tree = await open(github, commit, { cache, ...options });
    expect(await tree.read("a")).toEqual(Buffer.from("content of a"));
    await cache.settled();
    return github.count("blob") - before;
  }

  function files(): readonly string[] {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  }

  test("answers after a restart", async () => {
    expect(await readA(started())).toBe(1);
    expect(await readA(started())).toBe(0);
    expect(files()).toHaveLength(1);
  });

  test("is not believed: what was damaged or planted is asked for again", async () => {
    await readA(started());
    const [file = ""] = files();
    writeFileSync(file, "planted");
    expect(await readA(started())).toBe(1);
    expect(problems).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toBe("content of a");
  });

  test("of two installations is two", async () => {
    const cache = started();
    expect(await readA(cache)).toBe(1);
    expect(await readA(cache, { installation: 2 })).toBe(1);
    expect(await readA(cache, { installation: 2 })).toBe(0);
  });

  test.each([
    ["fork", "base", 1],
    ["change", "base", 1],
    ["fork", "change", 1],
    ["change", "fork", 1],
    ["base", "change", 0],
    ["base", "fork", 0],
  ] as const)("what %s had fetched is read by %s with %i requests", async (writer, reader, requests) => {
    expect(await readA(started(), { trust: writer })).toBe(1);
    expect(await readA(started(), { trust: reader })).toBe(requests);
    const cache = started();
    await readA(cache, { trust: writer });
    expect(await readA(cache, { trust: reader })).toBe(0);
  });

  test("in memory has the same walls", async () => {
    const cache = started({ dataDirectory: null });
    expect(await readA(cache, { trust: "fork" })).toBe(1);
    expect(await readA(cache, { trust: "base" })).toBe(1);
    expect(await readA(cache, { trust: "change" })).toBe(0);
  });

  test("forgets an installation that is gone, and no other whose number begins the same", async () => {
    const cache = started();
    await readA(cache);
    await readA(cache, { installation: 11 });
    await cache.forget(1);
    expect(files()).toHaveLength(1);
    expect(await readA(started(), { installation: 11 })).toBe(0);
    expect(await readA(started())).toBe(1);
  });

  test("is bounded, the oldest goes first, and no partition drives out another", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`n${index + 10}`, `${index}`.padEnd(1_000, ".")]),
    );
    const large = made.commit(many);
    const cache = started({ partitionBytes: 8_000, totalBytes: 12_000 });
    await readA(cache, { trust: "base" });
    const tree = await open(github, large, { cache, trust: "fork" });
    for (const name of Object.keys(many)) await tree.read(name);
    await cache.settled();
    const kept = files();
    expect(kept.filter((file) => file.includes("/fork/"))).toHaveLength(8);
    expect(kept.filter((file) => file.includes("/base/"))).toHaveLength(1);
    const contents = kept.map((file) => readFileSync(file, "utf8"));
    expect(contents.some((content) => content.startsWith("19."))).toBe(true);
  });

  test("goes on without a disk", async () => {
    writeFileSync(join(directory, "blobs"), "no directory");
    expect(await readA(started())).toBe(1);
    expect(problems[0]).toMatch(/cannot be written/);
  });

  test("keeps what cannot be read now", async () => {
    const store = new BlobStore({
      directory,
      partitionBytes: 1_000,
      totalBytes: 1_000,
      onProblem: (message) => problems.push(message),
    });
    const bytes = Buffer.from("content of a");
    await store.put("1/base", blobId(bytes), bytes);
    await store.settled();
    const [file = ""] = files();
    rmSync(file);
    symlinkSync(file, file);
    expect(await store.get("1/base", blobId(bytes))).toBeNull();
    expect(problems[0]).toMatch(/cannot be read: ELOOP/);
    rmSync(file);
    writeFileSync(file, bytes);
    expect(await store.get("1/base", blobId(bytes))).toEqual(bytes);
  });

  test("does not take what a process left unfinished", async () => {
    await readA(started());
    const [file = ""] = files();
    writeFileSync(`${file}.1.1.tmp`, "half");
    await readA(started());
    expect(files()).toEqual([file]);
  });
});
