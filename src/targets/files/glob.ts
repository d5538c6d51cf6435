import picomatch from "picomatch";

/**
 * Matching of a pattern that a pull request may have written. The expression behind it backtracks: with many wildcards in one
 * pattern one file name keeps a processor busy for hours. Nobody writes so many.
 */
const MAXIMUM_WILDCARDS = 8;
const MAXIMUM_LENGTH = 1024;

/** @returns null where the pattern is more than anybody writes; then nobody knows what it matches */
export function glob(
  pattern: string,
  options: { readonly dot?: boolean; readonly bash?: boolean } = {},
): ((path: string) => boolean) | null {
  const wildcards = pattern.match(/\*+|[?!+@]\(|\{/g)?.length ?? 0;
  if (wildcards > MAXIMUM_WILDCARDS || pattern.length > MAXIMUM_LENGTH) return null;
  return picomatch(pattern, options);
}
