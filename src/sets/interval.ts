/** A non-empty run of neighbours, both ends included. */
export interface Interval<T extends number | bigint> {
  readonly first: T;
  readonly last: T;
}

/**
 * Sorted, pairwise disjoint and not touching: equal sets are equal lists. Made only by the functions of this file.
 */
export type IntervalSet<T extends number | bigint> = readonly Interval<T>[];

/** A discrete line of points; `next` and `previous` are only asked for neighbours that exist. */
export interface Line<T extends number | bigint> {
  readonly first: T;
  readonly last: T;
  readonly next: (point: T) => T;
  readonly previous: (point: T) => T;
}

/** The set of all points of the given runs, in any order, overlapping or not; a run with last < first is no point. */
export function intervalSet<T extends number | bigint>(
  line: Line<T>,
  runs: readonly Interval<T>[],
): IntervalSet<T> {
  const sorted = runs.filter((run) => run.first <= run.last);
  sorted.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const result: Interval<T>[] = [];
  for (const run of sorted) {
    const before = result.at(-1);
    if (before === undefined || (before.last < line.last && line.next(before.last) < run.first)) {
      result.push({ first: run.first, last: run.last });
    } else if (run.last > before.last) {
      result[result.length - 1] = { first: before.first, last: run.last };
    }
  }
  return result;
}

/** Laws: commutative, associative, idempotent; the empty set is neutral. */
export function uniteIntervals<T extends number | bigint>(
  line: Line<T>,
  a: IntervalSet<T>,
  b: IntervalSet<T>,
): IntervalSet<T> {
  return a.length === 0 ? b : b.length === 0 ? a : intervalSet(line, [...a, ...b]);
}

/** Laws: commutative, associative, idempotent; the whole line is neutral; distributes over union. */
export function intersectIntervals<T extends number | bigint>(
  a: IntervalSet<T>,
  b: IntervalSet<T>,
): IntervalSet<T> {
  const result: Interval<T>[] = [];
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return result;
    // Math.max refuses bigints.
    let { first, last } = left;
    if (right.first > first) first = right.first;
    if (right.last < last) last = right.last;
    if (first <= last) result.push({ first, last });
    if (left.last < right.last) i++;
    else j++;
  }
}

/** Law: (a − b) ∪ (a ∩ b) = a, and (a − b) ∩ b is empty. */
export function subtractIntervals<T extends number | bigint>(
  line: Line<T>,
  a: IntervalSet<T>,
  b: IntervalSet<T>,
): IntervalSet<T> {
  if (b.length === 0) return a;
  const result: Interval<T>[] = [];
  let j = 0;
  for (const run of a) {
    let start = run.first;
    let open = true;
    while (j < b.length) {
      const cut = b[j];
      if (cut === undefined || cut.first > run.last) break;
      if (cut.last >= start) {
        if (cut.first > start) result.push({ first: start, last: line.previous(cut.first) });
        if (cut.last >= run.last) {
          open = false;
          break;
        }
        start = line.next(cut.last);
      }
      j++;
    }
    if (open) result.push({ first: start, last: run.last });
  }
  return result;
}

export function intervalsContain<T extends number | bigint>(set: IntervalSet<T>, point: T): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const run = set[middle];
    if (run === undefined) return false;
    if (point < run.first) high = middle - 1;
    else if (point > run.last) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether a ⊆ b. */
export function intervalsInside<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): boolean {
  let j = 0;
  for (const run of a) {
    for (let other = b[j]; other !== undefined && other.last < run.first; other = b[j]) j++;
    const other = b[j];
    if (other === undefined || other.first > run.first || other.last < run.last) return false;
  }
  return true;
}

export function intervalsDisjoint<T extends number | bigint>(a: IntervalSet<T>, b: IntervalSet<T>): boolean {
  let i = 0;
  let j = 0;
  for (;;) {
    const left = a[i];
    const right = b[j];
    if (left === undefined || right === undefined) return true;
    if (left.last < right.first) i++;
    else if (right.last < left.first) j++;
    else return false;
  }
}
