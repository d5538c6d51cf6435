import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { memoryTree } from "./memory-tree.ts";

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ renderers: 1 });
});

afterAll(async () => {
  await engine.close();
});

describe("helm", () => {
  test("renders a chart with value layers", async () => {
    const tree = memoryTree({
      "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\n",
      "charts/app/values.yaml": "port: 80\nname: x\n",
      "charts/app/templates/policy.yaml":
        "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Values.name }}, namespace: {{ .Release.Namespace }}}\nspec: {ports: [{port: {{ .Values.port }}}]}\n",
      "values/prod.yaml": "port: 443\n",
    });
    const rendering = await engine.helm(tree, {
      chart: "charts/app",
      namespace: "prod",
      values: [{ path: "values/prod.yaml" }],
    });
    expect(rendering.error).toBeNull();
    expect(rendering.documents).toMatchObject([
      {
        source: "charts/app/templates/policy.yaml",
        name: "app/templates/policy.yaml",
        group: "manifest",
        object: { kind: "Service", metadata: { name: "x", namespace: "prod" }, spec: { ports: [{ port: 443 }] } },
      },
    ]);
  });
});
