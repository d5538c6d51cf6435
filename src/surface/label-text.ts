import type { LabelSet } from "../sets/label.ts";

/** The terms that say a set of values of one key, in the syntax of `kubectl --selector`; none = any value. */
export function labelTexts(key: string, set: LabelSet): readonly string[] {
  const list = `(${set.values.join(", ")})`;
  const [only] = set.values;
  if (set.cofinite) {
    const none =
      only === undefined ? [] : [set.values.length === 1 ? `${key}!=${only}` : `${key} notin ${list}`];
    return set.absent ? none : [key, ...none];
  }
  if (only === undefined) return [`!${key}`];
  const one = set.values.length === 1 ? `${key}=${only}` : `${key} in ${list}`;
  return [set.absent ? `${one} or !${key}` : one];
}
