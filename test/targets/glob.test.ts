import { describe, expect, test } from "@jest/globals";
import { glob } from "../../src/targets/files/glob.ts";

describe("patterns", () => {
  test.each([
    ["values/*.yaml", "values/prod.yaml", true],
    ["values/*.yaml", "values/eu/prod.yaml", false],
    ["**/*.yaml", "values/eu/prod.yaml", true],
    ["{dev,prod}.yaml", "prod.yaml", true],
  ])("%s: %s", (pattern, path, expected) => {
    expect(glob(pattern)?.(path)).toBe(expected);
  });

  test.each([
    ["wildcards that backtrack", `${"*a".repeat(15)}b`],
    ["groups in groups", `${"+(".repeat(9)}a${")".repeat(9)}`],
    ["alternatives", "{a,b}".repeat(9)],
    ["more text than anybody writes", "a".repeat(2000)],
  ])("nobody knows what it matches: %s", (_, pattern) => {
    expect(glob(pattern)).toBeNull();
  });
});
