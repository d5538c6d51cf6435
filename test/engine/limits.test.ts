import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Engine, RenderLimits } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { memoryTree } from "./memory-tree.ts";

const chart = (template: string): Tree =>
  memoryTree({
    "app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
    "app/templates/x.yaml": template,
  });

const fine = chart("kind: A\n");
/** Ten nested loops over a thousand: years. */
const endless = chart(`${"{{ range until 1000 }}".repeat(10)}${"{{ end }}".repeat(10)}`);

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ renderers: 1, memoryBytes: 96 * 1024 * 1024 });
});

afterAll(async () => {
  await engine.close();
});

const render = (tree: Tree, limits?: RenderLimits) => engine.helm(tree, { chart: "app" }, limits);

describe("a render that goes beyond a limit is an error value, and the next one works", () => {
  test.each<[string, Tree, RenderLimits, string]>([
    ["deadline", endless, { deadline: 300 }, "deadline"],
    ["deadline of one", endless, { deadline: 1 }, "deadline"],
    ["output", fine, { outputBytes: 1 }, "too-large"],
    ["input", fine, { inputBytes: 1 }, "too-large"],
    ["questions", fine, { questions: 1 }, "too-large"],
    ["memory", chart('x: {{ repeat 2000000000 "x" }}\n'), {}, "trap"],
    ["memory, slowly", chart("x: {{ until 50000000 }}\n"), {}, "trap"],
    [
      "stack",
      chart('{{ define "a" }}{{ tpl "{{ include \\"a\\" . }}" . }}{{ end }}{{ include "a" . }}'),
      { deadline: 15_000 },
      "trap",
    ],
  ])(
    "%s",
    async (_limit, tree, limits, kind) => {
      const rendering = await render(tree, limits);
      expect(rendering.error?.kind).toBe(kind);
      expect(rendering.documents).toEqual([]);
      expect((await render(fine)).error).toBeNull();
    },
    30_000,
  );
});

test("a request that is stopped ends, before it begins and while it runs", async () => {
  expect((await render(fine, { signal: AbortSignal.abort() })).error?.kind).toBe("aborted");
  expect((await render(endless, { signal: AbortSignal.timeout(200) })).error?.kind).toBe("aborted");
  expect((await render(fine)).error).toBeNull();
});

test("a tree that fails is a file that cannot be read", async () => {
  const failing: Tree = { ...fine, read: () => Promise.reject(new Error("gone")) };
  expect((await render(failing)).error).toMatchObject({
    kind: "chart",
    message: expect.stringContaining("cannot be read"),
  });
});

test("less memory than the module needs to start is an error of each render", async () => {
  const small = await openEngine({ renderers: 1, memoryBytes: 1 });
  expect((await small.helm(fine, { chart: "app" })).error?.kind).toBe("trap");
  await small.close();
});
