import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import { matchesOwnedPath } from "./owned-path.ts";

/** Where GitHub looks, in this order; the first that exists counts (docs.github.com, "About code owners"). */
const LOCATIONS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/** GitHub does not load a larger one. */
const MAXIMUM_BYTES = 3 * 1024 * 1024;

export interface OwnedPath {
  readonly pattern: string;
  /** As written: "@alice", "@acme/security", "alice@example.com". None = nobody owns it, whatever stands before. */
  readonly owners: readonly string[];
}

/** The text of the CODEOWNERS file that counts, or null. */
export async function readCodeOwners(tree: Tree): Promise<string | null> {
  for (const path of LOCATIONS) {
    const content = await tree.read(path);
    if (isTreeProblem(content)) continue;
    return content.length > MAXIMUM_BYTES ? null : new TextDecoder().decode(content);
  }
  return null;
}

/** Who owns a path: of the last line that matches. Empty = nobody. */
export function codeOwnersOf(lines: readonly OwnedPath[], path: string): readonly string[] {
  return lines.findLast(({ pattern }) => matchesOwnedPath(pattern, path))?.owners ?? [];
}

/** A line that GitHub cannot read is skipped, there as here. */
export function parseCodeOwners(text: string): readonly OwnedPath[] {
  return text.split(/\r?\n/).flatMap((line) => ownedPath(line) ?? []);
}

const OWNER = /^(@[^\s@/]+(\/[^\s@/]+)?|[^\s@]+@[^\s@]+)$/;
/** Negation and ranges of characters do not work in this file; a "\#" does not escape a comment. */
const UNSUPPORTED = /^!|^\\#|[[\]]/;

function ownedPath(line: string): OwnedPath | null {
  const [pattern, ...owners] = words(line);
  if (pattern === undefined || UNSUPPORTED.test(pattern)) return null;
  return owners.every((owner) => OWNER.test(owner)) ? { pattern, owners } : null;
}

/** Words between spaces; a backslash makes the next character one of the word; a word that begins with "#" ends the line. */
function words(line: string): readonly string[] {
  const found = line.match(/(?:\\.|[^\s\\]|\\$)+/g) ?? [];
  const comment = found.findIndex((word) => word.startsWith("#"));
  return comment === -1 ? found : found.slice(0, comment);
}
