import type { Box, Space } from "./space.ts";

/** Values of a finite label set up to which looking them up beats scanning. */
const MOST_LOOKUPS = 8;

/**
 * Boxes by the label values they require, so that a question about `app=web` does not visit the thousand boxes of other
 * applications.
 */
export class BoxIndex {
  readonly #space: Space;
  readonly #boxes: readonly Box[];
  readonly #columns = new Map<number, Column>();

  constructor(space: Space, boxes: readonly Box[]) {
    this.#space = space;
    this.#boxes = boxes;
    for (const [position, box] of boxes.entries()) {
      for (const [side, dimension] of box.dimensions.entries()) {
        const set = space.setOf(box.sets[side] ?? 0);
        if (set.kind !== "label" || set.cofinite || set.absent) continue;
        let column = this.#columns.get(dimension);
        if (column === undefined) {
          column = { byValue: new Map(), requiring: new Set() };
          this.#columns.set(dimension, column);
        }
        column.requiring.add(position);
        for (const value of set.values) {
          const list = column.byValue.get(value);
          if (list === undefined) column.byValue.set(value, [position]);
          else list.push(position);
        }
      }
    }
    for (const column of this.#columns.values()) {
      column.others = boxes.flatMap((_, position) => (column.requiring.has(position) ? [] : [position]));
    }
  }

  /** Positions, ascending, of a superset of the boxes that share a point with the region. */
  near(region: Box): readonly number[] {
    let best: { readonly column: Column; readonly values: readonly string[]; readonly size: number } | null =
      null;
    for (const [side, dimension] of region.dimensions.entries()) {
      const column = this.#columns.get(dimension);
      if (column === undefined) continue;
      const set = this.#space.setOf(region.sets[side] ?? 0);
      if (set.kind !== "label" || set.cofinite || set.values.length > MOST_LOOKUPS) continue;
      const size = set.values.reduce(
        (sum, value) => sum + (column.byValue.get(value)?.length ?? 0),
        column.others?.length ?? 0,
      );
      if (best === null || size < best.size) best = { column, values: set.values, size };
    }
    if (best === null) return this.#boxes.map((_, position) => position);
    const positions = new Set(best.column.others);
    for (const value of best.values) {
      for (const position of best.column.byValue.get(value) ?? []) positions.add(position);
    }
    return [...positions].sort((a, b) => a - b);
  }
}

/** One label dimension: positions of boxes that require one of some strings there, and of all others. */
interface Column {
  readonly byValue: Map<string, number[]>;
  readonly requiring: Set<number>;
  others?: readonly number[];
}
