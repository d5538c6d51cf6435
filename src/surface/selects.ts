import type { Namespace } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { LabelSelector, NamespaceMatch, Policy, Rule } from "../policy/policy.ts";
import { disjoint } from "../sets/value-set.ts";
import { valuesOf } from "./pod-labels.ts";
import { selectorMatches } from "./selector-match.ts";
import type { PodSubject } from "./surface-of.ts";
import { selectorSets } from "./universe.ts";

/** Whether pods that the policy governs are denied egress unless something admits it. */
export function isolates({ isolates: own, egress }: Policy): boolean {
  return own.egress || egress.some(deniesEverything);
}

/** A rule that isolates whom it governs: dialects without an implicit deny write it down. */
function deniesEverything({ action, subjects, peers, ports }: Rule): boolean {
  return action === "deny" && subjects === undefined && peers === null && ports === null;
}

/** Whether the policy governs the pods: some of them, where it asks for a label of run time. */
export function selects(
  policy: Policy,
  pod: PodSubject,
  namespaces: ReadonlyMap<string, Namespace>,
): boolean {
  return (
    !pod.hostNetwork &&
    policy.subjects.some(
      ({ namespaces: match, pods }) =>
        namespaceMatches(match, pod.namespace, namespaces) && mayMatch(pods, pod),
    )
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
  return selectorSets(selector).every(([key, set]) => !disjoint(valuesOf(pod, key), set));
}
