import { configurationDigest } from "../config/configuration-digest.ts";
import { isProblems } from "../config/configuration-of.ts";
import { loadConfiguration } from "../config/load-configuration.ts";
import { mergeConfigurations } from "../config/merge-configurations.ts";
import { environmentChanged } from "../targets/environment-changed.ts";
import { pairEnvironments } from "../targets/pair-environments.ts";
import { changedPaths } from "../tree/changed-paths.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { discoverSide } from "./discover-side.ts";
import type { ReviewOptions } from "./options.ts";
import { withEngine } from "./with-engine.ts";

/**
 * Whether what differs between two trees may change a verdict: the configuration, the environments there are, or a path in
 * the conservative superset of what any of them reads. Nothing is rendered but what may hold entry points.
 *
 * A verdict rests on two trees: when the base branch moves it stays where neither its two tips nor the two test merges
 * differ so. A tree of the base branch alone does not know what the change reads beside it.
 */
export async function affects(
  before: RepositoryTree,
  after: RepositoryTree,
  options: Pick<
    ReviewOptions,
    "config" | "organisation" | "cache" | "engine" | "signal" | "repositoryUrls" | "limits"
  >,
): Promise<boolean> {
  const changed = await changedPaths(before, after);
  if (changed.length === 0) return false;
  if (!(await sameConfiguration(before, after))) return true;
  const { configuration } = mergeConfigurations(options.organisation ?? null, options.config);
  const quiet = { ...options, config: configuration };
  return withEngine(quiet, async (engine) => {
    const base = await discoverSide(engine, before, quiet);
    const head = await discoverSide(engine, after, quiet, base.discovery);
    for (const pair of await pairEnvironments(base, head)) {
      if (pair.kind !== "same") return true;
      if (await environmentChanged(pair.base, pair.head, before, changed)) return true;
    }
    return false;
  });
}

/** One that does not parse is the same only where nothing of it changed. */
async function sameConfiguration(before: RepositoryTree, after: RepositoryTree): Promise<boolean> {
  const [old, now] = await Promise.all([before, after].map((tree) => loadConfiguration(tree)));
  if (old === undefined || now === undefined) return false;
  if (isProblems(old) || isProblems(now))
    return JSON.stringify(old) === JSON.stringify(now) && isProblems(old);
  return configurationDigest(old) === configurationDigest(now);
}
