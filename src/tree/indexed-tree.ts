import type { Entry } from "./entry.ts";
import { byBytes } from "./paths.ts";
import type { ListEntry, Stat, Tree, TreeProblem, TreeProblemCode } from "./tree.ts";

/** As many links as Linux follows in one path (path_resolution(7)). */
const MAXIMUM_LINKS = 40;

/** A tree that also answers what stands at a path itself, links not followed. Every source of this folder is one. */
export interface RepositoryTree extends Tree {
  entries(): ReadonlyMap<string, Entry>;
}

type Node = { readonly kind: "directory"; readonly children: Map<string, Node> } | Entry;

type Directory = Extract<Node, { kind: "directory" }>;

type Resolved = { readonly node: Node; readonly path: string } | { readonly code: TreeProblemCode };

/** The one implementation of `Tree`: an index of entries, each of which knows where its content is. */
export class IndexedTree implements RepositoryTree {
  readonly name: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #root: Directory;
  readonly #release: () => Promise<void>;
  #paths: readonly string[] | null = null;
  #closed = false;

  constructor(
    name: string,
    entries: ReadonlyMap<string, Entry>,
    release: () => Promise<void> = async () => {},
  ) {
    this.name = name;
    this.#entries = entries;
    this.#root = indexOf(entries);
    this.#release = release;
  }

  entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  paths(): readonly string[] {
    this.#paths ??= [...this.#entries.keys()].sort(byBytes);
    return this.#paths;
  }

  stat(path: string): Stat | TreeProblem {
    const found = this.#resolve(path);
    if ("code" in found) return problem(found.code, path);
    const { kind } = found.node;
    if (kind === "submodule") return problem("submodule", path);
    if (kind === "file" || kind === "directory") return { kind, path: found.path };
    return problem("unreadable", path);
  }

  list(path: string): readonly ListEntry[] | TreeProblem {
    const found = this.#resolve(path);
    if ("code" in found) return problem(found.code, path);
    if (found.node.kind === "submodule") return problem("submodule", path);
    if (found.node.kind !== "directory") return problem("wrong-kind", path);
    const directory = found.path;
    return [...found.node.children]
      .map(([name, node]) => ({ name, kind: this.#listedKind(node, directory, name) }))
      .sort((a, b) => byBytes(a.name, b.name));
  }

  async blobId(path: string): Promise<string | TreeProblem> {
    const file = this.#file(path);
    return file.kind === "problem" ? file : file.content.blobId(path);
  }

  async read(path: string): Promise<Uint8Array | TreeProblem> {
    const file = this.#file(path);
    return file.kind === "problem" ? file : file.content.read(path);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#release();
  }

  #file(path: string): Extract<Entry, { kind: "file" }> | TreeProblem {
    const found = this.#resolve(path);
    if ("code" in found) return problem(found.code, path);
    if (found.node.kind === "file") return this.#closed ? problem("unreadable", path) : found.node;
    if (found.node.kind === "directory") return problem("wrong-kind", path);
    return problem(found.node.kind === "submodule" ? "submodule" : "unreadable", path);
  }

  #listedKind(node: Node, directory: string, name: string): ListEntry["kind"] {
    if (node.kind === "irregular") return "broken";
    if (node.kind !== "link") return node.kind;
    const found = this.#resolve(directory === "." ? name : `${directory}/${name}`);
    if ("code" in found) return found.code === "submodule" ? "submodule" : "broken";
    return found.node.kind === "irregular" || found.node.kind === "link" ? "broken" : found.node.kind;
  }

  /** Walks component by component as a file system does, so that ".." after a link leaves the link's target. */
  #resolve(path: string): Resolved {
    if (path.startsWith("/")) return { code: "outside" };
    const ahead = path.split("/").reverse();
    const walked: { readonly name: string; readonly node: Node }[] = [];
    let links = 0;
    for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
      if (part === "" || part === ".") continue;
      const here = walked.at(-1)?.node ?? this.#root;
      if (here.kind === "submodule") return { code: "submodule" };
      if (here.kind !== "directory") return { code: here.kind === "irregular" ? "unreadable" : "wrong-kind" };
      if (part === "..") {
        if (walked.pop() === undefined) return { code: "outside" };
        continue;
      }
      const next = here.children.get(part);
      if (next === undefined) return { code: "missing" };
      if (next.kind !== "link") {
        walked.push({ name: part, node: next });
        continue;
      }
      links++;
      if (links > MAXIMUM_LINKS) return { code: "unreadable" };
      if (next.target.startsWith("/")) return { code: "outside" };
      ahead.push(...next.target.split("/").reverse());
    }
    const real = walked.length === 0 ? "." : walked.map(({ name }) => name).join("/");
    return { node: walked.at(-1)?.node ?? this.#root, path: real };
  }
}

function problem(code: TreeProblemCode, path: string): TreeProblem {
  return { kind: "problem", code, path };
}

function indexOf(entries: ReadonlyMap<string, Entry>): Directory {
  const root: Directory = { kind: "directory", children: new Map() };
  // Entries mostly come in order: neighbours share their directory, which is then not looked up again.
  let lastDirectory = "";
  let last = root;
  for (const [path, entry] of entries) {
    const slash = path.lastIndexOf("/");
    const directory = slash < 0 ? "" : path.slice(0, slash);
    if (directory !== lastDirectory) {
      last = directoryAt(root, directory);
      lastDirectory = directory;
    }
    last.children.set(path.slice(slash + 1), entry);
  }
  return root;
}

function directoryAt(root: Directory, path: string): Directory {
  let here = root;
  if (path === "") return here;
  for (const part of path.split("/")) {
    let next = here.children.get(part);
    if (next?.kind !== "directory") {
      next = { kind: "directory", children: new Map() };
      here.children.set(part, next);
    }
    here = next;
  }
  return here;
}
