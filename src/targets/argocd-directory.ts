import picomatch from "picomatch";
import { byBytes, directoryOf, relativeTo } from "../tree/paths.ts";
import { pathsBelow } from "../tree/paths-below.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { type Fields, flagAt, textAt } from "./fields.ts";

/** What Argo CD takes for manifests (reposerver/repository.go manifestFile); jsonnet cannot be read here. */
const MANIFEST_FILE = /\.(yaml|yml|json)$/;
const JSONNET_FILE = /\.(jsonnet|libsonnet)$/;

export interface DirectoryReading {
  /** With those that cannot be read here: whoever reads them says so. */
  readonly files: readonly string[];
  readonly jsonnet: boolean;
}

/** The files of a directory source: recursion, include and exclude applied. Patterns see paths below the directory. */
export function readDirectory(tree: Tree, path: string, directory: Fields | null): DirectoryReading {
  const recurse = flagAt(directory, "recurse");
  const include = pattern(textAt(directory, "include"));
  const exclude = pattern(textAt(directory, "exclude"));
  const root = tree.stat(path);
  if (isTreeProblem(root) || root.kind !== "directory") return { files: [], jsonnet: false };
  const chosen = filesBelow(tree, root.path, recurse).filter((file) => {
    const relative = relativeTo(file, root.path);
    return !(exclude?.(relative) ?? false) && (include?.(relative) ?? true);
  });
  return {
    files: [
      ...chosen.filter((file) => MANIFEST_FILE.test(file)),
      ...submodulesBelow(tree, root.path, recurse),
    ].sort(byBytes),
    jsonnet: chosen.some((file) => JSONNET_FILE.test(file)),
  };
}

/** Argo CD compiles its patterns without separators: "*" also matches "/" (util/glob). */
function pattern(text: string | null): ((path: string) => boolean) | null {
  return text === null ? null : picomatch(text, { dot: true, bash: true });
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
