import { createHash } from "node:crypto";
import type { Entry } from "../tree/entry.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { relativeTo } from "../tree/paths.ts";
import { pathsBelow } from "../tree/paths-below.ts";
import type { InputSet } from "./inputs.ts";

/** SHA-256 (hex) of everything that stands at and below the paths of a set; what is missing counts too. */
export async function contentDigest(tree: RepositoryTree, set: InputSet): Promise<string> {
  const hash = createHash("sha256");
  for (const path of set.paths() ?? ["."]) hash.update(`${path}\0${await identityOf(tree, path)}\0`);
  return hash.digest("hex");
}

const identities = new WeakMap<RepositoryTree, Map<string, Promise<string>>>();

/** The same for equal content wherever it stands: a file, or everything below a directory. */
export async function identityOf(tree: RepositoryTree, path: string): Promise<string> {
  const known = identities.get(tree) ?? new Map<string, Promise<string>>();
  identities.set(tree, known);
  const answer = known.get(path) ?? readIdentity(tree, path);
  known.set(path, answer);
  return answer;
}

async function readIdentity(tree: RepositoryTree, path: string): Promise<string> {
  const entry = tree.entries().get(path);
  if (entry !== undefined) return entryIdentity(entry, path);
  const below = pathsBelow(tree, path);
  if (below.length === 0) return "missing";
  const hash = createHash("sha256");
  const entries = await Promise.all(
    below.map(async (file) => {
      const found = tree.entries().get(file);
      return `${relativeTo(file, path)}\0${found === undefined ? "" : await entryIdentity(found, file)}\0`;
    }),
  );
  for (const line of entries) hash.update(line);
  return hash.digest("hex");
}

async function entryIdentity(entry: Entry, path: string): Promise<string> {
  if (entry.kind === "file") return entry.content.identity(path);
  if (entry.kind === "link") return `link ${entry.target}`;
  return entry.kind === "submodule" ? `submodule ${entry.commit}` : entry.kind;
}
