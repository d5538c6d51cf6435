import type { Namespace } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { LabelSelector, NamespaceMatch, Policy, Rule } from "../policy/model/policy.ts";
import {
  ALL_ADDRESSES,
  addressesInside,
  addressSetOfCidrs,
  NO_ADDRESSES,
  uniteAddresses,
} from "../sets/ip.ts";
import { disjoint } from "../sets/value-set.ts";
import { valuesOf } from "./pod-labels.ts";
import type { PodSubject } from "./pod-subject.ts";
import { selectorMatches } from "./selector-match.ts";
import { selectorSets } from "./universe.ts";

/** Whether pods that the policy governs are denied egress unless something admits it. */
export function isolates({ isolates: own, egress }: Policy): boolean {
  return own.egress || deniesEverything(egress);
}

/**
 * Dialects without an implicit deny write it down: a rule without destinations, or rules that together hold every address (all
 * that AdminNetworkPolicy can say, with pods beside them or not).
 */
function deniesEverything(rules: readonly Rule[]): boolean {
  let denied = NO_ADDRESSES;
  for (const { action, subjects, peers, ports } of rules) {
    if (action !== "deny" || subjects !== undefined || ports !== null) continue;
    if (peers === null) return true;
    for (const peer of peers) {
      if (peer.kind !== "addresses" || peer.ports !== undefined || peer.except.length > 0) continue;
      denied = uniteAddresses(denied, addressSetOfCidrs([peer.cidr]) ?? NO_ADDRESSES);
    }
  }
  return addressesInside(ALL_ADDRESSES, denied);
}

/** Whether the policy governs the pods: some of them, where it asks for a label of run time. */
export function selects(
  policy: Pick<Policy, "subjects">,
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
