import { AddressSpace } from "../../rules/address-space.ts";
import { addressSetOfCidrs, noAddresses } from "../../sets/ip.ts";
import type { RegionLine } from "../../surface/surface.ts";

/**
 * Whether any of a region lies, or may lie, outside the cluster: a public address or a name. Internal ranges of the
 * configuration count as inside. What cannot be read as an address counts as outside.
 */
export function reachesOutside(lines: readonly RegionLine[], internalRanges: readonly string[]): boolean {
  const space = new AddressSpace(internalRanges);
  return lines.some(({ destination }) => {
    if (destination.kind !== "ip") return destination.kind === "any" || destination.kind === "name";
    const addresses = addressSetOfCidrs(destination.cidrs);
    return addresses === null || !noAddresses(space.public(addresses));
  });
}
