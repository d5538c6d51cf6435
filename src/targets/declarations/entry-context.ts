import type { Tree } from "../../tree/tree.ts";
import { type Fields, textAt } from "../files/fields.ts";
import { normaliseRepository } from "./this-repository.ts";

/** What the translation of an entry point may look at. */
export interface EntryContext {
  readonly tree: Tree;
  /** Normalised addresses of this repository. */
  readonly repository: ReadonlySet<string>;
}

/** Whether a source of Argo CD (`repoURL`) is this repository. */
export function isThisRepository(source: Fields, repository: ReadonlySet<string>): boolean {
  const url = textAt(source, "repoURL");
  return url !== null && repository.has(normaliseRepository(url));
}
