/** Paths of a tree: relative to its root, separated by "/", clean; "." is the root. */

/** Order of the UTF-8 bytes, which is git's order of names; comparing UTF-16 code units differs above U+FFFF. */
export function byBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return inByteOrder(left) - inByteOrder(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF and so sort after U+E000 to U+FFFF. */
function inByteOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** `base` and `relative` as one clean path; null where it leaves the tree or is absolute. */
export function join(base: string, relative: string): string | null {
  if (relative.startsWith("/")) return null;
  const parts = base === "." ? [] : base.split("/");
  for (const part of relative.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? "." : parts.join("/");
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `directory` or stands below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "." || path === directory || path.startsWith(`${directory}/`);
}

/** "a/b" seen from "a" is "b"; a path is "." seen from itself. */
export function relativeTo(path: string, directory: string): string {
  if (directory === ".") return path;
  return path === directory ? "." : path.slice(directory.length + 1);
}
