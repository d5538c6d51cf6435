import type { Box, Space } from "./space.ts";

/** Enough for any rule a person wrote; beyond it a canonical text would not be read either. */
const MOST_MAXIMAL_BOXES = 400;

/**
 * All boxes inside the union of the given ones that no larger box inside it contains, found by iterated consensus. They
 * depend on the set of points alone, not on the boxes it was given as: equal sets have equal maximal boxes.
 *
 * null where there are more than the limit.
 */
export function maximalBoxes(
  space: Space,
  boxes: readonly Box[],
  limit: number = MOST_MAXIMAL_BOXES,
): readonly Box[] | null {
  let kept: Box[] = [];
  const add = (box: Box): boolean => {
    if (kept.some((other) => space.boxInside(box, other))) return false;
    kept = kept.filter((other) => !space.boxInside(other, box));
    kept.push(box);
    return true;
  };
  // Wide boxes first: they take in most of the others.
  for (const box of [...boxes].sort((a, b) => a.dimensions.length - b.dimensions.length)) add(box);
  if (kept.length > limit) return null;
  const waiting = [...kept];
  for (let box = waiting.pop(); box !== undefined; box = waiting.pop()) {
    for (const other of [...kept]) {
      if (!kept.includes(box)) break;
      for (const joined of consensus(space, box, other)) {
        if (add(joined)) waiting.push(joined);
        if (kept.length > limit) return null;
      }
    }
  }
  return kept.sort((a, b) => a.id - b.id);
}

/** The boxes that reach across from one into the other: their union on one dimension, their intersection on the rest. */
function consensus(space: Space, a: Box, b: Box): readonly Box[] {
  const result: Box[] = [];
  for (const dimension of a.dimensions) {
    if (!b.dimensions.includes(dimension)) continue;
    const other = (name: number) => name === dimension;
    const rest = space.intersectBoxes(space.without(a, other), space.without(b, other));
    if (rest === null) continue;
    const joined = space.withSet(
      rest,
      dimension,
      space.union(space.setOn(a, dimension), space.setOn(b, dimension)),
    );
    if (joined !== null) result.push(joined);
  }
  return result;
}
