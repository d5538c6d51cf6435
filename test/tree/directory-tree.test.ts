import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BlobCache } from "../../src/tree/blob-cache.ts";
import { changedPaths } from "../../src/tree/changed-paths.ts";
import { openDirectory } from "../../src/tree/directory-tree.ts";
import { isLfsPointer } from "../../src/tree/lfs.ts";
import { overlay } from "../../src/tree/overlay.ts";
import { good, textOf } from "./expect-tree.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "egress-review-directory-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(path: string, content: string): void {
  const file = join(directory, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, content);
}

describe("a directory", () => {
  test("is read without any .git in it; ids are those of git", async () => {
    write("a/b.yaml", "text\n");
    write(".git/config", "x");
    write("a/.git", "gitdir: elsewhere");
    write(".hidden", "x");
    const tree = good(await openDirectory(directory));
    expect(tree.paths()).toEqual([".hidden", "a/b.yaml"]);
    expect(textOf(good(await tree.read("a/b.yaml")))).toBe("text\n");
    const id = execFileSync("git", ["hash-object", join(directory, "a/b.yaml")], { encoding: "utf8" }).trim();
    expect(await tree.blobId("a/b.yaml")).toBe(id);
  });

  test("links that leave it are refused, as are things that are no files", async () => {
    write("file", "x");
    symlinkSync("/etc/hostname", join(directory, "absolute"));
    symlinkSync("../../etc/hostname", join(directory, "up"));
    symlinkSync("file", join(directory, "inside"));
    execFileSync("mkfifo", [join(directory, "fifo")]);
    const tree = good(await openDirectory(directory));
    expect(await tree.read("absolute")).toMatchObject({ code: "outside" });
    expect(await tree.read("up")).toMatchObject({ code: "outside" });
    expect(await tree.read("fifo")).toMatchObject({ code: "unreadable" });
    expect(tree.stat("inside")).toEqual({ kind: "file", path: "file" });
    expect(tree.list(".")).toContainEqual({ name: "fifo", kind: "broken" });
  });

  test("a file of 200 MB is too large and is not read", async () => {
    write("large.yaml", "");
    truncateSync(join(directory, "large.yaml"), 200 * 1024 * 1024);
    const tree = good(await openDirectory(directory));
    expect(await tree.read("large.yaml")).toEqual({ kind: "problem", code: "too-large", path: "large.yaml" });
    expect(await tree.blobId("large.yaml")).toMatchObject({ code: "too-large" });
    expect(tree.stat("large.yaml")).toEqual({ kind: "file", path: "large.yaml" });
  });

  test("a file that changes while it is being reviewed is unreadable, never of two states", async () => {
    write("a", "before");
    const tree = good(await openDirectory(directory, new BlobCache(0)));
    const id = await tree.blobId("a");
    write("a", "after");
    expect(await tree.read("a")).toMatchObject({ code: "unreadable" });
    expect(await tree.blobId("a")).toBe(id);
  });

  test("problems are values", async () => {
    write("file", "x");
    expect(await openDirectory(join(directory, "absent"))).toMatchObject({ code: "missing" });
    expect(await openDirectory(join(directory, "file"))).toMatchObject({ code: "wrong-kind" });
  });
});

describe("an overlay", () => {
  test("replaces, adds and takes out; what stood in the way is gone", async () => {
    write("kept", "x");
    write("replaced", "old");
    write("gone/a", "x");
    write("gone/b", "x");
    write("becomes-directory", "x");
    write("becomes-file/a", "x");
    const base = good(await openDirectory(directory));
    const bytes = (text: string) => new TextEncoder().encode(text);
    const tree = overlay(
      base,
      new Map([
        ["replaced", bytes("new")],
        ["added/deep/file", bytes("y")],
        ["gone", null],
        ["becomes-directory/inside", bytes("z")],
        ["becomes-file", bytes("f")],
      ]),
    );
    expect(tree.paths()).toEqual([
      "added/deep/file",
      "becomes-directory/inside",
      "becomes-file",
      "kept",
      "replaced",
    ]);
    expect(textOf(good(await tree.read("replaced")))).toBe("new");
    expect(tree.stat("gone")).toMatchObject({ code: "missing" });
    expect(await changedPaths(base, tree)).toEqual([
      "added/deep/file",
      "becomes-directory",
      "becomes-directory/inside",
      "becomes-file",
      "becomes-file/a",
      "gone/a",
      "gone/b",
      "replaced",
    ]);
  });

  test("with the same bytes changes nothing", async () => {
    write("a", "x");
    const base = good(await openDirectory(directory));
    expect(await changedPaths(base, overlay(base, new Map([["a", new TextEncoder().encode("x")]])))).toEqual(
      [],
    );
  });
});

describe("changed paths", () => {
  test("see links, also from a file to a link of the same text", async () => {
    write("target", "x");
    symlinkSync("target", join(directory, "link"));
    const base = good(await openDirectory(directory));
    rmSync(join(directory, "link"));
    write("link", "target");
    expect(await changedPaths(base, good(await openDirectory(directory)))).toEqual(["link"]);
    rmSync(join(directory, "link"));
    symlinkSync("other", join(directory, "link"));
    expect(await changedPaths(base, good(await openDirectory(directory)))).toEqual(["link"]);
  });

  test("tell files apart that nobody may hold in memory", async () => {
    write("a/large", "");
    write("b/large", "");
    for (const side of ["a", "b"]) truncateSync(join(directory, side, "large"), 101 * 1024 * 1024);
    const [a, b] = [
      good(await openDirectory(join(directory, "a"))),
      good(await openDirectory(join(directory, "b"))),
    ];
    expect(await changedPaths(a, b)).toEqual([]);
    truncateSync(join(directory, "b", "large"), 102 * 1024 * 1024);
    expect(await changedPaths(a, good(await openDirectory(join(directory, "b"))))).toEqual(["large"]);
  });
});

test("a Git LFS pointer is told from a file that merely mentions one", () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;
  const bytes = (text: string) => new TextEncoder().encode(text);
  expect(isLfsPointer(bytes(pointer))).toBe(true);
  expect(isLfsPointer(bytes(`# ${pointer}`))).toBe(false);
  expect(isLfsPointer(bytes(pointer.replace("size", "length")))).toBe(false);
  expect(isLfsPointer(bytes(pointer + "x".repeat(2000)))).toBe(false);
});
