import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { environmentDefinition } from "./definition.ts";
import { canonicalJson } from "./files/digest.ts";
import { inputsOfEnvironment } from "./inputs.ts";
import type { Environment } from "./targets.ts";

/**
 * Whether anything may differ between the two sides of one environment: its definition, or a path that it may read.
 * `changed` are all paths that differ between the trees. Inputs are taken from the base: as long as none of them changes
 * the head has the same ones.
 */
export async function environmentChanged(
  base: Environment,
  head: Environment,
  baseTree: RepositoryTree,
  changed: readonly string[],
): Promise<boolean> {
  if (canonicalJson(environmentDefinition(base)) !== canonicalJson(environmentDefinition(head))) return true;
  if (changed.length === 0) return false;
  const inputs = await inputsOfEnvironment(base, baseTree);
  return changed.some((path) => inputs.touches(path));
}
