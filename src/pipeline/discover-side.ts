import type { Engine } from "../engine/engine.ts";
import { renderTarget } from "../render/render-target.ts";
import { discover, type RenderedObjects } from "../targets/discover.ts";
import type { DiscoveredSide } from "../targets/pair-environments.ts";
import { targetsWithEntryPoints } from "../targets/rendered-entry-points.ts";
import type { Discovery } from "../targets/targets.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { type ReadOptions, targetLimits } from "./options.ts";

/** App of apps of apps: deeper than anybody nests them. */
const MAXIMUM_ROUNDS = 5;

/**
 * The environments of one tree. An entry point may itself be rendered (app of apps): discover, render what may hold some,
 * discover again, until nothing new appears.
 *
 * @param other the other side, where there is one: a change must not move what "this repository" means, and a file that breaks
 *   is not one whose objects were deleted
 */
export async function discoverSide(
  engine: Engine,
  tree: RepositoryTree,
  options: ReadOptions,
  other?: Discovery,
): Promise<DiscoveredSide> {
  const rendered = new Map<string, RenderedObjects>();
  const search = () =>
    discover(tree, options.config, {
      repositoryUrls: options.repositoryUrls ?? [],
      rendered: [...rendered.values()],
      ...(other === undefined ? {} : { former: other.held }),
      ...(other === undefined || other.repository.evidence === "none"
        ? {}
        : { repository: other.repository }),
    });
  let discovery = await search();
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    const placed = await targetsWithEntryPoints(tree, discovery);
    const fresh = placed.filter(
      ({ environment, target }) => !rendered.has(keyOf(environment.name, target.id)),
    );
    if (fresh.length === 0) break;
    for (const { environment, target } of fresh) {
      const { manifests } = await renderTarget(engine, tree, target, targetLimits(options));
      const objects = manifests.map(({ object, origin }) => ({ object, path: origin.path }));
      rendered.set(keyOf(environment.name, target.id), { environment, target, objects });
    }
    discovery = await search();
  }
  return { tree, discovery };
}

function keyOf(environment: string, target: string): string {
  return JSON.stringify([environment, target]);
}
