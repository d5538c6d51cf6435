import { BoxIndex } from "../sets/box-index.ts";
import { IS_ABSENT, IS_PRESENT, isOneOf } from "../sets/label.ts";
import type { Box } from "../sets/space.ts";
import { subtractBoxes } from "../sets/subtract-box.ts";
import type { Item, Layer } from "./layers.ts";
import type { PodSubject } from "./surface-of.ts";
import type { Universe } from "./universe.ts";

/** The labels of a subject that some of the layers ask for, as a box; keys nobody asks for make no difference. */
export function subjectBox(universe: Universe, subject: PodSubject, keys: Iterable<string>): Box {
  const sets = [...keys].map((key) => {
    const value = subject.labels.get(key);
    const set = subject.runtimeLabels.has(key)
      ? IS_PRESENT
      : value === undefined
        ? IS_ABSENT
        : isOneOf([value]);
    return [universe.subjectLabel(key), set] as const;
  });
  return universe.space.box(sets) ?? universe.space.everything;
}

/** Keys of subject labels that any item of the layers asks for. */
export function subjectKeys(universe: Universe, layers: readonly Layer[]): ReadonlySet<string> {
  let keys = keysOf.get(layers);
  if (keys === undefined) {
    keys = findKeys(universe, layers);
    keysOf.set(layers, keys);
  }
  return keys;
}

const keysOf = new WeakMap<readonly Layer[], ReadonlySet<string>>();

function findKeys(universe: Universe, layers: readonly Layer[]): ReadonlySet<string> {
  const subjectDimensions = new Set(universe.subjectLabels.values());
  const keys = new Set<string>();
  for (const { items } of layers) {
    for (const { box } of items) {
      for (const dimension of box.dimensions) {
        if (subjectDimensions.has(dimension)) keys.add(universe.keyOf(dimension));
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
    const fixed = new Set(
      [...keys].filter((key) => !subject.runtimeLabels.has(key)).map((key) => universe.subjectLabel(key)),
    );
    result = layers.map((layer) => restrict(universe, layer, box, (dimension) => fixed.has(dimension)));
    known.set(box, result);
  }
  return result;
}

const restricted = new WeakMap<readonly Layer[], Map<Box, readonly Layer[]>>();

function restrict(
  universe: Universe,
  layer: Layer,
  subject: Box,
  isFixed: (dimension: number) => boolean,
): Layer {
  const { space } = universe;
  return {
    items: indexOf(universe, layer)
      .near(subject)
      .flatMap((position) => {
        const item = layer.items[position];
        const both = item === undefined ? null : space.intersectBoxes(item.box, subject);
        return item === undefined || both === null ? [] : [{ ...item, box: space.without(both, isFixed) }];
      }),
  };
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
  return layers.map(({ items }) => ({
    items: items.filter(
      ({ source, action }) =>
        source.kind !== "unknown" || (assumption === "unknowns-isolate" && action === "deny"),
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
  return layers.reduce<readonly Allowed[]>(
    (left, layer) =>
      left.flatMap((allowed) =>
        allowedByList(universe, layer).flatMap(({ box, opener }) => {
          const both = space.intersectBoxes(allowed.box, box);
          return both === null ? [] : [{ box: both, openers: [...allowed.openers, opener] }];
        }),
      ),
    [{ box: space.everything, openers: [] }],
  );
}

function allowedByList(
  universe: Universe,
  { items }: Layer,
): readonly { readonly box: Box; readonly opener: Item }[] {
  const { space } = universe;
  const denied: Box[] = [];
  const result: { readonly box: Box; readonly opener: Item }[] = [];
  for (const item of items) {
    if (item.action === "deny") {
      denied.push(item.box);
      if (isWholeSubject(universe, item.box)) break;
    } else {
      for (const box of subtractBoxes(space, [item.box], denied)) result.push({ box, opener: item });
    }
  }
  return result;
}

/** No part of a destination, of a winner or of a subject escapes the box. */
function isWholeSubject({ space }: Universe, box: Box): boolean {
  return box === space.everything;
}
