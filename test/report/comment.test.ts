import { expect, test } from "@jest/globals";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { markdown } from "../../src/report/review/markdown.ts";
import { at, blocked, finding, hostile, review, unknown, warned } from "./reviews.ts";

interface Node {
  readonly type: string;
  readonly value?: string;
  readonly url?: string;
  readonly children?: readonly Node[];
}

function nodes(node: Node): readonly Node[] {
  return [node, ...(node.children ?? []).flatMap(nodes)];
}

function parsed(comment: string): readonly Node[] {
  return nodes(fromMarkdown(comment, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }));
}

/** What a layout writes itself; anything else would be the pull request's. */
const OUR_HTML = /^(<!-- -->|<\/?(code|sub)>|<details><summary>[A-Za-z ,()\d]+<\/summary>|<\/details>)$/;

test.each([
  ["hostile", hostile],
  ["blocked", blocked],
  ["warned", warned],
])("%s: the structure of a comment is the layout's alone", (_, one) => {
  const all = parsed(markdown(one));
  const of = (type: string) => all.filter((node) => node.type === type);
  expect(of("heading")).toHaveLength(1);
  expect(of("image")).toEqual([]);
  expect(of("code")).toEqual([]);
  expect(of("html").filter(({ value = "" }) => !OUR_HTML.test(value))).toEqual([]);
  for (const { url = "" } of of("link")) expect(url).toMatch(/^[\w./%-]+(#L\d+)?$/);
  for (const table of of("table")) {
    const columns = new Set(table.children?.map((row) => row.children?.length));
    expect(columns.size).toBe(1);
  }
});

test("a comment is never longer than GitHub takes, and keeps verdict, findings and controls", () => {
  const long = (letter: string) => `${letter}@|\`\u202e`.repeat(2000);
  const findings = Array.from({ length: 40 }, (_, index) =>
    finding("202", {
      handle: `202-${index.toString(16).padStart(4, "0")}`,
      title: long("t"),
      why: long("w"),
      workloads: ["x", "y", "z"].map((name) => `${long("n")}${index}/Deployment/${long(name)}`),
      destinations: ["a", "b", "c"].map((letter) => `${index} ${long(letter)}`),
      message: long("m"),
      remediation: `${index} ${long("r")}`,
      location: at(`${long("p")}${index}`, 1),
    }),
  );
  const unknowns = Array.from({ length: 40 }, (_, index) =>
    unknown({
      handle: `000-${index}`,
      target: `${index}${long("t")}`,
      reason: long("r"),
      decides: index % 2 === 0,
    }),
  );
  const comment = markdown(review({ verdict: "block", findings, unknowns, contact: long("c") }));
  expect(comment.length).toBeLessThan(65_536);
  expect(comment).toMatch(/^### ⛔ egress-review: blocked\n/);
  expect(comment).toContain("202-0000");
  expect(comment).toContain("SC-7(5)");
  expect(comment).toContain("it is in the JSON");
});
