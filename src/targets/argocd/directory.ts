import { byBytes, directoryOf, relativeTo } from "../../tree/paths.ts";
import { pathsBelow } from "../../tree/paths-below.ts";
import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import { type Fields, flagAt, textAt } from "../files/fields.ts";
import { glob } from "../files/glob.ts";

/** What Argo CD takes for manifests (reposerver/repository.go manifestFile); jsonnet cannot be read here. */
const MANIFEST_FILE = /\.(yaml|yml|json)$/;
const JSONNET_FILE = /\.(jsonnet|libsonnet)$/;

export interface DirectoryReading {
  /** With those that cannot be read here: whoever reads them says so. */
  readonly files: readonly string[];
  /** What of it nobody can read here; null = nothing. */
  readonly unread: "jsonnet" | "a pattern with too many wildcards" | null;
}

/** The files of a directory source: recursion, include and exclude applied. Patterns see paths below the directory. */
export function readDirectory(tree: Tree, path: string, directory: Fields | null): DirectoryReading {
  const recurse = flagAt(directory, "recurse");
  const include = pattern(textAt(directory, "include") ?? EVERYTHING);
  const exclude = pattern(textAt(directory, "exclude") ?? NOTHING);
  if (include === null || exclude === null) return { files: [], unread: "a pattern with too many wildcards" };
  const root = tree.stat(path);
  if (isTreeProblem(root) || root.kind !== "directory") return { files: [], unread: null };
  const chosen = filesBelow(tree, root.path, recurse).filter((file) => {
    const relative = relativeTo(file, root.path);
    return !exclude(relative) && include(relative);
  });
  return {
    files: [
      ...chosen.filter((file) => MANIFEST_FILE.test(file)),
      ...submodulesBelow(tree, root.path, recurse),
    ].sort(byBytes),
    unread: chosen.some((file) => JSONNET_FILE.test(file)) ? "jsonnet" : null,
  };
}

const EVERYTHING = "**";
const NOTHING = "";

/** Argo CD compiles its patterns without separators: "*" also matches "/" (util/glob). */
function pattern(text: string): ((path: string) => boolean) | null {
  if (text === EVERYTHING) return () => true;
  return text === NOTHING ? () => false : glob(text, { dot: true, bash: true });
}

/** The files of a directory; links to directories are not walked, as Go's Walk does not. */
function filesBelow(tree: Tree, root: string, recurse: boolean): readonly string[] {
  return pathsBelow(tree, root).filter((file) => {
    if (!recurse && directoryOf(file) !== root) return false;
    const found = tree.stat(file);
    return isTreeProblem(found) ? found.code !== "submodule" : found.kind === "file";
  });
}

/** Argo CD checks submodules out, so that a recursing source deploys what is in them; any of their files may count. */
function submodulesBelow(tree: Tree, root: string, recurse: boolean): readonly string[] {
  if (!recurse) return [];
  return pathsBelow(tree, root).filter((path) => {
    const found = tree.stat(path);
    return isTreeProblem(found) && found.code === "submodule";
  });
}
