import type { Policy } from "../policy/policy.ts";
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
    ({ isolates, subject }) =>
      isolates.egress && subject.namespaces.kind === "named" && namespaces.has(subject.namespaces.name),
  );
  return isolating.map((policy) => ({
    ...policy,
    // Another identity than the real one: both may stand in one list.
    identity: { ...policy.identity, name: `${policy.identity.name} (of another environment)` },
    // It means something else than its object, and what is compiled is remembered by the digest of the object.
    manifest: { ...policy.manifest, digest: `isolation only: ${policy.manifest.digest}` },
    egress: [],
    ingress: [],
  }));
}

/** Namespaces in which a cluster has policies. */
export function namespacesWithPolicies({ policies }: Cluster): ReadonlySet<string> {
  return new Set(
    policies.flatMap(({ subject }) => (subject.namespaces.kind === "named" ? [subject.namespaces.name] : [])),
  );
}
