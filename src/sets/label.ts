/**
 * A set of values of one label, where a value is any string or "absent". The strings are finite or cofinite, so no
 * "another value" has to be invented: a selector term is one set, and so is its complement.
 *
 * `values` is sorted and without duplicates: the members, or where `cofinite` the strings that are not members.
 */
export interface LabelSet {
  readonly kind: "label";
  readonly cofinite: boolean;
  readonly values: readonly string[];
  /** Whether pods without the label belong to the set. */
  readonly absent: boolean;
}

/** "The label is not there"; no string is equal to it. */
export const ABSENT: unique symbol = Symbol("absent");

export type LabelValue = string | typeof ABSENT;

function of(cofinite: boolean, values: readonly string[], absent: boolean): LabelSet {
  return { kind: "label", cofinite, values, absent };
}

function sorted(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort();
}

/** In: one of these strings. */
export function isOneOf(values: Iterable<string>): LabelSet {
  return of(false, sorted(values), false);
}

/** NotIn: any other string, or absent: the API matches a missing label ("NotIn … or the key does not exist"). */
export function isNoneOf(values: Iterable<string>): LabelSet {
  return of(true, sorted(values), true);
}

/** Exists. */
export const IS_PRESENT: LabelSet = of(true, [], false);
/** DoesNotExist. */
export const IS_ABSENT: LabelSet = of(false, [], true);
export const ANY_LABEL: LabelSet = of(true, [], true);

/** A set of strings, finite or all but some: the part of a label set that is not "absent". */
interface Strings {
  readonly cofinite: boolean;
  readonly values: readonly string[];
}

/** The strings for which `holds` is true of their membership in a and in b: one merge of two sorted lists. */
function combine(a: Strings, b: Strings, holds: (inA: boolean, inB: boolean) => boolean): Strings {
  const cofinite = holds(a.cofinite, b.cofinite);
  const values: string[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a.values[i];
    const right = b.values[j];
    if (left === undefined && right === undefined) return { cofinite, values };
    const fromA = left !== undefined && (right === undefined || left <= right);
    const fromB = right !== undefined && (left === undefined || right <= left);
    const value = (fromA ? left : right) ?? "";
    if (fromA) i++;
    if (fromB) j++;
    if (holds(fromA !== a.cofinite, fromB !== b.cofinite) !== cofinite) values.push(value);
  }
}

export function uniteLabels(a: LabelSet, b: LabelSet): LabelSet {
  const { cofinite, values } = combine(a, b, (x, y) => x || y);
  return of(cofinite, values, a.absent || b.absent);
}

export function intersectLabels(a: LabelSet, b: LabelSet): LabelSet {
  const { cofinite, values } = combine(a, b, (x, y) => x && y);
  return of(cofinite, values, a.absent && b.absent);
}

export function subtractLabels(a: LabelSet, b: LabelSet): LabelSet {
  const { cofinite, values } = combine(a, b, (x, y) => x && !y);
  return of(cofinite, values, a.absent && !b.absent);
}

export function noLabels(set: LabelSet): boolean {
  return !set.cofinite && set.values.length === 0 && !set.absent;
}

export function labelsContain(set: LabelSet, value: LabelValue): boolean {
  if (value === ABSENT) return set.absent;
  return set.values.includes(value) !== set.cofinite;
}
