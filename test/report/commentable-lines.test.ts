import { describe, expect, test } from "@jest/globals";
import { createTwoFilesPatch, OMIT_HEADERS } from "diff";
import fc from "fast-check";
import { commentableLines } from "../../src/report/pull-request/commentable-lines.ts";

const CHANGED = `@@ -4,7 +4,8 @@ spec:
   policyTypes:
     - Egress
   egress:
-    - to: []
+    - to:
+        - namespaceSelector: {}
     - ports:
         - port: 53
           protocol: UDP
@@ -40,3 +41,2 @@
     last: 1
-    gone: 2
     end: 3`;

const NEW = `@@ -0,0 +1,2 @@
+a: 1
+b: 2
\\ No newline at end of file`;

const DELETED = `@@ -1,2 +0,0 @@
-a: 1
-b: 2`;

const LAST_LINE = `@@ -1,2 +1,2 @@
 a: 1
-b: 2
\\ No newline at end of file
+b: 3
\\ No newline at end of file`;

const ONE_LINE = "@@ -7 +7 @@ metadata:\n-old\n+new";

describe("lines that a comment may stand at", () => {
  test.each([
    [
      "a change in two hunks",
      CHANGED,
      [
        [4, 10],
        [40, 42],
      ],
      [
        [4, 11],
        [41, 42],
      ],
    ],
    ["a new file without a line feed at its end", NEW, [], [[1, 2]]],
    ["a deleted file", DELETED, [[1, 2]], []],
    ["a last line without a line feed on both sides", LAST_LINE, [[1, 2]], [[1, 2]]],
    ["hunks of one line, whose header leaves the count out", ONE_LINE, [[7, 7]], [[7, 7]]],
    ["a file that was only renamed, or is binary", null, [], []],
    ["an empty patch", "", [], []],
    [
      "carriage returns",
      CHANGED.replaceAll("\n", "\r\n"),
      [
        [4, 10],
        [40, 42],
      ],
      [
        [4, 11],
        [41, 42],
      ],
    ],
    ["text that looks like a hunk", "@@ -1,1 +1,2 @@\n a\n+@@ -90,9 +90,9 @@", [[1, 1]], [[1, 2]]],
    [
      "a separator of lines that is none for git",
      "@@ -1,1 +1,2 @@\n a\n+b\u2028+c\u0085",
      [[1, 1]],
      [[1, 2]],
    ],
    ["a patch that was cut", "@@ -1,9 +1,9 @@\n a\n+b", [[1, 1]], [[1, 2]]],
  ])("%s", (_, patch, left, right) => {
    const ranges = (pairs: readonly (readonly number[])[]) => pairs.map(([first, last]) => ({ first, last }));
    expect(commentableLines(patch)).toEqual({ left: ranges(left), right: ranges(right) });
  });

  test("are those of the hunks of any two texts", () => {
    const text = fc.array(fc.constantFrom("a", "b", "+c", "-d", "@@ -1 +1 @@", ""), { maxLength: 30 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const patch = createTwoFilesPatch("x", "x", before.join("\n"), after.join("\n"), "", "", {
          context: 3,
          headerOptions: OMIT_HEADERS,
        });
        const { left, right } = commentableLines(patch);
        const lines = (ranges: typeof left) =>
          ranges.flatMap(({ first, last }) =>
            Array.from({ length: last - first + 1 }, (_, index) => first + index),
          );
        const body = patch
          .split("\n")
          .filter((line) => !/^(@@ -\d+(,\d+)? \+\d+(,\d+)? @@$|===|\\|$)/.test(line));
        const old = body.filter((line) => !line.startsWith("+")).map((line) => line.slice(1));
        const fresh = body.filter((line) => !line.startsWith("-")).map((line) => line.slice(1));
        expect(lines(left).map((line) => before[line - 1])).toEqual(old);
        expect(lines(right).map((line) => after[line - 1])).toEqual(fresh);
      }),
      { numRuns: 500 },
    );
  });
});
