import { createPrivateKey, hkdfSync } from "node:crypto";

/** What a key is for; a key of one purpose is useless for another. */
export type Purpose = "approval" | "reply" | "marker";

/**
 * Key of the App's signatures in texts of its own, from the App's private key (RFC 5869): secrets of webhooks may be
 * rotated without voiding an approval. A new private key voids them, and checks turn red until somebody approves again.
 */
export function approvalKey(privateKey: string): Uint8Array {
  return derivedKey(privateKey, "approval");
}

/** @param privateKey PEM, PKCS #1 or #8: both of one key give the same */
export function derivedKey(privateKey: string, purpose: Purpose): Uint8Array {
  const der = createPrivateKey(privateKey).export({ type: "pkcs8", format: "der" });
  return new Uint8Array(hkdfSync("sha256", der, "egress-review", `${purpose} 1`, 32));
}
