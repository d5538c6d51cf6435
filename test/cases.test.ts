import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { disagreements } from "../scripts/expectations.mjs";
import { memoryCache } from "../src/engine/cache.ts";
import type { Engine } from "../src/engine/engine.ts";
import { openEngine } from "../src/engine/open-engine.ts";
import { print } from "../src/report/review/json.ts";
import { markdown } from "../src/report/review/markdown.ts";
import type { Review } from "../src/review.ts";
import { caseNames, documentOf, openCase, readCase, reviewTrees } from "./review-case.ts";

/** `npm run golden` writes what is printed now; read the difference before it is committed. */
const UPDATE = process.env["UPDATE_GOLDEN"] === "1";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

describe.each(caseNames)("%s", (name) => {
  const { row, title, why, ...expectation } = readCase(name);
  let reviewed: Review;
  beforeAll(async () => {
    reviewed = await reviewTrees(engine, await openCase(name, "base"), await openCase(name, "head"));
  });

  test(`${row}: ${title}`, () => {
    const found = disagreements(documentOf(reviewed), { onlyListed: true, ...expectation });
    expect({ why, found }).toEqual({ why, found: [] });
  });

  test("prints what was read by eye", () => {
    expectGolden(`test/cases/${name}/expected.json`, print(documentOf(reviewed)));
    // Digests change with every word of a rule; what they are made of is tested elsewhere.
    const digests = { inputs: "…", policy: "…", engine: "…", approvals: "…" };
    expectGolden(`test/cases/${name}/expected.md`, markdown({ ...reviewed, digests }));
  });
});

function expectGolden(path: string, printed: string): void {
  if (UPDATE) writeFileSync(path, printed);
  expect(existsSync(path) ? readFileSync(path, "utf8") : `(${path} is missing: npm run golden)`).toBe(
    printed,
  );
}
