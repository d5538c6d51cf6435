import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { AddressSpace } from "../../src/rules/address-space.ts";
import { builtInDirectory } from "../../src/rules/catalogue/load-rules.ts";
import type { FactType } from "../../src/rules/cel.ts";
import { FACT_TYPES, VARIABLES } from "../../src/rules/facts/facts.ts";
import { FindingFacts } from "../../src/rules/facts/finding-facts.ts";
import { Scope } from "../../src/rules/scope.ts";
import { enforcementSubjects } from "../../src/rules/subjects/enforcement-subjects.ts";
import {
  createdNamespaceSubjects,
  deletionSubjects,
  documentSubjects,
  lossSubjects,
  peerSubjects,
  policySubjects,
  ruleTextSubjects,
} from "../../src/rules/subjects/object-subjects.ts";
import { openingSubjects, ungovernedSubjects } from "../../src/rules/subjects/opening-subjects.ts";
import { remarkSubjects } from "../../src/rules/subjects/remark-subjects.ts";
import type { Subject } from "../../src/rules/subjects/subject.ts";
import { unknownSubjects } from "../../src/rules/subjects/unknown-subjects.ts";
import { compareSides, readExample } from "./rule-example.ts";

/** Facts of every kind, from every example of every rule. */
async function exampleSubjects(): Promise<readonly Subject[]> {
  const directory = builtInDirectory();
  const folders = readdirSync(directory).filter((name) => name !== "controls");
  const paths = folders.flatMap((folder) =>
    readdirSync(join(directory, folder, "examples")).map((name) => join(directory, folder, "examples", name)),
  );
  const space = new AddressSpace([]);
  const subjects = await Promise.all(
    paths.map(async (path) => {
      const { expected, sides } = await readExample(path);
      const environment = compareSides(sides, expected.settings);
      const scope = new Scope(environment, environment.delta, space);
      return [
        ...ruleTextSubjects(scope).map(({ subject }) => subject),
        ...openingSubjects(scope, []).map(({ subject }) => subject),
        ...ungovernedSubjects(scope),
        ...lossSubjects(scope, []),
        ...createdNamespaceSubjects(scope),
        ...policySubjects(scope),
        ...peerSubjects(scope),
        ...deletionSubjects(scope),
        ...remarkSubjects(scope),
        ...enforcementSubjects(scope, new Set()),
        ...documentSubjects(scope, new Set()),
        ...unknownSubjects(scope, { carried: new Map(), strict: false, failures: [], inputs: "" }).map(
          ({ subject }) => subject,
        ),
      ];
    }),
  );
  return subjects.flat();
}

test("every subject has the variables that its vocabulary names, and every fact the type that it declares", async () => {
  const seen = new Map<string, number>();
  for (const { judged, variables } of await exampleSubjects()) {
    expect(Object.keys(variables).sort()).toEqual(["environment", ...Object.keys(VARIABLES[judged])].sort());
    for (const value of Object.values(variables)) check(value, seen);
  }
  check(new FindingFacts(["shop/Deployment/web"], ["every destination, every port"], true), seen);
  expect([...seen.keys()].sort()).toEqual(FACT_TYPES.map(({ name }) => name).sort());
});

function check(value: unknown, seen: Map<string, number>): void {
  const type = typeOf(value);
  seen.set(type.name, (seen.get(type.name) ?? 0) + 1);
  for (const [name, { type: declared }] of Object.entries(type.fields)) {
    const field = (value as Record<string, unknown>)[name];
    const nested = FACT_TYPES.find((one) => one.name === declared);
    if (nested === undefined) expect([type.name, name, celType(field)]).toEqual([type.name, name, declared]);
    else check(field, seen);
  }
  for (const { name } of type.methods) {
    expect(typeof (value as Record<string, unknown>)[name]).toBe("function");
  }
}

function typeOf(value: unknown): FactType {
  const found = FACT_TYPES.find(({ madeBy }) => value instanceof (madeBy as new () => object));
  if (found === undefined) throw new TypeError(`no fact type for ${String(value)}`);
  return found;
}

function celType(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
      return Array.isArray(value) && value.every((item) => typeof item === "string")
        ? "list<string>"
        : typeof value;
  }
}
