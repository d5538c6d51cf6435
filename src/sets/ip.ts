import {
  type Interval,
  type IntervalSet,
  intersectIntervals,
  intervalSet,
  intervalsContain,
  intervalsDisjoint,
  intervalsInside,
  type Line,
  subtractIntervals,
  uniteIntervals,
} from "./interval.ts";

/** A set of IPv4 and IPv6 addresses: IPv4 as numbers below 2^32, IPv6 as bigints below 2^128. */
export interface AddressSet {
  readonly kind: "address";
  readonly v4: IntervalSet<number>;
  readonly v6: IntervalSet<bigint>;
}

/** One address or one block, of one family. */
export type AddressRange =
  | { readonly family: 4; readonly first: number; readonly last: number }
  | { readonly family: 6; readonly first: bigint; readonly last: bigint };

const LAST_V4 = 0xffff_ffff;
export const LAST_V6 = (1n << 128n) - 1n;

const v4Line: Line<number> = {
  first: 0,
  last: LAST_V4,
  next: (point) => point + 1,
  previous: (point) => point - 1,
};

const v6Line: Line<bigint> = {
  first: 0n,
  last: LAST_V6,
  next: (point) => point + 1n,
  previous: (point) => point - 1n,
};

function of(v4: IntervalSet<number>, v6: IntervalSet<bigint>): AddressSet {
  return { kind: "address", v4, v6 };
}

export const NO_ADDRESSES: AddressSet = of([], []);
export const ALL_ADDRESSES: AddressSet = of([{ first: 0, last: LAST_V4 }], [{ first: 0n, last: LAST_V6 }]);

export function addressSet(
  v4: readonly Interval<number>[],
  v6: readonly Interval<bigint>[] = [],
): AddressSet {
  return of(intervalSet(v4Line, v4), intervalSet(v6Line, v6));
}

export function addressSetOfRanges(ranges: readonly AddressRange[]): AddressSet {
  return addressSet(
    ranges.flatMap((range) => (range.family === 4 ? [range] : [])),
    ranges.flatMap((range) => (range.family === 6 ? [range] : [])),
  );
}

/** The union of CIDR blocks; null where one of them is not a CIDR block. */
export function addressSetOfCidrs(cidrs: readonly string[]): AddressSet | null {
  const ranges: AddressRange[] = [];
  for (const cidr of cidrs) {
    const range = parseCidr(cidr);
    if (range === null) return null;
    ranges.push(range);
  }
  return addressSetOfRanges(ranges);
}

/**
 * "10.0.0.0/8", "2001:db8::/32"; bits beyond the prefix are ignored, as the API server does. A bare address is no CIDR
 * block. IPv4-mapped IPv6 stays IPv6: see `embeddedV4`.
 */
export function parseCidr(text: string): AddressRange | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const length = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length)) return null;
  const address = parseAddress(text.slice(0, slash));
  if (address === null) return null;
  const prefix = Number(length);
  if (address.family === 4) {
    if (prefix > 32) return null;
    const size = 2 ** (32 - prefix);
    const first = Math.floor(address.first / size) * size;
    return { family: 4, first, last: first + size - 1 };
  }
  if (prefix > 128) return null;
  const shift = BigInt(128 - prefix);
  const first = (address.first >> shift) << shift;
  return { family: 6, first, last: first + (1n << shift) - 1n };
}

/** "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1"; leading zeros in IPv4 are refused (RFC 6943 section 3.1.1), zones too. */
export function parseAddress(text: string): AddressRange | null {
  if (text.includes(":")) {
    const value = parseV6(text);
    return value === null ? null : { family: 6, first: value, last: value };
  }
  const value = parseV4(text);
  return value === null ? null : { family: 4, first: value, last: value };
}

function parseV4(text: string): number | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

function parseV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const left = parseGroups(halves[0] ?? "", halves.length === 1);
  const right = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...Array<number>(missing).fill(0), ...right];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function parseGroups(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes(".")) {
      const v4 = parseV4(part);
      if (v4 === null) return null;
      groups.push(Math.floor(v4 / STRIDE), v4 % STRIDE);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

const STRIDE = 65_536;

export function formatV4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** RFC 5952: lower case, the longest run of two or more zero groups as "::", the first of equals. */
export function formatV6(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((address >> BigInt(16 * (7 - index))) & 0xffffn),
  );
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const text = groups.map((group) => group.toString(16));
  if (bestStart < 0) return text.join(":");
  return `${text.slice(0, bestStart).join(":")}::${text.slice(bestStart + bestLength).join(":")}`;
}

/** The fewest CIDR blocks that together are the set, IPv4 before IPv6, ascending: the canonical text of a set. */
export function cidrsOf(set: AddressSet): readonly string[] {
  return [
    ...set.v4.flatMap(({ first, last }) =>
      blocks(BigInt(first), BigInt(last), 32).map(
        (block) => `${formatV4(Number(block.first))}/${block.prefix}`,
      ),
    ),
    ...set.v6.flatMap(({ first, last }) =>
      blocks(first, last, 128).map((block) => `${formatV6(block.first)}/${block.prefix}`),
    ),
  ];
}

/** An aligned block: 2^(width − prefix) addresses from `first`. */
export interface Block {
  readonly first: bigint;
  readonly prefix: number;
}

/** Splits a run into aligned blocks from the left, each as large as alignment and the end allow: the fewest there are. */
export function blocks(first: bigint, last: bigint, width: 32 | 128): readonly Block[] {
  const result: Block[] = [];
  let start = first;
  while (start <= last) {
    let bits = 0;
    while (
      bits < width &&
      (start & ((1n << BigInt(bits + 1)) - 1n)) === 0n &&
      start + (1n << BigInt(bits + 1)) - 1n <= last
    ) {
      bits++;
    }
    result.push({ first: start, prefix: width - bits });
    start += 1n << BigInt(bits);
  }
  return result;
}

export function uniteAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return of(uniteIntervals(v4Line, a.v4, b.v4), uniteIntervals(v6Line, a.v6, b.v6));
}

/** The union of many sets in one pass. */
export function uniteAllAddresses(sets: readonly AddressSet[]): AddressSet {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only;
  return addressSet(
    sets.flatMap((set) => set.v4),
    sets.flatMap((set) => set.v6),
  );
}

export function intersectAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return of(intersectIntervals(a.v4, b.v4), intersectIntervals(a.v6, b.v6));
}

export function subtractAddresses(a: AddressSet, b: AddressSet): AddressSet {
  return of(subtractIntervals(v4Line, a.v4, b.v4), subtractIntervals(v6Line, a.v6, b.v6));
}

export function addressesInside(a: AddressSet, b: AddressSet): boolean {
  return intervalsInside(a.v4, b.v4) && intervalsInside(a.v6, b.v6);
}

export function addressesDisjoint(a: AddressSet, b: AddressSet): boolean {
  return intervalsDisjoint(a.v4, b.v4) && intervalsDisjoint(a.v6, b.v6);
}

export function noAddresses(set: AddressSet): boolean {
  return set.v4.length === 0 && set.v6.length === 0;
}

export function addressesContain(set: AddressSet, address: AddressRange): boolean {
  return address.family === 4
    ? intervalsContain(set.v4, address.first)
    : intervalsContain(set.v6, address.first);
}

export function countV4(set: AddressSet): number {
  return set.v4.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

export function countV6(set: AddressSet): bigint {
  return set.v6.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

/**
 * The IPv4 addresses that IPv6 addresses of the set stand for: IPv4-mapped `::ffff:0:0/96` (RFC 4291 section 2.5.5.2),
 * NAT64 `64:ff9b::/96` (RFC 6052) and 6to4 `2002::/16` (RFC 3056; every address of a 6to4 site stands for its router).
 * A rule that opens `64:ff9b::/96` opens all of IPv4.
 */
export function embeddedV4(set: AddressSet): AddressSet {
  return addressSet(
    TRANSLATIONS.flatMap(({ prefix, prefixLength }) => {
      const suffix = BigInt(96 - prefixLength);
      const block = { first: prefix, last: prefix + (1n << BigInt(128 - prefixLength)) - 1n };
      return intersectIntervals(set.v6, [block]).map(({ first, last }) => ({
        first: Number((first - prefix) >> suffix),
        last: Number((last - prefix) >> suffix),
      }));
    }),
  );
}

/** The IPv6 addresses of the prefixes that `embeddedV4` reads: they are no IPv6 space of their own. */
export function translatedV6(set: AddressSet): AddressSet {
  const prefixes = TRANSLATIONS.map(({ prefix, prefixLength }) => ({
    first: prefix,
    last: prefix + (1n << BigInt(128 - prefixLength)) - 1n,
  }));
  return intersectAddresses(set, addressSet([], prefixes));
}

/** The IPv4 address is the 32 bits after the prefix. */
const TRANSLATIONS: readonly { readonly prefix: bigint; readonly prefixLength: number }[] = [
  { prefix: 0xffffn << 32n, prefixLength: 96 },
  { prefix: 0x0064_ff9bn << 96n, prefixLength: 96 },
  { prefix: 0x2002n << 112n, prefixLength: 16 },
];
