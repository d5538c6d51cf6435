import type { Namespace, Workload } from "../cluster/cluster.ts";
import type { LabelSelector, NamespaceMatch, Policy } from "../policy/policy.ts";
import { IS_ABSENT, IS_PRESENT, isOneOf } from "../sets/label.ts";
import { disjoint } from "../sets/value-set.ts";
import { selectorMatches } from "./selector-match.ts";
import { NAME_LABEL, selectorSets } from "./universe.ts";

/** Whether pods that the policy selects are denied egress unless a rule admits it. */
export function isolates(policy: Policy): boolean {
  return policy.isolates.egress;
}

/** Whether the policy governs pods of the workload: some of them, where it asks for a label of run time. */
export function selects(
  policy: Policy,
  workload: Workload,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  return (
    !workload.hostNetwork &&
    namespaceMatches(policy.subject.namespaces, workload.namespace, namespaces) &&
    mayMatch(policy.subject.pods, workload)
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

function mayMatch(selector: LabelSelector, workload: Workload): boolean {
  return selectorSets(selector).every(([key, set]) => {
    const value = workload.labels.get(key);
    const own = workload.runtimeLabels.has(key)
      ? IS_PRESENT
      : value === undefined
        ? IS_ABSENT
        : isOneOf([value]);
    return !disjoint(own, set);
  });
}
