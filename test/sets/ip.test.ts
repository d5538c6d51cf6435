import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AddressRange,
  addressSetOfCidrs,
  addressSetOfRanges,
  blocks,
  cidrsOf,
  countV4,
  embeddedV4,
  formatV4,
  formatV6,
  LAST_V6,
  parseAddress,
  parseCidr,
  translatedV6,
} from "../../src/sets/ip.ts";

const v4 = fc.nat({ max: 0xffff_ffff });
const v6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });

function set(...cidrs: readonly string[]) {
  const result = addressSetOfCidrs(cidrs);
  if (result === null) throw new Error(`no blocks: ${cidrs.join()}`);
  return result;
}

describe("addresses", () => {
  test("text and number go round", () => {
    fc.assert(
      fc.property(v4, (address) => expect(parseAddress(formatV4(address))).toMatchObject({ first: address })),
    );
    fc.assert(
      fc.property(v6, (address) => expect(parseAddress(formatV6(address))).toMatchObject({ first: address })),
    );
  });

  test.each([
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0DB8::0001", "2001:db8::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["0:0:0:1::", "0:0:0:1::"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ])("%s is %s (RFC 5952)", (given, canonical) => {
    const address = parseAddress(given);
    expect(address?.family === 6 ? formatV6(address.first) : null).toBe(canonical);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "g::",
    "1:2:3:4:5:6:7:8:9",
    "::1.2.3",
    "1.2.3.4::",
    "fe80::1%eth0",
    "12345::",
  ])("%j is no address", (text) => expect(parseAddress(text)).toBeNull());

  test.each([
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "::/129",
    "/8",
    "10.0.0.0/8/8",
  ])("%j is no block", (text) => expect(parseCidr(text)).toBeNull());

  test("bits beyond the prefix are ignored", () => {
    expect(cidrsOf(set("10.1.2.3/8", "2001:db8::1/32"))).toEqual(["10.0.0.0/8", "2001:db8::/32"]);
  });

  test("the whole of both families", () => {
    expect(cidrsOf(set("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"))).toEqual(["0.0.0.0/0", "::/0"]);
  });
});

describe("blocks of a set", () => {
  const range: fc.Arbitrary<AddressRange> = fc.oneof(
    fc.tuple(v4, v4).map(([a, b]) => ({ family: 4 as const, first: Math.min(a, b), last: Math.max(a, b) })),
    fc
      .tuple(fc.bigInt({ min: 0n, max: LAST_V6 >> 1n }), fc.bigInt({ min: 0n, max: LAST_V6 >> 1n }))
      .map(([first, more]) => ({
        family: 6 as const,
        first,
        last: first + more,
      })),
  );

  test("are the set again", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 4 }), (ranges) => {
        const whole = addressSetOfRanges(ranges);
        expect(addressSetOfCidrs(cidrsOf(whole))).toEqual(whole);
      }),
    );
  });

  test("are the fewest there are, on a line of sixteen addresses", () => {
    for (let first = 0; first < 16; first++) {
      for (let last = first; last < 16; last++) {
        expect(blocks(BigInt(first), BigInt(last), 32)).toHaveLength(fewest(first, last));
      }
    }
  });

  /** By trying every aligned block at every place. */
  function fewest(first: number, last: number): number {
    if (first > last) return 0;
    let best = Number.POSITIVE_INFINITY;
    for (let size = 1; size <= 16; size *= 2) {
      if (first % size === 0 && first + size - 1 <= last)
        best = Math.min(best, 1 + fewest(first + size, last));
    }
    return best;
  }
});

describe("IPv4 inside IPv6", () => {
  test.each([
    ["64:ff9b::/96", "0.0.0.0/0"],
    ["64:ff9b::10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:192.168.0.0/112", "192.168.0.0/16"],
    ["2002:0a00::/24", "10.0.0.0/8"],
    ["2002:0a01:0203:4::/64", "10.1.2.3/32"],
  ])("%s stands for %s", (block, embedded) => {
    expect(cidrsOf(embeddedV4(set(block)))).toEqual([embedded]);
    expect(cidrsOf(translatedV6(set(block)))).toEqual(cidrsOf(set(block)));
  });

  test("all of IPv6 holds all of IPv4", () => {
    expect(countV4(embeddedV4(set("::/0")))).toBe(2 ** 32);
  });

  test("other IPv6 holds none", () => {
    expect(cidrsOf(embeddedV4(set("2001:db8::/32", "2003::/16")))).toEqual([]);
  });
});
