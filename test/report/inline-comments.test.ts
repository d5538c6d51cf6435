import { describe, expect, test } from "@jest/globals";
import { annotationsOf } from "../../src/report/pull-request/annotations.ts";
import {
  inlineComments,
  isMarkedResolved,
  markResolved,
} from "../../src/report/pull-request/inline-comments.ts";
import type { CommentableFile } from "../../src/report/pull-request/publication.ts";
import type { Fix, LocatedFinding } from "../../src/report/report.ts";
import { context } from "./context.ts";
import { situations } from "./pull-requests.ts";
import { at, blocked, finding, hostile, review, undecided, warned } from "./reviews.ts";

const FILE = "shop/policy.yaml";
const files = (...right: readonly (readonly [number, number])[]): readonly CommentableFile[] => [
  { path: FILE, left: [{ first: 1, last: 5 }], right: right.map(([first, last]) => ({ first, last })) },
];
const found = (parts: Partial<LocatedFinding>) => finding("203", { location: at(FILE, 10), ...parts });
const commentsOn = (one: LocatedFinding, where: readonly CommentableFile[]) =>
  inlineComments(review({ verdict: "block", findings: [one] }), context(), where);

describe("where a comment stands", () => {
  test.each([
    ["at the whole range inside one hunk", { lines: { first: 10, last: 12 } }, files([8, 12]), [10, 12]],
    [
      "at the first line where the range leaves the hunk",
      { lines: { first: 10, last: 13 } },
      files([8, 12]),
      [10, 10],
    ],
    [
      "at the first line where two hunks share the range",
      { lines: { first: 10, last: 13 } },
      files([8, 12], [13, 20]),
      [10, 10],
    ],
    ["at its line where no range is known", { lines: null }, files([10, 10]), [10, 10]],
    ["at the left for what was there", { location: at(FILE, 3, "base") }, files([1, 99]), [3, 3]],
  ])("%s", (_, parts: Partial<LocatedFinding>, where, [startLine, endLine]) => {
    const { comments, elsewhere } = commentsOn(found(parts), where);
    expect(comments).toMatchObject([{ path: FILE, startLine, endLine }]);
    expect(comments[0]?.side).toBe(parts.location?.side === "base" ? "LEFT" : "RIGHT");
    expect(elsewhere).toEqual([]);
  });

  test.each([
    ["outside every hunk", {}, files([11, 20])],
    ["a range whose first line is in no hunk", { lines: { first: 10, last: 12 } }, files([11, 20])],
    ["a file that is not of the pull request", { location: at("other.yaml", 10) }, files([1, 99])],
    ["a line that is not known", { location: at(FILE, null) }, files([1, 99])],
    ["no place at all", { location: null }, files([1, 99])],
    ["a line of the other side", { location: at(FILE, 10, "base") }, files([1, 99])],
  ])("nowhere: %s", (_, parts, where) => {
    expect(commentsOn(found(parts), where)).toEqual({ comments: [], elsewhere: ["203-9f3c"] });
  });

  test("only what blocks has one, accepted and observed findings have none", () => {
    const { findings } = situations["accepted"]?.review ?? review({});
    const [accepted] = findings.filter(({ approval }) => approval !== null);
    const others = [
      found({ severity: "warn" }),
      found({ severity: "undecided" }),
      found({ severity: "note" }),
      found({ observed: true }),
      found({ approval: accepted?.approval ?? null }),
    ];
    expect(accepted).toBeDefined();
    for (const one of others) expect(commentsOn(one, files([1, 99])).comments).toEqual([]);
  });

  test("one comment a place, thirty in all; the others are named", () => {
    const many = Array.from({ length: 40 }, (_, index) =>
      found({
        handle: `203-${index.toString(16).padStart(4, "0")}`,
        fingerprint: String(index),
        location: at(FILE, index + 1),
        title: `Opening ${index}`,
      }),
    );
    const twice = { ...found({}), rule: "EGR-301", handle: "301-0001", location: at(FILE, 1) };
    const { comments, elsewhere } = inlineComments(
      review({ verdict: "block", findings: [...many, twice] }),
      context(),
      files([1, 99]),
    );
    expect(comments).toHaveLength(30);
    expect(new Set(comments.map(({ startLine }) => startLine)).size).toBe(30);
    expect(elsewhere).toHaveLength(10);
    expect(comments[0]?.body).toContain("301-0001");
  });
});

describe("a suggestion", () => {
  const fix = (first: number, last: number): Fix => ({
    kind: "delete-lines",
    path: FILE,
    first,
    last,
    verdict: "pass",
    left: [],
  });
  const SUGGESTION = "\n```suggestion\n```\n";

  test("deletes exactly the lines of the evaluated fix", () => {
    const { comments } = commentsOn(
      found({ lines: { first: 10, last: 10 }, fix: fix(9, 11) }),
      files([1, 20]),
    );
    expect(comments).toMatchObject([{ startLine: 9, endLine: 11 }]);
    expect(comments[0]?.body).toContain(SUGGESTION);
  });

  test.each([
    ["no fix was evaluated", found({ lines: { first: 10, last: 12 } })],
    ["the fix leaves the hunk", found({ fix: fix(10, 30) })],
    ["the fix is in another file", found({ fix: { ...fix(10, 10), path: "other.yaml" } })],
    ["the fix takes out other lines", found({ fix: fix(14, 15) })],
  ])("is left out where %s", (_, one) => {
    const { comments } = commentsOn(one, files([1, 20]));
    expect(comments).toHaveLength(1);
    expect(comments[0]?.body).not.toContain("suggestion");
  });

  test("cannot be forged by what a pull request holds", () => {
    const forged = "x\n```suggestion\nevil: true\n```\n";
    const { comments } = commentsOn(
      found({ title: forged, message: forged, why: forged, workloads: [`${forged}/Deployment/x`] }),
      files([1, 20]),
    );
    expect(comments[0]?.body.match(/^\s*```/gm)).toBeNull();
  });
});

describe("a comment whose finding is gone", () => {
  const [comment] = inlineComments(situations["fixable"]?.review ?? blocked, context(), [
    {
      path: "charts/networking/templates/network-policies.yaml",
      left: [],
      right: [{ first: 990, last: 1100 }],
    },
  ]).comments;
  const body = `${comment?.body ?? ""}\n<!-- a marker of whoever posted it -->`;

  test("says since when, keeps what was said and its marker, and has no button any more", () => {
    const marked = markResolved(body, `abc1234${"0".repeat(33)}`);
    expect(body).toContain("```suggestion");
    expect(marked).toMatch(/^✅ Gone since `abc1234`\.\n/);
    expect(marked).toContain("Why it matters");
    expect(marked).toContain("<!-- a marker of whoever posted it -->");
    expect(marked).not.toContain("suggestion");
  });

  test("is marked once", () => {
    const marked = markResolved(body, "abc1234");
    expect(isMarkedResolved(body)).toBe(false);
    expect(isMarkedResolved(marked)).toBe(true);
    expect(markResolved(marked, "fff9999")).toBe(marked);
  });
});

describe("annotations", () => {
  const all = [...warned.findings, ...blocked.findings, ...undecided.findings, ...hostile.findings];
  const paths = all.flatMap(({ location }) => (location === null ? [] : [{ path: location.path }]));

  test("are for what warns or is undecided, at head, at a known line", () => {
    const levels = annotationsOf(review({ findings: all }), paths);
    expect(levels.map(({ title }) => title.slice(0, 3)).sort()).toEqual(["000", "204", "402", "402", "412"]);
    for (const { level } of levels) expect(level).toBe("warning");
  });

  test("are for files of the pull request alone, and never at a line that nobody knows", () => {
    const undated = found({ severity: "warn", location: at(FILE, null) });
    expect(annotationsOf(review({ findings: [undated] }), [{ path: FILE }])).toEqual([]);
    expect(annotationsOf(review({ findings: all }), [{ path: "README.md" }])).toEqual([]);
  });

  test("an observed block is one, since nothing stops there", () => {
    const [annotation] = annotationsOf(review({ findings: [found({ observed: true })] }), [{ path: FILE }]);
    expect(annotation?.title).toBe("203-9f3c observed: Something");
  });

  test("stay within GitHub's limits", () => {
    const long = "x".repeat(100_000);
    const many = Array.from({ length: 500 }, (_, index) =>
      found({ severity: "warn", location: at(FILE, index + 1), title: long, message: long, why: long }),
    );
    const annotations = annotationsOf(review({ findings: many }), [{ path: FILE }]);
    expect(annotations).toHaveLength(200);
    for (const { title, message } of annotations) {
      expect(title.length).toBeLessThanOrEqual(255);
      expect(message.length).toBeLessThanOrEqual(64 * 1024);
    }
  });
});
