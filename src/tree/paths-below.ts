import { byBytes } from "./paths.ts";
import type { Tree } from "./tree.ts";

/** Every path strictly below a directory that is no directory itself; links are not followed. Sorted by bytes. */
export function pathsBelow(tree: Tree, directory: string): readonly string[] {
  const paths = tree.paths();
  if (directory === ".") return paths;
  // Paths with one prefix stand together; "0" is the character after "/".
  return paths.slice(firstFrom(paths, `${directory}/`), firstFrom(paths, `${directory}0`));
}

/** The index of the first path that is not before `bound`. */
function firstFrom(paths: readonly string[], bound: string): number {
  let low = 0;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (byBytes(paths[middle] ?? "", bound) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
