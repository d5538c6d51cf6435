import { identityKey } from "../../policy/model/identity-key.ts";
import type { Policy } from "../../policy/model/policy.ts";
import type { Manifest } from "../../render/render.ts";
import type { Scope } from "../scope.ts";

/** Objects that policies name, by API group: an edit of one changes what a policy means, though nobody touched the policy. */
const NAMED: readonly (readonly [group: string, kind: string])[] = [
  ["cilium.io", "CiliumCIDRGroup"],
  ["projectcalico.org", "NetworkSet"],
  ["projectcalico.org", "GlobalNetworkSet"],
  ["projectcalico.org", "Tier"],
  ["crd.projectcalico.org", "NetworkSet"],
  ["crd.projectcalico.org", "GlobalNetworkSet"],
  ["crd.projectcalico.org", "Tier"],
  ["crd.antrea.io", "Group"],
  ["crd.antrea.io", "ClusterGroup"],
  ["crd.antrea.io", "Tier"],
  ["", "Service"],
  ["", "Endpoints"],
  ["discovery.k8s.io", "EndpointSlice"],
  ["", "ServiceAccount"],
];

/**
 * The object that changed where a policy of head is the same object as at base and means something else: null where the policy
 * itself changed, or where several such objects did and nobody can say which one it was.
 */
export function changedNamedObject(scope: Scope, policy: Policy): NamedChange | null {
  const { base } = scope.pair(policy.identity);
  if (base === null || base.manifest.digest !== policy.manifest.digest) return null;
  const changes = NAMED.flatMap(([group, kind]) => changesOf(scope, group, kind));
  const [only, second] = changes;
  return only === undefined || second !== undefined ? null : only;
}

interface NamedChange {
  readonly side: "base" | "head";
  readonly manifest: Manifest;
}

function changesOf({ delta }: Scope, group: string, kind: string): readonly NamedChange[] {
  const byKey = (list: readonly Manifest[]) => new Map(list.map((manifest) => [keyOf(manifest), manifest]));
  const before = byKey(delta.base.inputs.objects(group, kind));
  const after = byKey(delta.head.inputs.objects(group, kind));
  return [
    ...[...after]
      .filter(([key, manifest]) => before.get(key)?.digest !== manifest.digest)
      .map(([, manifest]): NamedChange => ({ side: "head", manifest })),
    ...[...before]
      .filter(([key]) => !after.has(key))
      .map(([, manifest]): NamedChange => ({ side: "base", manifest })),
  ];
}

function keyOf({ object: { apiVersion, kind, metadata }, namespace }: Manifest): string {
  return identityKey({ apiVersion, kind, namespace, name: metadata.name ?? "" });
}
