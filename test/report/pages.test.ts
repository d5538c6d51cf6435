import { describe, test } from "@jest/globals";
import { checkOutput } from "../../src/report/pull-request/check-output.ts";
import { inlineComments } from "../../src/report/pull-request/inline-comments.ts";
import type { CommentableFile } from "../../src/report/pull-request/publication.ts";
import { needsComment, stickyComment } from "../../src/report/pull-request/sticky-comment.ts";
import { expectGolden } from "../golden.ts";
import { type Situation, situations } from "./pull-requests.ts";

/** Every file is new in the pull request: each line of it can be commented on. */
function wholeFiles({ review }: Situation): readonly CommentableFile[] {
  const paths = new Set(review.findings.flatMap(({ location }) => location?.path ?? []));
  return [...paths].map((path) => ({ path, left: [], right: [{ first: 1, last: 2000 }] }));
}

function pages(situation: Situation): string {
  const { review, context } = situation;
  const files = wholeFiles(situation);
  const { title, summary, text, annotations = [], actions } = checkOutput(review, context, files);
  const { comments, elsewhere } = inlineComments(review, context, files);
  return [
    "<!-- comment -->",
    needsComment(review, context) ? stickyComment(review, context) : "none\n",
    ...comments.map(
      ({ path, side, startLine, endLine, body }) =>
        `<!-- at ${JSON.stringify(path)} ${side} ${startLine}–${endLine} -->\n${body}`,
    ),
    `<!-- elsewhere: ${elsewhere.length} -->`,
    `<!-- check: ${title} -->`,
    summary,
    "<!-- its text -->",
    text ?? "",
    `<!-- its actions: ${actions.map(({ label }) => label).join()} -->`,
    ...annotations.map(
      ({ path, startLine, endLine, level, title, message }) =>
        `<!-- ${level} at ${JSON.stringify(path)} ${startLine}–${endLine}: ${title}\n${message} -->`,
    ),
    "",
  ].join("\n");
}

describe("what people read on a pull request", () => {
  test.each(Object.entries(situations))("%s", (name, situation) => {
    expectGolden(`test/report/golden/pages/${name}.golden.md`, pages(situation));
  });
});
