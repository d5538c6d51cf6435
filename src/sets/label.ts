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
export const NO_LABEL: LabelSet = of(false, [], false);

function combine(
  a: LabelSet,
  b: LabelSet,
  absent: boolean,
  both: (inA: boolean, inB: boolean) => boolean,
): LabelSet {
  const cofinite = both(a.cofinite, b.cofinite);
  const mentioned = sorted([...a.values, ...b.values]);
  const inA = new Set(a.values);
  const inB = new Set(b.values);
  const values = mentioned.filter(
    (value) => both(inA.has(value) !== a.cofinite, inB.has(value) !== b.cofinite) !== cofinite,
  );
  return of(cofinite, values, absent);
}

export function uniteLabels(a: LabelSet, b: LabelSet): LabelSet {
  return combine(a, b, a.absent || b.absent, (x, y) => x || y);
}

export function intersectLabels(a: LabelSet, b: LabelSet): LabelSet {
  return combine(a, b, a.absent && b.absent, (x, y) => x && y);
}

export function subtractLabels(a: LabelSet, b: LabelSet): LabelSet {
  return combine(a, b, a.absent && !b.absent, (x, y) => x && !y);
}

export function noLabels(set: LabelSet): boolean {
  return !set.cofinite && set.values.length === 0 && !set.absent;
}

export function labelsContain(set: LabelSet, value: LabelValue): boolean {
  if (value === ABSENT) return set.absent;
  return set.values.includes(value) !== set.cofinite;
}
