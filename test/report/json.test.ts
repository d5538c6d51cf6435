import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import type { Review } from "../../src/report/report.ts";
import { json } from "../../src/report/review/json.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import { text } from "../../src/report/review/text.ts";
import { big, blocked, hostile, nothing, unchanged, undecided, warned } from "./reviews.ts";

const tool = { name: "egress-review", version: "1.2.3" } as const;
const reviews: Readonly<Record<string, Review>> = {
  big,
  blocked,
  hostile,
  nothing,
  unchanged,
  undecided,
  warned,
};

const ajv = new Ajv2020({ strict: true });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync("schemas/review.schema.json", "utf8")));

test.each(Object.entries(reviews))("%s has the published shape", (_, review) => {
  const valid = validate(JSON.parse(json(review, tool)));
  expect(validate.errors).toBeNull();
  expect(valid).toBe(true);
});

test("the published shape refuses what is not in it", () => {
  const document = JSON.parse(json(blocked, tool)) as Record<string, unknown>;
  expect(validate({ ...document, extra: 1 })).toBe(false);
  expect(validate({ ...document, verdict: "fine" })).toBe(false);
  expect(validate({ ...document, schemaVersion: 2 })).toBe(false);
});

/** Keys that programs outside this repository read. */
test("the keys are those of the contract", () => {
  const document = JSON.parse(json(warned, tool));
  expect(Object.keys(document)).toEqual([
    "schemaVersion",
    "verdict",
    "observed",
    "base",
    "head",
    "evaluatedAt",
    "digests",
    "environments",
    "findings",
    "controls",
    "unknowns",
    "assumptions",
    "coverage",
    "proposed",
    "voidApprovals",
    "tool",
  ]);
  expect(Object.keys(document.environments[0])).toEqual([
    "name",
    "changed",
    "targets",
    "rendered",
    "workloadNames",
    "deltas",
  ]);
  expect(Object.keys(document.environments[0].deltas[0])).toEqual([
    "workload",
    "added",
    "removed",
    "takesEffect",
  ]);
  expect(Object.keys(document.environments[0].deltas[0].removed[0])).toEqual([
    "destination",
    "protocol",
    "ports",
  ]);
  expect(Object.keys(document.findings[0])).toEqual([
    "rule",
    "handle",
    "title",
    "why",
    "severity",
    "fingerprint",
    "environments",
    "workloads",
    "destinations",
    "message",
    "remediation",
    "location",
    "lines",
    "document",
    "controls",
    "observed",
    "approval",
    "rendered",
    "fix",
    "explanation",
  ]);
  expect(Object.keys(document.findings[0].location)).toEqual(["side", "path", "line"]);
  expect(Object.keys(document.findings[0].controls[0])).toEqual([
    "framework",
    "id",
    "title",
    "relation",
    "limits",
  ]);
  expect(Object.keys(document.controls[0])).toEqual([
    "framework",
    "id",
    "title",
    "effect",
    "reason",
    "findings",
    "limits",
  ]);
});

describe("equal reviews are equal bytes, in whatever order their parts were found", () => {
  const sources = [blocked, warned, undecided];

  test.each([
    ["JSON", (review: Review) => json(review, tool)],
    ["Markdown", (review: Review) => markdown(review)],
    ["text", (review: Review) => text(review)],
  ])("%s", (_, print) => {
    const expected = sources.map(print);
    fc.assert(
      fc.property(fc.nat(sources.length - 1), fc.infiniteStream(fc.nat()), (index, numbers) => {
        const review = sources[index] ?? blocked;
        expect(print(shuffled(review, () => numbers.next().value ?? 0))).toBe(expected[index]);
      }),
      { numRuns: 15 },
    );
  });
});

/** Every list of a review whose order means nothing, in another order. */
function shuffled(review: Review, next: () => number): Review {
  const mix = <T>(values: readonly T[]): readonly T[] =>
    values
      .map((value) => ({ value, key: next() }))
      .sort((left, right) => left.key - right.key)
      .map(({ value }) => value);
  return {
    ...review,
    environments: mix(review.environments).map((environment) => ({
      ...environment,
      workloadNames: mix(environment.workloadNames),
      deltas: mix(environment.deltas),
    })),
    findings: mix(review.findings).map((finding) => ({ ...finding, controls: mix(finding.controls) })),
    controls: mix(review.controls),
    unknowns: mix(review.unknowns),
    assumptions: mix(review.assumptions),
  };
}

test("no report uses a word that claims more than evidence", () => {
  for (const review of Object.values(reviews)) {
    for (const report of [text(review), markdown(review), json(review, tool)]) {
      expect(report).not.toMatch(/\bcompliant\b|certif|guarantee/i);
    }
  }
});
