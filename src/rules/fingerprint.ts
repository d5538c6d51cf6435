import { createHash } from "node:crypto";

/** What a finding is about, whatever its lines and regions are. */
export interface FindingIdentity {
  readonly rule: string;
  readonly environment: string;
  readonly about: string;
  readonly policy: string;
  /** 0, or 1, 2 … for further causes of the same identity. */
  readonly ordinal: number;
}

export function fingerprintOf({ rule, environment, about, policy, ordinal }: FindingIdentity): string {
  const parts = [rule, environment, about, policy, ...(ordinal === 0 ? [] : [ordinal])];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

const SHORTEST_HANDLE = 4;

/** Handles by fingerprint: "203-9f3c", with more digits where that would name two. */
export function handlesOf(
  identities: readonly { readonly rule: string; readonly fingerprint: string }[],
): ReadonlyMap<string, string> {
  const handles = new Map<string, string>();
  for (const { rule, fingerprint } of identities) {
    const number = rule.slice(rule.lastIndexOf("-") + 1);
    const others = identities.filter((other) => other.rule === rule && other.fingerprint !== fingerprint);
    let length = SHORTEST_HANDLE;
    while (others.some((other) => other.fingerprint.startsWith(fingerprint.slice(0, length)))) length++;
    handles.set(fingerprint, `${number}-${fingerprint.slice(0, length)}`);
  }
  return handles;
}
