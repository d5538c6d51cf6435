import type { Box, Space } from "./space.ts";
import { disjoint } from "./value-set.ts";

/** Up to so many boxes, holding each against the region beats an index. */
const FEW = 48;

/**
 * Boxes by the sets that they name, so that a question about `app=web` does not visit the thousand boxes of other
 * applications. Two boxes share a point where on every dimension their sets do; so for each set of a dimension there is one
 * word of bits of the boxes that meet it, made when first asked for, and the boxes that meet a region are the bits that all
 * its dimensions share.
 */
export class BoxIndex {
  readonly boxes: readonly Box[];
  readonly #space: Space;
  readonly #words: number;
  #axes: ReadonlyMap<number, Axis> | null = null;

  constructor(space: Space, boxes: readonly Box[]) {
    this.#space = space;
    this.boxes = boxes;
    this.#words = Math.ceil(boxes.length / 32);
  }

  /** Positions, ascending, of the boxes that share a point with the region; with `among`, of those whose bit is set there. */
  near(region: Box, among: Bits | null = null): readonly number[] {
    if (this.boxes.length <= FEW) return this.#each(region, among);
    const meeting = among === null ? [] : [among];
    this.#axes ??= axesOf(this.boxes);
    for (const [side, dimension] of region.dimensions.entries()) {
      const axis = this.#axes.get(dimension);
      if (axis !== undefined) meeting.push(this.#meeting(axis, region.sets[side] ?? 0));
    }
    const positions: number[] = [];
    for (let word = 0; word < this.#words; word++) {
      let bits = word === this.#words - 1 ? lastWord(this.boxes.length) : -1;
      for (const one of meeting) bits &= one[word] ?? 0;
      while (bits !== 0) {
        const lowest = bits & -bits;
        positions.push(word * 32 + 31 - Math.clz32(lowest));
        bits ^= lowest;
      }
    }
    return positions;
  }

  /** A bit for each of the positions. */
  bitsOf(positions: Iterable<number>): Bits {
    const bits = new Int32Array(this.#words);
    for (const position of positions) setBit(bits, position);
    return bits;
  }

  #each(region: Box, among: Bits | null): readonly number[] {
    const positions: number[] = [];
    for (const [position, box] of this.boxes.entries()) {
      if (among !== null && !hasBit(among, position)) continue;
      if (!this.#space.boxesDisjoint(box, region)) positions.push(position);
    }
    return positions;
  }

  #meeting(axis: Axis, set: number): Bits {
    let bits = axis.meeting.get(set);
    if (bits === undefined) {
      bits = this.#meet(axis, set);
      axis.meeting.set(set, bits);
    }
    return bits;
  }

  #meet(axis: Axis, id: number): Bits {
    const bits = new Int32Array(this.#words).fill(-1);
    for (const positions of axis.naming.values()) for (const position of positions) clearBit(bits, position);
    const set = this.#space.setOf(id);
    const own = set.kind === "label" && !set.cofinite && !set.absent ? set.values : null;
    axis.values ??= valuesOf(this.#space, axis);
    // Of the sets that list a few values, those that list one of a few others are looked up.
    for (const value of own ?? []) {
      for (const position of axis.values.listing.get(value) ?? []) setBit(bits, position);
    }
    for (const other of own === null ? axis.naming.keys() : axis.values.others) {
      if (disjoint(set, this.#space.setOf(other))) continue;
      for (const position of axis.naming.get(other) ?? []) setBit(bits, position);
    }
    return bits;
  }
}

/** A bit for each position. */
export type Bits = Int32Array;

/** One dimension. */
interface Axis {
  /** Positions of the boxes that name a set on it, by the id of the set. */
  readonly naming: Map<number, number[]>;
  /** By the id of a set: the boxes that meet it here. A box that does not name the dimension meets all. */
  readonly meeting: Map<number, Bits>;
  values: Values | null;
}

interface Values {
  /** Positions of the boxes with a finite set of labels, by each label in it. */
  readonly listing: ReadonlyMap<string, readonly number[]>;
  /** Ids of all other sets. */
  readonly others: readonly number[];
}

function axesOf(boxes: readonly Box[]): ReadonlyMap<number, Axis> {
  const axes = new Map<number, Axis>();
  for (const [position, box] of boxes.entries()) {
    for (const [side, dimension] of box.dimensions.entries()) {
      let axis = axes.get(dimension);
      if (axis === undefined) {
        axis = { naming: new Map(), meeting: new Map(), values: null };
        axes.set(dimension, axis);
      }
      const set = box.sets[side] ?? 0;
      const list = axis.naming.get(set);
      if (list === undefined) axis.naming.set(set, [position]);
      else list.push(position);
    }
  }
  return axes;
}

function valuesOf(space: Space, { naming }: Axis): Values {
  const listing = new Map<string, number[]>();
  const others: number[] = [];
  for (const [id, positions] of naming) {
    const set = space.setOf(id);
    if (set.kind !== "label" || set.cofinite) {
      others.push(id);
      continue;
    }
    for (const value of set.values) {
      const list = listing.get(value);
      if (list === undefined) listing.set(value, [...positions]);
      else list.push(...positions);
    }
  }
  return { listing, others };
}

function setBit(bits: Bits, position: number): void {
  const word = position >> 5;
  bits[word] = (bits[word] ?? 0) | (1 << (position & 31));
}

function clearBit(bits: Bits, position: number): void {
  const word = position >> 5;
  bits[word] = (bits[word] ?? 0) & ~(1 << (position & 31));
}

function hasBit(bits: Bits, position: number): boolean {
  return ((bits[position >> 5] ?? 0) & (1 << (position & 31))) !== 0;
}

/** Bits of the last word that stand for a box. */
function lastWord(count: number): number {
  const used = count & 31;
  return used === 0 ? -1 : (1 << used) - 1;
}
