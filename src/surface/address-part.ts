import { atomsOf } from "../sets/atoms.ts";
import {
  type AddressSet,
  addressesInside,
  countV4,
  countV6,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
  subtractAddresses,
  uniteAllAddresses,
} from "../sets/ip.ts";
import { ALL_PORTS, NO_PORTS, type PortSet, unitePorts } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import { keyOf } from "../sets/value-set.ts";
import type { Universe } from "./universe.ts";

/** Ports at which one and the same set of addresses is in a region. */
export interface Slice {
  readonly ports: PortSet;
  readonly addresses: AddressSet;
}

/** Combinations of hidden values that are looked at one by one; a selector over run-time labels makes two or three. */
const MOST_HIDDEN_COMBINATIONS = 4096;

/**
 * The addresses of `plus` outside `minus` that are nobody's of the cluster, whatever name they are looked up under: exactly, as disjoint slices of ports: equal slices are one, so the list depends
 * on the set alone. With hidden dimensions: what is in the difference for some value of them. null where there are too many
 * combinations of hidden values to look at.
 */
export function addressSlices(
  universe: Universe,
  plus: readonly Box[],
  minus: readonly Box[],
): readonly Slice[] | null {
  const { space } = universe;
  const ofAddresses = (box: Box) => !space.boxesDisjoint(box, universe.isPlainAddress);
  const opening = plus.filter(ofAddresses);
  if (opening.length === 0) return [];
  const closing = minus.filter(ofAddresses);
  return remembered(universe, opening, closing, () => differenceOf(universe, opening, closing));
}

/** Lists of one universe that are kept: workloads that differ in the pods they reach mostly share the addresses. */
const MOST_REMEMBERED = 64;
const REMEMBERED = new WeakMap<Universe, Map<string, readonly Slice[] | null>>();

function remembered(
  universe: Universe,
  opening: readonly Box[],
  closing: readonly Box[],
  make: () => readonly Slice[] | null,
): readonly Slice[] | null {
  const lists = REMEMBERED.get(universe) ?? new Map<string, readonly Slice[] | null>();
  REMEMBERED.set(universe, lists);
  const key = `${idsOf(opening)}/${idsOf(closing)}`;
  let list = lists.get(key);
  if (list === undefined) {
    list = make();
    lists.set(key, list);
    // A Map keeps the order of insertion: the first is the oldest.
    for (const oldest of lists.keys()) {
      if (lists.size <= MOST_REMEMBERED) break;
      lists.delete(oldest);
    }
  }
  return list;
}

function idsOf(boxes: readonly Box[]): string {
  return boxes.map(({ id }) => id).join();
}

function differenceOf(
  universe: Universe,
  opening: readonly Box[],
  closing: readonly Box[],
): readonly Slice[] | null {
  const { space } = universe;
  const worlds = hiddenWorlds(universe, [...opening, ...closing]);
  if (worlds === null) return null;
  const byWorld = worlds.map((world) =>
    slicesOf(
      universe,
      opening.filter((box) => !space.boxesDisjoint(box, world)),
      closing.filter((box) => !space.boxesDisjoint(box, world)),
    ),
  );
  const [only] = byWorld;
  return byWorld.length === 1 && only !== undefined ? only : uniteSlices(byWorld.flat());
}

/** One box for each combination of hidden values that the boxes tell apart. */
function hiddenWorlds(universe: Universe, boxes: readonly Box[]): readonly Box[] | null {
  const { space } = universe;
  const setsByDimension = new Map<number, Set<number>>();
  for (const box of boxes) {
    for (const [position, dimension] of box.dimensions.entries()) {
      if (!universe.isHidden(dimension)) continue;
      const sets = setsByDimension.get(dimension) ?? new Set();
      sets.add(box.sets[position] ?? 0);
      setsByDimension.set(dimension, sets);
    }
  }
  let worlds: readonly Box[] = [space.everything];
  for (const [dimension, sets] of setsByDimension) {
    const atoms = atomsOf(
      space.setOf(space.domainOf(dimension)),
      [...sets].map((set) => space.setOf(set)),
    );
    if (worlds.length * atoms.count > MOST_HIDDEN_COMBINATIONS) return null;
    const parts = Array.from({ length: atoms.count }, (_, atom) => space.intern(atoms.part(atom)));
    worlds = worlds.flatMap((world) => parts.flatMap((part) => space.withSet(world, dimension, part) ?? []));
  }
  return worlds;
}

function slicesOf(universe: Universe, plus: readonly Box[], minus: readonly Box[]): readonly Slice[] {
  const { space } = universe;
  const portsOf = (box: Box): PortSet => portSetOn(universe, box);
  const addressesOf = (box: Box): AddressSet => {
    const set = space.setOf(space.setOn(box, universe.address));
    return set.kind === "address" ? set : NO_ADDRESSES;
  };
  const boxes = [...plus, ...minus];
  const atoms = atomsOf(ALL_PORTS, boxes.map(portsOf));
  const slices: Slice[] = [];
  for (let atom = 0; atom < atoms.count; atom++) {
    // Of thousands of boxes few are at one port.
    const here = atoms.inSets(atom);
    const added = here.flatMap((index) => plus[index] ?? []).map(addressesOf);
    if (added.length === 0) continue;
    const taken = here.flatMap((index) => minus[index - plus.length] ?? []).map(addressesOf);
    const addresses = subtractAddresses(uniteAllAddresses(added), uniteAllAddresses(taken));
    const ports = atoms.part(atom);
    if (ports.kind === "port" && !noAddresses(addresses)) slices.push({ ports, addresses });
  }
  return joinEqual(slices);
}

export function portSetOn({ space, port }: Universe, box: Box): PortSet {
  const set = space.setOf(space.setOn(box, port));
  return set.kind === "port" ? set : ALL_PORTS;
}

/** The union of slices that may overlap in ports. */
function uniteSlices(slices: readonly Slice[]): readonly Slice[] {
  const atoms = atomsOf(
    ALL_PORTS,
    slices.map(({ ports }) => ports),
  );
  return joinEqual(
    Array.from({ length: atoms.count }, (_, atom) => {
      const here = atoms.inSets(atom).flatMap((index) => slices[index] ?? []);
      const ports = atoms.part(atom);
      return {
        ports: ports.kind === "port" ? ports : ALL_PORTS,
        addresses: uniteAllAddresses(here.map(({ addresses }) => addresses)),
      };
    }).filter(({ addresses }) => !noAddresses(addresses)),
  );
}

function joinEqual(slices: readonly Slice[]): readonly Slice[] {
  const byAddresses = new Map<string, Slice>();
  for (const slice of slices) {
    const key = keyOf(slice.addresses);
    const known = byAddresses.get(key);
    byAddresses.set(
      key,
      known === undefined
        ? slice
        : { ports: unitePorts(known.ports, slice.ports), addresses: known.addresses },
    );
  }
  return [...byAddresses.values()].sort(byFirstPort);
}

function byFirstPort(a: Slice, b: Slice): number {
  return (a.ports.runs[0]?.first ?? 0) - (b.ports.runs[0]?.first ?? 0);
}

/** A set of addresses with ports at which all of it is in the region. */
export interface AddressRow {
  readonly addresses: AddressSet;
  readonly ports: PortSet;
}

/** What a person reads of one region, and more. */
const MOST_ROWS = 24;

/**
 * The slices as rows for people: maximal sets of addresses with all their ports, so that "10.0.0.0/8 on any port" and
 * "every address on 443" are two rows, not a puzzle of ports. Together they are the slices, and depend on the set alone. Wide
 * rows come first; what they say is not yet taken off narrow ones.
 */
export function addressRows(slices: readonly Slice[]): readonly AddressRow[] {
  return closedSets(slices)
    .map((addresses) => ({ addresses, ports: portsAt(slices, addresses) }))
    .sort(byBreadth);
}

function portsAt(slices: readonly Slice[], addresses: AddressSet): PortSet {
  return slices
    .filter((slice) => addressesInside(addresses, slice.addresses))
    .reduce<PortSet>((ports, slice) => unitePorts(ports, slice.ports), NO_PORTS);
}

/**
 * The sets of the slices and their intersections; the sets alone where those are too many, which says the same in more ports.
 */
function closedSets(slices: readonly Slice[]): readonly AddressSet[] {
  const own = slices.map(({ addresses }) => addresses);
  if (own.length > MOST_ROWS) return own;
  const closed = new Map(own.map((addresses) => [keyOf(addresses), addresses]));
  const waiting = [...own];
  for (let set = waiting.pop(); set !== undefined; set = waiting.pop()) {
    for (const other of [...closed.values()]) {
      // Of two nested sets the intersection is one of them.
      if (addressesInside(set, other) || addressesInside(other, set)) continue;
      const both = intersectAddresses(set, other);
      const key = keyOf(both);
      if (noAddresses(both) || closed.has(key)) continue;
      closed.set(key, both);
      waiting.push(both);
      if (closed.size > MOST_ROWS) return own;
    }
  }
  return [...closed.values()];
}

/** Wide before narrow; the order of equals is that of their texts. */
function byBreadth(a: AddressRow, b: AddressRow): number {
  const difference = sizeOf(a.addresses) - sizeOf(b.addresses);
  if (difference !== 0n) return difference < 0n ? 1 : -1;
  return keyOf(a.addresses) < keyOf(b.addresses) ? -1 : 1;
}

function sizeOf(addresses: AddressSet): bigint {
  return countV6(addresses) + BigInt(countV4(addresses));
}
