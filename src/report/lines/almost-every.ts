import { ALL_ADDRESSES, addressSetOfCidrs, cidrsOf, subtractAddresses } from "../../sets/ip.ts";
import type { Destination } from "../../surface/surface.ts";

/** Whether a destination is easier to say by what it lacks: "every IPv4 address except …". */
export function almostEvery(destination: Destination): boolean {
  switch (destination.kind) {
    case "any":
      return true;
    case "ip":
      return (["IPv4", "IPv6"] as const).some((family) => holesOf(destination.cidrs, family) !== null);
    case "pods":
      return (
        destination.labels.length === 0 && ["every", "every-except"].includes(destination.namespaces.kind)
      );
    default:
      return false;
  }
}

export type Family = "IPv4" | "IPv6";

/** What of a family is missing, where that is the shorter list; null where it is not. */
export function holesOf(cidrs: readonly string[], family: Family): readonly string[] | null {
  const own = ofFamily(cidrs, family);
  const set = addressSetOfCidrs(own);
  if (own.length === 0 || set === null) return null;
  const holes = ofFamily(cidrsOf(subtractAddresses(ALL_ADDRESSES, set)), family);
  return holes.length < own.length ? holes : null;
}

export function ofFamily(cidrs: readonly string[], family: Family): readonly string[] {
  return cidrs.filter((cidr) => cidr.includes(":") === (family === "IPv6"));
}
