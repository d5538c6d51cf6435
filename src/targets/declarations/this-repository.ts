import type { Discovery } from "../targets.ts";

/**
 * An address of a repository in the form in which addresses are compared: without scheme, user, default port and
 * ".git", in lower case, as Argo CD compares them (util/git NormalizeGitURL).
 */
export function normaliseRepository(url: string): string {
  let text = url.trim().toLowerCase();
  text = text.replace(/^git@([^:/]+):(?!\/\/)/, "ssh://git@$1/");
  text = text.replace(/^[a-z][a-z0-9+.-]*:\/\//, "").replace(/^[^@/]*@/, "");
  text = text.replace(/^([^/:]+):(22|80|443)(?=\/|$)/, "$1");
  return text
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/\/+/g, "/");
}

/** A source that an entry point names: where, and whether its path exists in the tree. */
export interface NamedSource {
  readonly url: string;
  readonly exists: boolean;
}

export type Recognition = Discovery["repository"];

/**
 * Which addresses mean this repository: what is configured; else the clone's remotes, if an entry point names one of
 * them; else the address that most entry points name with a path that exists here (of several, the first in order).
 */
export function recognise(
  configured: readonly string[],
  remotes: readonly string[],
  named: readonly NamedSource[],
): Recognition {
  if (configured.length > 0) return { urls: configured.map(normaliseRepository), evidence: "configured" };
  const known = new Set(remotes.map(normaliseRepository));
  if (named.some(({ url }) => known.has(normaliseRepository(url)))) {
    return { urls: [...known], evidence: "remotes" };
  }
  const counts = new Map<string, number>();
  for (const { url, exists } of named) {
    if (exists) counts.set(normaliseRepository(url), (counts.get(normaliseRepository(url)) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return most === undefined
    ? { urls: [...known], evidence: "none" }
    : { urls: [most[0]], evidence: "most-named" };
}

/** An object name, or something that reads as a version: not the state under review. */
export function isPinned(revision: string): boolean {
  if (/^[0-9a-f]{7,64}$/i.test(revision)) return /\d/.test(revision);
  if (revision.startsWith("refs/heads/")) return false;
  return revision.startsWith("refs/") || /^[v^~<>=\s]*\d+(\.(\d+|[x*])){1,2}([-+].*)?$/i.test(revision);
}
