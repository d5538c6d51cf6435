import type { Policy } from "../policy/model/policy.ts";
import type { Cluster } from "./cluster.ts";

/**
 * The policies of other environments that isolate egress in the given namespaces, without what they admit: with them a
 * cluster is as it would be if it shared those namespaces with the other environment (design section 5).
 */
export function isolationElsewhere(
  elsewhere: readonly Policy[],
  namespaces: ReadonlySet<string>,
): readonly Policy[] {
  const isolating = elsewhere.filter(
    ({ isolates, subjects }) =>
      isolates.egress &&
      subjects.some(({ namespaces: own }) => own.kind === "named" && namespaces.has(own.name)),
  );
  return isolating.map((policy) => ({
    ...policy,
    // Another identity than the real one: both may stand in one list.
    identity: { ...policy.identity, name: `${policy.identity.name} (of another environment)` },
    digest: `isolation only: ${policy.digest}`,
    egress: [],
    ingress: [],
  }));
}

/** Namespaces in which a cluster has policies. */
export function namespacesWithPolicies({ policies }: Cluster): ReadonlySet<string> {
  return new Set(
    policies.flatMap(({ subjects }) =>
      subjects.flatMap(({ namespaces }) => (namespaces.kind === "named" ? [namespaces.name] : [])),
    ),
  );
}
