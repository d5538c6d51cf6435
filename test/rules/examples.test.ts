import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { builtInDirectory, builtInRules } from "../../src/rules/catalogue/load-rules.ts";
import type { RuleSet } from "../../src/rules/rules.ts";
import { judgeSides, readExample } from "./rule-example.ts";

let rules: RuleSet;

beforeAll(async () => {
  rules = await builtInRules();
});

const directory = builtInDirectory();
const folders = readdirSync(directory).filter((name) => name !== "controls");

describe.each(folders)("%s", (folder) => {
  const examples = readdirSync(join(directory, folder, "examples"));
  const id = folder.split("-", 2).join("-");

  test("has its own id, an example that fires and one that is quiet", () => {
    expect(rules.rules.map((rule) => rule.id)).toContain(id);
    expect(examples.some((name) => name.startsWith("fires-"))).toBe(true);
    expect(examples.some((name) => name.startsWith("quiet-"))).toBe(true);
  });

  test.each(examples)("%s", async (name) => {
    const { expected, sides } = await readExample(join(directory, folder, "examples", name));
    const judgement = await judgeSides(sides, rules, expected.settings);
    const own = judgement.findings.filter((finding) => finding.rule === id);
    const summary = own.map(({ severity, workloads }) => ({ severity, workloads }));
    if (expected.severity === "none") {
      expect(summary).toEqual([]);
      return;
    }
    expect(summary).toContainEqual({
      severity: expected.severity,
      workloads: expect.arrayContaining([...(expected.workloads ?? [])]),
    });
    expect(judgement.unknowns.filter(({ unknown }) => unknown.code === "rule-undecided")).toEqual([]);
  });
});
