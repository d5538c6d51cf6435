import { describe, expect, test } from "@jest/globals";
import type { Deletion } from "../../src/blame/deletions.ts";
import { type FindingWithPlace, fixOutcome, type JudgedWithPlaces } from "../../src/pipeline/fix-outcome.ts";
import type { Finding } from "../../src/rules/finding.ts";

/** Lines 10 to 12 of a.yaml. */
const DELETION: Deletion = { path: "a.yaml", lines: { first: 10, last: 12 }, content: new Uint8Array() };

interface Said {
  readonly rule?: string;
  readonly severity?: Finding["severity"];
  readonly fingerprint?: string;
  readonly path?: string;
  /** null = not certain. */
  readonly line?: number | null;
  readonly accepted?: boolean;
}

function found(handle: string, said: Said = {}): FindingWithPlace {
  const { rule = "EGR-203", severity = "block", fingerprint = handle, path = "a.yaml", line = 10 } = said;
  const approval = said.accepted === true ? {} : null;
  const finding = { rule, handle, severity, fingerprint, environments: ["prod"], observed: false, approval };
  return {
    finding: finding as unknown as Finding,
    blamed: { location: { side: "head", path, line } },
  };
}

function judged(findings: readonly FindingWithPlace[], unknowns: readonly string[] = []): JudgedWithPlaces {
  const blocks = findings.some(({ finding }) => finding.severity === "block");
  return {
    verdict: blocks ? "block" : "pass",
    observed: null,
    findings,
    unknowns: unknowns.map((id) => ({
      environment: "prod",
      side: "head",
      unknown: { id },
    })) as unknown as JudgedWithPlaces["unknowns"],
  };
}

const X = found("203-aaaa");

/** What is left, or null where the deletion is no fix for `X`. */
function left(before: JudgedWithPlaces, after: JudgedWithPlaces): readonly string[] | null {
  return fixOutcome(X.finding, before, after, DELETION)?.left ?? null;
}

describe("a fix takes the finding out", () => {
  test("and says where and what then holds", () => {
    const warning = found("401-bbbb", { rule: "EGR-401", severity: "warn" });
    const note = found("404-cccc", { rule: "EGR-404", severity: "note" });
    expect(fixOutcome(X.finding, judged([X]), judged([warning, note]), DELETION)).toEqual({
      kind: "delete-lines",
      path: "a.yaml",
      first: 10,
      last: 12,
      verdict: "pass",
      left: ["401-bbbb"],
    });
  });

  test("not where it is still there, at whatever severity that decides", () => {
    const elsewhere = found("203-aaaa", { path: "b.yaml", line: 3 });
    const before = judged([elsewhere]);
    expect(fixOutcome(elsewhere.finding, before, judged([elsewhere]), DELETION)).toBeNull();
    const undecided = found("203-aaaa", { path: "b.yaml", line: 3, severity: "undecided" });
    expect(fixOutcome(elsewhere.finding, before, judged([undecided]), DELETION)).toBeNull();
    const warning = found("203-aaaa", { path: "b.yaml", line: 3, severity: "warn" });
    expect(fixOutcome(elsewhere.finding, before, judged([warning]), DELETION)?.left).toEqual(["203-aaaa"]);
  });

  test("nor where nobody knows its line any more and its fingerprint is there", () => {
    const uncertain = found("203-aaaa", { line: null });
    expect(fixOutcome(uncertain.finding, judged([uncertain]), judged([uncertain]), DELETION)).toBeNull();
  });
});

describe("nothing gets worse", () => {
  test.each(["block", "undecided"] as const)("a new finding that would %s", (severity) => {
    expect(left(judged([X]), judged([found("201-bbbb", { rule: "EGR-201", severity })]))).toBeNull();
  });

  test("a warning that would block", () => {
    const was = found("204-bbbb", { rule: "EGR-204", severity: "warn", line: 2 });
    const is = found("204-bbbb", { rule: "EGR-204", severity: "block", line: 2 });
    expect(left(judged([X, was]), judged([is]))).toBeNull();
    expect(left(judged([X, was]), judged([was]))).toEqual(["204-bbbb"]);
  });

  test("another peer of the same rule, which takes over the fingerprint of what was deleted", () => {
    const other = found("203-aaaa", { line: 4 });
    expect(left(judged([X]), judged([other]))).toBeNull();
  });

  test("something that can no longer be read", () => {
    expect(left(judged([X], ["a"]), judged([], ["a"]))).toEqual([]);
    expect(left(judged([X], ["a"]), judged([], ["a", "b"]))).toBeNull();
  });

  test("what somebody accepted counts no more than before", () => {
    expect(left(judged([X]), judged([found("201-bbbb", { rule: "EGR-201", accepted: true })]))).toEqual([]);
  });
});

describe("a finding is the same one", () => {
  test("further up, where lines above it are gone; numbers of causes may have moved", () => {
    const below = found("203-bbbb", { line: 20 });
    const moved = found("203-aaaa", { line: 17 });
    expect(left(judged([X, below]), judged([moved]))).toEqual(["203-bbbb"]);
  });

  test("above it, and in another file, where it stood", () => {
    const above = found("203-bbbb", { line: 4 });
    const elsewhere = found("203-cccc", { path: "b.yaml", line: 20 });
    expect(left(judged([X, above, elsewhere]), judged([above, elsewhere]))).toEqual(["203-bbbb", "203-cccc"]);
  });

  test("by its fingerprint, where no line is certain", () => {
    const other = found("203-bbbb", { line: null });
    expect(left(judged([X, other]), judged([other]))).toEqual(["203-bbbb"]);
  });
});
