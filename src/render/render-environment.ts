import type { Engine } from "../engine/engine.ts";
import type { Environment } from "../targets/targets.ts";
import type { Tree } from "../tree/tree.ts";
import type { RenderedTarget } from "./render.ts";
import { renderTarget, type TargetLimits } from "./render-target.ts";

/** Renders every target of an environment, in the order of its targets; the engine takes as many at once as it can. */
export async function renderEnvironment(
  engine: Engine,
  tree: Tree,
  environment: Environment,
  options: { readonly limits?: TargetLimits | undefined; readonly onRendered?: () => void } = {},
): Promise<readonly RenderedTarget[]> {
  return Promise.all(
    environment.targets.map(async (target) => {
      const rendered = await renderTarget(engine, tree, target, options.limits);
      options.onRendered?.();
      return rendered;
    }),
  );
}
