import { groupOf } from "../policy/model/api-group.ts";
import type { Manifest } from "../render/render.ts";
import type { Collision } from "./cluster.ts";

/**
 * Objects that several documents declare: whichever is applied last stands in the cluster (EGR-413, threat T5). Two
 * versions of one group are one object.
 */
export function collisionsOf(manifests: readonly Manifest[]): readonly Collision[] {
  const byIdentity = new Map<string, Manifest[]>();
  for (const manifest of manifests) {
    const { kind, metadata } = manifest.object;
    if (metadata.name === undefined) continue;
    const key = JSON.stringify([groupOf(manifest.object), kind, manifest.namespace, metadata.name]);
    const known = byIdentity.get(key);
    if (known === undefined) byIdentity.set(key, [manifest]);
    else known.push(manifest);
  }
  return [...byIdentity.values()].flatMap((copies) => {
    const [first] = copies;
    if (first === undefined || copies.length < 2) return [];
    const { apiVersion, kind, metadata } = first.object;
    const identity = { apiVersion, kind, namespace: first.namespace, name: metadata.name ?? "" };
    return [{ identity, manifests: copies }];
  });
}
