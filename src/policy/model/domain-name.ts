import type { NamePattern } from "./policy.ts";

/** Of the schema of `domainNames` (network-policy-api apis/v1alpha2 DomainName, which spells "A-z"). */
const DOMAIN_NAME =
  /^(\*\.)?([a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

export const DOMAIN_NAME_PATTERN = DOMAIN_NAME.source;

/** "*." stands for one or more whole labels, so never for the name behind it alone. null = the schema refuses it. */
export function domainName(text: string): NamePattern | null {
  if (!DOMAIN_NAME.test(text)) return null;
  const name = text.toLowerCase().replace(/\.$/, "");
  return {
    text: name,
    parts: name.startsWith("*") ? [{ any: "anything" }, name.slice(1)] : [name],
  };
}
