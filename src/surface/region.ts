import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { AttributedPod } from "../policy/model/pod-attribute.ts";
import { type Bits, BoxIndex } from "../sets/box-index.ts";
import { Budget } from "../sets/budget.ts";
import { choiceSet } from "../sets/choice.ts";
import { addressSetOfRanges, parseAddress } from "../sets/ip.ts";
import { isOneOf } from "../sets/label.ts";
import { NO_NAME_AT_ALL, oneName } from "../sets/name.ts";
import { portRanges, portSet } from "../sets/port.ts";
import type { Box, Space } from "../sets/space.ts";
import { type Uncovered, uncovered } from "../sets/uncovered.ts";
import type { ValueSet } from "../sets/value-set.ts";
import { addressSlices, type Slice } from "./address-part.ts";
import { NAMED } from "./compile-rule.ts";
import { valuesOf } from "./pod-labels.ts";
import { type PodRow, podRows, portsOfEveryUndeclaredPod } from "./pod-rows.ts";
import { podLines, regionLines } from "./region-lines.ts";
import { type SpecialRow, specialRows } from "./special-rows.ts";
import {
  type AddressPlace,
  type AddressSlice,
  OUTSIDE,
  type PodLine,
  type PodPoint,
  type Point,
  type PortRange,
  type Region,
  type RegionLine,
  type SpecialLine,
} from "./surface.ts";
import type { Universe } from "./universe.ts";

/**
 * The boxes that one side's lists may hold for any subject, with the answers that were found: subjects of a namespace share
 * most of their boxes, and of those few meet the box that is asked about.
 */
export class CutterStock {
  readonly index: BoxIndex;
  readonly positions: ReadonlyMap<Box, number>;
  readonly #space: Space;
  readonly #answers = new Map<Box, Map<number, Answer[]>>();

  constructor(space: Space, boxes: Iterable<Box>) {
    const distinct = [...new Set(boxes)];
    this.index = new BoxIndex(space, distinct);
    this.positions = new Map(distinct.map((box, position) => [box, position]));
    this.#space = space;
  }

  /** Whether something of the box is left by those of the stock that `among` names, and by others. */
  leave(box: Box, among: Bits, others: readonly Box[], budget: Budget): Uncovered["kind"] {
    const near = this.index.near(box, among);
    const cuts = () => near.flatMap((position) => this.index.boxes[position] ?? []);
    if (others.length > 0) return uncovered(this.#space, box, [...cuts(), ...others], budget).kind;
    const answers = this.#answers.get(box) ?? new Map<number, Answer[]>();
    this.#answers.set(box, answers);
    const hash = hashOf(near);
    const known = answers.get(hash) ?? [];
    answers.set(hash, known);
    let answer = known.find((one) => sameNumbers(one.near, near));
    if (answer === undefined) {
      answer = { near, kind: uncovered(this.#space, box, cuts(), budget).kind };
      known.push(answer);
    }
    return answer.kind;
  }
}

/** What some boxes of a stock leave of a box. */
interface Answer {
  readonly near: readonly number[];
  readonly kind: Uncovered["kind"];
}

/** FNV-1a, cut to what V8 keeps as a small integer: thousands of lists are told apart without texts. */
function hashOf(numbers: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const one of numbers) hash = Math.imul(hash ^ one, 0x01000193);
  return hash & 0x3fffffff;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

/** Boxes that regions are cut by, with what is known of the boxes that were held against them. */
export class Cutters {
  readonly boxes: readonly Box[];
  readonly #space: Space;
  readonly #stock: CutterStock | null;
  #chosen: Chosen | null = null;
  readonly #own: ReadonlySet<Box>;
  readonly #known = new Map<Box, Uncovered["kind"]>();

  constructor(space: Space, boxes: Iterable<Box>, stock: CutterStock | null = null) {
    this.#own = new Set(boxes);
    this.boxes = [...this.#own];
    this.#space = space;
    this.#stock = stock;
  }

  /** Whether something of the box is left. Nearly every box of one side is a box of the other: that needs no search. */
  leave(box: Box, budget: Budget): Uncovered["kind"] {
    if (this.#own.has(box)) return "covered";
    let known = this.#known.get(box);
    if (known === undefined) {
      this.#chosen ??= this.#choose();
      const { stock, among, others } = this.#chosen;
      known = stock.leave(box, among, others, budget);
      this.#known.set(box, known);
    }
    return known;
  }

  #choose(): Chosen {
    const stock = this.#stock ?? new CutterStock(this.#space, this.boxes);
    const { index, positions } = stock;
    const among = index.bitsOf(this.boxes.flatMap((box) => positions.get(box) ?? []));
    return { stock, among, others: this.boxes.filter((box) => !positions.has(box)) };
  }
}

/** Which boxes of a stock cutters are, and those that are none of it. */
interface Chosen {
  readonly stock: CutterStock;
  readonly among: Bits;
  readonly others: readonly Box[];
}

const LISTS = new WeakMap<readonly Slice[], readonly AddressSlice[]>();

/** The destinations of `plus` that no cutter holds; texts and slices are made when somebody asks. */
export class BoxRegion implements Region {
  readonly universe: Universe;
  readonly plus: readonly Box[];
  readonly cutters: Cutters;
  readonly #budget: Budget;
  #emptiness: "empty" | "not-empty" | "over-budget" | null = null;
  #slices: readonly Slice[] | null = null;
  #podRows: readonly PodRow[] | null = null;
  #specialRows: readonly SpecialRow[] | null = null;
  #lines: readonly RegionLine[] | null = null;

  constructor(universe: Universe, plus: readonly Box[], cutters: Cutters, budget: Budget) {
    this.universe = universe;
    this.plus = plus;
    this.cutters = cutters;
    this.#budget = budget;
  }

  get declared(): ReadonlySet<string> {
    return this.universe.declared;
  }

  /** A region whose search ran out of its budget counts as not empty: see `isOverBudget`. */
  get isEmpty(): boolean {
    this.#emptiness ??= this.#decide();
    return this.#emptiness === "empty";
  }

  /** Nobody knows whether it is empty. */
  get isOverBudget(): boolean {
    this.#emptiness ??= this.#decide();
    return this.#emptiness === "over-budget";
  }

  #decide(): "empty" | "not-empty" | "over-budget" {
    let overBudget = false;
    for (const box of this.plus) {
      const left = this.cutters.leave(box, this.#budget);
      if (left === "point") return "not-empty";
      if (left === "over-budget") overBudget = true;
    }
    return overBudget ? "over-budget" : "empty";
  }

  /** The boxes of what is taken away. */
  get minus(): readonly Box[] {
    return this.cutters.boxes;
  }

  lines(): readonly RegionLine[] {
    if (this.isEmpty) return [];
    this.#lines ??= regionLines(
      this.universe,
      {
        slices: this.#addressSlices(),
        special: this.#special(),
        plus: this.plus,
        pods: this.#rows(),
        minus: this.minus,
      },
      this.#textBudget(),
    );
    return this.#lines;
  }

  /** One list for all regions that share their addresses. */
  addresses(): readonly AddressSlice[] {
    const slices = this.#addressSlices();
    let list = LISTS.get(slices);
    if (list === undefined) {
      list = slices.map(({ ports, addresses }) => ({
        ports: portRanges(ports),
        v4: addresses.v4,
        v6: addresses.v6,
      }));
      LISTS.set(slices, list);
    }
    return list;
  }

  special(): readonly SpecialLine[] {
    return this.#special().map(({ destination, ports }) => ({ destination, ports: portRanges(ports) }));
  }

  #special(): readonly SpecialRow[] {
    this.#specialRows ??= specialRows(this.universe, this.plus, this.minus, this.#textBudget());
    return this.#specialRows;
  }

  pods(): readonly PodLine[] {
    return podLines(this.universe, this.#rows());
  }

  everyPod(): readonly PortRange[] {
    const budget = this.#textBudget();
    return portRanges(portsOfEveryUndeclaredPod(this.universe, this.plus, this.minus, budget));
  }

  holdsName(name: string): boolean {
    const { universe, plus } = this;
    const named = plus.filter((box) => box.dimensions.includes(universe.name));
    return this.#holds(named, placeBox(universe, { kind: "outside", name }));
  }

  contains(point: Point): boolean {
    const box = pointBox(this.universe, point);
    return box !== null && this.#holds(this.plus, box);
  }

  #holds(boxes: readonly Box[], part: Box): boolean {
    const { space } = this.universe;
    return boxes.some((one) => {
      const here = space.intersectBoxes(one, part);
      return here !== null && uncovered(space, here, this.minus, this.#textBudget()).kind === "point";
    });
  }

  /** With too many hidden combinations: all that `plus` holds, which is more than the region and never less. */
  #addressSlices(): readonly Slice[] {
    this.#slices ??=
      addressSlices(this.universe, this.plus, this.minus) ??
      addressSlices(
        this.universe,
        this.plus.map((box) => this.universe.space.without(box, this.universe.isHidden)),
        [],
      ) ??
      [];
    return this.#slices;
  }

  #rows(): readonly PodRow[] {
    this.#podRows ??= podRows(this.universe, this.plus, this.minus, this.#textBudget());
    return this.#podRows;
  }

  /** Texts never take from the budget of a verdict: what is printed must not change what is decided. */
  #textBudget(): Budget {
    return new Budget();
  }
}

/** The point on every dimension that is known of it; null where the space does not hold it: an address that is a pod's. */
export function pointBox(universe: Universe, point: Point): Box | null {
  const { space } = universe;
  const port = [
    universe.port,
    portSet([{ protocol: point.protocol, first: point.port, last: point.port }]),
  ] as const;
  if (point.kind === "address") {
    const address = parseAddress(point.address);
    const place =
      address === null ? null : space.box([[universe.address, addressSetOfRanges([address])], port]);
    return place === null ? null : space.intersectBoxes(place, placeBox(universe, point.place ?? OUTSIDE));
  }
  const place = space.box([
    port,
    ...podSets(universe, point.pod),
    ...portNameSets(universe, point.pod, point),
  ]);
  return place === null ? null : space.intersectBoxes(place, universe.isPod);
}

/** What an address is, besides its number, as a box. */
export function placeBox(universe: Universe, place: AddressPlace): Box {
  const { space } = universe;
  const both = (a: Box, b: Box | null) => (b === null ? null : space.intersectBoxes(a, b)) ?? a;
  const unnamed = space.box([[universe.name, NO_NAME_AT_ALL]]);
  switch (place.kind) {
    case "outside": {
      if (place.name === null) return universe.isPlainAddress;
      return both(universe.isNamed, space.box([[universe.name, oneName(place.name)]]));
    }
    case "unknown":
      return universe.isPlainAddress;
    case "node": {
      const { labels = null, apiServer = false } = place;
      const whose = apiServer ? universe.isApiServer : universe.isNotApiServer;
      const nodes = both(both(universe.nodes(place.which), whose), unnamed);
      if (labels === null) return nodes;
      const sets = [...universe.nodeLabels].map(
        ([key, dimension]) => [dimension, valuesOf({ labels }, key)] as const,
      );
      return both(nodes, space.box(sets));
    }
    case "api-server":
      return both(both(universe.isApiServer, universe.isElsewhere), unnamed);
  }
}

/** Namespace and labels of a pod on the dimensions that somebody asks for. */
function podSets(universe: Universe, pod: PodPoint): readonly (readonly [number, ValueSet])[] {
  const labels = (dimensions: ReadonlyMap<string, number>, owner: AttributedPod) =>
    [...dimensions].map(([key, dimension]) => [dimension, valuesOf(owner, key)] as const);
  return [
    ...(pod.addresses === undefined ? [] : [[universe.podAddress, pod.addresses] as const]),
    [universe.namespace, isOneOf([pod.namespace])],
    ...(universe.declared.has(pod.namespace)
      ? []
      : labels(universe.namespaceLabels, {
          labels: new Map([...(pod.namespaceLabels ?? []), [NAME_LABEL, pod.namespace]]),
        })),
    ...labels(universe.podLabels, pod),
  ];
}

/** Which names the receiver gives the port; `containerPorts` are its own. */
export function portNameSets(
  universe: Universe,
  { containerPorts }: Pick<PodPoint, "containerPorts">,
  { port, protocol }: Pick<Point, "port" | "protocol">,
): readonly (readonly [number, ValueSet])[] {
  return [...universe.portNames].map(([name, dimension]) => {
    const named = containerPorts.some(
      (one) => one.name === name && one.port === port && one.protocol === protocol,
    );
    return [dimension, choiceSet([named ? NAMED : 1 - NAMED])] as const;
  });
}
