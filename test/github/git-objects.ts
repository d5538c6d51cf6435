import { createHash } from "node:crypto";

/** What a person gives for a file; null deletes it. */
export type FileContent =
  | string
  | Uint8Array
  | { readonly content: string | Uint8Array; readonly executable?: boolean }
  | { readonly symlink: string }
  | { readonly submodule: string };

export type FileChanges = Readonly<Record<string, FileContent | null>>;

export interface TreeEntry {
  readonly name: string;
  readonly mode: "100644" | "100755" | "120000" | "160000" | "040000";
  readonly sha: string;
}

/** A file, link or submodule with its whole path. */
export interface FileEntry {
  readonly path: string;
  readonly mode: TreeEntry["mode"];
  readonly sha: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export type GitObject =
  | { readonly kind: "blob"; readonly sha: string; readonly storedAt: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "tree";
      readonly sha: string;
      readonly storedAt: number;
      readonly entries: readonly TreeEntry[];
    }
  | GitCommit;

export interface GitCommit {
  readonly kind: "commit";
  readonly sha: string;
  readonly storedAt: number;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** Objects of a repository and all its forks, named as git names them (git-scm.com/book, "Git Objects"). */
export class GitObjects {
  readonly #objects = new Map<string, GitObject>();
  readonly #files = new Map<string, readonly FileEntry[]>();
  readonly #mergeBases = new Map<string, string | null>();
  readonly #now: () => number;
  readonly emptyTree: string;

  constructor(now: () => number) {
    this.#now = now;
    this.emptyTree = this.storeTree([]);
  }

  get(sha: string): GitObject | undefined {
    return this.#objects.get(sha);
  }

  commit(sha: string): GitCommit {
    const found = this.#objects.get(sha);
    if (found?.kind !== "commit") throw new Error(`no commit ${sha}`);
    return found;
  }

  blob(sha: string): Uint8Array {
    const found = this.#objects.get(sha);
    if (found?.kind !== "blob") throw new Error(`no blob ${sha}`);
    return found.bytes;
  }

  text(sha: string): string {
    return Buffer.from(this.blob(sha)).toString("utf8");
  }

  tree(sha: string): readonly TreeEntry[] {
    const found = this.#objects.get(sha);
    if (found?.kind !== "tree") throw new Error(`no tree ${sha}`);
    return found.entries;
  }

  /** A commit whose name starts with these digits. */
  commitByPrefix(prefix: string): GitCommit | undefined {
    if (prefix.length < 7) return undefined;
    for (const [sha, object] of this.#objects) {
      if (object.kind === "commit" && sha.startsWith(prefix)) return object;
    }
    return undefined;
  }

  storeBlob(content: string | Uint8Array): string {
    const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
    const sha = nameOf("blob", bytes);
    if (!this.#objects.has(sha))
      this.#objects.set(sha, { kind: "blob", sha, storedAt: this.#now(), bytes: Uint8Array.from(bytes) });
    return sha;
  }

  storeTree(entries: readonly TreeEntry[]): string {
    const sorted = [...entries].sort((one, other) =>
      Buffer.compare(Buffer.from(sortKey(one)), Buffer.from(sortKey(other))),
    );
    const bytes = Buffer.concat(
      sorted.flatMap(({ mode, name, sha }) => [
        Buffer.from(`${mode.replace(/^0/, "")} ${name}\0`),
        Buffer.from(sha, "hex"),
      ]),
    );
    const sha = nameOf("tree", bytes);
    if (!this.#objects.has(sha))
      this.#objects.set(sha, { kind: "tree", sha, storedAt: this.#now(), entries: sorted });
    return sha;
  }

  storeCommit(commit: Omit<GitCommit, "kind" | "sha" | "storedAt">): string {
    const text = [
      `tree ${commit.tree}`,
      ...commit.parents.map((parent) => `parent ${parent}`),
      `author ${signatureText(commit.author)}`,
      `committer ${signatureText(commit.committer)}`,
      "",
      commit.message,
    ].join("\n");
    const sha = nameOf("commit", Buffer.from(text));
    if (!this.#objects.has(sha))
      this.#objects.set(sha, { kind: "commit", sha, storedAt: this.#now(), ...commit });
    return sha;
  }

  /** The tree with some files written or deleted. */
  edit(tree: string, changes: FileChanges): string {
    const written = new Map<string, FileEntry | null>();
    for (const [path, content] of Object.entries(changes)) {
      written.set(path, content === null ? null : this.#entryOf(path, content));
    }
    return this.replace(tree, written);
  }

  /** The tree with some entries replaced; null deletes. */
  replace(tree: string, changes: ReadonlyMap<string, FileEntry | null>): string {
    const own = new Map<string, TreeEntry>(this.tree(tree).map((entry) => [entry.name, entry]));
    const below = new Map<string, Map<string, FileEntry | null>>();
    for (const [path, entry] of changes) {
      const slash = path.indexOf("/");
      if (slash < 0) {
        if (entry === null) own.delete(path);
        else own.set(path, { name: path, mode: entry.mode, sha: entry.sha });
        continue;
      }
      const folder = path.slice(0, slash);
      const inside = below.get(folder) ?? new Map<string, FileEntry | null>();
      inside.set(path.slice(slash + 1), entry);
      below.set(folder, inside);
    }
    for (const [folder, inside] of below) {
      const before = own.get(folder);
      const sha = this.replace(before?.mode === "040000" ? before.sha : this.emptyTree, inside);
      if (sha === this.emptyTree) own.delete(folder);
      else own.set(folder, { name: folder, mode: "040000", sha });
    }
    return this.storeTree([...own.values()]);
  }

  /** Every file of a tree, in git's order. */
  files(tree: string): readonly FileEntry[] {
    const known = this.#files.get(tree);
    if (known !== undefined) return known;
    const found = this.tree(tree).flatMap(({ name, mode, sha }): readonly FileEntry[] =>
      mode === "040000"
        ? this.files(sha).map((file) => ({ ...file, path: `${name}/${file.path}` }))
        : [{ path: name, mode, sha }],
    );
    this.#files.set(tree, found);
    return found;
  }

  file(tree: string, path: string): FileEntry | undefined {
    let at = tree;
    const segments = path.split("/");
    for (const [index, segment] of segments.entries()) {
      const entry = this.tree(at).find(({ name }) => name === segment);
      if (entry === undefined) return undefined;
      if (index === segments.length - 1) {
        return entry.mode === "040000" ? undefined : { path, mode: entry.mode, sha: entry.sha };
      }
      if (entry.mode !== "040000") return undefined;
      at = entry.sha;
    }
    return undefined;
  }

  /** The commit itself and everything before it. */
  ancestors(sha: string): ReadonlySet<string> {
    const seen = new Set<string>([sha]);
    for (const one of seen) for (const parent of this.commit(one).parents) seen.add(parent);
    return seen;
  }

  /** The newest commit that both have; null where the histories are unrelated. */
  mergeBase(one: string, other: string): string | null {
    const key = `${one} ${other}`;
    const known = this.#mergeBases.get(key);
    if (known !== undefined) return known;
    const mine = this.ancestors(one);
    const common = [...this.ancestors(other)].filter((sha) => mine.has(sha));
    // Best = not an ancestor of another common one.
    const behind = new Set(common.flatMap((sha) => this.commit(sha).parents));
    const best = common.find((sha) => !behind.has(sha)) ?? null;
    this.#mergeBases.set(key, best);
    return best;
  }

  /** Commits that head has and base has not, oldest first. */
  between(base: string, head: string): readonly GitCommit[] {
    const without = this.ancestors(base);
    const found: GitCommit[] = [];
    const seen = new Set<string>();
    const visit = (sha: string) => {
      if (seen.has(sha) || without.has(sha)) return;
      seen.add(sha);
      const commit = this.commit(sha);
      for (const parent of commit.parents) visit(parent);
      found.push(commit);
    };
    visit(head);
    return found;
  }

  #entryOf(path: string, content: FileContent): FileEntry {
    if (typeof content === "string" || content instanceof Uint8Array) {
      return { path, mode: "100644", sha: this.storeBlob(content) };
    }
    if ("symlink" in content) return { path, mode: "120000", sha: this.storeBlob(content.symlink) };
    if ("submodule" in content) return { path, mode: "160000", sha: content.submodule };
    return {
      path,
      mode: content.executable === true ? "100755" : "100644",
      sha: this.storeBlob(content.content),
    };
  }
}

function nameOf(kind: string, bytes: Uint8Array): string {
  return createHash("sha1").update(`${kind} ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Git sorts a folder as if its name ended in a slash. */
function sortKey({ name, mode }: TreeEntry): string {
  return mode === "040000" ? `${name}/` : name;
}

function signatureText({ name, email, at }: Signature): string {
  return `${name} <${email}> ${Math.floor(at / 1_000)} +0000`;
}
