import type { LabelSelector } from "../policy/model/policy.ts";
import { ABSENT, labelsContain } from "../sets/label.ts";
import { inside } from "../sets/value-set.ts";
import { valuesOf } from "./pod-labels.ts";
import { selectorSets } from "./universe.ts";

/** Whether a selector matches these labels, all of them, by the letter of the API. */
export function selectorMatches(selector: LabelSelector, labels: ReadonlyMap<string, string>): boolean {
  return selectorSets(selector).every(([key, set]) =>
    key.startsWith("(")
      ? inside(valuesOf({ labels }, key), set)
      : labelsContain(set, labels.get(key) ?? ABSENT),
  );
}
