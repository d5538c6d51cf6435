import { Budget } from "../sets/budget.ts";
import type { PodSubject } from "./pod-subject.ts";
import { BoxRegion, Cutters } from "./region.ts";
import { allowedBy, assuming, layersFor } from "./subject-layers.ts";
import type { Region } from "./surface.ts";
import type { Surface } from "./surface-of.ts";

/**
 * Everything that the policies which were read let the subject reach. What unread sources may add or take away is not in it:
 * `Surface.unknownsOf` names them.
 */
export function reach(surface: Surface, subject: PodSubject): Region {
  const { universe } = surface;
  const layers = assuming(
    layersFor(universe, surface.layersOf(subject.namespace, "most"), subject),
    "unknowns-do-nothing",
  );
  const key = layers
    .map(({ items }) => items.map(({ box, action }) => `${box.id}${action === "allow" ? "+" : "-"}`).join())
    .join("/");
  let regions = regionsOf.get(surface);
  if (regions === undefined) {
    regions = new Map();
    regionsOf.set(surface, regions);
  }
  let region = regions.get(key);
  if (region === undefined) {
    region = new BoxRegion(
      universe,
      allowedBy(universe, layers).map(({ box }) => box),
      new Cutters(universe.space, []),
      new Budget(),
    );
    regions.set(key, region);
  }
  return region;
}

/** Workloads that the same items govern share one region: thousands of workloads are a few dozen regions. */
const regionsOf = new WeakMap<Surface, Map<string, Region>>();
