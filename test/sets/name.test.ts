import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  ANY_NAME,
  EVERY_NAME,
  intersectNames,
  type NamePart,
  type NameSet,
  NO_NAME_AT_ALL,
  nameSetKey,
  namesContain,
  namesMatching,
  noNames,
  oneName,
  subtractNames,
  uniteNames,
} from "../../src/sets/name.ts";

const WITHIN = { any: "within-label" } as const;
const ANYTHING = { any: "anything" } as const;

const label = fc.constantFrom("a", "b", "ab", "ba");
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const part = fc.constantFrom<NamePart>("a", "b", ".", WITHIN, ANYTHING);
const pattern = fc.array(part, { minLength: 1, maxLength: 5 });
const set: fc.Arbitrary<NameSet> = fc.letrec<{ set: NameSet }>((tie) => ({
  set: fc.oneof(
    { maxDepth: 3 },
    pattern.map(namesMatching),
    fc.constant(NO_NAME_AT_ALL),
    fc.constant(ANY_NAME),
    fc.tuple(tie("set"), tie("set")).map(([a, b]) => uniteNames(a, b)),
    fc.tuple(tie("set"), tie("set")).map(([a, b]) => subtractNames(a, b)),
  ),
})).set;

/** The same pattern as a regular expression. */
function matches(parts: readonly NamePart[], text: string): boolean {
  const expression = parts
    .map((one) =>
      typeof one === "string" ? one.replace(".", "\\.") : one.any === "anything" ? ".*" : "[^.]*",
    )
    .join("");
  return new RegExp(`^${expression}$`).test(text);
}

describe("sets of names", () => {
  test("a pattern holds what the same regular expression matches", () => {
    fc.assert(
      fc.property(pattern, name, (parts, text) => {
        expect(namesContain(namesMatching(parts), text)).toBe(matches(parts, text));
      }),
      { numRuns: 2000 },
    );
  });

  test("operations are those of sets, member by member", () => {
    fc.assert(
      fc.property(set, set, fc.option(name), (a, b, member) => {
        const [inA, inB] = [namesContain(a, member), namesContain(b, member)];
        expect(namesContain(intersectNames(a, b), member)).toBe(inA && inB);
        expect(namesContain(uniteNames(a, b), member)).toBe(inA || inB);
        expect(namesContain(subtractNames(a, b), member)).toBe(inA && !inB);
      }),
      { numRuns: 1000 },
    );
  });

  test("equal sets, and only they, have equal keys", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        const equal = noNames(subtractNames(a, b)) && noNames(subtractNames(b, a));
        expect(nameSetKey(a) === nameSetKey(b)).toBe(equal);
        expect(nameSetKey(uniteNames(a, b))).toBe(nameSetKey(uniteNames(b, a)));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    [
      "one label and no more",
      [WITHIN, ".example.com"],
      ["a.example.com"],
      ["example.com", "a.b.example.com", ".example.com"],
    ],
    [
      "one label or more",
      [ANYTHING, ".example.com"],
      ["a.example.com", "a.b.example.com"],
      ["example.com", "badexample.com"],
    ],
    [
      "a literal name",
      ["api.example.com"],
      ["api.example.com"],
      ["example.com", "xapi.example.com", "api.example.com.evil.test"],
    ],
  ] as const)("%s", (_, parts, inside, outside) => {
    const names = namesMatching(parts);
    for (const one of inside) expect(namesContain(names, one)).toBe(true);
    for (const one of outside) expect(namesContain(names, one)).toBe(false);
  });

  test("an empty label makes no name", () => {
    for (const text of ["", ".a", "a.", "a..b"]) expect(namesContain(EVERY_NAME, text)).toBe(false);
    expect(noNames(namesMatching(["a", "..", "b"]))).toBe(true);
    expect(nameSetKey(oneName("a"))).not.toBe(nameSetKey(oneName("b")));
  });
});
