import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { checkTitle } from "../../src/report/pull-request/check-title.ts";
import type { Review } from "../../src/report/report.ts";
import { situations } from "./pull-requests.ts";
import { blocked, everything, finding, review, undecided } from "./reviews.ts";

const titles = Object.entries(situations).map(([name, { review: one, context }]) => [
  name,
  checkTitle(one, context),
]);

test("says who and what in a line", () => {
  expect(Object.fromEntries(titles)).toEqual({
    accepted: "Widens egress of 55 workloads inside the cluster; 1 warning; 1 accepted",
    big: "team-0, team-1, team-10 and 37 more could reach every destination, every port",
    blocked: "data-platform could reach every pod of every namespace, every port",
    broken: "1 of 14 targets undecided: template egress.yaml does not render",
    draft: "data-platform could reach every pod of every namespace, every port",
    fixable: "data-platform could reach every pod of every namespace, every port",
    grown: "data-platform could reach every pod of every namespace, every port",
    hostile: "x](javascript:alert(1))<img src=x onerror=alert(1)> @octocat #1 | # ✅ pass `cod…",
    metadata: "shop/Deployment/web could reach 169.254.169.254/32: TCP 80",
    narrow: "Narrows egress of shop/Deployment/web; opens nothing",
    "nobody-eligible": "shop/Deployment/web could reach every destination, every port",
    nothing: "No egress input changed",
    observed: "observe: would block: data-platform: new in-cluster wildcard (not required here)",
    "self-approval": "shop/Deployment/web could reach every destination, every port",
    unchanged: "No workload gains or loses a destination (not required here)",
    unread: "1 of 14 targets undecided: chart app-template 3.7.0 (was 3.6.0) was not read",
    warned: "Narrows egress of 57 workloads, widens that of 1 inside the cluster; 4 warnings",
  });
});

test("the check that nobody requires says so, however long the sentence is", () => {
  expect(checkTitle(blocked, { required: "unknown" })).not.toContain("required");
  expect(checkTitle(blocked, { required: false })).toMatch(/ \(not required here\)$/);
  expect(checkTitle({ ...undecided, verdict: "pass", observed: "undecided" }, { required: false })).toMatch(
    /^observe: would be undecided: .* \(not required here\)$/,
  );
});

test("is one visible line of at most eighty characters, whatever is called how", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.constantFrom("a".repeat(300), "\n# x", "\u202e\u200b", "👩‍👩‍👧‍👦".repeat(40), "`".repeat(5), ""),
  );
  const any = fc.record({
    verdict: fc.constantFrom<Review["verdict"]>("block", "undecided", "pass"),
    observed: fc.constantFrom<Review["observed"]>("block", "undecided", null),
    message: text,
    title: text,
    workload: text,
    destination: fc.boolean(),
    required: fc.constantFrom<boolean | "unknown">(true, false, "unknown"),
  });
  fc.assert(
    fc.property(any, ({ verdict, observed, message, title, workload, destination, required }) => {
      const one = finding("203", {
        severity: verdict === "undecided" || observed === "undecided" ? "undecided" : "block",
        message,
        title,
        workloads: [`${workload}/Deployment/${workload}`],
        destinations: destination ? [title] : [],
        regions: destination ? [everything] : [],
      });
      const line = checkTitle(review({ verdict, observed, findings: [one] }), { required });
      expect([...line].length).toBeLessThanOrEqual(80);
      expect(line).toMatch(/\S/);
      expect(line).not.toMatch(/[\p{C}\p{Default_Ignorable_Code_Point}]/u);
    }),
    { numRuns: 500 },
  );
});
