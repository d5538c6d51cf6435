import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Addition,
  AddressSpace,
  NO_PREFIX,
  overlaps,
  publicShare,
  type Slice,
  widestPrefix,
} from "../../src/rules/address-space.ts";
import { opensPorts } from "../../src/rules/facts/port-breadth.ts";
import { addressSetOfCidrs, addressSetOfRanges, NO_ADDRESSES, noAddresses } from "../../src/sets/ip.ts";
import { portSet } from "../../src/sets/port.ts";
import type { PortRange } from "../../src/surface/surface.ts";

const space = new AddressSpace([]);

function addresses(...cidrs: string[]) {
  const set = addressSetOfCidrs(cidrs);
  if (set === null) throw new RangeError(cidrs.join());
  return set;
}

function slice(cidrs: readonly string[], ...ranges: readonly PortRange[]): Slice {
  const ports = ranges.length > 0 ? ranges : [tcp(443)];
  return { ports: portSet(ports), ranges: ports, addresses: addresses(...cidrs) };
}

function tcp(first: number, last = first): PortRange {
  return { protocol: "TCP", first, last };
}

function alone(cidrs: readonly string[], base: readonly string[] = []): Addition {
  return {
    added: [slice(cidrs)],
    others: [],
    before: 0,
    head: [slice([...cidrs, ...base])],
    base: base.length === 0 ? [] : [slice(base)],
  };
}

describe("outside the cluster", () => {
  test.each(["8.8.8.8/32", "203.0.113.7/32", "2001:db8::1/128", "2600::/16", "100.128.0.0/32"])(
    "is %s",
    (cidr) => {
      expect(noAddresses(space.public(addresses(cidr)))).toBe(false);
    },
  );

  test.each([
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "0.0.0.0/8",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
    "::1/128",
    "64:ff9b::a00:0/104",
    "::ffff:10.0.0.0/104",
    "2002:a00::/24",
  ])("is not %s", (cidr) => {
    expect(noAddresses(space.public(addresses(cidr)))).toBe(true);
  });

  test("is not what the configuration calls internal", () => {
    const own = new AddressSpace(["198.51.100.0/24", "2600:1f00::/24"]);
    expect(noAddresses(own.public(addresses("198.51.100.0/25", "2600:1f00::/32")))).toBe(true);
  });

  test("is an IPv4 address behind NAT64, a mapping or 6to4", () => {
    for (const cidr of ["64:ff9b::/96", "::ffff:0:0/96", "2002::/16"]) {
      expect(space.share(space.public(addresses(cidr)))).toBe(1);
    }
  });
});

describe("the share of public space", () => {
  test("is 1 for everything, of either family", () => {
    expect(publicShare(alone(["0.0.0.0/0"]), space)).toBe(1);
    expect(publicShare(alone(["::/0"]), space)).toBe(1);
  });

  test("is nothing for private space, and about a quarter for a quarter", () => {
    expect(publicShare(alone(["10.0.0.0/8", "192.168.0.0/16"]), space)).toBe(0);
    expect(publicShare(alone(["64.0.0.0/2"]), space)).toBeCloseTo(64 / 221, 1);
  });

  test("is judged in head's total, for slices add up", () => {
    expect(publicShare(alone(["64.0.0.0/2"], ["0.0.0.0/2"]), space)).toBeGreaterThan(0.5);
  });

  test("counts only ports where something public is added", () => {
    const added = [slice(["203.0.113.7/32"], tcp(8443))];
    const head = [slice(["203.0.113.7/32"], tcp(8443)), slice(["0.0.0.0/0"], tcp(443))];
    expect(publicShare({ added, others: [], before: 0, head, base: [] }, space)).toBeLessThan(0.001);
  });

  test("does not blame a narrow rule for a wide one beside it", () => {
    const head = [slice(["0.0.0.0/0"])];
    const wide = [slice(["0.0.0.0/0"])];
    const narrow = [slice(["203.0.113.7/32"])];
    const blame = (added: readonly Slice[], others: readonly (readonly Slice[])[], before: number) =>
      publicShare({ added, others, before, head, base: [] }, space);
    expect(blame(wide, [narrow], 0)).toBe(1);
    expect(blame(narrow, [wide], 1)).toBeLessThan(0.001);
  });

  test("is answered for by some rule, however a change cuts it into rules", () => {
    const blocks = fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 8, maxLength: 16 });
    fc.assert(
      fc.property(
        blocks,
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 16, maxLength: 16 }),
        (list, owner) => {
          const rules = [0, 1, 2, 3]
            .map((rule) =>
              list.filter((_, index) => owner[index] === rule).map((block) => `${block * 16}.0.0.0/4`),
            )
            .filter((cidrs) => cidrs.length > 0);
          const head = [slice(rules.flat())];
          const total = space.share(space.public(addresses(...rules.flat())));
          const answers = rules.map((cidrs, index) =>
            publicShare(
              {
                added: [slice(cidrs)],
                others: rules.filter((other) => other !== cidrs).map((other) => [slice(other)]),
                before: index,
                head,
                base: [],
              },
              space,
            ),
          );
          expect(Math.max(...answers)).toBeCloseTo(total, 12);
        },
      ),
    );
  });
});

describe("the widest public prefix", () => {
  test.each([
    [["0.0.0.0/1"], 3],
    [["8.0.0.0/7"], 7],
    [["8.0.0.0/8"], 8],
    [["10.0.0.0/7"], 8],
    [["203.0.113.7/32"], 32],
    [["10.0.0.0/8"], NO_PREFIX],
    [["64:ff9b::/96"], 3],
    [["2000::/3"], 3],
  ] as const)("of %j is %d", (cidrs, length) => {
    expect(widestPrefix(alone(cidrs), space)).toBe(length);
  });

  test("joins neighbours, and base's with them", () => {
    expect(widestPrefix(alone(["8.0.0.0/8", "9.0.0.0/8"]), space)).toBe(7);
    expect(widestPrefix(alone(["9.0.0.0/8"], ["8.0.0.0/8"]), space)).toBe(7);
  });

  test("must hold an added address", () => {
    expect(widestPrefix(alone(["203.0.113.7/32"], ["16.0.0.0/4"]), space)).toBe(32);
  });
});

describe("reaching an address", () => {
  test("is exact, translated IPv6 included", () => {
    const metadata = ["169.254.169.254/32"];
    expect(overlaps([slice(["169.254.0.0/16"])], metadata)).toBe(true);
    expect(overlaps([slice(["64:ff9b::a9fe:0/112"])], metadata)).toBe(true);
    expect(overlaps([slice(["169.254.20.10/32"])], metadata)).toBe(false);
  });

  test("asks for CIDR blocks: a bare address is a mistake and no silent no", () => {
    expect(() => overlaps([slice(["0.0.0.0/0"])], ["169.254.169.254"])).toThrow(RangeError);
  });
});

describe("every port of an address", () => {
  const outside = (set: ReturnType<typeof addresses>) => space.public(set);

  test("counts one protocol, head's total, and only what base had not", () => {
    const to = ["203.0.113.7/32"];
    const opens = (added: PortRange, head: readonly PortRange[], base: readonly PortRange[]) =>
      opensPorts(
        [slice(to, added)],
        [slice(to, ...head)],
        base.length === 0 ? [] : [slice(to, ...base)],
        outside,
        60_000,
      );
    expect(opens(tcp(1, 65_535), [tcp(1, 65_535)], [])).toBe(true);
    expect(opens(tcp(1, 59_999), [tcp(1, 59_999)], [])).toBe(false);
    expect(opens(tcp(30_001, 65_000), [tcp(1, 65_000)], [tcp(1, 30_000)])).toBe(true);
    expect(opens(tcp(65_535), [tcp(1, 65_535)], [tcp(1, 65_534)])).toBe(false);
  });

  test("agrees with counting address by address", () => {
    const range = fc.record({
      first: fc.nat(15),
      size: fc.integer({ min: 1, max: 6 }),
      ports: fc.integer({ min: 1, max: 5 }),
    });
    const slices = fc.array(range, { maxLength: 4 });
    const made = (
      list: readonly { first: number; size: number; ports: number }[],
      from: number,
    ): readonly Slice[] =>
      list.map(({ first, size, ports }, index) => {
        const ranges = [tcp(from + index * 10, from + index * 10 + ports - 1)];
        const start = 0x0800_0000 + first;
        return {
          ports: portSet(ranges),
          ranges,
          addresses: addressSetOfRanges([{ family: 4, first: start, last: start + size - 1 }]),
        };
      });
    const holds = (one: Slice, address: number) =>
      one.addresses.v4.some(({ first, last }) => first <= address && address <= last);
    const count = (list: readonly Slice[], address: number) =>
      list
        .filter((one) => holds(one, address))
        .reduce(
          (sum, { ranges }) => sum + ranges.reduce((ports, { first, last }) => ports + last - first + 1, 0),
          0,
        );
    fc.assert(
      fc.property(slices, slices, slices, fc.integer({ min: 1, max: 12 }), (a, h, b, least) => {
        const [added, head, base] = [made(a, 100), made(h, 100), made(b, 100)];
        const expected = Array.from({ length: 32 }, (_, index) => 0x0800_0000 + index).some(
          (address) =>
            added.some((one) => holds(one, address)) &&
            count(head, address) >= least &&
            count(base, address) < least,
        );
        expect(opensPorts(added, head, base, (set) => set, least)).toBe(expected);
      }),
    );
  });

  test("is no question of addresses that are not asked for", () => {
    expect(
      opensPorts(
        [slice(["10.0.0.1/32"], tcp(1, 65_535))],
        [slice(["10.0.0.1/32"], tcp(1, 65_535))],
        [],
        outside,
        1,
      ),
    ).toBe(false);
    expect(noAddresses(NO_ADDRESSES)).toBe(true);
  });
});
