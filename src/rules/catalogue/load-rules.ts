import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  type ControlCatalogue,
  type ControlFramework,
  controlOf,
  type Rule,
  type RuleProblem,
  type RuleSet,
} from "../rules.ts";
import { parseFramework, parseLimits } from "./parse-controls.ts";
import { isRule, parseRule } from "./parse-rule.ts";

/** Rule and control files by path relative to their directory, slashes forward. */
export type RuleFiles = ReadonlyMap<string, string>;

let builtIn: Promise<RuleSet> | null = null;

/**
 * The rules of this package, read once: they are built with it, so they do not change under a process, and a problem in them is a
 * mistake of the program.
 */
export function builtInRules(): Promise<RuleSet> {
  builtIn ??= readBuiltInRules();
  return builtIn;
}

async function readBuiltInRules(): Promise<RuleSet> {
  const result = readRules(await filesOf(builtInDirectory()));
  if (isRuleSet(result)) return result;
  throw new Error(`the built-in rules cannot be used: ${result.map(problemText).join("; ")}`);
}

export function builtInDirectory(): string {
  return fileURLToPath(new URL("../../../rules/", import.meta.url));
}

/** Files of a rules directory on disk; examples are not part of a rule set. */
export async function filesOf(directory: string): Promise<RuleFiles> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths = entries.flatMap((entry) => {
    if (entry.name === "controls") return [];
    return entry.isDirectory() ? [`${entry.name}/rule.yaml`] : [];
  });
  const controls = (await readdir(`${directory}/controls`)).map((name) => `controls/${name}`);
  const sorted = [...paths, ...controls].sort();
  return new Map(
    await Promise.all(
      sorted.map(async (path) => [path, await readFile(`${directory}/${path}`, "utf8")] as const),
    ),
  );
}

/** A rule set, or every problem in it: a set with one bad file is refused whole, for a missing rule is a silent pass. */
export function readRules(files: RuleFiles): RuleSet | readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  const kept = <Value>(value: Value | readonly RuleProblem[]): Value | null => {
    if (!Array.isArray(value)) return value as Value;
    problems.push(...(value as readonly RuleProblem[]));
    return null;
  };
  const rules: Rule[] = [];
  const frameworks: ControlFramework[] = [];
  let limits: ReadonlyMap<string, string> = new Map();
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (path === "controls/limits.yaml") limits = kept(parseLimits(path, content)) ?? limits;
    else if (path.startsWith("controls/")) frameworks.push(...listed(kept(parseFramework(path, content))));
    else rules.push(...listed(keptRule(parseRule(path, content), problems)));
  }
  const controls: ControlCatalogue = { frameworks, limits };
  problems.push(...inconsistencies(rules, controls));
  if (problems.length > 0) return problems;
  return { rules: rules.sort((a, b) => (a.id < b.id ? -1 : 1)), controls, digest: digestOf(files) };
}

export function isRuleSet(value: RuleSet | readonly RuleProblem[]): value is RuleSet {
  return !Array.isArray(value);
}

function keptRule(value: Rule | readonly RuleProblem[], problems: RuleProblem[]): Rule | null {
  if (isRule(value)) return value;
  problems.push(...value);
  return null;
}

function listed<Value>(value: Value | null): readonly Value[] {
  return value === null ? [] : [value];
}

function inconsistencies(rules: readonly Rule[], controls: ControlCatalogue): readonly RuleProblem[] {
  const seen = new Map<string, Rule>();
  const problems: RuleProblem[] = [];
  for (const rule of rules) {
    const problem = (message: string) => problems.push({ ...rule.place, message });
    const other = seen.get(rule.id);
    if (other !== undefined) problem(`${rule.id} is the id of ${other.place.path} too`);
    seen.set(rule.id, rule);
    for (const { control, limits } of rule.controls) {
      if (controlOf(controls, control) === null) problem(`no control ${control.framework}/${control.id}`);
      for (const id of limits ?? []) if (!controls.limits.has(id)) problem(`no limit ${id}`);
    }
  }
  for (const { framework, controls: list } of controls.frameworks) {
    for (const { id, limits } of list) {
      for (const limit of limits) {
        if (controls.limits.has(limit)) continue;
        problems.push({
          path: `controls/${framework}.yaml`,
          line: null,
          message: `${id}: no limit ${limit}`,
        });
      }
    }
  }
  return problems;
}

function digestOf(files: RuleFiles): string {
  const hash = createHash("sha256");
  for (const [path, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${Buffer.byteLength(content)}\0${content}`);
  }
  return hash.digest("hex");
}

function problemText({ path, line, message }: RuleProblem): string {
  return `${path}${line === null ? "" : `:${line}`}: ${message}`;
}
