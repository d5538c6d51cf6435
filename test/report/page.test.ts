import { expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Block,
  essential,
  fence,
  folded,
  list,
  page,
  paragraph,
  table,
  under,
} from "../../src/report/layout/page.ts";

const word = fc.stringMatching(/^[a-z ]{1,60}$/);
const words = fc.array(word, { minLength: 1, maxLength: 12 });
const block: fc.Arbitrary<Block> = fc.oneof(
  word.map(paragraph),
  words.map((rows) =>
    table(
      ["A", "B"],
      rows.map((row) => [row, row]),
    ),
  ),
  words.map((rows) => list("**List**", rows)),
  words.map((rows) => folded("Folded", rows)),
  words.map((rows) => under("Diff", fence("diff", rows))),
);

const blocks = fc
  .array(fc.tuple(block, fc.boolean()), { maxLength: 12 })
  .map((all) => all.map(([one, kept]) => (kept ? essential(one) : one)));

function opened(text: string): readonly [number, number, number] {
  const amount = (pattern: RegExp) => (text.match(pattern) ?? []).length;
  return [amount(/<details>/g), amount(/<\/details>/g), amount(/^```/gm)];
}

test("a page that fits is whole", () => {
  expect(page([paragraph("a"), table(["x"], [["1"]]), paragraph("")], 1000, "cut")).toBe(
    "a\n\n| x |\n|---|\n| 1 |\n",
  );
});

test("a page is never longer than its limit, says that it was cut, and is closed wherever it was", () => {
  fc.assert(
    fc.property(blocks, fc.integer({ min: 60, max: 2000 }), (all, limit) => {
      const whole = page(all, Number.POSITIVE_INFINITY, "CUT HERE");
      const text = page(all, limit, "CUT HERE");
      expect(text.length).toBeLessThanOrEqual(limit);
      expect(text.includes("CUT HERE")).toBe(whole.length > limit);
      const [details, closed, fences] = opened(text);
      expect(closed).toBe(details);
      expect(fences % 2).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

test("what is essential has its room before what is not", () => {
  const long = list(
    "**Long**",
    Array.from({ length: 50 }, () => "x".repeat(20)),
  );
  const text = page([long, essential(paragraph("controls ".repeat(8)))], 300, "cut");
  expect(text).toContain("**Long**\n- xx");
  expect(text).toContain("controls");
});

test("a fence is longer than any run of backquotes in it", () => {
  expect(page([fence("yaml", ["a", "````", "b"])], 1000, "")).toBe("`````yaml\na\n````\nb\n`````\n");
});
