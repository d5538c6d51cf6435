import type { Profile } from "../config/config.ts";
import { isCalico } from "../policy/model/enforcement.ts";
import { identityKey } from "../policy/model/identity-key.ts";
import type { LabelSelector, Pods, Policy } from "../policy/model/policy.ts";
import type { PolicyRemark } from "../policy/model/policy-reading.ts";
import {
  ANY_LABEL,
  IS_ABSENT,
  IS_PRESENT,
  intersectLabels,
  isNoneOf,
  isOneOf,
  noLabels,
} from "../sets/label.ts";
import { NAME_LABEL } from "./namespaces.ts";

/**
 * Policies of one place in the order that may govern one pod and say different things: which is asked first is not defined
 * (network-policy-api, priority). Calico goes by their names there; Antrea asks all first rules before all second ones, so only
 * rules of one number compete (docs/antrea-network-policy.md, "Notes and constraints").
 */
export function equalPriorities(profile: Profile, policies: readonly Policy[]): readonly PolicyRemark[] {
  if (isCalico(profile)) return [];
  const byPlace = new Map<string, Policy[]>();
  for (const policy of policies) {
    if (policy.order === null || policy.tier === "egress-firewall") continue;
    const place = JSON.stringify([policy.tier, policy.order]);
    byPlace.set(place, [...(byPlace.get(place) ?? []), policy]);
  }
  return [...byPlace.values()].flatMap((group) =>
    group.flatMap((policy) => {
      const others = group.filter((other) => contradict(policy, other, profile === "antrea"));
      return others.length === 0 ? [] : [remark(policy, others)];
    }),
  );
}

function remark(policy: Policy, others: readonly Policy[]): PolicyRemark {
  const names = [...new Set(others.map(({ identity }) => `${identity.kind} ${identity.name}`))].sort();
  return {
    code: "equal-priority",
    manifest: policy.manifest,
    pointer: "/spec/priority",
    detail: `priority ${policy.order} is that of ${names.join(", ")} too: which of them is asked first is not defined`,
  };
}

/** Other objects, not copies or parts of this one, that may decide the other way for some pod. */
function contradict(policy: Policy, other: Policy, byNumber: boolean): boolean {
  const objectOf = ({ identity: { part: _, ...identity } }: Policy) => identityKey(identity);
  return (
    objectOf(policy) !== objectOf(other) &&
    (differ(policy.egress, other.egress, byNumber) || differ(policy.ingress, other.ingress, byNumber)) &&
    policy.subjects.some((one) => other.subjects.some((two) => mayShareAPod(one, two)))
  );
}

function differ(rules: Policy["egress"], others: Policy["egress"], byNumber: boolean): boolean {
  return rules.some(({ action }, number) =>
    (byNumber ? others.slice(number, number + 1) : others).some((other) => other.action !== action),
  );
}

function mayShareAPod(one: Pods, two: Pods): boolean {
  return mayMeet(one.pods, two.pods) && mayMeet(namespacesOf(one), namespacesOf(two));
}

/** A name is what the API server puts on the namespace as a label. */
function namespacesOf({ namespaces }: Pods): LabelSelector {
  return namespaces.kind === "selected"
    ? namespaces.selector
    : [{ key: NAME_LABEL, operator: "In", values: [namespaces.name] }];
}

function mayMeet(one: LabelSelector, two: LabelSelector): boolean {
  const both = [...one, ...two];
  return [...new Set(both.map(({ key }) => key))].every((key) => {
    const sets = both.filter((requirement) => requirement.key === key).map(setOf);
    return !noLabels(sets.reduce(intersectLabels, ANY_LABEL));
  });
}

function setOf({ operator, values }: LabelSelector[number]) {
  switch (operator) {
    case "In":
      return isOneOf(values);
    case "NotIn":
      return isNoneOf(values);
    case "Exists":
      return IS_PRESENT;
    case "DoesNotExist":
      return IS_ABSENT;
  }
}
