import { createHash } from "node:crypto";
import type { Configuration } from "./config.ts";

/** SHA-256 (hex) of what the configuration says, whatever the order and spelling of its text, and wherever it stands. */
export function configurationDigest({ written: _, ...said }: Configuration): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(said)))
    .digest("hex");
}

function canonical(value: unknown): unknown {
  if (value instanceof Map) return canonical(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted();
  return keys.map((key) => [key, canonical((value as Record<string, unknown>)[key])]);
}
