import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { allChoices, choiceSet } from "../../src/sets/choice.ts";
import { ALL_ADDRESSES, addressSet } from "../../src/sets/ip.ts";
import {
  ABSENT,
  ANY_LABEL,
  IS_ABSENT,
  IS_PRESENT,
  isNoneOf,
  isOneOf,
  type LabelSet,
  labelsContain,
} from "../../src/sets/label.ts";
import { ALL_PORTS, portSet } from "../../src/sets/port.ts";
import {
  disjoint,
  inside,
  intersect,
  isEmpty,
  keyOf,
  subtract,
  unite,
  type ValueSet,
} from "../../src/sets/value-set.ts";

const values = fc.uniqueArray(fc.constantFrom("a", "b", "c", "", "a,b"), { maxLength: 4 });
const label: fc.Arbitrary<LabelSet> = fc
  .record({ cofinite: fc.boolean(), absent: fc.boolean(), values })
  .map(({ values: list, ...rest }) => ({ kind: "label", ...rest, values: [...list].sort() }));
const run = (max: number) =>
  fc
    .tuple(fc.nat({ max }), fc.nat({ max }))
    .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const address = fc
  .tuple(fc.array(run(0xffff_ffff), { maxLength: 3 }), fc.array(run(20), { maxLength: 3 }))
  .map(([v4, v6]) =>
    addressSet(
      v4,
      v6.map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) })),
    ),
  );
const port = fc
  .array(fc.record({ protocol: fc.constantFrom("TCP", "UDP", "SCTP"), run: run(65_535) }), { maxLength: 4 })
  .map((ranges) =>
    portSet(ranges.map(({ protocol, run: { first, last } }) => ({ protocol, first, last }) as const)),
  );
const choice = fc.uniqueArray(fc.nat({ max: 4 })).map(choiceSet);

const kinds: readonly [string, fc.Arbitrary<ValueSet>, ValueSet][] = [
  ["label", label, ANY_LABEL],
  ["address", address, ALL_ADDRESSES],
  ["port", port, ALL_PORTS],
  ["choice", choice, allChoices(5)],
];

describe.each(kinds)("laws of %s sets", (_kind, arbitrary, all) => {
  const equal = (a: ValueSet, b: ValueSet) => expect(keyOf(a)).toBe(keyOf(b));

  test("union and intersection are commutative, associative, idempotent and distribute", () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, arbitrary, (a, b, c) => {
        equal(unite(a, b), unite(b, a));
        equal(intersect(a, b), intersect(b, a));
        equal(unite(a, unite(b, c)), unite(unite(a, b), c));
        equal(intersect(a, intersect(b, c)), intersect(intersect(a, b), c));
        equal(unite(a, a), a);
        equal(intersect(a, a), a);
        equal(intersect(a, unite(b, c)), unite(intersect(a, b), intersect(a, c)));
      }),
    );
  });

  test("difference is intersection with the complement; nothing and all are neutral", () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        equal(subtract(a, b), intersect(a, subtract(all, b)));
        equal(unite(subtract(a, b), intersect(a, b)), a);
        equal(unite(a, subtract(all, all)), a);
        equal(intersect(a, all), a);
        expect(isEmpty(subtract(a, a))).toBe(true);
      }),
    );
  });

  test("inside, disjoint and equal keys agree with the algebra", () => {
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        expect(inside(a, b)).toBe(keyOf(unite(a, b)) === keyOf(b));
        expect(disjoint(a, b)).toBe(isEmpty(intersect(a, b)));
        expect(keyOf(a) === keyOf(b)).toBe(inside(a, b) && inside(b, a));
      }),
    );
  });
});

describe("labels", () => {
  test("NotIn holds pods without the label; Exists and DoesNotExist are complements", () => {
    expect(labelsContain(isNoneOf(["a"]), ABSENT)).toBe(true);
    expect(labelsContain(isNoneOf(["a"]), "b")).toBe(true);
    expect(labelsContain(isOneOf(["a"]), ABSENT)).toBe(false);
    expect(labelsContain(IS_PRESENT, "")).toBe(true);
    expect(subtract(ANY_LABEL, IS_PRESENT)).toEqual(IS_ABSENT);
  });

  test("In and NotIn of the same values are all there is (threat T14)", () => {
    expect(unite(isOneOf(["a", "b"]), isNoneOf(["b", "a", "a"]))).toEqual(ANY_LABEL);
  });

  test("a value that imitates a list has its own key", () => {
    expect(keyOf(isOneOf(["a,b"]))).not.toBe(keyOf(isOneOf(["a", "b"])));
  });
});

test("sets of different kinds do not meet", () => {
  expect(() => intersect(ANY_LABEL, ALL_PORTS)).toThrow(TypeError);
});
