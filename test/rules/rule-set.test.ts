import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { builtInDirectory, builtInRules } from "../../src/rules/catalogue/load-rules.ts";
import type { RuleSet } from "../../src/rules/rules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let rules: RuleSet;

beforeAll(async () => {
  rules = await builtInRules();
});

/** What auditors must never read from a tool: they decide that, not we. */
const FORBIDDEN = /\b(compliant|certified|certification|guarantee[ds]?)\b|prevents exfiltration/i;

describe("the built-in rules", () => {
  test("are those of the catalogue that this version has", () => {
    expect(rules.rules.map(({ id }) => id.slice(4)).join(" ")).toBe(
      "000 101 102 103 104 105 106 201 202 203 204 301 401 402 403 404 410 412 413 414 415 416",
    );
  });

  test("stand in folders that begin with their ids", () => {
    for (const { id, place } of rules.rules) expect(place.path.startsWith(`${id}-`)).toBe(true);
  });

  test("say why in one sentence and what to do", () => {
    for (const { why, remediation, message } of rules.rules) {
      expect(why.match(/[.!?](\s|$)/g)).toHaveLength(1);
      expect(remediation.source).not.toBe("");
      expect(message.source).not.toBe("");
    }
  });

  test("always end in a severity without a condition, so that no hit is dropped", () => {
    for (const { severity } of rules.rules) expect(severity.at(-1)?.when).toBeNull();
  });

  test("evidence SC-7(5) and PCI 1.3.2 for 101 to 106 and 201 to 204, and CIS 5.3.2 for 101 to 104 on a condition", () => {
    const evidencing = (id: string) =>
      rules.rules
        .filter(({ controls }) =>
          controls.some((one) => one.control.id === id && one.relation === "evidences"),
        )
        .map((rule) => rule.id.slice(4));
    const openings = ["101", "102", "103", "104", "105", "106", "201", "202", "203", "204"];
    expect(evidencing("SC-7(5)")).toEqual(openings);
    expect(evidencing("1.3.2")).toEqual(openings);
    expect(evidencing("5.3.2")).toEqual(["101", "102", "103", "104"]);
    for (const { controls } of rules.rules) {
      for (const { control, relation, when } of controls) {
        if (control.id === "5.3.2" && relation === "evidences") expect(when).not.toBeNull();
      }
    }
  });

  test("judge as if isolated where the design says so", () => {
    expect(rules.rules.filter(({ asIfIsolated }) => asIfIsolated).map(({ id }) => id)).toEqual([
      "EGR-201",
      "EGR-202",
      "EGR-203",
      "EGR-301",
    ]);
  });
});

describe("controls", () => {
  test("of NIST have the titles that NIST publishes", () => {
    const published = JSON.parse(readFileSync(join(root, "third_party/nist-800-53/titles.json"), "utf8")) as {
      readonly controls: Readonly<Record<string, string>>;
    };
    const nist = rules.controls.frameworks.find(({ framework }) => framework === "nist-800-53");
    expect(nist?.controls.length).toBeGreaterThan(5);
    for (const { id, title } of nist?.controls ?? [])
      expect([id, title]).toEqual([id, published.controls[id]]);
  });

  test("that the first users named loosely have their real titles", () => {
    const title = (framework: string, id: string) =>
      rules.controls.frameworks
        .find((one) => one.framework === framework)
        ?.controls.find((control) => control.id === id)?.title;
    expect(title("cis-kubernetes", "5.3.2")).toBe("Ensure that all Namespaces have Network Policies defined");
    expect(title("pci-dss", "1.3")).toBe(
      "Network access to and from the cardholder data environment is restricted",
    );
  });

  test("all name what their evidence cannot show", () => {
    for (const { controls } of rules.controls.frameworks) {
      for (const { limits } of controls) expect(limits.length).toBeGreaterThan(0);
    }
  });
});

describe("words", () => {
  const files = ["rules", "docs/rules", "src/rules", "src/report"].flatMap((folder) =>
    filesBelow(join(root, folder)),
  );

  test("are looked at in rules, their pages, and the report", () => {
    expect(files.length).toBeGreaterThan(100);
    expect(files).toContain(join(builtInDirectory(), "EGR-201-any-destination/rule.yaml"));
  });

  test("never promise what a review cannot", () => {
    expect(files.filter((path) => FORBIDDEN.test(readFileSync(path, "utf8")))).toEqual([]);
  });
});

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}
