import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BoxIndex } from "../../src/sets/box-index.ts";
import { Budget } from "../../src/sets/budget.ts";
import { allChoices, choiceSet } from "../../src/sets/choice.ts";
import { ABSENT, ANY_LABEL, isNoneOf, isOneOf, type LabelSet } from "../../src/sets/label.ts";
import { maximalBoxes } from "../../src/sets/maximal-boxes.ts";
import { ALL_PORTS, portSet } from "../../src/sets/port.ts";
import { type Box, Space } from "../../src/sets/space.ts";
import { subtractBoxes } from "../../src/sets/subtract-box.ts";
import { uncovered } from "../../src/sets/uncovered.ts";
import { contains, type Value, type ValueSet } from "../../src/sets/value-set.ts";

/** A space with a label, a second label, ports and a choice, and a member of every class the boxes below can tell apart. */
const DOMAINS: readonly (readonly [string, ValueSet])[] = [
  ["app", ANY_LABEL],
  ["tier", ANY_LABEL],
  ["port", ALL_PORTS],
  ["kind", allChoices(2)],
];
const LABELS: readonly Value[] = (["a", "b", "z", ABSENT] as const).map((value) => ({
  kind: "label",
  value,
}));
const VALUES: readonly (readonly Value[])[] = [
  LABELS,
  LABELS,
  [
    ...[1, 80, 81, 443, 444].map((port): Value => ({ kind: "port", protocol: "TCP", port })),
    { kind: "port", protocol: "UDP", port: 53 },
  ],
  [0, 1].map((member) => ({ kind: "choice", member })),
];

const label: fc.Arbitrary<LabelSet> = fc
  .tuple(fc.uniqueArray(fc.constantFrom("a", "b"), { minLength: 1 }), fc.boolean(), fc.boolean())
  .map(([values, not, absent]) => {
    const set = not ? isNoneOf(values) : isOneOf(values);
    return { ...set, absent };
  });
const ports = fc.constantFrom(
  portSet([{ protocol: "TCP", first: 80, last: 80 }]),
  portSet([{ protocol: "TCP", first: 80, last: 81 }]),
  portSet([{ protocol: "TCP", first: 81, last: 443 }]),
  portSet([
    { protocol: "TCP", first: 1, last: 443 },
    { protocol: "UDP", first: 53, last: 53 },
  ]),
);
const kind = fc.constantFrom(choiceSet([0]), choiceSet([1]));
/** Sets on some of the dimensions, null = not constrained. */
const raw = fc.tuple(fc.option(label), fc.option(label), fc.option(ports), fc.option(kind));
type Raw = readonly [LabelSet | null, LabelSet | null, ValueSet | null, ValueSet | null];

function build(raws: readonly Raw[]): {
  space: Space;
  boxes: readonly (Box | null)[];
  dimensions: readonly number[];
} {
  const space = new Space();
  const dimensions = DOMAINS.map(([name, domain]) => space.dimension(name, domain));
  const boxes = raws.map((sets) =>
    space.box(sets.flatMap((set, index) => (set === null ? [] : [[dimensions[index] ?? 0, set] as const]))),
  );
  return { space, boxes, dimensions };
}

type Point = readonly Value[];
const POINTS: readonly Point[] = VALUES.reduce<readonly Point[]>(
  (points, values) => points.flatMap((point) => values.map((value) => [...point, value])),
  [[]],
);

function holds(space: Space, dimensions: readonly number[], box: Box, point: Point): boolean {
  return point.every((value, index) =>
    contains(space.setOf(space.setOn(box, dimensions[index] ?? 0)), value),
  );
}

const present = (box: Box | null): box is Box => box !== null;

describe("uncovered", () => {
  test("finds a point exactly where trying every class of points does, and its witness is one", () => {
    let uncoveredCases = 0;
    fc.assert(
      fc.property(raw, fc.array(raw, { maxLength: 9 }), (region, others) => {
        const { space, boxes, dimensions } = build([region, ...others]);
        const [first, ...rest] = boxes;
        if (!first) return;
        const cutting = rest.filter(present);
        const outside = POINTS.some(
          (point) =>
            holds(space, dimensions, first, point) &&
            !cutting.some((box) => holds(space, dimensions, box, point)),
        );
        const result = uncovered(space, first, cutting, new Budget());
        expect(result.kind).toBe(outside ? "point" : "covered");
        if (result.kind !== "point") return;
        uncoveredCases++;
        const witness = result.witness();
        expect(space.boxInside(witness, first)).toBe(true);
        expect(cutting.every((box) => space.boxesDisjoint(witness, box))).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(uncoveredCases).toBeGreaterThan(200);
  });

  test("nothing is covered by no box, everything by the box of everything", () => {
    const space = new Space();
    expect(uncovered(space, space.everything, [], new Budget()).kind).toBe("point");
    expect(uncovered(space, space.everything, [space.everything], new Budget()).kind).toBe("covered");
  });

  test("with a budget of one visit it answers only what one look decides (threat T23)", () => {
    fc.assert(
      fc.property(raw, fc.array(raw, { minLength: 2, maxLength: 6 }), (region, others) => {
        const { space, boxes } = build([region, ...others]);
        const [first, ...rest] = boxes;
        if (!first) return;
        const cutting = rest.filter(present);
        const exact = uncovered(space, first, cutting, new Budget());
        const hurried = uncovered(space, first, cutting, new Budget({ problem: 1, review: 1 }));
        if (hurried.kind !== "over-budget") expect(hurried.kind).toBe(exact.kind);
      }),
    );
  });

  test("a constructed case (nine pigeons in eight holes) ends at the budget, not in hours, and always at the same visit", () => {
    const spend = () => {
      const budget = new Budget({ problem: 100_000, review: 1_000_000 });
      const space = new Space();
      const holes = Array.from({ length: 9 }, (_, hole) => hole);
      const pigeons = Array.from({ length: 10 }, (_, pigeon) =>
        space.dimension(`pigeon ${pigeon}`, allChoices(9)),
      );
      const clash = holes.flatMap((hole) =>
        pigeons.flatMap((one, index) =>
          pigeons.slice(index + 1).flatMap(
            (other) =>
              space.box([
                [one, choiceSet([hole])],
                [other, choiceSet([hole])],
              ]) ?? [],
          ),
        ),
      );
      expect(uncovered(space, space.everything, clash, budget).kind).toBe("over-budget");
      return budget.spent;
    };
    const spent = spend();
    expect(spent).toBeGreaterThan(100_000);
    expect(spend()).toBe(spent);
  });

  test("the budget of a review is shared by its problems", () => {
    const budget = new Budget({ problem: 10, review: 3 });
    const space = new Space();
    const dimension = space.dimension("app", ANY_LABEL);
    const boxes = ["a", "b"].flatMap((value) => space.box([[dimension, isOneOf([value])]]) ?? []);
    expect(uncovered(space, space.everything, boxes, budget).kind).toBe("over-budget");
    expect(uncovered(space, space.everything, boxes, budget).kind).toBe("over-budget");
  });
});

describe("boxes", () => {
  const everyPoint = (
    raws: readonly Raw[],
    check: (built: ReturnType<typeof build>, boxes: readonly Box[]) => void,
  ) => {
    const built = build(raws);
    check(built, built.boxes.filter(present));
  };

  test("difference is disjoint boxes that hold exactly the points left", () => {
    fc.assert(
      fc.property(
        fc.array(raw, { minLength: 1, maxLength: 3 }),
        fc.array(raw, { maxLength: 4 }),
        (left, right) => {
          everyPoint([...left, ...right], ({ space, dimensions, boxes: all }) => {
            const plus = all.slice(0, left.length).filter(present);
            const minus = all.slice(left.length).filter(present);
            const rest = subtractBoxes(space, plus, minus);
            for (const point of POINTS) {
              const inside = (boxes: readonly Box[]) =>
                boxes.some((box) => holds(space, dimensions, box, point));
              expect(inside(rest)).toBe(inside(plus) && !inside(minus));
            }
          });
        },
      ),
    );
  });

  test("maximal boxes are the set again, do not depend on how it was written, and none is inside another", () => {
    fc.assert(
      fc.property(fc.array(raw, { minLength: 1, maxLength: 5 }), (raws) => {
        everyPoint(raws, ({ space, dimensions }, boxes) => {
          const maximal = maximalBoxes(space, boxes) ?? [];
          for (const point of POINTS) {
            const inside = (list: readonly Box[]) => list.some((box) => holds(space, dimensions, box, point));
            expect(inside(maximal)).toBe(inside(boxes));
          }
          for (const box of maximal) {
            expect(maximal.filter((other) => space.boxInside(box, other))).toEqual([box]);
          }
          const pieces = boxes.flatMap((box, index) => subtractBoxes(space, [box], boxes.slice(0, index)));
          expect(maximalBoxes(space, pieces)).toEqual(maximal);
        });
      }),
    );
  });

  test("more maximal boxes than the limit are none", () => {
    const space = new Space();
    const boxes = Array.from({ length: 5 }, (_, index) => space.dimension(`${index}`, ANY_LABEL)).flatMap(
      (dimension) => space.box([[dimension, isOneOf(["a"])]]) ?? [],
    );
    expect(maximalBoxes(space, boxes, 4)).toBeNull();
    expect(maximalBoxes(space, boxes, 5)).toHaveLength(5);
  });

  test("the index gives exactly the boxes that share a point, of few and of many", () => {
    fc.assert(
      fc.property(
        raw,
        fc.array(raw, { maxLength: 8 }),
        fc.constantFrom(1, 20),
        fc.nat(),
        (region, raws, times, seed) => {
          const { space, boxes } = build([region, ...raws]);
          const [first, ...others] = boxes;
          if (!first) return;
          const list = Array.from({ length: times }, () => others.filter(present)).flat();
          const meeting = list.flatMap((box, position) =>
            space.boxesDisjoint(first, box) ? [] : [position],
          );
          const index = new BoxIndex(space, list);
          expect(index.near(first)).toEqual(meeting);
          const isAmong = (position: number) => (seed >> (position % 31)) % 2 === 1;
          const among = index.bitsOf([...list.keys()].filter(isAmong));
          expect(index.near(first, among)).toEqual(meeting.filter(isAmong));
        },
      ),
    );
  });

  test("no constraint is the box of everything; an empty one is no box", () => {
    const space = new Space();
    const app = space.dimension("app", ANY_LABEL);
    expect(space.box([[app, ANY_LABEL]])).toBe(space.everything);
    expect(space.box([[app, isOneOf([])]])).toBeNull();
    expect(
      space.box([
        [app, isOneOf(["a"])],
        [app, isOneOf(["b"])],
      ]),
    ).toBeNull();
  });
});
