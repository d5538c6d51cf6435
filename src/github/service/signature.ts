import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether this could be one: what could not is refused before anything of it is read. */
export function isSignature(text: string): boolean {
  return /^sha256=[0-9a-f]{64}$/.test(text);
}

/**
 * Whether GitHub sent these bytes: HMAC-SHA256 over them with one of the secrets, compared in constant time (GitHub: "Validating
 * webhook deliveries"). While a secret is being changed the one of before still counts.
 */
export function isSigned(bytes: Uint8Array, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature);
  return secrets
    .map((secret) => {
      const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`);
      return given.length === expected.length && timingSafeEqual(given, expected);
    })
    .some((equal) => equal);
}
