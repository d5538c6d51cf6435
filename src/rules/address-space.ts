import {
  type AddressSet,
  addressesDisjoint,
  addressSet,
  addressSetOfCidrs,
  blocks,
  countV4,
  countV6,
  embeddedV4,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
  subtractAddresses,
  translatedV6,
  uniteAddresses,
  uniteAllAddresses,
} from "../sets/ip.ts";
import { intersectPorts, type PortSet, portSet, portsDisjoint } from "../sets/port.ts";
import { keyOf } from "../sets/value-set.ts";
import type { AddressSlice, PortRange, Region } from "../surface/surface.ts";

/** Addresses that are the same at each of these ports. */
export interface Slice {
  readonly ports: PortSet;
  readonly ranges: readonly PortRange[];
  readonly addresses: AddressSet;
}

/**
 * What counts as outside the cluster: public addresses. Private (RFC 1918), shared (RFC 6598), loopback, link-local, unique
 * local, multicast and reserved ranges do not, nor what the configuration calls internal. IPv6 addresses that stand for an
 * IPv4 address (mapped, NAT64, 6to4) count as that one.
 */
export class AddressSpace {
  readonly #public: AddressSet;
  readonly #sizeV4: number;
  readonly #sizeV6: bigint;
  readonly #publicOf = new Map<string, AddressSet>();
  readonly #directOf = new Map<string, AddressSet>();

  constructor(internalRanges: readonly string[]) {
    const internal = addressSetOfCidrs([...NOT_PUBLIC, ...internalRanges]) ?? NO_ADDRESSES;
    this.#public = subtractAddresses(
      addressSetOfCidrs(["0.0.0.0/0", GLOBAL_UNICAST]) ?? NO_ADDRESSES,
      internal,
    );
    this.#sizeV4 = countV4(this.#public);
    this.#sizeV6 = countV6(this.#public);
  }

  /** The public addresses of a set, translated IPv6 folded into IPv4; equal sets give one object. */
  public(set: AddressSet): AddressSet {
    return remembered(this.#publicOf, set, () => intersectAddresses(folded(set), this.#public));
  }

  /** The public addresses of a set without those that are translated; equal sets give one object. */
  direct(set: AddressSet): AddressSet {
    return remembered(this.#directOf, set, () =>
      intersectAddresses(subtractAddresses(set, translatedV6(set)), this.#public),
    );
  }

  /** The public IPv4 addresses that the IPv6 addresses of a set stand for; equal sets give one object. */
  translated(set: AddressSet): AddressSet {
    return this.public(translatedV6(set));
  }

  /** What of a set is not outside. */
  internal(set: AddressSet): AddressSet {
    return subtractAddresses(folded(set), this.#public);
  }

  /**
   * The larger of the shares of public IPv4 and of 2000::/3 that a set of public addresses holds, 0 to 1; with `of`, in the
   * versions of which that set has addresses: who opens a network of version 4 does not answer for version 6.
   */
  share(publicAddresses: AddressSet, of: AddressSet = publicAddresses): number {
    const v4 = this.#sizeV4 === 0 || of.v4.length === 0 ? 0 : countV4(publicAddresses) / this.#sizeV4;
    const v6 =
      this.#sizeV6 === 0n || of.v6.length === 0
        ? 0
        : Number((countV6(publicAddresses) * PRECISION) / this.#sizeV6) / Number(PRECISION);
    return Math.max(v4, v6);
  }
}

function remembered(known: Map<string, AddressSet>, set: AddressSet, make: () => AddressSet): AddressSet {
  const key = keyOf(set);
  let result = known.get(key);
  if (result === undefined) {
    result = make();
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, result);
  }
  return result;
}

/** Sets of a review are few and repeat from workload to workload. */
const REMEMBERED = 10_000;
const PRECISION = 1_000_000_000n;

/** Global unicast, all of public IPv6 today (RFC 4291 section 2.4, IANA). */
const GLOBAL_UNICAST = "2000::/3";

/** Documentation ranges (RFC 5737, RFC 3849) stay public: examples use them for addresses outside. */
const NOT_PUBLIC = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
] as const;

function folded(set: AddressSet): AddressSet {
  if (set.v6.length === 0) return set;
  return uniteAddresses(subtractAddresses(set, translatedV6(set)), embeddedV4(set));
}

/** One list for all regions that share their addresses. */
export function slicesOf(region: Region): readonly Slice[] {
  const addresses = region.addresses();
  let slices = SLICES.get(addresses);
  if (slices === undefined) {
    slices = addresses.map((slice) => ({
      ports: portSet(slice.ports),
      ranges: slice.ports,
      addresses: addressesOf(slice),
    }));
    SLICES.set(addresses, slices);
  }
  return slices;
}

const SLICES = new WeakMap<readonly AddressSlice[], readonly Slice[]>();

function addressesOf(slice: AddressSlice): AddressSet {
  return addressSet(slice.v4, slice.v6);
}

/** Whether some address of a list of CIDR blocks is in the region, whatever the port, translated IPv6 included. */
export function overlaps(slices: readonly Slice[], cidrs: readonly string[]): boolean {
  const wanted = addressSetOfCidrs(cidrs);
  if (wanted === null) throw new RangeError(`not a list of CIDR blocks: ${cidrs.join(", ")}`);
  return slices.some(
    ({ addresses }) => !addressesDisjoint(addresses, wanted) || !addressesDisjoint(folded(addresses), wanted),
  );
}

/** One rule's part of what is added, beside the others of the same workload. */
export interface Addition {
  readonly added: readonly Slice[];
  /** What the other rules add, in a fixed order; `before` of them come before this one. */
  readonly others: readonly (readonly Slice[])[];
  readonly before: number;
  readonly head: readonly Slice[];
  readonly base: readonly Slice[];
}

interface Judged {
  readonly added: AddressSet;
  readonly total: AddressSet;
}

/**
 * What a rule answers for, port by port where it adds something public: head's total if no other rule adds more there, else
 * base's total with its own part. So a narrow rule beside a wide one is not blamed for it, and some rule always is.
 *
 * What stands for an IPv4 address by translation counts as that one where such addresses are added, and only there: all of
 * IPv6, open before, does not make every new IPv4 address a part of all of IPv4.
 */
function* answersFor(addition: Addition, space: AddressSpace): Generator<Judged> {
  const direct = (set: AddressSet) => space.direct(set);
  yield* answersAmong(addition, space, direct, direct);
  yield* answersAmong(
    addition,
    space,
    (set) => space.translated(set),
    (set) => space.public(set),
  );
}

function* answersAmong(
  { added, others, before, head, base }: Addition,
  space: AddressSpace,
  ownOf: (set: AddressSet) => AddressSet,
  totalOf: (set: AddressSet) => AddressSet,
): Generator<Judged> {
  for (const part of added) {
    const own = ownOf(part.addresses);
    if (noAddresses(own)) continue;
    for (const whole of head) {
      if (portsDisjoint(part.ports, whole.ports)) continue;
      const ports = intersectPorts(part.ports, whole.ports);
      const size = space.share(own);
      const larger = others.some((slices, index) => {
        const share = space.share(totalOf(at(slices, ports)), own);
        return share > size || (share === size && index < before);
      });
      const total = totalOf(larger ? uniteAddresses(part.addresses, at(base, ports)) : whole.addresses);
      yield { added: own, total };
    }
  }
}

/** Every address that is admitted at some of the ports. */
function at(slices: readonly Slice[], ports: PortSet): AddressSet {
  return uniteAllAddresses(
    slices.filter((slice) => !portsDisjoint(slice.ports, ports)).map(({ addresses }) => addresses),
  );
}

/** The largest share of public space that the rule answers for at a port where it adds some. */
export function publicShare(addition: Addition, space: AddressSpace): number {
  let share = 0;
  for (const { added, total } of answersFor(addition, space)) {
    share = Math.max(share, space.share(total, added));
  }
  return share;
}

/** No prefix at all is narrower than any prefix. */
export const NO_PREFIX = 129;

/**
 * The length of the widest aligned public prefix that the rule answers for and that holds an address it adds; that address
 * was not in base, so neither was the whole prefix.
 */
export function widestPrefix(addition: Addition, space: AddressSpace): number {
  let widest = NO_PREFIX;
  for (const { added, total } of answersFor(addition, space))
    widest = Math.min(widest, widestIn(total, added));
  return widest;
}

/** Both sets come from `AddressSpace.public`, where equal sets are one object. */
const WIDEST = new WeakMap<AddressSet, WeakMap<AddressSet, number>>();

function widestIn(total: AddressSet, added: AddressSet): number {
  const known = WIDEST.get(total) ?? new WeakMap<AddressSet, number>();
  WIDEST.set(total, known);
  const widest = known.get(added) ?? searchWidest(total, added);
  known.set(added, widest);
  return widest;
}

function searchWidest(total: AddressSet, added: AddressSet): number {
  let widest = NO_PREFIX;
  // Left-greedy blocks of a run are its maximal aligned blocks, so each address lies in the widest one there is.
  for (const { first, last } of total.v4) {
    for (const block of blocks(BigInt(first), BigInt(last), 32)) {
      if (block.prefix >= widest) continue;
      const start = Number(block.first);
      const range = addressSet([{ first: start, last: start + 2 ** (32 - block.prefix) - 1 }]);
      if (!addressesDisjoint(range, added)) widest = block.prefix;
    }
  }
  for (const { first, last } of total.v6) {
    for (const block of blocks(first, last, 128)) {
      if (block.prefix >= widest) continue;
      const range = addressSet(
        [],
        [{ first: block.first, last: block.first + (1n << BigInt(128 - block.prefix)) - 1n }],
      );
      if (!addressesDisjoint(range, added)) widest = block.prefix;
    }
  }
  return widest;
}
