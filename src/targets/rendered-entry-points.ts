import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { pathsBelow } from "../tree/paths-below.ts";
import { BlobMemo } from "./files/blob-memo.ts";
import { asciiOf } from "./files/text-of.ts";
import type { Discovery, Environment, Target } from "./targets.ts";

export interface PlacedTarget {
  readonly environment: Environment;
  readonly target: Target;
}

/**
 * Targets that may render to entry points (app of apps): charts with a template that names the API group of a controller and
 * one of its kinds. Entry points in plain files and Kustomize resources are found without rendering.
 */
export async function targetsWithEntryPoints(
  tree: RepositoryTree,
  discovery: Discovery,
): Promise<readonly PlacedTarget[]> {
  const placed = discovery.environments.flatMap((environment) =>
    environment.targets.map((target) => ({ environment, target })),
  );
  const hold = await Promise.all(placed.map(({ target }) => mayRenderEntryPoints(tree, target)));
  return placed.filter((_, index) => hold[index]);
}

async function mayRenderEntryPoints(tree: RepositoryTree, { source }: Target): Promise<boolean> {
  if (source.kind !== "helm") return false;
  const files = pathsBelow(tree, source.request.chart).filter((path) => path.includes("/templates/"));
  const named = await Promise.all(files.map((path) => namesEntryPoint.of(tree, path)));
  return named.some((answer) => answer === true);
}

const namesEntryPoint = new BlobMemo((bytes): boolean => {
  const text = asciiOf(bytes);
  return (
    /argoproj\.io|toolkit\.fluxcd\.io/.test(text) &&
    /\bkind["']?\s*:\s*["']?(Application|ApplicationSet|Kustomization|HelmRelease)\b/.test(text)
  );
});
