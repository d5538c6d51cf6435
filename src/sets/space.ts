import { disjoint, inside, intersect, isEmpty, keyOf, subtract, unite, type ValueSet } from "./value-set.ts";

/** One independent question about a point. */
export interface Dimension {
  readonly index: number;
  readonly name: string;
  /** All values there are: where a domain is closed, "another value" would be a false witness. */
  readonly domain: ValueSet;
}

/**
 * A product: the points whose value on each named dimension is in its set. A dimension that is not named is full; the set
 * of a named one is neither empty nor full. Made only by a `Space`, which keeps one object for equal boxes.
 */
export interface Box {
  readonly id: number;
  /** Ascending indices of dimensions. */
  readonly dimensions: readonly number[];
  /** Ids of the sets on them, in the same order. */
  readonly sets: readonly number[];
}

export const DISJOINT = 0;
/** The first is a subset of the second. */
export const INSIDE = 1;
/** They overlap, and the first is not inside the second. */
const OPEN = 2;
export type Relation = typeof DISJOINT | typeof INSIDE | typeof OPEN;

/**
 * The product space of one comparison. Sets and boxes are interned: equal ones have one id, and what is known of two ids
 * is computed once. Lives as long as the comparison, so nothing is cached for ever.
 */
export class Space {
  readonly #dimensions: Dimension[] = [];
  readonly #dimensionsByName = new Map<string, number>();
  readonly #domains: number[] = [];
  readonly #sets: ValueSet[] = [];
  readonly #setsByKey = new Map<string, number>();
  readonly #setIds = new WeakMap<ValueSet, number>();
  /** By one id, then by the other: small keys, which a Map finds much faster than pairs made into one number. */
  readonly #relations: (Map<number, Relation> | undefined)[] = [];
  readonly #intersections: (Map<number, number | null> | undefined)[] = [];
  readonly #boxesByHash = new Map<number, Box[]>();
  #count = 0;
  /** The box of all points. */
  readonly everything: Box;

  constructor() {
    this.everything = this.#boxOf([], []);
  }

  /** The dimension of that name, made with that domain where it is new. */
  dimension(name: string, domain: ValueSet): number {
    const known = this.#dimensionsByName.get(name);
    if (known !== undefined) return known;
    const index = this.#dimensions.length;
    this.#dimensions.push({ index, name, domain });
    this.#dimensionsByName.set(name, index);
    this.#domains.push(this.intern(domain));
    return index;
  }

  dimensionOf(index: number): Dimension {
    const dimension = this.#dimensions[index];
    if (dimension === undefined) throw new RangeError(`no dimension ${index}`);
    return dimension;
  }

  intern(set: ValueSet): number {
    const seen = this.#setIds.get(set);
    if (seen !== undefined) return seen;
    const key = keyOf(set);
    let id = this.#setsByKey.get(key);
    if (id === undefined) {
      id = this.#sets.length;
      this.#sets.push(set);
      this.#setsByKey.set(key, id);
    }
    this.#setIds.set(set, id);
    return id;
  }

  setOf(id: number): ValueSet {
    const set = this.#sets[id];
    if (set === undefined) throw new RangeError(`no set ${id}`);
    return set;
  }

  /** The id of all values of a dimension. */
  domainOf(dimension: number): number {
    const id = this.#domains[dimension];
    if (id === undefined) throw new RangeError(`no dimension ${dimension}`);
    return id;
  }

  relation(a: number, b: number): Relation {
    if (a === b) return INSIDE;
    this.#relations[a] ??= new Map();
    const known = this.#relations[a];
    let relation = known.get(b);
    if (relation === undefined) {
      const left = this.setOf(a);
      const right = this.setOf(b);
      relation = disjoint(left, right) ? DISJOINT : inside(left, right) ? INSIDE : OPEN;
      known.set(b, relation);
    }
    return relation;
  }

  /** null where no value is in both. */
  intersection(a: number, b: number): number | null {
    if (a === b) return a;
    const [first, second] = a < b ? [a, b] : [b, a];
    this.#intersections[first] ??= new Map();
    const known = this.#intersections[first];
    let id = known.get(second);
    if (id === undefined) {
      const set = intersect(this.setOf(a), this.setOf(b));
      id = isEmpty(set) ? null : this.intern(set);
      known.set(second, id);
    }
    return id;
  }

  /** null where nothing is left. */
  difference(a: number, b: number): number | null {
    const set = subtract(this.setOf(a), this.setOf(b));
    return isEmpty(set) ? null : this.intern(set);
  }

  union(a: number, b: number): number {
    return a === b ? a : this.intern(unite(this.setOf(a), this.setOf(b)));
  }

  /** Several constraints on one dimension intersect; null where no point is left. */
  box(constraints: Iterable<readonly [dimension: number, set: ValueSet]>): Box | null {
    const dimensions: number[] = [];
    const sets: number[] = [];
    for (const [dimension, set] of constraints) {
      // Boxes have few dimensions: they are sorted in as they come.
      let at = dimensions.length;
      while (at > 0 && (dimensions[at - 1] ?? 0) >= dimension) at--;
      const known = dimensions[at] === dimension;
      const before = known ? (sets[at] ?? 0) : this.domainOf(dimension);
      const id = this.intersection(before, this.intern(set));
      if (isEmpty(set) || id === null) return null;
      if (known) sets[at] = id;
      else {
        dimensions.splice(at, 0, dimension);
        sets.splice(at, 0, id);
      }
    }
    return this.#withoutFull(dimensions, sets);
  }

  /** The set of a box on a dimension: the whole domain where the box does not name it. */
  setOn(box: Box, dimension: number): number {
    const position = box.dimensions.indexOf(dimension);
    return box.sets[position] ?? this.domainOf(dimension);
  }

  /** The box with that set on one dimension instead of its own; null where the set is empty. */
  withSet(box: Box, dimension: number, set: number | null): Box | null {
    if (set === null) return null;
    const at = box.dimensions.findIndex((one) => one >= dimension);
    const place = at < 0 ? box.dimensions.length : at;
    const known = box.dimensions[place] === dimension ? 1 : 0;
    const isFull = set === this.domainOf(dimension);
    return this.#boxOf(
      box.dimensions.toSpliced(place, known, ...(isFull ? [] : [dimension])),
      box.sets.toSpliced(place, known, ...(isFull ? [] : [set])),
    );
  }

  /** The box without the dimensions that the test names: its shadow on the others. */
  without(box: Box, drop: (dimension: number) => boolean): Box {
    if (!box.dimensions.some(drop)) return box;
    const kept = box.dimensions.map((dimension) => !drop(dimension));
    return this.#boxOf(
      box.dimensions.filter((_, position) => kept[position]),
      box.sets.filter((_, position) => kept[position]),
    );
  }

  /** null where they share no point. */
  intersectBoxes(a: Box, b: Box): Box | null {
    if (a === b || b === this.everything) return a;
    if (a === this.everything) return b;
    const dimensions: number[] = [];
    const sets: number[] = [];
    let i = 0;
    let j = 0;
    while (i < a.dimensions.length || j < b.dimensions.length) {
      const left = a.dimensions[i] ?? Number.POSITIVE_INFINITY;
      const right = b.dimensions[j] ?? Number.POSITIVE_INFINITY;
      const dimension = Math.min(left, right);
      let set: number | null;
      if (left === right) set = this.intersection(a.sets[i] ?? 0, b.sets[j] ?? 0);
      else set = (left < right ? a.sets[i] : b.sets[j]) ?? null;
      if (set === null) return null;
      if (left === dimension) i++;
      if (right === dimension) j++;
      dimensions.push(dimension);
      sets.push(set);
    }
    return this.#boxOf(dimensions, sets);
  }

  /** As `intersectBoxes(a, b) === null`, without making the box. */
  boxesDisjoint(a: Box, b: Box): boolean {
    let i = 0;
    let j = 0;
    while (i < a.dimensions.length && j < b.dimensions.length) {
      const left = a.dimensions[i] ?? 0;
      const right = b.dimensions[j] ?? 0;
      if (left === right) {
        if (this.relation(a.sets[i] ?? 0, b.sets[j] ?? 0) === DISJOINT) return true;
        i++;
        j++;
      } else if (left < right) i++;
      else j++;
    }
    return false;
  }

  /** Whether a ⊆ b: on each dimension that b names. */
  boxInside(a: Box, b: Box): boolean {
    let i = 0;
    for (const [j, dimension] of b.dimensions.entries()) {
      while ((a.dimensions[i] ?? Number.POSITIVE_INFINITY) < dimension) i++;
      if (a.dimensions[i] !== dimension) return false;
      if (this.relation(a.sets[i] ?? 0, b.sets[j] ?? 0) !== INSIDE) return false;
    }
    return true;
  }

  #withoutFull(dimensions: readonly number[], sets: readonly number[]): Box {
    const isFull = (dimension: number, position: number) => sets[position] === this.domainOf(dimension);
    if (!dimensions.some(isFull)) return this.#boxOf(dimensions, sets);
    const kept = dimensions.map((dimension, position) => !isFull(dimension, position));
    return this.#boxOf(
      dimensions.filter((_, position) => kept[position]),
      sets.filter((_, position) => kept[position]),
    );
  }

  #boxOf(dimensions: readonly number[], sets: readonly number[]): Box {
    const hash = hashOf(dimensions, sets);
    const known = this.#boxesByHash.get(hash) ?? [];
    if (known.length === 0) this.#boxesByHash.set(hash, known);
    for (const box of known)
      if (sameNumbers(box.sets, sets) && sameNumbers(box.dimensions, dimensions)) return box;
    const box = { id: this.#count++, dimensions, sets };
    known.push(box);
    return box;
  }
}

/** FNV-1a over small numbers, cut to what a Map finds fastest: hundreds of thousands of boxes are told apart without texts. */
function hashOf(dimensions: readonly number[], sets: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const one of dimensions) hash = Math.imul(hash ^ one, 0x01000193);
  for (const one of sets) hash = Math.imul(hash ^ one, 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
