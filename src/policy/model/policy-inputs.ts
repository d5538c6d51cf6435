import type { Profile } from "../../config/config.ts";
import type { Manifest } from "../../render/render.ts";
import { groupOf } from "./api-group.ts";

/** What a policy is read with: who enforces it, and the objects of its environment that it may name. */
export interface PolicyInputs {
  readonly profile: Profile;
  /** Every object of one kind: groups, sets and tiers that policies name, services, service accounts. */
  readonly objects: (group: string, kind: string) => readonly Manifest[];
}

export function policyInputs(profile: Profile, manifests: readonly Manifest[]): PolicyInputs {
  const byKind = new Map<string, Manifest[]>();
  for (const manifest of manifests) {
    const key = `${groupOf(manifest.object)}/${manifest.object.kind}`;
    const list = byKind.get(key);
    if (list === undefined) byKind.set(key, [manifest]);
    else list.push(manifest);
  }
  return { profile, objects: (group, kind) => byKind.get(`${group}/${kind}`) ?? [] };
}
