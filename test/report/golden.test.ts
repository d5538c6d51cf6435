import { describe, expect, test } from "@jest/globals";
import type { Review } from "../../src/report/report.ts";
import { json } from "../../src/report/review/json.ts";
import { markdown } from "../../src/report/review/markdown.ts";
import { text } from "../../src/report/review/text.ts";
import { expectGolden } from "../golden.ts";
import { situations } from "./pull-requests.ts";
import { big, blocked, hostile, nothing, unchanged, undecided, warned } from "./reviews.ts";

const reproduce = "egress-review review --base 7e9a1b8 --head d71b774";
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

test("an edit that was tried stands before what helps in general", () => {
  const printed = text(situations["fixable"]?.review ?? blocked, { columns: 200 });
  expect(printed).toContain(
    "Fix: delete N:999–1000. Checked: this review then passes, with 1 warning left (204-51aa).",
  );
  expect(printed).not.toContain("Fix: Delete the peer");
});

describe.each(Object.entries(reviews))("%s, as people and programs read it", (name, review) => {
  test("text", () => expectGolden(`test/report/golden/${name}.golden.txt`, text(review, { reproduce })));
  test("Markdown", () =>
    expectGolden(`test/report/golden/${name}.golden.md`, markdown(review, { reproduce })));
});

describe("JSON", () => {
  test("of a warning", () => expectGolden("test/report/golden/warned.golden.json", json(warned, tool)));
  test("of hostile input", () => expectGolden("test/report/golden/hostile.golden.json", json(hostile, tool)));
});
