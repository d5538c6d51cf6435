import { describe, expect, test } from "@jest/globals";
import type { Dropped } from "../../src/engine/engine.ts";
import type { Trace } from "../../src/engine/trace.ts";
import { templateDigest } from "../../src/render/template-digest.ts";
import { isTreeProblem } from "../../src/tree/tree.ts";
import { type Files, memoryTree } from "../engine/memory-tree.ts";

const FILES: Files = {
  "shop/Chart.yaml": "name: shop\n",
  "shop/values.yaml": "a: 1\n",
  "shop/templates/broken.yaml": "{{ nothing }}\n",
  "shop/templates/neighbour.yaml": "kind: ConfigMap\n",
  "shop/templates/shared.yaml": '{{ define "shop.name" }}shop{{ end }}\n',
  "shop/templates/writer.yaml": '{{- $_ := set .Values "a" 2 }}\n',
};
const DROPPED: Extract<Dropped, { kind: "template" }> = {
  kind: "template",
  template: "shop/templates/broken.yaml",
  source: "shop/templates/broken.yaml",
  archive: null,
  message: "no",
  line: 1,
  column: 1,
  kinds: null,
};

async function digest(change: Files = {}): Promise<string> {
  const files = { ...FILES, ...change };
  const tree = memoryTree(files);
  const reads = await Promise.all(
    Object.keys(files).map(async (path) => {
      const id = await tree.blobId(path);
      return ["read", path, isTreeProblem(id) ? id.code : id] as const;
    }),
  );
  const names = Object.keys(files).filter((path) => path.includes("/templates/"));
  const trace: Trace = [["list", "shop/templates", names.join()], ...reads];
  const rendering = { documents: [], dropped: [DROPPED], missing: [], warnings: [], error: null, trace };
  return templateDigest(tree, { kind: "helm", request: { chart: "shop" } }, rendering, DROPPED);
}

describe("a template that does not render is the same as long as nothing that reaches it differs", () => {
  test.each([
    ["a neighbour changes", { "shop/templates/neighbour.yaml": "kind: Secret\n" }],
    ["a template is added", { "shop/templates/more.yaml": "kind: Secret\n" }],
    // A search that begins anew at each brace takes longer than any test may.
    ["actions that never end", { "shop/templates/neighbour.yaml": "{{ {".repeat(300_000) }],
  ])("same: %s", async (_, change) => {
    expect(await digest(change)).toBe(await digest());
  });

  test.each([
    ["itself", { "shop/templates/broken.yaml": "{{ nothing at all }}\n" }],
    ["values", { "shop/values.yaml": "a: 2\n" }],
    ["a named template", { "shop/templates/shared.yaml": '{{ define "shop.name" }}x{{ end }}\n' }],
    [
      "a template that writes into the values",
      { "shop/templates/writer.yaml": '{{- $_ := set .Values "a" 3 }}\n' },
    ],
  ])("changed: %s", async (_, change) => {
    expect(await digest(change)).not.toBe(await digest());
  });
});
