import type { ObjectIdentity } from "./policy.ts";

/** Equal for the same object on both sides and in every target, whatever it says. */
export function identityKey({ apiVersion, kind, namespace, name, part }: ObjectIdentity): string {
  return JSON.stringify([apiVersion, kind, namespace, name, ...(part === undefined ? [] : [part])]);
}
