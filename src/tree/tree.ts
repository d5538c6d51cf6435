/**
 * A read-only view of a repository at one state: a commit, a directory, the working tree, an overlay.
 *
 * Paths are relative to the repository's root, clean and separated by "/"; "." is the root. Names of a listing are
 * sorted by bytes. Symbolic links are resolved inside the tree only, component by component; one that is absolute or
 * leaves the tree is a problem with code "outside". Content is identified by its git blob id (SHA-1 over
 * `blob SIZE\0` and the bytes) whatever the source, so the same bytes have the same id in a commit and on disk.
 */
export interface Tree {
  /** What messages call this tree, for example "7e9a1b8" or "working tree". */
  readonly name: string;
  /** Every path that is no directory (files, links, submodules), sorted by bytes; links are not followed. */
  paths(): readonly string[];
  /** What stands at a path, after following links. */
  stat(path: string): Stat | TreeProblem;
  /** The entries of a directory, sorted by bytes, links followed. */
  list(path: string): readonly ListEntry[] | TreeProblem;
  /** The git blob id of a file's content, without reading it where the source knows it. */
  blobId(path: string): Promise<string | TreeProblem>;
  /** The content of a file. */
  read(path: string): Promise<Uint8Array | TreeProblem>;
  /** Releases processes and handles. A closed tree answers "unreadable". */
  close(): Promise<void>;
}

export interface Stat {
  readonly kind: "file" | "directory";
  /** The real path: differs from the asked one only where a link was followed. */
  readonly path: string;
}

export interface ListEntry {
  readonly name: string;
  /** "broken" = a link that does not resolve inside the tree; "submodule" = a commit of another repository. */
  readonly kind: "file" | "directory" | "broken" | "submodule";
}

export type TreeProblemCode =
  /** Nothing stands there. */
  | "missing"
  /** A directory where a file was asked for, or the reverse; also a path below a file. */
  | "wrong-kind"
  /** The path, or a link on it, leaves the tree. */
  | "outside"
  /** A link loop, a blob that cannot be had, a closed tree. */
  | "unreadable"
  /** Larger than `MAXIMUM_FILE_BYTES`. */
  | "too-large"
  /** The path lies in a submodule, whose content is not here. */
  | "submodule";

export interface TreeProblem {
  readonly kind: "problem";
  readonly code: TreeProblemCode;
  readonly path: string;
}

/** Helm refuses charts above 100 MiB in all (helm.sh/helm/v4 loader/archive); no single input may be larger. */
export const MAXIMUM_FILE_BYTES = 100 * 1024 * 1024;

export function isTreeProblem(value: unknown): value is TreeProblem {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "problem";
}
