import { describe, expect, test } from "@jest/globals";
import { codeOwnersOf, parseCodeOwners, readCodeOwners } from "../../../src/github/governance/code-owners.ts";
import { treeOf } from "../commands/shop.ts";

/** The examples of "About code owners" on docs.github.com, and what is easily got wrong. */
const CASES: readonly [text: string, path: string, owners: readonly string[]][] = [
  ["* @global1 @global2", "a/b/c.txt", ["@global1", "@global2"]],
  ["* @all\n*.js @js", "src/app.js", ["@js"]],
  ["* @all\n*.js @js #inline", "src/app.js", ["@js"]],
  ["*.js @js\n* @all", "src/app.js", ["@all"]],
  ["*.go docs@example.com", "main.go", ["docs@example.com"]],
  ["*.txt @acme/octocats", "deep/er/read.txt", ["@acme/octocats"]],
  ["/build/logs/ @doc", "build/logs/today.log", ["@doc"]],
  ["/build/logs/ @doc", "build/logs/a/b.log", ["@doc"]],
  ["/build/logs/ @doc", "other/build/logs/a.log", []],
  ["/build/logs/ @doc", "build/logs", []],
  ["docs/* @d", "docs/start.md", ["@d"]],
  ["docs/* @d", "docs/app/trouble.md", []],
  ["docs/* @d", "x/docs/start.md", []],
  ["apps/ @o", "apps/a.txt", ["@o"]],
  ["apps/ @o", "x/y/apps/a/b.txt", ["@o"]],
  ["apps/ @o", "apps", []],
  ["/docs/ @d", "docs/a", ["@d"]],
  ["/docs/ @d", "src/docs/a", []],
  ["**/logs @l", "build/logs", ["@l"]],
  ["**/logs @l", "deeply/nested/logs/a.txt", ["@l"]],
  ["**/logs @l", "logs/a.txt", ["@l"]],
  ["/apps/ @o\n/apps/github", "apps/github/x.md", []],
  ["/apps/ @o\n/apps/github", "apps/other/x.md", ["@o"]],
  ["/apps/ @o\n/apps/github @dr", "apps/github/x.md", ["@dr"]],
  ["charts/**/values.yaml @v", "charts/values.yaml", ["@v"]],
  ["charts/**/values.yaml @v", "charts/a/b/values.yaml", ["@v"]],
  ["charts/** @v", "charts/a/b", ["@v"]],
  ["charts/** @v", "charts", []],
  ["values-*.yaml @v", "a/values-prod.yaml", ["@v"]],
  ["values-?.yaml @v", "values-12.yaml", []],
  ["/a*b*c @v", "abxbc", ["@v"]],
  ["/a*b*c @v", "abxb", []],
  ["my\\ file.yaml @v", "my file.yaml", ["@v"]],
  ["a\\*b @v", "a*b", ["@v"]],
  ["a\\*b @v", "axb", []],
  // Case counts.
  ["Docs/ @v", "docs/a", []],
  // None of these works in this file: the line is skipped, not the file.
  ["* @all\n!secret @v", "!secret", ["@all"]],
  ["* @all\n[ab].txt @v", "a.txt", ["@all"]],
  ["* @all\n\\#x @v", "#x", ["@all"]],
  ["* @all\n*.js nobody", "a.js", ["@all"]],
  ["* @all\n*.js @a/b/c", "a.js", ["@all"]],
  ["# * @v", "a", []],
  ["\r\n* @v\r\n", "a", ["@v"]],
  ["/ @v", "a", []],
];

describe("who owns a path", () => {
  test.each(CASES)("%j: %s", (text, path, owners) => {
    expect(codeOwnersOf(parseCodeOwners(text), path)).toEqual(owners);
  });

  test("a pattern made to be slow is not", () => {
    const lines = parseCodeOwners(`/${"*a".repeat(3000)}b @v\n${"**/a/".repeat(200)}x @v`);
    expect(codeOwnersOf(lines, "a".repeat(4000))).toEqual([]);
    expect(codeOwnersOf(lines, Array(400).fill("a").join("/"))).toEqual([]);
  });
});

describe("where the file stands", () => {
  const read = (files: Record<string, string>) => readCodeOwners(treeOf(files));

  test("the first of three places counts", async () => {
    const all = { ".github/CODEOWNERS": "1", CODEOWNERS: "2", "docs/CODEOWNERS": "3" };
    expect(await read(all)).toBe("1");
    expect(await read({ CODEOWNERS: "2", "docs/CODEOWNERS": "3" })).toBe("2");
    expect(await read({ "docs/CODEOWNERS": "3" })).toBe("3");
    expect(await read({ "src/CODEOWNERS": "4" })).toBeNull();
  });

  test("one that GitHub does not load owns nothing", async () => {
    expect(await read({ CODEOWNERS: "#".repeat(3 * 1024 * 1024 + 1) })).toBeNull();
  });
});
