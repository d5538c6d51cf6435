import type { Entry } from "./entry.ts";
import type { RepositoryTree } from "./indexed-tree.ts";
import { byBytes } from "./paths.ts";

/**
 * Every path whose entry differs between two trees (content, mode, kind, link target, submodule commit), sorted by
 * bytes. Links are not followed: a path below a link to a changed directory is not named, the directory's own is.
 */
export async function changedPaths(base: RepositoryTree, head: RepositoryTree): Promise<readonly string[]> {
  const before = base.entries();
  const after = head.entries();
  const changed = [...before.keys()].filter((path) => !after.has(path));
  const both: string[] = [];
  for (const [path, entry] of after) {
    const old = before.get(path);
    if (old === undefined) changed.push(path);
    else if (old !== entry) both.push(path);
  }
  const differs = await Promise.all(both.map((path) => differ(before.get(path), after.get(path), path)));
  return [...changed, ...both.filter((_, index) => differs[index])].sort(byBytes);
}

async function differ(before: Entry | undefined, after: Entry | undefined, path: string): Promise<boolean> {
  if (before?.kind === "file" && after?.kind === "file") {
    if (before.executable !== after.executable) return true;
    const [old, now] = await Promise.all([before.content.identity(path), after.content.identity(path)]);
    return old !== now;
  }
  if (before?.kind === "link" && after?.kind === "link") return before.target !== after.target;
  if (before?.kind === "submodule" && after?.kind === "submodule") return before.commit !== after.commit;
  // Nobody reads an irregular entry, so two of them cannot differ in a way that matters.
  return before?.kind !== after?.kind;
}
