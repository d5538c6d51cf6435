import type { NamePattern, NameWildcard } from "../model/policy.ts";

const LONGEST_NAME = 255;

/** Labels between dots, one more dot at the end at most (the schema's pattern, in a form that takes linear time). */
export function isGoodMatchName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[-\w]+(?:\.[-\w]+)*\.?$/.test(name);
}

export function isGoodMatchPattern(pattern: string): boolean {
  return pattern.length <= LONGEST_NAME && /^[-\w*]+(?:\.[-\w*]+)*\.?$/.test(pattern);
}

export function matchName(name: string): NamePattern {
  const text = canonical(name);
  return { text, parts: [text] };
}

/**
 * pkg/fqdn/matchpattern: "*" is any characters of one label, none too; "**." at the start is one or more labels; stars alone
 * are every name.
 */
export function matchPattern(pattern: string): NamePattern {
  const text = canonical(pattern).replaceAll(/\*{3,}/g, "**");
  if (/^\*+$/.test(text)) return EVERY_NAME_PATTERN;
  const labels = text.startsWith("**.");
  const rest = labels ? text.slice(2) : text;
  const parts = rest.split(/(\*+)/).filter((part) => part !== "");
  const within: NameWildcard = { any: "within-label" };
  return {
    text,
    parts: [
      ...(labels ? [{ any: "anything" } as const] : []),
      ...parts.map((part) => (part.startsWith("*") ? within : part)),
    ],
  };
}

export const EVERY_NAME_PATTERN: NamePattern = { text: "*", parts: [{ any: "anything" }] };

function canonical(name: string): string {
  const lower = name.trim().toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}
