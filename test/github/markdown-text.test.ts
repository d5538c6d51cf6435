import { expect, test } from "@jest/globals";
import { markdownText } from "./markdown-text.ts";

const text = (markdown: string, width = 40) => `\n${markdownText(markdown, width).join("\n")}`;

test("what a browser hides or folds is not there, what it shows is", () => {
  const markdown = [
    "<!-- marker -->",
    "### Blocked",
    "**Everything** is `open`, [as told](https://example.com/x).<br>Next line",
    "and another",
    "",
    "- one item that is longer than a line of forty",
    "- two",
    "",
    "<details><summary><code>201-1</code> as rendered</summary>",
    "",
    "```diff",
    "+hidden",
    "```",
    "<details><summary>inner</summary>",
    "",
    "also hidden",
    "",
    "</details>",
    "",
    "</details>",
    "",
    "> quoted &lt;b&gt;",
    "",
    "<sub>small &amp; last</sub>",
  ].join("\n");
  expect(text(markdown)).toBe(`
Blocked
═══════

Everything is \`open\`, as told.
Next line
and another

• one item that is longer than a line of
  forty
• two

▸ \`201-1\` as rendered

┃ quoted <b>

small & last`);
});

test("a table fits, and names break where a reader would break them", () => {
  const markdown =
    "| Who | Reach |\n|---|---|\n| data-platform/Deployment/notebooks | `10.0.0.0/8`<br>DNS |\n";
  expect(text(markdown)).toBe(`
┌───────────────────────┬──────────────┐
│ Who                   │ Reach        │
├───────────────────────┼──────────────┤
│ data-platform/        │ \`10.0.0.0/8\` │
│ Deployment/notebooks  │ DNS          │
└───────────────────────┴──────────────┘`);
});

test("a suggestion shows what it puts in the place of the lines", () => {
  expect(text("```suggestion\n  - to: []\n```")).toBe(`
Suggested change
    +   - to: []
    [Commit suggestion]`);
});
