import { describe, expect, test } from "@jest/globals";
import { templateLine } from "../../src/blame/align.ts";
import { isWhole } from "../../src/blame/template-lines.ts";

/** Lines of the template for each line of the rendered text; blank lines left out. */
function lines(template: string, rendered: string): readonly (number | null)[] {
  return rendered
    .split("\n")
    .flatMap((text, index) => (text.trim() === "" ? [] : [templateLine(template, rendered, index + 1)]));
}

const policy = (name: string, namespace: string) =>
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  podSelector: {}
`;

describe("documents that read alike", () => {
  const template = `# All policies\n\n---\n# One\n${policy("deny", "a")}---\n# Two\n${policy("deny", "b")}\n---\n# Three\n${policy("deny", "c")}`;

  test("the names decide which one it is, for every line", () => {
    expect(lines(template, `# Two\n${policy("deny", "b")}`)).toEqual([13, 14, 15, 16, 17, 18, 19, 20]);
    expect(lines(template, policy("deny", "c").trim())).toEqual([null, null, null, null, null, null, null]);
    expect(lines(template, `# Three\n${policy("deny", "c")}`)).toEqual([23, 24, 25, 26, 27, 28, 29, 30]);
  });

  test("twice the same document has no line", () => {
    const twice = `${policy("deny", "a")}---\n${policy("deny", "a")}`;
    expect(lines(twice, policy("deny", "a"))).toEqual([null, null, null, null, null, null, null]);
  });

  test("a document that looks alike but is not the one gives no line", () => {
    expect(lines(template, `# Two\n${policy("deny", "d")}`)).toEqual(new Array(8).fill(null));
  });

  test("a document that another part of the template can give too has no line", () => {
    const literalAndLoop = `{{- if .Values.old }}\n${policy("deny", "a")}{{- else }}\n{{- range .Values.all }}\n${policy("{{ .name }}", "a")}{{- end }}\n{{- end }}\n`;
    expect(lines(literalAndLoop, policy("deny", "a"))).toEqual(new Array(7).fill(null));
    const literalAndInclude = `{{- if .Values.old }}\n${policy("deny", "a")}{{- end }}\n---\n{{ include "library.policy" . }}\n`;
    expect(lines(literalAndInclude, policy("deny", "a"))).toEqual(new Array(7).fill(null));
  });
});

describe("values and control structures", () => {
  test("a value has no line, what stands around it has", () => {
    const template =
      'kind: A\nmetadata:\n  name: {{ .Values.name }}\n  labels:\n    {{- include "labels" . | nindent 4 }}\nspec:\n  to: []\n';
    const rendered = "kind: A\nmetadata:\n  name: web\n  labels:\n    a: b\n    c: d\nspec:\n  to: []\n";
    expect(lines(template, rendered)).toEqual([1, 2, null, 4, null, null, 6, 7]);
  });

  test("a value at the end of a key's line", () => {
    const template = "kind: A\nspec: {{- toYaml .Values.spec | nindent 2 }}\nstatus: {}\n";
    expect(lines(template, "kind: A\nspec:\n  a: 1\n  b: 2\nstatus: {}\n")).toEqual([1, null, null, null, 3]);
  });

  test("conditions and comments leave the lines around them", () => {
    const template =
      '{{- /* a\ncomment {{ odd }} */ -}}\n{{- if .Values.on }}\nkind: A\n{{- if .Values.more }}\nmore: 1\n{{- else if .Values.less }}\nless: 1\n{{- else }}\nother: 1\n{{- end }}\n{{- $x := dict "a" 1\n  "b" 2 }}\nend: 1\n{{- end }}\n';
    expect(lines(template, "kind: A\nmore: 1\nend: 1\n")).toEqual([4, 6, 14]);
    expect(lines(template, "kind: A\nless: 1\nend: 1\n")).toEqual([4, 8, 14]);
    expect(lines(template, "kind: A\nother: 1\nend: 1\n")).toEqual([4, 10, 14]);
    expect(lines(template, "kind: A\nend: 1\n")).toEqual([4, 14]);
    expect(lines(template, "kind: A\nmore: 1\nless: 1\nend: 1\n")).toEqual([null, null, null, null]);
  });

  test("two branches that read the same give no line", () => {
    const template = "kind: A\n{{- if .Values.on }}\nport: 1\nextra: 1\n{{- else }}\nport: 1\n{{- end }}\n";
    expect(lines(template, "kind: A\nport: 1\n")).toEqual([1, 6]);
    expect(lines(template, "kind: A\nport: 1\nextra: 1\n")).toEqual([1, 3, 4]);
    const same = "kind: A\n{{- if .Values.on }}\nport: 1\n{{- else }}\nport: 1\n{{- end }}\n";
    expect(lines(same, "kind: A\nport: 1\n")).toEqual([1, null]);
  });

  test("a loop gives its lines each time", () => {
    const template =
      "kind: A\negress:\n{{- range .Values.to }}\n- to:\n  - cidr: {{ .cidr | quote }}\n{{- end }}\nend: 1\n";
    const rendered =
      'kind: A\negress:\n- to:\n  - cidr: "10.0.0.0/8"\n- to:\n  - cidr: "0.0.0.0/0"\nend: 1\n';
    expect(lines(template, rendered)).toEqual([1, 2, 4, null, 4, null, 7]);
  });

  test("a loop over documents: the lines are the same for each", () => {
    const template = "{{- range .Values.names }}\n---\nkind: A\nname: {{ . }}\n{{- end }}\n";
    expect(lines(template, "kind: A\nname: one\n")).toEqual([3, null]);
  });

  test("what is defined is not given where it stands", () => {
    const template = '{{- define "p" }}\nkind: A\nname: x\n{{- end }}\n{{ include "p" . }}\n';
    expect(lines(template, "kind: A\nname: x\n")).toEqual([null, null]);
  });

  test("a definition that is not given here is no second source", () => {
    const template = '{{- define "p" }}\n---\nkind: A\nname: x\n{{- end }}\n---\nkind: B\nname: x\n';
    expect(lines(template, "kind: B\nname: x\n")).toEqual([7, 8]);
    const early = '{{- define "p" }}\nkind: B\n{{- end }}\nkind: B\nname: x\n';
    expect(lines(early, "kind: B\nname: x\n")).toEqual([4, 5]);
    const only = '{{- define "p" }}\nkind: B\n{{- end }}\nname: x\n';
    expect(lines(only, "kind: B\nname: x\n")).toEqual([null, null]);
  });

  test("an included text may hold whole documents, unless it is indented", () => {
    const template = (include: string) => `kind: Z\n${include}\nkind: Y\n---\nkind: A\nname: x\n`;
    expect(lines(template('{{ include "many" . }}'), "kind: A\nname: x\n")).toEqual([null, null]);
    expect(lines(template('{{- include "labels" . | nindent 2 }}'), "kind: A\nname: x\n")).toEqual([5, 6]);
  });

  test("braces in strings and raw strings are no ends of actions", () => {
    const template = 'kind: A\nquoted: {{ "a }} b" }}\nraw: {{ `{{ c }}` }}\nend: 1\n';
    expect(lines(template, "kind: A\nquoted: a }} b\nraw: {{ c }}\nend: 1\n")).toEqual([1, null, null, 4]);
  });

  test.each([
    ["an action that is not closed", "kind: A\n{{ if .x\nend: 1\n"],
    ["a block that is not closed", "kind: A\n{{ if .x }}\nend: 1\n"],
    ["an end too many", "kind: A\n{{ end }}\nend: 1\n"],
    ["a block that opens within a line", "kind: A{{ if .x }}\n{{ end }}end: 1\n"],
  ])("%s: no line", (_, template) => {
    expect(lines(template, "kind: A\nend: 1\n")).toEqual([null, null]);
  });
});

describe("a part of a template that can be taken out", () => {
  test.each([
    ["text alone", "a: 1\nb: 2\n", true],
    ["outputs", 'a: {{ .Values.a }}\n{{- include "b" . }}\n', true],
    ["a block", "{{- if .Values.a }}\na: 1\n{{- else }}\na: 2\n{{- end }}\n", true],
    ["braces in a comment and in a text", '{{/* {{ if */}}\na: {{ "{{ if }}" }}\n', true],
    ["the beginning of a block", "{{- range .Values.a }}\na: 1\n", false],
    ["the end of a block", "a: 1\n{{- end }}\n", false],
    ["the middle of a block", "a: 1\n{{- else }}\na: 2\n", false],
    ["an end before its beginning", "{{- end }}\na: 1\n{{- if .Values.a }}\n", false],
    ["half an action", "a: {{ printf\n", false],
  ])("%s", (_title, part, whole) => {
    expect(isWhole(part)).toBe(whole);
  });

  test("a line that begins with the other branch is not followed", () => {
    const template = "a:\n{{- if .Values.b }}\n  b: 1\n{{ else }}  b: 2\n{{- end }}\n  c: 3\n";
    expect(templateLine(template, "a:\n  b: 2\n  c: 3\n", 3)).toBeNull();
  });
});
