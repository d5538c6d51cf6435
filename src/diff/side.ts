import type { Box } from "../sets/space.ts";
import type { Reading } from "../surface/contests.ts";
import type { Layer } from "../surface/layers.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import type { CutterStock } from "../surface/region.ts";
import { BoxRegion, Cutters } from "../surface/region.ts";
import {
  type Allowed,
  type Assumption,
  allowedBy,
  assuming,
  layersFor,
  stockOf,
} from "../surface/subject-layers.ts";
import type { Surface } from "../surface/surface-of.ts";
import type { Comparison } from "./comparison.ts";

/** One side as it is for one subject. */
export interface Side {
  readonly surface: Surface;
  readonly layers: readonly Layer[];
  /** What it allows whatever the unknowns are. */
  readonly certain: readonly Allowed[];
  /** Shared by all subjects of the namespace. */
  readonly stock: CutterStock | null;
}

export function sideOf(surface: Surface, subject: PodSubject | null, reading: Reading): Side {
  if (subject === null) return { surface, layers: [], certain: [], stock: null };
  const { universe } = surface;
  const all = surface.layersOf(subject.namespace, reading);
  const layers = layersFor(universe, all, subject);
  const certain = allowedUnder(surface, layers, "unknowns-do-nothing");
  return { surface, layers, certain, stock: stockOf(universe, all) };
}

export function allowedUnder(
  { universe }: Surface,
  layers: readonly Layer[],
  assumption: Assumption,
): readonly Allowed[] {
  return allowedBy(universe, assuming(layers, assumption));
}

/** Some policy that was read denies whatever no rule admits. */
export function isIsolated({ surface, layers }: Side): boolean {
  const { everything } = surface.universe.space;
  return assuming(layers, "unknowns-do-nothing").some(({ items }) =>
    items.some(({ box, action }) => action === "deny" && box === everything),
  );
}

/** The distinct boxes of what is allowed. */
export function boxesOf(allowed: readonly Allowed[]): readonly Box[] {
  return [...new Set(allowed.map(({ box }) => box))];
}

/** All that is allowed, as one region, made when it is asked for. */
export function totalOf({ head, budget }: Comparison, allowed: readonly Allowed[]): () => BoxRegion {
  let region: BoxRegion | null = null;
  return () => {
    region ??= new BoxRegion(head.universe, boxesOf(allowed), new Cutters(head.universe.space, []), budget);
    return region;
  };
}
