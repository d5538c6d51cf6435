/** By code units, the same on every machine; a locale's order is not. */
function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A comparison by several keys, the first that differs counts. */
function by<T>(...keys: readonly ((value: T) => string | number)[]): (left: T, right: T) => number {
  return (left, right) => {
    for (const key of keys) {
      const order = compare(key(left), key(right));
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compare(left: string | number, right: string | number): number {
  return typeof left === "number" && typeof right === "number" ? left - right : byText(`${left}`, `${right}`);
}

export function sorted<T>(
  values: readonly T[],
  ...keys: readonly ((value: T) => string | number)[]
): readonly T[] {
  return values.toSorted(by(...keys));
}

/** The values by key, keys in the order of their first value. */
export function groupBy<T>(
  values: readonly T[],
  key: (value: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}

export function distinct(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort(byText);
}
