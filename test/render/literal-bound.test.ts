import { describe, expect, test } from "@jest/globals";
import { literalKinds, literalNamespaces } from "../../src/render/literal-bound.ts";

describe("what a text that nobody can read may make at most", () => {
  test.each([
    [
      "block style",
      "kind: NetworkPolicy\nmetadata:\n  namespace: shop\n",
      ["NetworkPolicy"],
      ["own", "shop"],
    ],
    [
      "flow style",
      "kind: NetworkPolicy\nmetadata: {name: b, namespace: shop\n",
      ["NetworkPolicy"],
      ["own", "shop"],
    ],
    [
      "JSON",
      '{"kind": "List", "items": [{"kind":"NetworkPolicy","metadata":{"namespace":"shop"}}',
      ["List", "NetworkPolicy"],
      ["own", "shop"],
    ],
    [
      "a list in a list",
      "- - kind: NetworkPolicy\n    namespace: shop\n",
      ["NetworkPolicy"],
      ["own", "shop"],
    ],
    [
      "flow style, templated",
      "{kind: {{ .Values.kind }}, metadata: {namespace: {{ .Values.where }}}}",
      null,
      null,
    ],
    [
      "flow style behind another entry",
      "kind: ConfigMap\nx: {a: 1, kind: NetworkPolicy}\n",
      ["ConfigMap", "NetworkPolicy"],
      ["own"],
    ],
    ["nothing literal", '{{ include "x" . }}\n', null, ["own"]],
  ])("%s", (_, text, kinds, namespaces) => {
    expect(literalKinds(text)).toEqual(kinds);
    expect(literalNamespaces(text, "own")).toEqual(namespaces);
  });

  test("a long line of braces takes no time", () => {
    expect(literalKinds(`${"{, ".repeat(200_000)}kind`)).toBeNull();
  });
});
