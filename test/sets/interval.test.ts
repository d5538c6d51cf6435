import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  intersectIntervals,
  intervalSet,
  intervalsContain,
  intervalsDisjoint,
  intervalsInside,
  type Line,
  subtractIntervals,
  uniteIntervals,
} from "../../src/sets/interval.ts";

/** A line short enough to look at every point of it. */
const line: Line<number> = { first: 0, last: 15, next: (point) => point + 1, previous: (point) => point - 1 };
const points = Array.from({ length: 16 }, (_, point) => point);

const set = fc
  .array(fc.record({ first: fc.integer({ min: 0, max: 15 }), last: fc.integer({ min: 0, max: 15 }) }), {
    maxLength: 6,
  })
  .map((runs) => intervalSet(line, runs));
const members = (of: ReturnType<typeof intervalSet<number>>) =>
  points.filter((point) => intervalsContain(of, point));

describe("interval sets", () => {
  test("are sorted, disjoint, not touching and never hold an empty run", () => {
    fc.assert(
      fc.property(set, (runs) => {
        for (const [index, { first, last }] of runs.entries()) {
          const before = runs[index - 1];
          expect(first).toBeLessThanOrEqual(last);
          if (before !== undefined) expect(first).toBeGreaterThan(before.last + 1);
        }
      }),
    );
  });

  test("an empty run is no point", () => {
    expect(intervalSet(line, [{ first: 5, last: 4 }])).toEqual([]);
  });

  test("a set up to the last point of the line touches nothing behind it", () => {
    expect(
      intervalSet(line, [
        { first: 3, last: 15 },
        { first: 15, last: 15 },
      ]),
    ).toEqual([{ first: 3, last: 15 }]);
  });

  test("union, intersection and difference hold the points they should, in canonical form", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const [inA, inB] = [new Set(members(a)), new Set(members(b))];
        const expected = (holds: (point: number) => boolean) =>
          intervalSet(
            line,
            points.filter(holds).map((point) => ({ first: point, last: point })),
          );
        expect(uniteIntervals(line, a, b)).toEqual(expected((point) => inA.has(point) || inB.has(point)));
        expect(intersectIntervals(a, b)).toEqual(expected((point) => inA.has(point) && inB.has(point)));
        expect(subtractIntervals(line, a, b)).toEqual(expected((point) => inA.has(point) && !inB.has(point)));
        expect(intervalsInside(a, b)).toBe([...inA].every((point) => inB.has(point)));
        expect(intervalsDisjoint(a, b)).toBe(![...inA].some((point) => inB.has(point)));
      }),
    );
  });
});
