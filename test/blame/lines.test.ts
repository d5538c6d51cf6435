import { describe, expect, test } from "@jest/globals";
import { stringify } from "yaml";
import { locateLines } from "../../src/blame/locate.ts";
import { memoryTree } from "../engine/memory-tree.ts";
import { manifest } from "../render/manifest.ts";

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-api
spec:
  podSelector: {}
  egress:
  # to the payment provider
  - to:
    - namespaceSelector: {}  # any
    ports:
    - port: 443
    - port: 8443
    # more to come
  - {ports: [{port: 53}]}
`;

const PATH = "a.yaml";
const PLAIN = { path: PATH, source: PATH, line: 3 };
const TREE = memoryTree({ [PATH]: `# head\n---\n${POLICY}` });

describe("a plain file", () => {
  test.each([
    ["", { first: 3, last: 17 }, true],
    ["/spec/egress", { first: 9, last: 17 }, true],
    ["/spec/egress/0", { first: 11, last: 15 }, true],
    ["/spec/egress/0/to/0", { first: 12, last: 12 }, true],
    ["/spec/egress/0/ports", { first: 13, last: 15 }, true],
    ["/spec/egress/0/ports/1", { first: 15, last: 15 }, true],
    ["/spec/egress/1", { first: 17, last: 17 }, true],
  ])("%j stands on %j, alone: %s", async (pointer, lines, alone) => {
    expect(await locateLines(TREE, manifest(POLICY, PLAIN), pointer)).toEqual({
      path: PATH,
      line: lines.first,
      lines,
      alone,
    });
  });

  test.each([
    ["a key behind the dash of its element", "/spec/egress/0/to"],
    ["a value in the middle of a line", "/spec/egress/1/ports"],
    ["an element in the middle of a line", "/spec/egress/1/ports/0"],
  ])("%s shares its lines", async (_title, pointer) => {
    expect((await locateLines(TREE, manifest(POLICY, PLAIN), pointer))?.alone).toBe(false);
  });

  test("a part that the text does not have has its parent's line and no lines", async () => {
    const found = await locateLines(TREE, manifest(POLICY, PLAIN), "/spec/policyTypes");
    expect(found).toEqual({ path: PATH, line: 7, lines: null, alone: false });
  });

  test("lines that do not all read the same in the file are not certain", async () => {
    const other = memoryTree({ [PATH]: `# head\n---\n${POLICY.replace("8443", "8444")}` });
    const found = await locateLines(other, manifest(POLICY, PLAIN), "/spec/egress/0");
    expect(found).toEqual({ path: PATH, line: 11, lines: null, alone: false });
  });
});

describe("a template", () => {
  const path = "shop/templates/policies.yaml";
  const origin = { path, source: path, line: null };
  const linesOf = async (template: string, pointer: string, text = POLICY) =>
    (await locateLines(memoryTree({ [path]: template }), manifest(text, origin), pointer))?.lines;

  test("between two lines that are certain, whatever filled the last one", async () => {
    const template = `{{- if .Values.isolated }}\n${POLICY.replace("8443", "{{ .Values.port }}")}{{- end }}\n`;
    expect(await linesOf(template, "/spec/egress/0/ports")).toEqual({ first: 12, last: 14 });
    expect(await linesOf(template, "/spec/egress/0")).toEqual({ first: 10, last: 14 });
  });

  test("whole blocks may stand between", async () => {
    const template = POLICY.replace(
      "    - port: 443\n",
      "    {{- if .Values.secure }}\n    - port: 443\n    {{- end }}\n",
    );
    expect(await linesOf(template, "/spec/egress/0")).toEqual({ first: 9, last: 15 });
  });

  test("a block that opens within and closes outside leaves no lines", async () => {
    const template = POLICY.replace(
      "    - port: 8443\n",
      "{{- if .Values.more }}\n    - port: 8443\n",
    ).replace("  - {ports", "{{- end }}\n  - {ports");
    expect(await linesOf(template, "/spec/egress/0")).toBeNull();
    expect(await linesOf(template, "/spec/egress/0/to/0")).toEqual({ first: 10, last: 10 });
  });

  test("the other branch of a block is not taken for a whole one", async () => {
    const template = POLICY.replace(
      "    - port: 8443\n",
      "{{- if .Values.more }}\n    - port: 80\n{{- else }}\n    - port: 8443\n{{- end }}\n",
    ).replace(
      "    ports:\n    - port: 443\n",
      "{{- if .Values.ports }}\n    ports:\n    - port: 443\n{{- end }}\n",
    );
    expect(await linesOf(template, "/spec/egress/0/ports")).toBeNull();
    expect(await linesOf(template, "/spec/egress/0")).toBeNull();
  });

  test("an end that a block of output gave is not certain", async () => {
    const template = POLICY.replace(
      "    - port: 443\n    - port: 8443\n",
      "    {{- toYaml .Values.ports | nindent 4 }}\n",
    );
    expect(await linesOf(template, "/spec/egress/0")).toBeNull();
    expect(await linesOf(template, "/spec/podSelector")).toEqual({ first: 6, last: 6 });
  });

  test("of two places that read alike none is certain", async () => {
    const rule = "  - to:\n    - namespaceSelector: {}\n";
    const text = `kind: NetworkPolicy\nspec:\n  egress:\n${rule}`;
    const template = `kind: NetworkPolicy\nspec:\n  egress:\n{{- if .Values.a }}\n${rule}{{- else }}\n${rule}{{- end }}\n`;
    expect(await linesOf(template, "/spec/egress/0", text)).toBeNull();
  });
});

test("a resource of Kustomize, where the file holds the part just as it was built", async () => {
  const path = "base/policy.yaml";
  const built = manifest(POLICY, { path, source: path, line: null, built: true });
  const text = stringify(built.object, { sortMapEntries: true });
  const tree = memoryTree({ [path]: `kind: ConfigMap\n---\n${POLICY}` });
  const found = await locateLines(tree, { ...built, origin: { ...built.origin, text } }, "/spec/egress/0");
  expect(found).toEqual({ path, line: 11, lines: { first: 11, last: 15 }, alone: true });
});
