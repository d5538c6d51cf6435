import { ABSENT, type LabelSet, labelsContain } from "./label.ts";
import {
  intersectNames,
  type NameSet,
  NO_NAMES,
  namesDisjoint,
  noNames,
  subtractNames,
  uniteNames,
} from "./name.ts";
import { intersect, type ValueSet } from "./value-set.ts";

/**
 * A set cut into the fewest parts such that each given set contains a part wholly or not at all.
 *
 * `masks[i]` has bit a of word w set where set i contains part 32 × w + a.
 */
export interface Atoms {
  readonly count: number;
  readonly words: number;
  readonly masks: readonly Int32Array[];
  /** The values of one part. */
  readonly part: (atom: number) => ValueSet;
  /** Indices of the sets that contain it, ascending. */
  readonly inSets: (atom: number) => readonly number[];
}

/** Elements of the whole, each with the indices of the sets that contain it. */
interface Signed {
  readonly element: Element;
  readonly inSets: readonly number[];
}

type Element =
  | { readonly kind: "value"; readonly value: string | typeof ABSENT }
  /** Every string that nobody mentions. */
  | { readonly kind: "rest"; readonly mentioned: readonly string[] }
  | { readonly kind: "v4"; readonly first: number; readonly last: number }
  | { readonly kind: "v6"; readonly first: bigint; readonly last: bigint }
  | { readonly kind: "ports"; readonly first: number; readonly last: number }
  | { readonly kind: "member"; readonly member: number }
  | { readonly kind: "names"; readonly set: NameSet };

export function atomsOf(whole: ValueSet, sets: readonly ValueSet[]): Atoms {
  const parts = new Map<string, { elements: Element[]; inSets: readonly number[] }>();
  for (const { element, inSets } of elementsOf(whole, sets)) {
    const signature = inSets.join();
    const part = parts.get(signature);
    if (part === undefined) parts.set(signature, { elements: [element], inSets });
    else part.elements.push(element);
  }
  const list = [...parts.values()];
  const words = Math.max(1, Math.ceil(list.length / 32));
  const masks = sets.map(() => new Int32Array(words));
  for (const [atom, { inSets }] of list.entries()) {
    for (const index of inSets) {
      const mask = masks[index];
      if (mask !== undefined) mask[atom >> 5] = (mask[atom >> 5] ?? 0) | (1 << (atom & 31));
    }
  }
  return {
    count: list.length,
    words,
    masks,
    part: (atom) => valuesOf(whole, list[atom]?.elements ?? []),
    inSets: (atom) => list[atom]?.inSets ?? [],
  };
}

function elementsOf(whole: ValueSet, sets: readonly ValueSet[]): readonly Signed[] {
  switch (whole.kind) {
    case "label":
      return labelElements(
        whole,
        sets.flatMap((set) => (set.kind === "label" ? [set] : [])),
      );
    case "address":
      return [
        ...runs(
          whole.v4,
          sets.map((set) => (set.kind === "address" ? set.v4 : [])),
          (point) => point + 1,
        ).map(({ first, last, inSets }): Signed => ({ element: { kind: "v4", first, last }, inSets })),
        ...runs(
          whole.v6,
          sets.map((set) => (set.kind === "address" ? set.v6 : [])),
          (point) => point + 1n,
        ).map(({ first, last, inSets }): Signed => ({ element: { kind: "v6", first, last }, inSets })),
      ];
    case "port":
      return runs(
        whole.runs,
        sets.map((set) => (set.kind === "port" ? set.runs : [])),
        (point) => point + 1,
      ).map(({ first, last, inSets }) => ({ element: { kind: "ports", first, last }, inSets }));
    case "choice":
      return Array.from({ length: 32 }, (_, member) => member)
        .filter((member) => (whole.members & (1 << member)) !== 0)
        .map((member) => ({
          element: { kind: "member", member },
          inSets: sets.flatMap((set, index) =>
            set.kind === "choice" && (set.members & (1 << member)) !== 0 ? [index] : [],
          ),
        }));
    case "name":
      return nameElements(
        whole,
        sets.map((set) => (set.kind === "name" ? set : NO_NAMES)),
      );
  }
}

interface Names {
  readonly set: NameSet;
  readonly inSets: readonly number[];
}

/** Nearly all patterns are single names, apart from each other: each is a piece, and what is left is made once, at the end. */
function nameElements(whole: NameSet, sets: readonly NameSet[]): readonly Signed[] {
  let pieces: readonly Names[] = [];
  for (const [index, set] of sets.entries()) {
    let left = intersectNames(whole, set);
    const next: Names[] = [];
    for (const piece of pieces) {
      if (namesDisjoint(piece.set, set)) next.push(piece);
      else {
        left = subtractNames(left, piece.set);
        const inside = { set: intersectNames(piece.set, set), inSets: [...piece.inSets, index] };
        next.push(...[inside, { ...piece, set: subtractNames(piece.set, set) }].filter(isSome));
      }
    }
    pieces = [...next, ...[{ set: left, inSets: [index] }].filter(isSome)];
  }
  const rest = [{ set: subtractNames(whole, unionOf(sets)), inSets: [] }].filter(isSome);
  return [...pieces, ...rest].map(({ set, inSets }) => ({ element: { kind: "names", set }, inSets }));
}

function isSome({ set }: Names): boolean {
  return !noNames(set);
}

/** Halves first: large automata are made few times. */
function unionOf(sets: readonly NameSet[]): NameSet {
  const [first = NO_NAMES, second] = sets;
  if (second === undefined) return first;
  const half = sets.length >> 1;
  return uniteNames(unionOf(sets.slice(0, half)), unionOf(sets.slice(half)));
}

function labelElements(whole: LabelSet, sets: readonly LabelSet[]): readonly Signed[] {
  const cofinite = sets.flatMap((set, index) => (set.cofinite ? [index] : []));
  const mentions = new Map<string, number[]>();
  for (const value of whole.values) mentions.set(value, []);
  for (const [index, set] of sets.entries()) {
    for (const value of set.values) {
      const list = mentions.get(value);
      if (list === undefined) mentions.set(value, [index]);
      else list.push(index);
    }
  }
  const result: Signed[] = [];
  if (whole.absent) {
    result.push({
      element: { kind: "value", value: ABSENT },
      inSets: sets.flatMap((set, index) => (set.absent ? [index] : [])),
    });
  }
  if (whole.cofinite) {
    result.push({ element: { kind: "rest", mentioned: [...mentions.keys()] }, inSets: cofinite });
  }
  for (const [value, mentioning] of mentions) {
    if (labelsContain(whole, value)) {
      result.push({ element: { kind: "value", value }, inSets: symmetricDifference(cofinite, mentioning) });
    }
  }
  return result;
}

/** A finite set contains what it mentions, a cofinite one what it does not. Both lists ascend. */
function symmetricDifference(a: readonly number[], b: readonly number[]): readonly number[] {
  if (b.length === 0) return a;
  const result: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i] ?? Number.POSITIVE_INFINITY;
    const right = b[j] ?? Number.POSITIVE_INFINITY;
    if (left < right) result.push(left);
    if (right < left) result.push(right);
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return result;
}

interface Run<T> {
  readonly first: T;
  readonly last: T;
}

/** Cuts the whole at every bound of every set: a sweep that keeps the sets that are open. */
function runs<T extends number | bigint>(
  whole: readonly Run<T>[],
  sets: readonly (readonly Run<T>[])[],
  next: (point: T) => T,
): readonly (Run<T> & { readonly inSets: readonly number[] })[] {
  const events: { readonly at: T; readonly index: number; readonly opens: boolean; readonly last: T }[] = [];
  for (const [index, set] of sets.entries()) {
    for (const { first, last } of set) events.push({ at: first, index, opens: true, last });
  }
  events.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const result: (Run<T> & { readonly inSets: readonly number[] })[] = [];
  const open = new Map<number, T>();
  let waiting = 0;
  for (const piece of whole) {
    let start = piece.first;
    for (;;) {
      for (const [index, last] of open) if (last < start) open.delete(index);
      let event = events[waiting];
      while (event !== undefined && event.at <= start) {
        if (event.last >= start) open.set(event.index, event.last);
        waiting++;
        event = events[waiting];
      }
      let last = piece.last;
      for (const end of open.values()) if (end < last) last = end;
      if (event !== undefined && event.at <= last) last = before(event.at);
      result.push({ first: start, last, inSets: [...open.keys()].sort((a, b) => a - b) });
      if (last === piece.last) break;
      start = next(last);
    }
  }
  return result;
}

function before<T extends number | bigint>(point: T): T {
  return (typeof point === "bigint" ? point - 1n : point - 1) as T;
}

function valuesOf(whole: ValueSet, elements: readonly Element[]): ValueSet {
  switch (whole.kind) {
    case "label": {
      const rest = elements.find((element) => element.kind === "rest");
      const strings = elements.flatMap((element) =>
        element.kind === "value" && element.value !== ABSENT ? [element.value] : [],
      );
      const absent = elements.some((element) => element.kind === "value" && element.value === ABSENT);
      const values =
        rest === undefined ? strings : rest.mentioned.filter((value) => !strings.includes(value));
      return intersect(whole, {
        kind: "label",
        cofinite: rest !== undefined,
        values: [...values].sort(),
        absent,
      });
    }
    case "address":
      return {
        kind: "address",
        v4: elements.flatMap((element) => (element.kind === "v4" ? [element] : [])),
        v6: elements.flatMap((element) => (element.kind === "v6" ? [element] : [])),
      };
    case "port":
      return {
        kind: "port",
        runs: elements.flatMap((element) => (element.kind === "ports" ? [element] : [])),
      };
    case "choice":
      return {
        kind: "choice",
        members: elements.reduce(
          (bits, element) => (element.kind === "member" ? bits | (1 << element.member) : bits),
          0,
        ),
      };
    case "name":
      return elements.reduce(
        (names, element) => (element.kind === "names" ? uniteNames(names, element.set) : names),
        NO_NAMES,
      );
  }
}
