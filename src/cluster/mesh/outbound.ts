import { isObject, ownField } from "../../policy/schema/decode.ts";

type OutboundMode = "ALLOW_ANY" | "REGISTRY_ONLY";

/** What becomes of traffic to hosts that the mesh does not know. */
export type Outbound =
  | {
      readonly kind: "mode";
      readonly mode: OutboundMode;
      /** The object that says so. */
      readonly from: string;
      /** false = it says nothing, and this is the default. */
      readonly written: boolean;
    }
  /** Nothing in Git. */
  | { readonly kind: "default" }
  | { readonly kind: "contradictory" }
  | { readonly kind: "unread"; readonly why: string };

/** An outboundTrafficPolicy as written; `absent` and `empty` are what it means without it, or without a mode in it. */
export function outboundMode(
  written: unknown,
  meaning: { readonly from: string; readonly absent: OutboundMode; readonly empty: OutboundMode | null },
): Outbound {
  const { from } = meaning;
  if (written === undefined || written === null)
    return { kind: "mode", mode: meaning.absent, from, written: false };
  if (!isObject(written)) return { kind: "unread", why: "outboundTrafficPolicy is no object" };
  const mode = ownField(written, "mode") ?? meaning.empty;
  if (mode === null) return { kind: "unread", why: "outboundTrafficPolicy names no mode" };
  return mode === "ALLOW_ANY" || mode === "REGISTRY_ONLY"
    ? { kind: "mode", mode, from, written: true }
    : { kind: "unread", why: `outboundTrafficPolicy has a mode of its own: ${String(mode)}` };
}
