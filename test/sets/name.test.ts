import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { atomsOf } from "../../src/sets/atoms.ts";
import {
  ANY_NAME,
  EVERY_NAME,
  intersectNames,
  type NamePart,
  type NameSet,
  NO_NAME_AT_ALL,
  nameSetKey,
  namesContain,
  namesDisjoint,
  namesInside,
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

  test("a name alone is the pattern of its characters", () => {
    fc.assert(
      fc.property(fc.oneof(name, fc.string({ unit: fc.constantFrom("a", "b", ".") })), (text) => {
        // With a wildcard that adds nothing it is built by the search.
        const searched = intersectNames(namesMatching([text, WITHIN]), namesMatching([text]));
        expect(nameSetKey(oneName(text))).toBe(nameSetKey(searched));
        expect(namesContain(oneName(text), text)).toBe(!text.split(".").includes(""));
      }),
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

  test("apart and inside are what the operations say", () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        expect(namesDisjoint(a, b)).toBe(noNames(intersectNames(a, b)));
        expect(namesInside(a, b)).toBe(noNames(subtractNames(a, b)));
      }),
      { numRuns: 1000 },
    );
  });

  test("cut by membership, each name is in the one part of the sets that hold it", () => {
    fc.assert(
      fc.property(set, fc.array(set, { maxLength: 5 }), fc.option(name), (whole, sets, member) => {
        const atoms = atomsOf(whole, sets);
        const parts = Array.from({ length: atoms.count }, (_, atom) => atom).filter((atom) => {
          const part = atoms.part(atom);
          return part.kind === "name" && namesContain(part, member);
        });
        const holding = sets.flatMap((one, index) => (namesContain(one, member) ? [index] : []));
        expect(parts.map(atoms.inSets)).toEqual(namesContain(whole, member) ? [holding] : []);
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
