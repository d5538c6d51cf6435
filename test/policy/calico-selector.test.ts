import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { holds } from "../../src/policy/calico/expression.ts";
import { podsSelectedBy } from "../../src/policy/calico/pods.ts";
import { parseCalicoSelector } from "../../src/policy/calico/selector.ts";

function parsed(text: string) {
  const result = parseCalicoSelector(text);
  if ("error" in result) throw new Error(`${text}: ${result.error}`);
  return result.expression;
}

function matches(text: string, labels: Readonly<Record<string, string>>): boolean {
  return holds(parsed(text), new Map(Object.entries(labels)));
}

describe("Calico's selector language (libcalico-go/lib/selector)", () => {
  test.each([
    ["a == 'b'", { a: "b" }, true],
    ['a == "b"', { a: "c" }, false],
    ["a == 'b'", {}, false],
    ["a != 'b'", { a: "c" }, true],
    ["a in {'b', \"c\"}", { a: "c" }, true],
    ["a in {}", { a: "c" }, false],
    ["a in {'b',}", { a: "b" }, true],
    ["a not in {'b'}", { a: "b" }, false],
    ["a notin {'b'}", { a: "c" }, true],
    ["has(a)", { a: "" }, true],
    ["has( a )", {}, false],
    ["!has(a)", {}, true],
    ["!!has(a)", {}, false],
    ["a contains 'xy'", { a: "wxyz" }, true],
    ["a contains 'xy'", {}, false],
    ["a starts with 'w'", { a: "wx" }, true],
    ["a startswith 'x'", { a: "wx" }, false],
    ["a ends with 'x'", { a: "wx" }, true],
    ["!(a ends with 'x')", {}, true],
    ["all()", {}, true],
    ["", {}, true],
    [" \t", {}, true],
    ["a == 'b' || c == 'd' && e == 'f'", { a: "b" }, true],
    ["(a == 'b' || c == 'd') && e == 'f'", { a: "b" }, false],
    ["!(a == 'b' && c == 'd')", { a: "b", c: "e" }, true],
    ["in == 'in'", { in: "in" }, true],
    ["has_a == '1' && all.b/c-d == '2'", { has_a: "1", "all.b/c-d": "2" }, true],
    ["a == ' && b'", { a: " && b" }, true],
  ])("%s of %j is %s", (text, labels, expected) => {
    expect(matches(text, labels)).toBe(expected);
  });

  // api/pkg/apis/projectcalico/v3 NetworkPolicySpec.Selector: "also matches if label is not present".
  test("not equal and not in match where the label is absent", () => {
    expect([matches('a != "b"', {}), matches('a not in {"b"}', {})]).toEqual([true, true]);
  });

  test.each([
    ["a", "expected operator after label"],
    ["a = 'b'", "expected =="],
    ["a == b", "expected string"],
    ["a == 'b", "unterminated string"],
    ["a == 'b' &", "expected &&"],
    ["a == 'b' &&", "unexpected end of string looking for op"],
    ["a == 'b' c == 'd'", "unexpected content at end of selector"],
    ["(a == 'b'", "expected )"],
    ["a in 'b'", "expected set literal"],
    ["a in {'b'", "expected }"],
    ["a inside {'b'}", "expected operator after label"],
    ["has(a", "no closing ')' after has("],
    ["has()", "expected identifier"],
    ["all(x)", "no closing ')' after all("],
    ["a == 'ü' && ü == 'a'", "expected identifier"],
    [`has(${"a".repeat(513)})`, "label too long"],
    [`${"(".repeat(100_000)}`, "too many parentheses"],
  ])("%.40s is refused: %s", (text, error) => {
    const result = parseCalicoSelector(text);
    expect("error" in result ? result.error : "accepted").toContain(error);
  });

  test("any text is parsed or refused", () => {
    const words = fc.constantFrom(
      "a",
      "==",
      "!=",
      "in",
      "not",
      "{",
      "}",
      "'b'",
      "(",
      ")",
      "!",
      "&&",
      "||",
      "has(",
      "all()",
      " ",
      "starts",
      "with",
      ",",
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((list) => list.join(" ")),
        ),
        (text) => {
          const result = parseCalicoSelector(text);
          if ("expression" in result) podsSelectedBy(result.expression);
          return true;
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("pods that a selector selects", () => {
  const every = { kind: "selected", selector: [] } as const;

  test.each([
    ["all()", [{ namespaces: every, pods: [] }]],
    ["a == 'b' || all()", [{ namespaces: every, pods: [] }]],
    ["!all()", []],
    ["a == 'b' && a == 'c'", []],
    ["has(a) && !has(a)", []],
    [
      "a in {'b', 'c'} && a != 'c'",
      [{ namespaces: every, pods: [{ key: "a", operator: "In", values: ["b"] }] }],
    ],
    [
      "a == 'xy' && a starts with 'x'",
      [{ namespaces: every, pods: [{ key: "a", operator: "In", values: ["xy"] }] }],
    ],
    [
      "has(a) && a != 'b'",
      [
        {
          namespaces: every,
          pods: [
            { key: "a", operator: "Exists", values: [] },
            { key: "a", operator: "NotIn", values: ["b"] },
          ],
        },
      ],
    ],
    ["projectcalico.org/orchestrator == 'k8s'", [{ namespaces: every, pods: [] }]],
    ["!has(projectcalico.org/orchestrator)", []],
    ["has(projectcalico.org/namespace)", [{ namespaces: every, pods: [] }]],
    ["projectcalico.org/namespace == 'x'", [{ namespaces: { kind: "named", name: "x" }, pods: [] }]],
    ["pcns.projectcalico.org/name == 'x'", [{ namespaces: { kind: "named", name: "x" }, pods: [] }]],
    [
      "pcns.team == 'x'",
      [
        {
          namespaces: { kind: "selected", selector: [{ key: "team", operator: "In", values: ["x"] }] },
          pods: [],
        },
      ],
    ],
    [
      "projectcalico.org/serviceaccount == 'x'",
      [{ namespaces: every, pods: [{ key: "(service account)", operator: "In", values: ["x"] }] }],
    ],
  ])("%s", (text, pods) => {
    expect(podsSelectedBy(parsed(text))).toEqual(pods);
  });

  test("a short selector with too many alternatives is given up", () => {
    const pair = (index: number) => `(a${index} == 'b' || c${index} == 'd')`;
    const text = (count: number) => Array.from({ length: count }, (_, index) => pair(index)).join(" && ");
    expect(podsSelectedBy(parsed(text(8)))).toHaveLength(256);
    expect(podsSelectedBy(parsed(text(9)))).toBeNull();
  });
});
