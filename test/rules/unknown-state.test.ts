import { expect, test } from "@jest/globals";
import { unknownDetail, unknownState } from "../../src/rules/facts/unknown-state.ts";
import type { Unknown, UnknownCode } from "../../src/targets/unknown.ts";

const FILE = "shop/templates/deny.yaml";

function unknown(code: UnknownCode, detail: string): Unknown {
  return {
    code,
    id: `${code}:shop:${FILE}`,
    target: "shop",
    subject: FILE,
    detail,
    bound: { namespaces: ["shop"], kinds: null },
    selectorKeys: null,
    digest: "",
    content: "tree",
    place: null,
  };
}

test.each([
  [`execution error at (${FILE}:6:12): title is not set`, "execution error at line 6: title is not set"],
  [`YAML parse error on ${FILE}: yaml: line 38`, "YAML parse error: yaml: line 38"],
  [`${FILE}:7:25\n  executing "x" at <.no>:\n    nil pointer`, 'line 7 executing "x" at <.no>: nil pointer'],
  [
    "yaml: unmarshal errors:\n  line 9: a key twice\n  line 12: another",
    "yaml: unmarshal errors: line 9: a key twice",
  ],
  [`included from ${FILE}: nothing`, `included from ${FILE}: nothing`],
  ["unmarshal errors:", "unmarshal errors"],
])("%j is said once and on one line", (detail, words) => {
  expect(unknownState(unknown("part-dropped", detail))).toBe(`was left out of what rendered (${words})`);
});

test("all of it is kept for the list of what was not read", () => {
  expect(unknownDetail(unknown("part-dropped", "errors:\n  line 9: one\n  line 12: two\n"))).toBe(
    "errors: line 9: one line 12: two",
  );
});

test("what is known by its code needs no words of a tool", () => {
  expect(unknownState(unknown("unmodelled-policy", "Kind of group/v1 is not modelled yet"))).toBe(
    "is of a kind that is not modelled yet",
  );
  expect(unknownState(unknown("unreadable-input", "lfs-pointer"))).toContain("(it is a Git LFS pointer)");
});
