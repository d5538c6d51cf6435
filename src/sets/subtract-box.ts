import { type Box, DISJOINT, INSIDE, type Space } from "./space.ts";

/** The points of a box outside another, as disjoint boxes: at most one for each dimension that cuts. */
function subtractBox(space: Space, box: Box, cut: Box): readonly Box[] {
  if (space.boxesDisjoint(box, cut)) return [box];
  const result: Box[] = [];
  let rest: Box | null = box;
  for (const [position, dimension] of cut.dimensions.entries()) {
    const own = space.setOn(rest, dimension);
    const taken = cut.sets[position] ?? own;
    const relation = space.relation(own, taken);
    if (relation === INSIDE) continue;
    if (relation === DISJOINT) return [box];
    const outside = space.withSet(rest, dimension, space.difference(own, taken));
    if (outside !== null) result.push(outside);
    rest = space.withSet(rest, dimension, space.intersection(own, taken));
    if (rest === null) break;
  }
  return result;
}

/** The points of some boxes outside some others. */
export function subtractBoxes(space: Space, boxes: readonly Box[], cuts: readonly Box[]): readonly Box[] {
  return cuts.reduce<readonly Box[]>(
    (left, cut) => left.flatMap((box) => subtractBox(space, box, cut)),
    boxes,
  );
}
