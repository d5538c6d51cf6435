import { describe, expect, test } from "@jest/globals";
import { isRuleSet, readRules } from "../../src/rules/catalogue/load-rules.ts";

const CONTROLS = [
  [
    "controls/nist-800-53.yaml",
    'framework: nist-800-53\nname: NIST\nversion: "5"\nsource: here\ncontrols:\n  - {id: SC-7(5), title: Deny, asks: deny, limits: [X1]}\n',
  ],
  ["controls/limits.yaml", "X1: nothing\n"],
] as const;

const RULE = `id: EGR-900
title: A rule
why: Because.
judges: opening
when: >-
  opening.cause == "rule"
  && opening.everyPod
severity:
  - {when: "!workload.decides", is: note}
  - is: block
message: "{opening.policy} opens {finding.where}"
remediation: Close it.
controls:
  - {control: nist-800-53/SC-7(5), relation: evidences}
`;

function problems(rule: string, path = "EGR-900-a/rule.yaml"): unknown {
  const result = readRules(new Map([...CONTROLS, [path, rule]]));
  return isRuleSet(result) ? [] : result;
}

function edited(before: string, after: string): unknown {
  expect(RULE).toContain(before);
  return problems(RULE.replace(before, after));
}

describe("a rule file", () => {
  test("is good as it stands", () => {
    expect(problems(RULE)).toEqual([]);
  });

  test.each([
    ["a name in a folded predicate", "  && opening.everyPod", "  && opening.everyPodd", 7],
    ["a comparison of unlike types", '"rule"', "3", 6],
    ["a name of another kind of rule", "opening.everyPod", 'loss.what == "dns"', 7],
    ["a severity's condition", "!workload.decides", "!workload.decide", 9],
    ["a message", "{opening.policy}", "{opening.polisy}", 11],
    ["an unknown key", "remediation:", "remedy:", 1],
    ["a severity that does not exist", "is: block", "is: fatal", 10],
    ["a relation that does not exist", "relation: evidences", "relation: proves", 14],
    ["a control that does not exist", "SC-7(5)", "SC-99", 1],
  ])("with a mistake in %s is refused with its line", (_, before, after, line) => {
    expect(edited(before, after)).toContainEqual(
      expect.objectContaining({ path: "EGR-900-a/rule.yaml", line }),
    );
  });

  test("that is no YAML is refused with its line", () => {
    expect(edited("judges: opening", "judges: [opening")).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining("not valid YAML") }),
    );
  });

  test("may not use an id twice", () => {
    const files = new Map([...CONTROLS, ["a/rule.yaml", RULE], ["b/rule.yaml", RULE]]);
    expect(readRules(files)).toContainEqual(
      expect.objectContaining({ path: "b/rule.yaml", message: "EGR-900 is the id of a/rule.yaml too" }),
    );
  });

  test("may only name limits that are written down", () => {
    expect(edited("relation: evidences}", "relation: evidences, limits: [X77]}")).toContainEqual(
      expect.objectContaining({ message: "no limit X77" }),
    );
  });

  test("is part of the digest of its set, whatever the order of the files", () => {
    const digest = (entries: readonly (readonly [string, string])[]) => {
      const result = readRules(new Map(entries));
      return isRuleSet(result) ? result.digest : "";
    };
    const files = [...CONTROLS, ["a/rule.yaml", RULE] as const];
    expect(digest(files.toReversed())).toBe(digest(files));
    expect(digest([...CONTROLS, ["a/rule.yaml", `${RULE}# more\n`]])).not.toBe(digest(files));
  });
});
