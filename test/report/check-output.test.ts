import { describe, expect, test } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { checkOutput } from "../../src/report/pull-request/check-output.ts";
import { failureOutput } from "../../src/report/pull-request/failure-output.ts";
import { inlineComments } from "../../src/report/pull-request/inline-comments.ts";
import { stickyComment } from "../../src/report/pull-request/sticky-comment.ts";
import { context } from "./context.ts";
import { type Situation, situations } from "./pull-requests.ts";
import { at, blocked, delta, environment, finding, named, pods, review, unknown } from "./reviews.ts";

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly lang?: string | null | undefined;
  readonly children?: readonly Node[];
}

function nodes(node: Node): readonly Node[] {
  return [node, ...(node.children ?? []).flatMap(nodes)];
}

function parsed(page: string): readonly Node[] {
  return nodes(fromMarkdown(page, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
}

/** What a layout writes itself; anything else would be the pull request's. */
const OUR_HTML =
  /^(<!-- -->|<br>|<\/?(code|sub)>|<details><summary>([A-Za-z ,()\d]+|<code>[^<`]*<\/code> as rendered: <code>[^<`]*<\/code>)<\/summary>|<\/details>)$/;
const OUR_CODE = new Set(["diff", "suggestion"]);

function pagesOf({ review: one, context: where }: Situation): readonly string[] {
  const { summary, text = "" } = checkOutput(one, where);
  const files = one.findings.flatMap(({ location }) =>
    location === null ? [] : [{ path: location.path, left: [], right: [{ first: 1, last: 2000 }] }],
  );
  const { comments } = inlineComments(one, where, files);
  return [stickyComment(one, where), summary, text, ...comments.map(({ body }) => body)];
}

describe("the structure of every page is the layout's alone", () => {
  test.each(Object.entries(situations))("%s", (_, situation) => {
    for (const page of pagesOf(situation)) {
      const all = parsed(page);
      const of = (type: string) => all.filter((node) => node.type === type);
      expect(of("heading").length).toBeLessThanOrEqual(1);
      expect(of("image")).toEqual([]);
      expect(of("code").filter(({ lang }) => !OUR_CODE.has(lang ?? ""))).toEqual([]);
      expect(of("html").filter(({ value = "" }) => !OUR_HTML.test(value))).toEqual([]);
      for (const { url = "" } of of("link"))
        expect(url).toMatch(/^https:\/\/(docs|github)\.example\.com\/[\w./%#-]+$/);
      for (const table of of("table")) {
        const columns = new Set(table.children?.map((row) => row.children?.length));
        expect(columns.size).toBe(1);
      }
      for (const { value = "" } of of("text")) expect(value).not.toMatch(/@[\w]|#\d|https?:\/\/|www\.\w/);
    }
  });
});

describe("pages stay within GitHub's limits", () => {
  const long = (letter: string) => `${letter}@|\`\u202e`.repeat(2000);
  const value = long("v").slice(0, 900);
  const yaml = (letter: string) =>
    Array.from({ length: 1200 }, (_, index) => `${letter}${index}: ${value}`).join("\n");
  const rendered = { base: yaml("a"), head: yaml("b") };
  const findings = Array.from({ length: 60 }, (_, index) =>
    finding("202", {
      handle: `202-${index.toString(16).padStart(4, "0")}`,
      fingerprint: String(index),
      severity: index % 3 === 2 ? "note" : "block",
      title: long("t"),
      why: `${index} ${long("w")}`,
      workloads: ["x", "y", "z"].map((name) => `${long("n")}${index}/Deployment/${long(name)}`),
      destinations: [`${index} ${long("d")}`],
      message: `${index} ${long("m")}`,
      remediation: `${index} ${long("r")}`,
      location: at(`${long("p")}${index}`, 1),
      rendered,
    }),
  );
  const unknowns = Array.from({ length: 60 }, (_, index) =>
    unknown({
      handle: `000-${index}`,
      target: `${index}${long("t")}`,
      reason: long("r"),
      decides: index % 2 === 0,
    }),
  );
  const huge = review({ verdict: "block", findings, unknowns, contact: long("c") });

  test("and say what they leave out", () => {
    const { title, summary, text = "", actions } = checkOutput(huge, context());
    expect([...title].length).toBeLessThanOrEqual(80);
    expect(summary.length).toBeLessThanOrEqual(65_535);
    expect(text.length).toBeLessThanOrEqual(65_535 - 8_000);
    expect(summary).toContain("202-0000");
    expect(summary).toContain("More was found than a check can hold");
    for (const { label, description, identifier } of actions) {
      expect(label.length).toBeLessThanOrEqual(20);
      expect(description.length).toBeLessThanOrEqual(40);
      expect(identifier.length).toBeLessThanOrEqual(20);
    }
  });

  test("also where workloads reach a lot", () => {
    const wide = (index: number) =>
      Array.from({ length: 8 }, (_, port) => {
        const labels = Array.from({ length: 8 }, (__, label) => `${port}${label}${long("l")}`);
        return pods(named(`${index}${long("n")}`), labels, "TCP", String(port));
      });
    const deltas = Array.from({ length: 12 }, (_, index) =>
      delta(`${long("n")}/Deployment/${index}`, {
        added: wide(index),
        before: wide(index + 1),
        after: wide(index),
      }),
    );
    const { text = "" } = checkOutput(review({ environments: [environment("x", { deltas })] }), context());
    expect(text).toContain("More was found than a check can hold");
    expect(text.length).toBeLessThanOrEqual(65_535 - 8_000);
  });

  test("a comment keeps verdict, findings and controls", () => {
    const comment = stickyComment(huge, context());
    expect(comment.length).toBeLessThanOrEqual(60_000);
    expect(comment).toMatch(/^### ⛔ egress-review: blocked\n/);
    expect(comment).toContain("202-0000");
    expect(comment).toContain("SC-7(5)");
  });
});

test("a secret is in no page: what is not to be seen has no rendered object", () => {
  const { summary } = checkOutput(
    { ...blocked, findings: blocked.findings.map((one) => ({ ...one, rendered: null })) },
    context(),
  );
  expect(summary).not.toContain("```diff");
});

test("whoever fails may run again, whoever passes need not", () => {
  const labels = (name: string) => {
    const one = situations[name];
    return one === undefined
      ? null
      : checkOutput(one.review, one.context).actions.map(({ identifier }) => identifier);
  };
  expect(labels("blocked")).toEqual(["recheck"]);
  expect(labels("unread")).toEqual(["recheck"]);
  expect(labels("warned")).toEqual([]);
});

describe("an evaluation without a verdict", () => {
  const link = context();
  test.each([
    [{ code: "conflict", base: "main" }, "Not evaluated: conflicts with main", "resolving the conflict"],
    [{ code: "no-test-merge" }, "Not evaluated: GitHub has made no test merge yet", "write access"],
    [{ code: "deadline", seconds: 300 }, "Not evaluated: took longer than 300 seconds", "raise the limit"],
    [{ code: "crash", reference: "job-7f" }, "Not evaluated: the evaluation failed", "`job-7f`"],
    [
      { code: "permission", permission: "checks: write" },
      "Not evaluated: permission checks: write is missing",
      "An owner of the organisation",
    ],
    [
      { code: "tree-unreadable", reason: "the listing is cut" },
      "Not evaluated: the files could not be read from GitHub",
      "the listing is cut",
    ],
    [
      {
        code: "configuration",
        problems: [
          { source: "repository", path: ".egress-review.yaml", line: 4, message: 'unknown key "aprovers"' },
          { source: "organisation", path: ".egress-review.yaml", line: null, message: "is not UTF-8 text" },
        ],
      },
      "Not evaluated: .egress-review.yaml:4 is not valid",
      'unknown key "aprovers"',
    ],
  ] as const)("%j: what happened, who clears it, how to try again", (failure, title, words) => {
    const { title: found, summary, actions } = failureOutput(failure, link);
    expect(found).toBe(title);
    expect(summary).toContain("**No verdict.**");
    expect(summary).toContain(words);
    expect(summary).toContain("/egress recheck");
    expect(actions.map(({ label }) => label)).toEqual(["Re-run"]);
  });

  test("names the organisation's file as the organisation's, without a link into this repository", () => {
    const { summary } = failureOutput(
      {
        code: "configuration",
        problems: [{ source: "organisation", path: "a.yaml", line: 3, message: "@x ![](y)" }],
      },
      link,
    );
    expect(summary).toContain("- `a.yaml:3` of the organisation's policy repository: @<!-- -->x !\\[\\](y)");
  });

  test("a long reason leaves the title its size", () => {
    const { title } = failureOutput(
      { code: "conflict", base: "x".repeat(300) },
      { ...link, required: false },
    );
    expect([...title].length).toBe(80);
    expect(title).toMatch(/… \(not required here\)$/);
  });
});
