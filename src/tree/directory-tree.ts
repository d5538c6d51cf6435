import { readdir, readlink } from "node:fs/promises";
import { resolve } from "node:path";
import { type BlobCache, sharedBlobs } from "./blob-cache.ts";
import { DiskFile } from "./disk-file.ts";
import type { Entry } from "./entry.ts";
import { IndexedTree, type RepositoryTree } from "./indexed-tree.ts";
import type { TreeProblem } from "./tree.ts";

/** A plain directory as a tree, without any `.git` in it. Contents are read when somebody asks. */
export async function openDirectory(
  path: string,
  blobs: BlobCache = sharedBlobs,
): Promise<RepositoryTree | TreeProblem> {
  const root = resolve(path);
  const entries = new Map<string, Entry>();
  const opened = await walk(root, "", entries, blobs);
  if (opened === "done") return new IndexedTree(path, entries);
  return { kind: "problem", code: opened, path };
}

async function walk(
  root: string,
  below: string,
  entries: Map<string, Entry>,
  blobs: BlobCache,
): Promise<"done" | "missing" | "wrong-kind" | "unreadable"> {
  const here = below === "" ? root : `${root}/${below}`;
  let children: Awaited<ReturnType<typeof readEntries>>;
  try {
    children = await readEntries(here);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "missing" : code === "ENOTDIR" ? "wrong-kind" : "unreadable";
  }
  for (const child of children) {
    if (child.name === ".git") continue;
    const path = below === "" ? child.name : `${below}/${child.name}`;
    if (!child.isDirectory()) entries.set(path, await entryOnDisk(`${root}/${path}`, child, blobs));
    else if ((await walk(root, path, entries, blobs)) !== "done") entries.set(path, { kind: "irregular" });
  }
  return "done";
}

async function readEntries(directory: string) {
  return readdir(directory, { withFileTypes: true });
}

interface Kind {
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

async function entryOnDisk(file: string, kind: Kind, blobs: BlobCache): Promise<Entry> {
  if (kind.isFile()) {
    // The mode is left out: two unpacked directories often differ in it by the umask alone.
    return { kind: "file", executable: false, content: new DiskFile(file, "sha1", blobs) };
  }
  return kind.isSymbolicLink() ? linkOnDisk(file) : { kind: "irregular" };
}

export async function linkOnDisk(file: string): Promise<Entry> {
  try {
    return { kind: "link", target: await readlink(file) };
  } catch {
    return { kind: "irregular" };
  }
}
