import type { PodSubject } from "../surface/pod-subject.ts";
import type { Surface } from "../surface/surface-of.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Comparison } from "./comparison.ts";

/**
 * Unknowns that may write policies for a namespace and are one and the same thing on both sides: one boolean variable each.
 * One that changed is not here; on its side it counts as absent, and EGR-000 speaks for it.
 */
export function unchangedUnknowns(base: Surface, head: Surface, namespace: string): readonly Unknown[] {
  const atBase = new Map(base.unknownsOf(namespace).map((unknown) => [unknown.id, unknown.digest]));
  return head.unknownsOf(namespace).filter(({ id, digest }) => atBase.get(id) === digest);
}

/** Keys whose value, or whose presence, differs. */
export function differingKeys(
  base: ReadonlyMap<string, string>,
  head: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...base.keys(), ...head.keys()])].filter((key) => base.get(key) !== head.get(key));
}

/** Whether selectors of the unknown may tell apart pods that differ in these keys; its own keys may not be literal. */
export function mayAskFor({ selectorKeys }: Unknown, keys: readonly string[]): boolean {
  return keys.length > 0 && (selectorKeys === null || keys.some((key) => selectorKeys.includes(key)));
}

/** Unknowns of a subject's namespace that both sides have; none of a side without the subject. */
export function unchangedIn({ base, head }: Comparison, subject: PodSubject | null): readonly Unknown[] {
  return subject === null ? [] : unchangedUnknowns(base, head, subject.namespace);
}
