import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { IndexedTree } from "../../src/tree/indexed-tree.ts";
import { byBytes, isWithin, join } from "../../src/tree/paths.ts";
import { pathsBelow } from "../../src/tree/paths-below.ts";

const name = fc.string({ unit: "binary", minLength: 1, maxLength: 4 }).filter((text) => !/[\0/]/.test(text));

describe("paths", () => {
  test("byBytes is the order of the UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(byBytes(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
    expect(byBytes("\u{ff5e}", "\u{10000}")).toBeLessThan(0);
  });

  test.each([
    ["a/b", "../c", "a/c"],
    ["a", "..", "."],
    ["a", "../..", null],
    [".", "./b//c/", "b/c"],
    ["a", "/b", null],
    ["a", "", "a"],
  ])("join(%s, %s) is %s", (base, relative, expected) => {
    expect(join(base, relative)).toBe(expected);
  });

  test("pathsBelow finds what a walk over all paths finds", () => {
    const unit = fc.constantFrom("a", "b", "a-", "a0", "a.b", "é");
    const path = fc.array(unit, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(path, name), { maxLength: 12 }), path, (paths, directory) => {
        const tree = new IndexedTree("t", new Map(paths.map((at) => [at, { kind: "irregular" }])));
        const expected = tree.paths().filter((at) => at !== directory && isWithin(at, directory));
        expect(pathsBelow(tree, directory)).toEqual(expected);
      }),
    );
  });
});
