import { BoxIndex } from "../sets/box-index.ts";
import type { Box } from "../sets/space.ts";
import { subtractBoxes } from "../sets/subtract-box.ts";
import type { Item, Layer } from "./layers.ts";
import { valuesOf } from "./pod-labels.ts";
import type { PodSubject } from "./pod-subject.ts";
import { CutterStock } from "./region.ts";
import type { Universe } from "./universe.ts";

/** The labels of a subject that some of the layers ask for, as a box; keys nobody asks for make no difference. */
export function subjectBox(universe: Universe, subject: PodSubject, keys: ReadonlySet<string>): Box {
  const known = boxesOf.get(keys) ?? new WeakMap<PodSubject, Box>();
  boxesOf.set(keys, known);
  let box = known.get(subject);
  if (box === undefined) {
    const sets = [...keys].map((key) => [universe.subjectLabel(key), valuesOf(subject, key)] as const);
    box = universe.space.box(sets) ?? universe.space.everything;
    known.set(subject, box);
  }
  return box;
}

/** Keys are those of one universe. The same subjects are asked about the same keys again and again. */
const boxesOf = new WeakMap<ReadonlySet<string>, WeakMap<PodSubject, Box>>();

/** Keys of subject labels that any item of the layers asks for. */
export function subjectKeys(universe: Universe, layers: readonly Layer[]): ReadonlySet<string> {
  let keys = keysOf.get(layers);
  if (keys === undefined) {
    keys = findKeys(universe, layers);
    keysOf.set(layers, keys);
  }
  return keys;
}

/** Of a subject's labels, those of run time that some item asks for: present, with any value. */
export function anyValueBox(universe: Universe, layers: readonly Layer[], subject: PodSubject): Box {
  const keys = [...subjectKeys(universe, layers)].filter((key) => subject.runtimeLabels.has(key));
  return keys.length === 0 ? universe.space.everything : subjectBox(universe, subject, new Set(keys));
}

const keysOf = new WeakMap<readonly Layer[], ReadonlySet<string>>();

function findKeys(universe: Universe, layers: readonly Layer[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { items } of layers) {
    for (const { box } of items) {
      for (const dimension of box.dimensions) {
        if (universe.isSubject(dimension)) keys.add(universe.keyOf(dimension));
      }
    }
  }
  return keys;
}

const indices = new WeakMap<Layer, BoxIndex>();

function indexOf(universe: Universe, layer: Layer): BoxIndex {
  let index = indices.get(layer);
  if (index === undefined) {
    index = new BoxIndex(
      universe.space,
      layer.items.map(({ box }) => box),
    );
    indices.set(layer, index);
  }
  return index;
}

/**
 * The layers as they hold for one subject. Labels with a known value are gone from the boxes; those of run time, whose value
 * nobody knows, stay as hidden dimensions. Subjects that no item tells apart share the result.
 */
export function layersFor(
  universe: Universe,
  layers: readonly Layer[],
  subject: PodSubject,
): readonly Layer[] {
  if (subject.hostNetwork) return [notGoverned(universe)];
  const keys = subjectKeys(universe, layers);
  const box = subjectBox(universe, subject, keys);
  const known = restricted.get(layers) ?? new Map<Box, readonly Layer[]>();
  restricted.set(layers, known);
  let result = known.get(box);
  if (result === undefined) {
    const anyValue = [...keys].some((key) => subject.runtimeLabels.has(key));
    result = layers.map((layer) => ({
      items: anyValue
        ? itemsForAnyValue(universe, layer, box, subject.runtimeLabels)
        : itemsFor(universe, layer, box),
    }));
    known.set(box, result);
  }
  return result;
}

const restricted = new WeakMap<readonly Layer[], Map<Box, readonly Layer[]>>();

/** Where all labels are known, an item holds for the subject or not; one object of it serves every subject. */
function itemsFor(universe: Universe, layer: Layer, subject: Box): readonly Item[] {
  return indexOf(universe, layer)
    .near(subject)
    .flatMap((position) => {
      const item = layer.items[position];
      return item === undefined ? [] : [withoutSubject(universe, item)];
    });
}

/** What the layers may allow to any subject, for all cutters of theirs; where a deny cuts an item, its parts are no member. */
export function stockOf(universe: Universe, layers: readonly Layer[]): CutterStock {
  let stock = stocks.get(layers);
  if (stock === undefined) {
    const allowing = layers.flatMap(({ items }) => items.filter(({ action }) => action === "allow"));
    stock = new CutterStock(
      universe.space,
      allowing.map((item) => withoutSubject(universe, item).box),
    );
    stocks.set(layers, stock);
  }
  return stock;
}

const stocks = new WeakMap<readonly Layer[], CutterStock>();

const withoutSubjects = new WeakMap<Item, Item>();

function withoutSubject({ space, isSubject }: Universe, item: Item): Item {
  let result = withoutSubjects.get(item);
  if (result === undefined) {
    const box = space.without(item.box, isSubject);
    result = box === item.box ? item : { ...item, box };
    withoutSubjects.set(item, result);
  }
  return result;
}

/** Labels of run time stay in the boxes, on each of them, so that their values are the same question everywhere. */
function itemsForAnyValue(
  universe: Universe,
  layer: Layer,
  subject: Box,
  anyValue: ReadonlySet<string>,
): readonly Item[] {
  const { space } = universe;
  const isFixed = (dimension: number) =>
    universe.isSubject(dimension) && !anyValue.has(universe.keyOf(dimension));
  return layer.items.flatMap((item) => {
    const both = space.intersectBoxes(item.box, subject);
    return both === null ? [] : [{ ...item, box: space.without(both, isFixed) }];
  });
}

function notGoverned({ space }: Universe): Layer {
  return { items: [{ box: space.everything, action: "allow", source: { kind: "default" } }] };
}

/** What unread sources are taken to do. */
export type Assumption =
  /** Nothing: the reading of both sides that claims least. */
  | "unknowns-do-nothing"
  /** They isolate, and admit nothing. */
  | "unknowns-isolate";

export function assuming(layers: readonly Layer[], assumption: Assumption): readonly Layer[] {
  const isUnknown = ({ source }: Item) => source.kind === "unknown";
  if (!layers.some(({ items }) => items.some(isUnknown))) return layers;
  return layers.map(({ items }) => ({
    items: items.filter(
      (item) => !isUnknown(item) || (assumption === "unknowns-isolate" && item.action === "deny"),
    ),
  }));
}

/** A part of what layers allow, with the items that allow it: one of each layer. */
export interface Allowed {
  readonly box: Box;
  readonly openers: readonly Item[];
}

/** Everything that layers allow, as boxes: for each allowing item what no earlier item denies. */
export function allowedBy(universe: Universe, layers: readonly Layer[]): readonly Allowed[] {
  const { space } = universe;
  const [first, ...others] = layers.map((layer) => allowedByList(universe, layer));
  return others.reduce<readonly Allowed[]>(
    (left, own) =>
      left.flatMap((one) =>
        own.flatMap((other) => {
          const box = space.intersectBoxes(one.box, other.box);
          return box === null ? [] : [{ box, openers: [...one.openers, ...other.openers] }];
        }),
      ),
    first ?? [{ box: space.everything, openers: [] }],
  );
}

function allowedByList(universe: Universe, { items }: Layer): readonly Allowed[] {
  const { space } = universe;
  const denied: Box[] = [];
  const result: Allowed[] = [];
  for (const item of items) {
    if (item.action === "deny") {
      denied.push(item.box);
      if (isWholeSubject(universe, item.box)) break;
    } else if (denied.length === 0) {
      result.push(wholly(item));
    } else {
      for (const box of subtractBoxes(space, [item.box], denied)) result.push({ box, openers: [item] });
    }
  }
  return result;
}

/** An item that nothing cuts: one object for all subjects that it serves. */
function wholly(item: Item): Allowed {
  let allowed = whole.get(item);
  if (allowed === undefined) {
    allowed = { box: item.box, openers: [item] };
    whole.set(item, allowed);
  }
  return allowed;
}

const whole = new WeakMap<Item, Allowed>();

/** No part of a destination, of a winner or of a subject escapes the box. */
function isWholeSubject({ space }: Universe, box: Box): boolean {
  return box === space.everything;
}
