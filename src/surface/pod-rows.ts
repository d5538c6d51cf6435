import { atomsOf } from "../sets/atoms.ts";
import type { Budget } from "../sets/budget.ts";
import { countV4, countV6 } from "../sets/ip.ts";
import { maximalBoxes } from "../sets/maximal-boxes.ts";
import { ALL_PORTS, countPorts, intersectPorts, NO_PORTS, type PortSet, unitePorts } from "../sets/port.ts";
import type { Box, Space } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import type { ValueSet } from "../sets/value-set.ts";
import { portSetOn } from "./address-part.ts";
import type { Universe } from "./universe.ts";

/** Pods as a box over namespace, namespace labels, pod labels and port names, with their ports. */
export interface PodRow {
  readonly box: Box;
  readonly ports: PortSet;
}

/**
 * The pods of `plus` that are not all in `minus`, as the maximal boxes of `plus` with every port at which they hold
 * something outside `minus`: surface.md's canonical form. Maximal boxes depend on the set alone, so the wording of a policy
 * cannot change the rows. Wide rows come first.
 *
 * Declared namespaces and the others are told apart first: labels of a namespace mean nothing where they are known.
 */
export function podRows(
  universe: Universe,
  plus: readonly Box[],
  minus: readonly Box[],
  budget: Budget,
): readonly PodRow[] {
  const rowsOf = (half: number) =>
    forgetHidden(universe, rowsWithin(universe, ofHalf(universe, half), { plus, minus }, budget));
  const [declared, undeclared] = [rowsOf(universe.halves[0]), rowsOf(universe.halves[1])];
  return withoutCovered(
    universe,
    [
      ...joined(universe, declared, undeclared),
      ...named(universe, universe.halves[0], declared),
      ...named(universe, universe.halves[1], undeclared),
    ],
    minus,
    budget,
  );
}

/** The ports at which boxes hold every pod of every namespace. */
export function portsOfEveryPod(universe: Universe, boxes: readonly Box[], budget: Budget): PortSet {
  const { space, halves } = universe;
  const [declared, undeclared] = halves.map((half) =>
    slicesOf(universe, ofHalf(universe, half), boxes, [])
      .filter(({ plus }) => uncovered(space, space.everything, plus, budget).kind === "covered")
      .reduce<PortSet>((ports, slice) => unitePorts(ports, slice.ports), NO_PORTS),
  );
  return intersectPorts(declared ?? NO_PORTS, undeclared ?? NO_PORTS);
}

/** The ports at which boxes hold every pod of every namespace that Git does not declare, and others take none of them. */
export function portsOfEveryUndeclaredPod(
  universe: Universe,
  plus: readonly Box[],
  minus: readonly Box[],
  budget: Budget,
): PortSet {
  const { space, halves } = universe;
  return slicesOf(universe, ofHalf(universe, halves[1]), plus, minus)
    .filter(
      (slice) =>
        slice.minus.length === 0 && uncovered(space, space.everything, slice.plus, budget).kind === "covered",
    )
    .reduce<PortSet>((ports, slice) => unitePorts(ports, slice.ports), NO_PORTS);
}

/** Ports at which the same boxes open and close, with those boxes. */
interface Slice {
  readonly ports: PortSet;
  readonly plus: readonly Box[];
  readonly minus: readonly Box[];
}

/** What of a box belongs to one part of the destinations, without its ports and without what all of the part share. */
export type Part = (box: Box) => Box | null;

/** Rows of one part: its maximal boxes, each with every port at which some of it is new. */
export function rowsWithin(
  universe: Universe,
  part: Part,
  { plus, minus }: { readonly plus: readonly Box[]; readonly minus: readonly Box[] },
  budget: Budget,
): readonly PodRow[] {
  const slices = slicesOf(universe, part, plus, minus);
  const covers = (boxes: readonly Box[], box: Box) =>
    uncovered(universe.space, box, boxes, budget).kind === "covered";
  const maximal = new Map(slices.map((slice) => [slice, new Set(widest(universe, slice.plus, budget))]));
  const candidates = new Set<Box>();
  for (const [slice, boxes] of maximal) {
    for (const box of boxes) if (!covers(slice.minus, box)) candidates.add(box);
  }
  const isInside = (slice: Slice, box: Box) =>
    maximal.get(slice)?.has(box) === true || covers(slice.plus, box);
  return [...candidates].map((box) => ({
    box,
    ports: slices
      .filter((slice) => isInside(slice, box) && (isNamed(universe, box) || !covers(slice.minus, box)))
      .reduce<PortSet>((ports, slice) => unitePorts(ports, slice.ports), NO_PORTS),
  }));
}

/** "Named http" is said of a protocol, not of the numbers that were not reached before. */
function isNamed({ portNames }: Universe, box: Box): boolean {
  return [...portNames.values()].some((dimension) => box.dimensions.includes(dimension));
}

/** Pods of declared namespaces, or of the others. */
function ofHalf(universe: Universe, half: number): Part {
  const { space } = universe;
  const isElsewhere = (dimension: number) =>
    dimension === universe.port || dimension === universe.kind || dimension === universe.namespace;
  return (box) => {
    if (space.boxesDisjoint(box, universe.isPod)) return null;
    const names = space.intersection(space.setOn(box, universe.namespace), space.domainOf(half));
    return space.withSet(space.without(box, isElsewhere), half, names);
  };
}

function slicesOf(
  universe: Universe,
  part: Part,
  plus: readonly Box[],
  minus: readonly Box[],
): readonly Slice[] {
  const here = (boxes: readonly Box[]) =>
    boxes.flatMap((box) => {
      const own = part(box);
      return own === null ? [] : [{ ports: portSetOn(universe, box), box: own }];
    });
  const opening = here(plus);
  const closing = here(minus);
  const atoms = atomsOf(
    ALL_PORTS,
    [...opening, ...closing].map(({ ports }) => ports),
  );
  const slices: Slice[] = [];
  for (let atom = 0; atom < atoms.count; atom++) {
    const ports = atoms.part(atom);
    const active = (_: unknown, index: number) =>
      ((atoms.masks[index]?.[atom >> 5] ?? 0) & (1 << (atom & 31))) !== 0;
    const plusHere = opening.filter(active).map(({ box }) => box);
    const minusHere = closing.filter((_, index) => active(_, opening.length + index)).map(({ box }) => box);
    if (ports.kind === "port" && plusHere.length > 0)
      slices.push({ ports, plus: plusHere, minus: minusHere });
  }
  return slices;
}

/** The maximal boxes; where there are too many, the boxes as they were written, and the half itself where they fill it. */
function widest({ space }: Universe, boxes: readonly Box[], budget: Budget): readonly Box[] {
  const maximal = maximalBoxes(space, boxes);
  if (maximal !== null) return maximal;
  const whole = uncovered(space, space.everything, boxes, budget).kind === "covered";
  return whole ? [space.everything] : outermost(space, boxes);
}

function outermost(space: Space, boxes: readonly Box[]): readonly Box[] {
  const distinct = [...new Set(boxes)];
  return distinct.filter((box) => !distinct.some((other) => other !== box && space.boxInside(box, other)));
}

/** Rows that differ only in what is no part of a destination are one. */
export function forgetHidden({ space, isHidden }: Universe, rows: readonly PodRow[]): readonly PodRow[] {
  const byBox = new Map<Box, PortSet>();
  for (const { box, ports } of rows) {
    const shadow = space.without(box, isHidden);
    byBox.set(shadow, unitePorts(byBox.get(shadow) ?? NO_PORTS, ports));
  }
  return [...byBox].map(([box, ports]) => ({ box, ports }));
}

/** Rows of a half over the names of all namespaces. */
function named({ space, namespace }: Universe, half: number, rows: readonly PodRow[]): readonly PodRow[] {
  return rows.flatMap(({ box, ports }) => {
    const pods = space.without(box, (dimension) => dimension === half);
    const whole = space.withSet(pods, namespace, space.setOn(box, half));
    return whole === null ? [] : [{ box: whole, ports }];
  });
}

/** Rows that reach across both halves, where the halves say the same of pods. */
function joined(
  { space, namespace, halves: [declaredHalf, undeclaredHalf], namespaceLabels }: Universe,
  declared: readonly PodRow[],
  undeclared: readonly PodRow[],
): readonly PodRow[] {
  const labels = new Set(namespaceLabels.values());
  const pods = (box: Box) =>
    space.without(box, (dimension) => dimension === declaredHalf || dimension === undeclaredHalf);
  return undeclared.flatMap((other) => {
    if (other.box.dimensions.some((dimension) => labels.has(dimension))) return [];
    return declared.flatMap((own) => {
      if (pods(own.box) !== pods(other.box)) return [];
      const ports = intersectPorts(own.ports, other.ports);
      const names = space.union(space.setOn(own.box, declaredHalf), space.setOn(other.box, undeclaredHalf));
      const box = space.withSet(pods(own.box), namespace, names);
      return ports.runs.length === 0 || box === null ? [] : [{ box, ports }];
    });
  });
}

/** Without rows whose new part others say together, narrow ones first, so that the widest statement stays. */
function withoutCovered(
  universe: Universe,
  rows: readonly PodRow[],
  minus: readonly Box[],
  budget: Budget,
): readonly PodRow[] {
  const { space, port, isPod } = universe;
  const boxOf = ({ box, ports }: PodRow): Box => {
    const pods = space.intersectBoxes(box, isPod);
    return (pods === null ? null : space.withSet(pods, port, space.intern(ports))) ?? space.everything;
  };
  const sorted = rows
    .map((row) => ({
      row,
      box: boxOf(row),
      breadth: breadthOf(space, row.box),
      text: textKey(universe, row.box),
    }))
    .sort(
      (a, b) =>
        b.row.box.dimensions.length - a.row.box.dimensions.length ||
        a.breadth - b.breadth ||
        (a.text < b.text ? -1 : a.text > b.text ? 1 : 0),
    );
  const kept = new Set(sorted);
  for (const one of sorted) {
    kept.delete(one);
    const others = [...kept].map(({ box }) => box);
    if (uncovered(space, one.box, [...others, ...minus], budget).kind !== "covered") kept.add(one);
  }
  return sorted
    .filter((one) => kept.has(one))
    .map(({ row }) => row)
    .reverse();
}

/** Of two boxes over the same dimensions the one inside the other has less. */
function breadthOf(space: Space, box: Box): number {
  return box.sets.reduce((sum, id) => sum + sizeOf(space.setOf(id)), 0);
}

function sizeOf(set: ValueSet): number {
  switch (set.kind) {
    case "label":
      return (set.cofinite ? NEARLY_ALL - set.values.length : set.values.length) + (set.absent ? 0.5 : 0);
    case "address":
      return countV4(set) + Number(countV6(set));
    case "port":
      return countPorts(set);
    case "choice":
      return set.members;
    case "name":
      return set.states.length;
  }
}

/** More than the values that any finite set lists. */
const NEARLY_ALL = 1_000_000;

/** A text that depends on the box alone, not on the order in which its sets were met. */
function textKey({ space }: Universe, box: Box): string {
  return box.dimensions
    .map((dimension, position) => {
      const set = space.setOf(box.sets[position] ?? 0);
      return `${space.dimensionOf(dimension).name}=${JSON.stringify(set, bigintAsText)}`;
    })
    .sort()
    .join();
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
