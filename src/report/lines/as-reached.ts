import type { Destination, RegionLine } from "../../surface/surface.ts";
import { groupBy } from "../layout/order.ts";
import { almostEvery } from "./almost-every.ts";

/**
 * What was added, said as what is reached now. A difference has holes where something was there before ("every port but
 * 443"); where the whole is reached now, the whole is easier to say, and as true. Lines without holes stay as they are, so
 * that a small addition is not lost in something large.
 */
export function asReached(added: readonly RegionLine[], after: readonly RegionLine[]): readonly RegionLine[] {
  const everywhere = isEverywhere(added);
  const lines = added.map(
    (line) => after.find((whole) => isWholeOf(whole, line, everywhere)) ?? withoutBefore(line),
  );
  return withoutRepeated(lines);
}

/** A line without what of it was there already, for where that is said elsewhere. */
function withoutBefore({ destination, protocol, ports }: RegionLine): RegionLine {
  return { destination, protocol, ports };
}

/** Whether both addresses and pods were added almost without an exception: then it is every destination. */
function isEverywhere(added: readonly RegionLine[]): boolean {
  const has = (kind: Destination["kind"]) =>
    added.some(({ destination }) => destination.kind === kind && almostEvery(destination));
  return has("any") || (has("ip") && has("pods"));
}

function isWholeOf(whole: RegionLine, part: RegionLine, everywhere: boolean): boolean {
  if (whole.protocol !== "any" && whole.protocol !== part.protocol) return false;
  return (
    isWholePorts(whole.ports, part.ports) &&
    isWholeDestination(whole.destination, part.destination, everywhere)
  );
}

function isWholeDestination(whole: Destination, part: Destination, everywhere: boolean): boolean {
  if (JSON.stringify(whole) === JSON.stringify(part)) return true;
  if (!almostEvery(part)) return false;
  if (whole.kind === "any") return everywhere;
  if (whole.kind === "ip" && part.kind === "ip") {
    const families = (cidrs: readonly string[]) => new Set(cidrs.map((cidr) => cidr.includes(":")));
    const all = families(whole.cidrs.filter((cidr) => cidr.endsWith("/0")));
    return [...families(part.cidrs)].every((family) => all.has(family));
  }
  return (
    whole.kind === "pods" &&
    part.kind === "pods" &&
    whole.namespaces.kind === "every" &&
    whole.labels.length === 0
  );
}

const EVERY_PORT = 65_535;

function isWholePorts(whole: string, part: string): boolean {
  return whole === part || (whole === "any" && portCount(part) > EVERY_PORT / 2);
}

/** "80, 443, 8000-8100"; names of ports count as none. */
function portCount(ports: string): number {
  return ports.split(", ").reduce((sum, range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return Number.isInteger(first) && Number.isInteger(last) ? sum + last - first + 1 : sum;
  }, 0);
}

/** Each line once, and none that a line with every port says already. */
function withoutRepeated(lines: readonly RegionLine[]): readonly RegionLine[] {
  const alike = [...groupBy(lines, (line) => JSON.stringify(line)).values()];
  const unique = alike.flatMap((same) => same.slice(0, 1));
  const wide = unique.filter(({ ports }) => ports === "any");
  return unique.filter((line) => !wide.some((one) => one !== line && says(one, line)));
}

function says(wide: RegionLine, line: RegionLine): boolean {
  const protocols = wide.protocol === "any" || (wide.protocol === line.protocol && line.ports !== "any");
  const destinations =
    wide.destination.kind === "any" || JSON.stringify(wide.destination) === JSON.stringify(line.destination);
  return protocols && destinations;
}
