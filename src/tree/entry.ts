import type { TreeProblem } from "./tree.ts";

/** What stands at a path of a tree, links not followed. */
export type Entry =
  | { readonly kind: "file"; readonly executable: boolean; readonly content: Content }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "submodule"; readonly commit: string }
  /** A FIFO, a device, a socket, a directory nobody may read: refused. */
  | { readonly kind: "irregular" };

/** The bytes of one file, had when somebody asks. Problems carry the path that the asker used. */
export interface Content {
  blobId(path: string): Promise<string | TreeProblem>;
  read(path: string): Promise<Uint8Array | TreeProblem>;
  /** As exact as `blobId`, but had for a file of any size without holding it. */
  identity(path: string): Promise<string>;
}
