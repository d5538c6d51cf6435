import { GitHubError } from "./github-error.ts";
import type { GitHubHeaders } from "./github-request.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Parameters that ask for the next page; null = there is none. */
  readonly next: Readonly<Record<string, string>> | null;
}

/** 20,000 items: above everything that GitHub lets one pull request hold. */
const MAXIMUM_PAGES = 200;

/**
 * All items of a listing. A listing that does not end is an error, never a part of it.
 *
 * @throws {GitHubError}
 */
export async function allPages<T>(
  ask: (parameters: Readonly<Record<string, string>>) => Promise<Page<T>>,
  what: string,
  enough: (items: readonly T[]) => boolean = () => false,
): Promise<readonly T[]> {
  const items: T[] = [];
  let parameters: Readonly<Record<string, string>> = {};
  for (let count = 0; count < MAXIMUM_PAGES; count++) {
    const page = await ask(parameters);
    for (const item of page.items) items.push(item);
    if (page.next === null || enough(items)) return items;
    parameters = page.next;
  }
  throw new GitHubError("invalid", `${what}: more than ${MAXIMUM_PAGES} pages`);
}

/**
 * The query of the next page (docs.github.com, "Using pagination in the REST API"). Only its parameters are taken: some
 * listings count pages, others have cursors, and the address itself names a repository by its id.
 */
export function nextPage(headers: GitHubHeaders): Readonly<Record<string, string>> | null {
  const links = String(headers["link"] ?? "").split(",");
  const next = links.map((link) => /<([^>]*)>\s*;\s*rel="next"/.exec(link)?.[1]).find(Boolean);
  if (next === undefined || !URL.canParse(next)) return null;
  return Object.fromEntries(new URL(next).searchParams);
}
