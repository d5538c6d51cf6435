import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { BlobCache } from "../../src/tree/blob-cache.ts";
import { openCommit } from "../../src/tree/commit-tree.ts";
import type { RepositoryTree } from "../../src/tree/indexed-tree.ts";
import { good, textOf } from "./expect-tree.ts";
import { GitRepository } from "./git-repository.ts";

const repositories: GitRepository[] = [];
const trees: RepositoryTree[] = [];

function repository(...initArguments: readonly string[]): GitRepository {
  const made = new GitRepository(...initArguments);
  repositories.push(made);
  return made;
}

async function open(
  directory: string,
  revision = "HEAD",
): Promise<RepositoryTree & { readonly commit: string }> {
  // A cache of its own: nothing another test read may answer here.
  const tree = good(await openCommit(directory, revision, new BlobCache(1024 * 1024)));
  trees.push(tree);
  return tree;
}

afterEach(async () => {
  for (const tree of trees.splice(0)) await tree.close();
  for (const made of repositories.splice(0)) made.delete();
});

describe("a commit", () => {
  test("lists, reads and names contents as git does", async () => {
    const made = repository();
    const commit = made.commit({ "b/two.yaml": "two\n", "a.yaml": "one\n", "b/ü ﬁ.yaml": "", "b.yaml": "x" });
    const tree = await open(made.directory);
    expect(tree.commit).toBe(commit);
    expect(tree.name).toBe(commit.slice(0, 7));
    expect(tree.paths()).toEqual(["a.yaml", "b.yaml", "b/two.yaml", "b/ü ﬁ.yaml"]);
    expect(tree.list(".")).toEqual([
      { name: "a.yaml", kind: "file" },
      { name: "b", kind: "directory" },
      { name: "b.yaml", kind: "file" },
    ]);
    expect(textOf(good(await tree.read("b/two.yaml")))).toBe("two\n");
    expect(await tree.blobId("a.yaml")).toBe(made.git("rev-parse", "HEAD:a.yaml"));
    expect(good(await tree.read("b/ü ﬁ.yaml"))).toHaveLength(0);
  });

  test("reads many blobs at once, each whole", async () => {
    const made = repository();
    const files = Object.fromEntries(
      Array.from({ length: 600 }, (_, index) => [
        `f/${index}`,
        `${index}:${"x".repeat((index * 37) % 9000)}`,
      ]),
    );
    made.commit(files);
    const tree = await open(made.directory);
    const contents = await Promise.all(
      Object.keys(files).map(async (path) => textOf(good(await tree.read(path)))),
    );
    expect(contents).toEqual(Object.values(files));
  });

  test("answers what is not there", async () => {
    const made = repository();
    made.commit({ "a/b": "x" });
    const tree = await open(made.directory);
    expect(tree.stat("a/c")).toEqual({ kind: "problem", code: "missing", path: "a/c" });
    expect(tree.stat("a/b/c")).toMatchObject({ code: "wrong-kind" });
    expect(tree.stat("../x")).toMatchObject({ code: "outside" });
    expect(tree.stat("/a/b")).toMatchObject({ code: "outside" });
    expect(await tree.read("a")).toMatchObject({ code: "wrong-kind" });
    expect(tree.list("a/b")).toMatchObject({ code: "wrong-kind" });
  });

  test("follows links inside the tree, component by component, and no others", async () => {
    const made = repository();
    made.link("links/to-file", "../real/file");
    made.link("links/to-directory", "../real");
    made.link("links/chain", "to-directory/up");
    made.link("real/up", "..");
    made.link("links/absolute", "/etc/passwd");
    made.link("links/leaves", "../../outside");
    made.link("links/loop", "loop");
    made.link("links/broken", "nowhere");
    made.commit({ "real/file": "content", "outside-name": "x" });
    const tree = await open(made.directory);
    expect(tree.stat("links/to-file")).toEqual({ kind: "file", path: "real/file" });
    expect(tree.stat("links/to-directory/file")).toEqual({ kind: "file", path: "real/file" });
    expect(tree.stat("links/chain/outside-name")).toEqual({ kind: "file", path: "outside-name" });
    // ".." after a link leaves the link's target, not the link.
    expect(tree.stat("links/to-directory/../outside-name")).toEqual({ kind: "file", path: "outside-name" });
    expect(tree.stat("links/absolute")).toMatchObject({ code: "outside" });
    expect(tree.stat("links/leaves")).toMatchObject({ code: "outside" });
    expect(tree.stat("links/loop")).toMatchObject({ code: "unreadable" });
    expect(tree.stat("links/broken")).toMatchObject({ code: "missing" });
    const kinds = good(tree.list("links")).map(({ name, kind }) => `${name} ${kind}`);
    expect(kinds).toEqual([
      "absolute broken",
      "broken broken",
      "chain directory",
      "leaves broken",
      "loop broken",
      "to-directory directory",
      "to-file file",
    ]);
  });

  test("names submodules", async () => {
    const made = repository();
    const commit = made.commit({ a: "x" });
    made.git("update-index", "--add", "--cacheinfo", `160000,${commit},vendor/lib`);
    made.git("commit", "--quiet", "--message", "submodule");
    const tree = await open(made.directory);
    expect(tree.list("vendor")).toEqual([{ name: "lib", kind: "submodule" }]);
    expect(tree.stat("vendor/lib")).toMatchObject({ code: "submodule" });
    expect(tree.stat("vendor/lib/file")).toMatchObject({ code: "submodule" });
    expect(tree.entries().get("vendor/lib")).toEqual({ kind: "submodule", commit });
  });

  test("a blob that is not there is unreadable; the others are still read", async () => {
    const made = repository();
    made.commit({ a: "first", b: "lost", c: "third" });
    const id = made.git("rev-parse", "HEAD:b");
    rmSync(join(made.directory, ".git/objects", id.slice(0, 2), id.slice(2)));
    const tree = await open(made.directory);
    const [a, b, c] = await Promise.all([tree.read("a"), tree.read("b"), tree.read("c")]);
    expect([textOf(good(a)), b, textOf(good(c))]).toEqual([
      "first",
      { kind: "problem", code: "unreadable", path: "b" },
      "third",
    ]);
  });

  test("a damaged blob is unreadable; the others are still read", async () => {
    const made = repository();
    made.commit({ a: "first", b: "damaged", c: "third" });
    const id = made.git("rev-parse", "HEAD:b");
    const object = `.git/objects/${id.slice(0, 2)}/${id.slice(2)}`;
    made.remove(object);
    made.write(object, "this is no object");
    const tree = await open(made.directory);
    const [a, b, c] = await Promise.all([tree.read("a"), tree.read("b"), tree.read("c")]);
    expect([textOf(good(a)), b, textOf(good(c))]).toEqual([
      "first",
      { kind: "problem", code: "unreadable", path: "b" },
      "third",
    ]);
  });

  test("what a partial clone lacks is unreadable and not fetched; what it has is read", async () => {
    const made = repository();
    made.commit({ a: "first", b: "second", c: "third" });
    made.git("config", "uploadpack.allowFilter", "true");
    const place = repository();
    const partial = join(place.directory, "partial");
    made.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", `file://${made.directory}`, partial);
    place.write("b", "second");
    made.git("-C", partial, "hash-object", "-w", join(place.directory, "b"));
    const tree = await open(partial);
    const [a, b, c] = await Promise.all([tree.read("a"), tree.read("b"), tree.read("c")]);
    expect([a, textOf(good(b)), c]).toEqual([
      { kind: "problem", code: "unreadable", path: "a" },
      "second",
      { kind: "problem", code: "unreadable", path: "c" },
    ]);
    const id = made.git("rev-parse", "HEAD:a");
    expect(existsSync(join(partial, ".git/objects", id.slice(0, 2), id.slice(2)))).toBe(false);
  });

  test("is read from a bare clone, a worktree, a subdirectory and a clone with alternates", async () => {
    const made = repository();
    made.commit({ "a/b": "x" });
    const other = repository();
    const bare = join(other.directory, "bare.git");
    made.git("clone", "--quiet", "--bare", made.directory, bare);
    const shared = join(other.directory, "shared");
    made.git("clone", "--quiet", "--shared", "--no-checkout", made.directory, shared);
    const worktree = join(other.directory, "worktree");
    made.git("worktree", "add", "--quiet", "--detach", worktree);
    for (const directory of [bare, shared, worktree, join(made.directory, "a")]) {
      const tree = await open(directory);
      expect(textOf(good(await tree.read("a/b")))).toBe("x");
    }
  });

  test("is read from a repository with SHA-256 names", async () => {
    const made = repository("--object-format=sha256");
    made.commit({ a: "x" });
    const tree = await open(made.directory);
    expect(await tree.blobId("a")).toBe(made.git("rev-parse", "HEAD:a"));
    expect(textOf(good(await tree.read("a")))).toBe("x");
  });

  test("does not see replaced objects", async () => {
    const made = repository();
    made.commit({ a: "true" });
    made.write("other", "replacement");
    const replacement = made.git("hash-object", "-w", "other");
    made.git("replace", made.git("rev-parse", "HEAD:a"), replacement);
    expect(textOf(good(await (await open(made.directory)).read("a")))).toBe("true");
  });

  test("a closed tree answers unreadable", async () => {
    const made = repository();
    made.commit({ a: "x" });
    const tree = await open(made.directory);
    await tree.close();
    expect(await tree.read("a")).toMatchObject({ code: "unreadable" });
  });

  test("problems are values", async () => {
    const made = repository();
    made.commit({ a: "x" });
    expect(await openCommit(made.directory, "nope")).toMatchObject({
      code: "unknown-revision",
      subject: "nope",
    });
    expect(await openCommit(made.directory, "--help")).toMatchObject({ code: "unknown-revision" });
    expect(await openCommit(made.directory, "")).toMatchObject({ code: "unknown-revision" });
    expect(await openCommit("/", "HEAD")).toMatchObject({ code: "not-a-repository" });
    expect(await openCommit(join(made.directory, "absent"), "HEAD")).toMatchObject({
      code: "not-a-repository",
    });
  });
});
