import type { Cluster, Workload } from "../cluster/cluster.ts";
import { isEnforced } from "../policy/model/enforcement.ts";
import { policyOf } from "../policy/policy-of.ts";
import { pathOf } from "../render/json-pointer.ts";
import type { KubernetesObject, Manifest } from "../render/render.ts";

/** A change of one object that a person may make. */
export type Edit =
  /** Take a part out of an object of head; "" = the object. */
  | { readonly kind: "remove"; readonly manifest: Manifest; readonly pointer: string }
  /** Put the object back as base has it. */
  | { readonly kind: "restore"; readonly manifest: Manifest }
  /** Labels of a pod template; null = without it. */
  | {
      readonly kind: "set-labels";
      readonly workload: Workload;
      readonly labels: ReadonlyMap<string, string | null>;
    }
  | { readonly kind: "leave-host-network"; readonly workload: Workload }
  | { readonly kind: "add"; readonly object: KubernetesObject };

/** The cluster with the edit, read as a rendered one is read; null where nobody could read the edited object. */
export function edited(cluster: Cluster, edit: Edit): Cluster | null {
  switch (edit.kind) {
    case "remove":
      return edit.pointer === ""
        ? withPolicies(cluster, edit.manifest, null)
        : withPolicies(cluster, edit.manifest, withoutPart(edit.manifest, edit.pointer));
    case "restore":
      return withPolicies(cluster, edit.manifest, edit.manifest);
    case "set-labels":
      return withWorkload(cluster, {
        ...edit.workload,
        labels: changedLabels(edit.workload.labels, edit.labels),
      });
    case "leave-host-network":
      return withWorkload(cluster, { ...edit.workload, hostNetwork: false });
    case "add":
      return withPolicies(cluster, null, addedManifest(edit.object));
  }
}

/** @param former whose policies go; @param manifest whose policies come */
function withPolicies(cluster: Cluster, former: Manifest | null, manifest: Manifest | null): Cluster | null {
  if (restsOnOthers(cluster, former ?? manifest)) return null;
  const reading = manifest === null ? null : policyOf(manifest, cluster.inputs);
  if (manifest !== null && (reading === null || reading.unknowns.length > 0)) return null;
  const stays = (other: Manifest) => former === null || !isSameObject(other, former);
  return {
    ...cluster,
    policies: [
      ...cluster.policies.filter((policy) => stays(policy.manifest)),
      ...(reading?.policies ?? []).filter((policy) => isEnforced(cluster.profile.name, policy)),
    ],
  };
}

/** In Cilium a policy says which names those of others may open: what an edit of it does to them is not computed here. */
function restsOnOthers({ policies }: Cluster, manifest: Manifest | null): boolean {
  return (
    manifest?.object.apiVersion.startsWith("cilium.io/") === true &&
    policies.some(
      (policy) =>
        !isSameObject(policy.manifest, manifest) &&
        policy.egress.some(({ peers }) => peers?.some(({ kind }) => kind === "names") === true),
    )
  );
}

function isSameObject(a: Manifest, b: Manifest): boolean {
  return (
    a.object.apiVersion === b.object.apiVersion &&
    a.object.kind === b.object.kind &&
    a.namespace === b.namespace &&
    a.object.metadata.name === b.object.metadata.name
  );
}

function withWorkload(cluster: Cluster, workload: Workload): Cluster {
  return { ...cluster, workloads: new Map([...cluster.workloads, [workload.key, workload]]) };
}

function changedLabels(
  labels: ReadonlyMap<string, string>,
  changes: ReadonlyMap<string, string | null>,
): ReadonlyMap<string, string> {
  const result = new Map(labels);
  for (const [key, value] of changes) {
    if (value === null) result.delete(key);
    else result.set(key, value);
  }
  return result;
}

function withoutPart(manifest: Manifest, pointer: string): Manifest {
  const object = withoutPath(manifest.object, pathOf(pointer)) as KubernetesObject;
  // It means something else than its object, and what is compiled is remembered by the digest.
  return { ...manifest, object, digest: `${manifest.digest} without ${pointer}` };
}

function withoutPath(value: unknown, [step = "", ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const index = Number(step);
    return rest.length === 0
      ? value.filter((_, position) => position !== index)
      : value.map((one: unknown, position) => (position === index ? withoutPath(one, rest) : one));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]: readonly [string, unknown]) => {
      if (key !== step) return [[key, one]];
      return rest.length === 0 ? [] : [[key, withoutPath(one, rest)]];
    }),
  );
}

function addedManifest(object: KubernetesObject): Manifest {
  return {
    object,
    namespace: object.metadata.namespace ?? null,
    digest: JSON.stringify(object),
    origin: { target: "", path: null, source: "", text: "", item: null, hook: false, duplicateKeys: [] },
  };
}
