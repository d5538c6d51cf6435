import { type Atoms, atomsOf } from "./atoms.ts";
import type { Budget } from "./budget.ts";
import { type Box, DISJOINT, INSIDE, type Space } from "./space.ts";

/** Where a box sticks out of others, if anywhere. */
export type Uncovered =
  | { readonly kind: "covered" }
  /** Every point of the witness is a point of the region and of none of the others. */
  | { readonly kind: "point"; readonly witness: () => Box }
  | { readonly kind: "over-budget" };

const COVERED: Uncovered = { kind: "covered" };
const OVER_BUDGET: Uncovered = { kind: "over-budget" };

/**
 * The one decision: is there a point of `region` outside all `boxes`? Containment, widening, potential workloads, named
 * ports, unknowns and waivers are calls of it.
 *
 * Exact. Worst case exponential (it decides satisfiability), hence the budget; real input takes one step a question.
 */
export function uncovered(space: Space, region: Box, boxes: Iterable<Box>, budget: Budget): Uncovered {
  const allowance = budget.allowance();
  let visits = 0;
  const cutting: Cut[] = [];
  const seen = new Set<Box>();
  for (const box of boxes) {
    visits++;
    const cut = cutOf(space, region, box);
    if (cut === null || seen.has(box)) continue;
    if (cut.dimensions.length === 0) {
      budget.spend(visits);
      return visits > allowance ? OVER_BUDGET : COVERED;
    }
    seen.add(box);
    cutting.push(cut);
  }
  budget.spend(visits);
  if (visits > allowance) return OVER_BUDGET;
  if (cutting.length === 0) return { kind: "point", witness: () => region };
  const problem = problemOf(space, region, cutting);
  const search = new Search(problem, allowance - visits);
  const found = search.from(
    problem.start,
    problem.cuts.map((_, index) => index),
  );
  budget.spend(search.visits);
  if (found === null) return search.exhausted ? OVER_BUDGET : COVERED;
  return { kind: "point", witness: () => boxOfState(space, region, problem, found) };
}

/** The dimensions on which the region is not inside the box; null where the box takes nothing from the region. */
interface Cut {
  readonly dimensions: readonly number[];
  readonly sets: readonly number[];
}

function cutOf(space: Space, region: Box, box: Box): Cut | null {
  const dimensions: number[] = [];
  const sets: number[] = [];
  let i = 0;
  for (let j = 0; j < box.dimensions.length; j++) {
    const dimension = box.dimensions[j] ?? 0;
    const set = box.sets[j] ?? 0;
    while ((region.dimensions[i] ?? Number.POSITIVE_INFINITY) < dimension) i++;
    // A dimension that the region does not name is full, and a named set is never full: it cuts.
    const relation = region.dimensions[i] === dimension ? space.relation(region.sets[i] ?? 0, set) : null;
    if (relation === DISJOINT) return null;
    if (relation !== INSIDE) {
      dimensions.push(dimension);
      sets.push(set);
    }
  }
  return { dimensions, sets };
}

/** The question in bits: a state has one word or more a dimension, a bit for each atom that is still allowed. */
interface Problem {
  readonly axes: readonly Axis[];
  readonly cuts: readonly (readonly Side[])[];
  readonly start: Int32Array;
}

interface Axis {
  readonly dimension: number;
  readonly atoms: Atoms;
  /** Where its words begin in a state. */
  readonly offset: number;
}

/** What one cut takes on one axis. */
interface Side {
  readonly axis: number;
  readonly offset: number;
  readonly mask: Int32Array;
}

function problemOf(space: Space, region: Box, cutting: readonly Cut[]): Problem {
  const setsByDimension = new Map<number, Map<number, number>>();
  for (const cut of cutting) {
    for (const [position, dimension] of cut.dimensions.entries()) {
      let sets = setsByDimension.get(dimension);
      if (sets === undefined) {
        sets = new Map();
        setsByDimension.set(dimension, sets);
      }
      const set = cut.sets[position] ?? 0;
      if (!sets.has(set)) sets.set(set, sets.size);
    }
  }
  const axes: Axis[] = [];
  const axisOf = new Map<number, number>();
  let offset = 0;
  for (const [dimension, sets] of setsByDimension) {
    const atoms = atomsOf(
      space.setOf(space.setOn(region, dimension)),
      [...sets.keys()].map((set) => space.setOf(set)),
    );
    axisOf.set(dimension, axes.length);
    axes.push({ dimension, atoms, offset });
    offset += atoms.words;
  }
  const start = new Int32Array(offset);
  for (const { atoms, offset: begin } of axes) {
    for (let atom = 0; atom < atoms.count; atom++) {
      const word = begin + (atom >> 5);
      start[word] = (start[word] ?? 0) | (1 << (atom & 31));
    }
  }
  const cuts = cutting.map((cut) =>
    cut.dimensions.map((dimension, position): Side => {
      const index = axisOf.get(dimension) ?? 0;
      const axis = axes[index];
      const set = setsByDimension.get(dimension)?.get(cut.sets[position] ?? 0) ?? 0;
      return {
        axis: index,
        offset: axis?.offset ?? 0,
        mask: axis?.atoms.masks[set] ?? new Int32Array(0),
      };
    }),
  );
  return { axes, cuts, start };
}

function boxOfState(space: Space, region: Box, problem: Problem, state: Int32Array): Box {
  let result = region;
  for (const { dimension, atoms, offset } of problem.axes) {
    let set: number | null = null;
    for (let atom = 0; atom < atoms.count; atom++) {
      if (((state[offset + (atom >> 5)] ?? 0) & (1 << (atom & 31))) === 0) continue;
      const part = space.intern(atoms.part(atom));
      set = set === null ? part : space.union(set, part);
    }
    result = space.withSet(result, dimension, set) ?? result;
  }
  return result;
}

/** Depth-first over the cuts, as a satisfiability solver does: unit propagation, dominance, then a branch on one cut. */
class Search {
  readonly #problem: Problem;
  readonly #allowance: number;
  visits = 0;
  exhausted = false;

  constructor(problem: Problem, allowance: number) {
    this.#problem = problem;
    this.#allowance = allowance;
  }

  /** A state all of whose points are outside every cut; null where there is none, or where the budget ended. */
  from(state: Int32Array, cuts: readonly number[]): Int32Array | null {
    let active = cuts;
    let dominated = false;
    for (;;) {
      const next = this.#propagate(state, active);
      if (next === null) return null;
      if (next.length === 0) return state;
      active = next;
      if (dominated || !this.#dominate(state, active)) break;
      dominated = true;
    }
    const branch = this.#branch(state, active);
    const outside = state.slice();
    clear(outside, branch);
    const found = this.from(outside, active);
    if (found !== null || this.exhausted) return found;
    keep(state, branch);
    return this.from(state, active);
  }

  /** The cuts that still matter; null where one covers the whole state, or where the budget ended. */
  #propagate(state: Int32Array, cuts: readonly number[]): readonly number[] | null {
    let active = cuts;
    for (;;) {
      this.visits += active.length;
      if (this.visits > this.#allowance) {
        this.exhausted = true;
        return null;
      }
      const next: number[] = [];
      let changed = false;
      for (const index of active) {
        const sides = this.#problem.cuts[index] ?? [];
        const opening = openSide(state, sides);
        if (opening === "disjoint") continue;
        if (opening === "covers") return null;
        if (opening === "several") next.push(index);
        else {
          clear(state, opening);
          changed = true;
        }
      }
      active = next;
      if (!changed) return active;
    }
  }

  /**
   * On each axis, an atom that every cut of another atom also contains can be dropped: wherever it is a witness, so is the
   * other. Returns whether anything was dropped.
   */
  #dominate(state: Int32Array, active: readonly number[]): boolean {
    let changed = false;
    for (const [axisIndex, axis] of this.#problem.axes.entries()) {
      const atoms = atomsIn(state, axis);
      if (atoms.length < 2 || atoms.length > MOST_DOMINANCE_ATOMS) continue;
      const masks: Int32Array[] = [];
      for (const index of active) {
        for (const side of this.#problem.cuts[index] ?? [])
          if (side.axis === axisIndex) masks.push(side.mask);
      }
      this.visits += masks.length;
      const signatures = atoms.map((atom) => signatureOf(atom, masks));
      const dropped = new Set<number>();
      for (const [i, a] of signatures.entries()) {
        for (const [j, b] of signatures.entries()) {
          if (i === j || dropped.has(i) || dropped.has(j)) continue;
          if (subset(b, a)) dropped.add(i);
        }
      }
      for (const i of dropped) {
        const atom = atoms[i] ?? 0;
        const word = axis.offset + (atom >> 5);
        state[word] = (state[word] ?? 0) & ~(1 << (atom & 31));
        changed = true;
      }
    }
    return changed;
  }

  /** A side of a cut with the fewest open sides: the one on the axis that most active cuts leave open. */
  #branch(state: Int32Array, active: readonly number[]): Side {
    const openings = new Array<number>(this.#problem.axes.length).fill(0);
    let fewest: readonly Side[] = [];
    for (const index of active) {
      const open = (this.#problem.cuts[index] ?? []).filter((side) => isOpen(state, side));
      for (const side of open) openings[side.axis] = (openings[side.axis] ?? 0) + 1;
      if (fewest.length === 0 || open.length < fewest.length) fewest = open;
    }
    const [first, ...others] = fewest;
    if (first === undefined) throw new Error("a cut without an open side was not propagated");
    return others.reduce(
      (best, side) => ((openings[side.axis] ?? 0) > (openings[best.axis] ?? 0) ? side : best),
      first,
    );
  }
}

/** Dominance compares pairs: on larger axes it costs more than the branches it saves. */
const MOST_DOMINANCE_ATOMS = 128;

function openSide(state: Int32Array, sides: readonly Side[]): Side | "disjoint" | "covers" | "several" {
  let open: Side | null = null;
  let several = false;
  for (const side of sides) {
    let meets = false;
    let leaves = false;
    for (let word = 0; word < side.mask.length; word++) {
      const bits = state[side.offset + word] ?? 0;
      const mask = side.mask[word] ?? 0;
      if ((bits & mask) !== 0) meets = true;
      if ((bits & ~mask) !== 0) leaves = true;
    }
    if (!meets) return "disjoint";
    if (leaves) {
      if (open !== null) several = true;
      open = side;
    }
  }
  return open === null ? "covers" : several ? "several" : open;
}

function isOpen(state: Int32Array, side: Side): boolean {
  for (let word = 0; word < side.mask.length; word++) {
    if (((state[side.offset + word] ?? 0) & ~(side.mask[word] ?? 0)) !== 0) return true;
  }
  return false;
}

function clear(state: Int32Array, side: Side): void {
  for (let word = 0; word < side.mask.length; word++) {
    state[side.offset + word] = (state[side.offset + word] ?? 0) & ~(side.mask[word] ?? 0);
  }
}

function keep(state: Int32Array, side: Side): void {
  for (let word = 0; word < side.mask.length; word++) {
    state[side.offset + word] = (state[side.offset + word] ?? 0) & (side.mask[word] ?? 0);
  }
}

function atomsIn(state: Int32Array, axis: Axis): readonly number[] {
  const result: number[] = [];
  for (let atom = 0; atom < axis.atoms.count; atom++) {
    if (((state[axis.offset + (atom >> 5)] ?? 0) & (1 << (atom & 31))) !== 0) result.push(atom);
  }
  return result;
}

/** Bit i: whether mask i contains the atom. */
function signatureOf(atom: number, masks: readonly Int32Array[]): Int32Array {
  const signature = new Int32Array(Math.ceil(masks.length / 32));
  for (const [i, mask] of masks.entries()) {
    if (((mask[atom >> 5] ?? 0) & (1 << (atom & 31))) !== 0) {
      signature[i >> 5] = (signature[i >> 5] ?? 0) | (1 << (i & 31));
    }
  }
  return signature;
}

function subset(a: Int32Array, b: Int32Array): boolean {
  return a.every((word, index) => (word & ~(b[index] ?? 0)) === 0);
}
