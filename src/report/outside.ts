import { type CidrBlock, parseCidr } from "../policy/cidr.ts";
import type { RegionLine } from "../surface/surface.ts";

/**
 * Ranges that are never "outside the cluster" (design section 1): private (RFC 1918), link-local, unique local and shared
 * address space (RFC 6598). The configuration adds its own.
 */
const INSIDE = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
  "fe80::/10",
];

/** Whether a part of a region lies, or may lie, outside the cluster: a public address or a name. */
export function isOutside({ destination }: RegionLine, internalRanges: readonly string[]): boolean {
  switch (destination.kind) {
    case "any":
    case "name":
      return true;
    case "pods":
    case "nodes":
      return false;
    case "ip": {
      const inside = [...INSIDE, ...internalRanges].flatMap((cidr) => parseCidr(cidr) ?? []);
      return destination.cidrs.some((cidr) => !isInside(cidr, inside));
    }
  }
}

function isInside(cidr: string, ranges: readonly CidrBlock[]): boolean {
  const block = parseCidr(cidr);
  return block !== null && ranges.some((range) => contains(range, block));
}

function contains(outer: CidrBlock, inner: CidrBlock): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false;
  const hostBits = BigInt((outer.family === "v4" ? 32 : 128) - outer.prefix);
  return inner.first >> hostBits === outer.first >> hostBits;
}
