import type { LabelSelector } from "../policy/policy.ts";
import { ABSENT, labelsContain } from "../sets/label.ts";
import { selectorSets } from "./universe.ts";

/** Whether a label selector matches these labels, by the letter of the API. */
export function selectorMatches(selector: LabelSelector, labels: ReadonlyMap<string, string>): boolean {
  return selectorSets(selector).every(([key, set]) => labelsContain(set, labels.get(key) ?? ABSENT));
}
