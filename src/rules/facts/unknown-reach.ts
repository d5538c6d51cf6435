import { effectsOf } from "../../cluster/effects-of.ts";
import type { Unknown, UnknownCode } from "../../targets/unknown.ts";

/** Codes that stand for documents nobody read; the others are documents that were read and not understood. */
const UNREAD: ReadonlySet<UnknownCode> = new Set([
  "unread",
  "render-failed",
  "part-dropped",
  "invalid-document",
  "resource-limit",
  "unreadable-input",
]);

export function standsForUnread(unknown: Unknown): boolean {
  return UNREAD.has(unknown.code);
}

export function touches({ bound }: Unknown, namespace: string | null): boolean {
  return bound.namespaces === null || namespace === null || bound.namespaces.includes(namespace);
}

export function mayHoldPolicies(unknown: Unknown, namespace: string | null): boolean {
  return touches(unknown, namespace) && effectsOf(unknown.bound).has("policy");
}
