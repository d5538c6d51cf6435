import { isWithin } from "../tree/paths.ts";
import type { Configuration, ConfiguredEnvironment } from "./config.ts";

/** The environment that a path belongs to: that of the nearest root at or above it; of two equal ones the first written. */
export function environmentAt(
  { environments }: Configuration,
  path: string,
): { readonly name: string; readonly environment: ConfiguredEnvironment } | null {
  let nearest: { readonly root: string; readonly name: string } | null = null;
  for (const [name, { roots }] of environments) {
    for (const root of roots) {
      if (!isWithin(path, root)) continue;
      if (nearest === null || (nearest.root !== root && isWithin(root, nearest.root)))
        nearest = { root, name };
    }
  }
  const environment = nearest === null ? undefined : environments.get(nearest.name);
  return nearest === null || environment === undefined ? null : { name: nearest.name, environment };
}
