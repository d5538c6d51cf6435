import type { Tree } from "../tree/tree.ts";
import type { Configuration, ConfigurationProblem } from "./config.ts";
import { loadConfiguration } from "./load-configuration.ts";
import { type MergedConfiguration, mergeConfigurations } from "./merge-configurations.ts";

/**
 * What counts for a tree: its file, or the one that `path` names, under the organisation's policy. Problems come back as an
 * array, never as an exception, and never as an older configuration.
 */
export async function configurationOf({
  tree,
  path,
  organisation = null,
}: {
  readonly tree: Tree;
  readonly path?: string | undefined;
  readonly organisation?: Configuration | null;
}): Promise<MergedConfiguration | readonly ConfigurationProblem[]> {
  const own = await loadConfiguration(tree, path);
  return isProblems(own) ? own : mergeConfigurations(organisation, own);
}

export function isProblems<T extends object>(
  value: T | readonly ConfigurationProblem[],
): value is readonly ConfigurationProblem[] {
  return Array.isArray(value);
}
