import { expect, test } from "@jest/globals";
import { literalKinds, literalNamespaces } from "../../src/render/literal-bound.ts";

test.each([
  ["literal", "kind: A\nspec:\n  - kind: 'B' # here\n", ["A", "B"]],
  ["quoted key", '"kind": "A"\n', ["A"]],
  ["templated", "kind: A\n---\nkind: {{ .Values.kind }}\n", null],
  ["none", '{{ include "x" . }}\n', null],
  ["only in other words", "mankind: A\n", null],
])("kinds: %s", (_, text, kinds) => {
  expect(literalKinds(text)).toEqual(kinds);
});

test.each([
  ["none", "kind: A\n", ["own"]],
  ["literal", '  namespace: b\n  - namespace: "a"\n', ["a", "b", "own"]],
  ["a mapping below", "namespace:\n  x: 1\n", ["own"]],
  ["of the release", "namespace: {{ .Release.Namespace | quote }}\n", ["own"]],
  ["of values", "namespace: {{ .Values.x }}\n", null],
])("namespaces: %s", (_, text, namespaces) => {
  expect(literalNamespaces(text, "own")).toEqual(namespaces);
});
