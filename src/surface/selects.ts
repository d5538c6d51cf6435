import type { Namespace } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { LabelSelector, NamespaceMatch, Policy } from "../policy/policy.ts";
import { IS_ABSENT, IS_PRESENT, isOneOf } from "../sets/label.ts";
import { disjoint } from "../sets/value-set.ts";
import { selectorMatches } from "./selector-match.ts";
import type { PodSubject } from "./surface-of.ts";
import { selectorSets } from "./universe.ts";

/** Whether pods that the policy selects are denied egress unless a rule admits it. */
export function isolates(policy: Policy): boolean {
  return policy.isolates.egress;
}

/** Whether the policy governs the pods: some of them, where it asks for a label of run time. */
export function selects(
  policy: Policy,
  pod: PodSubject,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  return (
    !pod.hostNetwork &&
    namespaceMatches(policy.subject.namespaces, pod.namespace, namespaces) &&
    mayMatch(policy.subject.pods, pod)
  );
}

function namespaceMatches(
  match: NamespaceMatch,
  name: string,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  if (match.kind === "named") return match.name === name;
  return selectorMatches(
    match.selector,
    new Map([...(namespaces.get(name)?.labels ?? []), [NAME_LABEL, name]]),
  );
}

function mayMatch(selector: LabelSelector, pod: PodSubject): boolean {
  return selectorSets(selector).every(([key, set]) => {
    const value = pod.labels.get(key);
    const own = pod.runtimeLabels.has(key) ? IS_PRESENT : value === undefined ? IS_ABSENT : isOneOf([value]);
    return !disjoint(own, set);
  });
}
