import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Engine, Rendering } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { type Files, memoryTree } from "./memory-tree.ts";

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ renderers: 1 });
});

afterAll(async () => {
  await engine.close();
});

function read(files: Files, paths: readonly string[] = Object.keys(files)): Promise<Rendering> {
  return engine.manifests(memoryTree(files), { paths });
}

test("documents keep their file and the line on which they begin", async () => {
  const { documents } = await read({
    "a.yaml": "# note\n\n---\nkind: A\n--- # second\n\nkind: B\n---\n# only a comment\n---\n",
    "b.json": '{"kind": "C"}\n{"kind": "D"}',
  });
  expect(documents.map(({ object, source, line }) => [object?.["kind"], source, line])).toEqual([
    ["A", "a.yaml", 4],
    ["B", "a.yaml", 6],
    ["C", "b.json", 1],
    ["D", "b.json", 2],
  ]);
  expect(documents[1]?.text).toBe("\nkind: B\n");
});

test("a document that cannot be read is an error of its own", async () => {
  const { documents, error } = await read(
    { "a.yaml": "kind: A\n---\na: b: c\n---\n- list\n--- text\nkind: B\n" },
    ["a.yaml", "gone.yaml"],
  );
  expect(error).toBeNull();
  expect(documents.map(({ object, error: cause }) => object?.["kind"] ?? cause)).toEqual([
    "A",
    expect.stringContaining("mapping values are not allowed"),
    "the document is not a mapping",
    "invalid Yaml document separator: text",
    "gone.yaml: no such file or directory",
  ]);
});

test("YAML means what it means to the controller", async () => {
  const { documents } = await read({
    "a.yaml": "\ufeffkind: A\non: yes\noctal: 010\nbig: 1e3\ndate: 2024-01-01\n",
    "b.yaml": "kind: List\nitems: [{kind: A}]\n",
    "c.yaml": "kind: A\r\nx: 1\r\n---\r\nkind: B\r\n",
  });
  expect(documents.map(({ object }) => object)).toEqual([
    { kind: "A", true: true, octal: 8, big: 1000, date: "2024-01-01" },
    { kind: "List", items: [{ kind: "A" }] },
    { kind: "A", x: 1 },
    { kind: "B" },
  ]);
});

test.each([
  ["80", '"80"'],
  ["yes", "true"],
  ["0x50", "80"],
  ["1.0", "1"],
])("keys %s and %s are one in JSON: no document, rather than a random one", async (one, two) => {
  const { documents } = await read({
    "a.yaml": `kind: A\nspec:\n  ${one}: a\n  ${two}: b\n`,
    "b.yaml": `kind: A\nspec: {${one}: a, ${two}: b}\n`,
    "c.yaml": `kind: A\nspec:\n  ${one}: a\nother:\n  ${two}: b\n`,
  });
  expect(documents.map(({ error }) => error)).toEqual([
    expect.stringContaining("random"),
    expect.stringContaining("random"),
    null,
  ]);
});

test("the last of duplicate keys wins and is reported with both lines", async () => {
  const { documents } = await read({ "a.yaml": "kind: A\nspec:\n  a: 1\n  b: 2\n  a: 3\n  a: 4\n" });
  expect(documents).toMatchObject([
    {
      object: { spec: { a: 4, b: 2 } },
      duplicateKeys: [
        { path: ["spec"], key: "a", line: 6, earlier: 3 },
        { path: ["spec"], key: "a", line: 6, earlier: 5 },
      ],
    },
  ]);
});
