import type { AddressSet } from "../../sets/ip.ts";
import { PROTOCOLS } from "../../sets/port.ts";
import type { PodLine, PortRange, Region, SpecialLine } from "../../surface/surface.ts";
import type { Slice } from "../address-space.ts";

/**
 * Whether some added address is admitted at `least` or more ports of one protocol at head, and was not at base: every port
 * is open to it now. Slicing the ports over several changes does not help, for head's total counts.
 */
export function opensPorts(
  added: readonly Slice[],
  head: readonly Slice[],
  base: readonly Slice[],
  part: (set: AddressSet) => AddressSet,
  least: number,
): boolean {
  return PROTOCOLS.some((protocol) => {
    const weigh = (slices: readonly Slice[], weight: (ports: number) => Weight): Weighted[] =>
      slices.flatMap((slice) => {
        const ports = countOf(slice.ranges, protocol);
        return ports === 0 ? [] : [{ addresses: part(slice.addresses), weight: weight(ports) }];
      });
    const fresh = weigh(added, () => ({ added: 1, head: 0, base: 0 }));
    if (fresh.length === 0) return false;
    const weighted = [
      ...fresh,
      ...weigh(head, (ports) => ({ added: 0, head: ports, base: 0 })),
      ...weigh(base, (ports) => ({ added: 0, head: 0, base: ports })),
    ];
    const found = (sum: Weight): boolean => sum.added > 0 && sum.head >= least && sum.base < least;
    return (
      sweep(
        edges(
          weighted,
          (set) => set.v4,
          (point: number) => point + 1,
        ),
        found,
      ) ||
      sweep(
        edges(
          weighted,
          (set) => set.v6,
          (point: bigint) => point + 1n,
        ),
        found,
      )
    );
  });
}

/** The same for pods of the added region: a line already carries every port of its destinations. */
export function opensPodPorts(lines: readonly PodLine[], least: number): boolean {
  return lines.some((line) => PROTOCOLS.some((protocol) => countOf(line.ports, protocol) >= least));
}

/** The same for names, nodes and the API server: what is new of one at head, with every port that head admits it at. */
export function opensSpecialPorts(
  added: Region,
  head: Region,
  kinds: readonly SpecialLine["destination"]["kind"][],
  least: number,
): boolean {
  const fresh = added.special().filter(({ destination }) => kinds.includes(destination.kind));
  if (fresh.length === 0) return false;
  const keys = new Set(fresh.map(({ destination }) => JSON.stringify(destination)));
  return [
    ...fresh,
    ...head.special().filter(({ destination }) => keys.has(JSON.stringify(destination))),
  ].some(({ ports }) => PROTOCOLS.some((protocol) => countOf(ports, protocol) >= least));
}

function countOf(ranges: readonly PortRange[], protocol: PortRange["protocol"]): number {
  return ranges.reduce((sum, one) => (one.protocol === protocol ? sum + one.last - one.first + 1 : sum), 0);
}

interface Weight {
  readonly added: number;
  readonly head: number;
  readonly base: number;
}

interface Weighted {
  readonly addresses: AddressSet;
  readonly weight: Weight;
}

interface Edge<Point> {
  readonly at: Point;
  readonly sign: 1 | -1;
  readonly weight: Weight;
}

function edges<Point extends number | bigint>(
  weighted: readonly Weighted[],
  runs: (set: AddressSet) => readonly { readonly first: Point; readonly last: Point }[],
  next: (point: Point) => Point,
): readonly Edge<Point>[] {
  const list = weighted.flatMap(({ addresses, weight }) =>
    runs(addresses).flatMap(({ first, last }): Edge<Point>[] => [
      { at: first, sign: 1, weight },
      { at: next(last), sign: -1, weight },
    ]),
  );
  return list.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function sweep<Point extends number | bigint>(
  list: readonly Edge<Point>[],
  found: (sum: Weight) => boolean,
): boolean {
  let sum: Weight = { added: 0, head: 0, base: 0 };
  for (const [index, { at, sign, weight }] of list.entries()) {
    sum = {
      added: sum.added + sign * weight.added,
      head: sum.head + sign * weight.head,
      base: sum.base + sign * weight.base,
    };
    if (list[index + 1]?.at !== at && found(sum)) return true;
  }
  return false;
}
