import { createHash } from "node:crypto";
import type { ListEntry, Stat, Tree, TreeProblem, TreeProblemCode } from "../../src/tree/tree.ts";

/** Files by path. A value that begins with "-> " is a symbolic link within the same folder rules as git's. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const LINK = "-> ";

/** A tree of files in memory, for tests of the engine. Links may stand for files or directories. */
export function memoryTree(files: Files, name = "memory"): Tree {
  const content = new Map(Object.entries(files));
  const directories = new Map<string, Set<string>>([[".", new Set()]]);
  for (const path of content.keys()) {
    const parts = path.split("/");
    for (let depth = 0; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/") || ".";
      const names = directories.get(folder) ?? new Set();
      directories.set(folder, names.add(parts[depth] ?? ""));
    }
  }

  function problem(code: TreeProblemCode, path: string): TreeProblem {
    return { kind: "problem", code, path };
  }

  function resolve(path: string, depth = 0): string | TreeProblem {
    if (depth > 40) return problem("unreadable", path);
    let real = "";
    const parts = path === "." ? [] : path.split("/");
    for (const [index, part] of parts.entries()) {
      const next = real === "" ? part : `${real}/${part}`;
      const value = content.get(next);
      if (typeof value === "string" && value.startsWith(LINK)) {
        const target = joined(real, value.slice(LINK.length), parts.slice(index + 1));
        return target === null ? problem("outside", path) : resolve(target, depth + 1);
      }
      if (value === undefined && !directories.has(next)) return problem("missing", path);
      if (value !== undefined && index < parts.length - 1) return problem("wrong-kind", path);
      real = next;
    }
    return real === "" ? "." : real;
  }

  function stat(path: string): Stat | TreeProblem {
    const real = resolve(path);
    if (typeof real !== "string") return real;
    return { kind: directories.has(real) ? "directory" : "file", path: real };
  }

  function bytes(path: string): Uint8Array | TreeProblem {
    const real = resolve(path);
    if (typeof real !== "string") return real;
    const value = content.get(real);
    if (value === undefined) return problem("wrong-kind", path);
    return typeof value === "string" ? new TextEncoder().encode(value) : value;
  }

  return {
    name,
    paths: () => [...content.keys()].sort(),
    stat,
    list(path) {
      const real = resolve(path);
      if (typeof real !== "string") return real;
      const names = directories.get(real);
      if (names === undefined) return problem("wrong-kind", path);
      return [...names].sort().map((entry): ListEntry => {
        const found = stat(real === "." ? entry : `${real}/${entry}`);
        return { name: entry, kind: found.kind === "problem" ? "broken" : found.kind };
      });
    },
    async blobId(path) {
      const found = bytes(path);
      if (!(found instanceof Uint8Array)) return found;
      return createHash("sha1").update(`blob ${found.length}\0`).update(found).digest("hex");
    },
    async read(path) {
      return bytes(path);
    },
    async close() {},
  };
}

/** A path relative to a folder, or null if it leaves the tree. */
function joined(folder: string, target: string, rest: readonly string[]): string | null {
  if (target.startsWith("/")) return null;
  const parts: string[] = [];
  for (const part of [...folder.split("/"), ...target.split("/"), ...rest]) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join("/") || ".";
}
