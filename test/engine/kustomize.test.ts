import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Engine, KustomizeRequest, Rendering } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { type Files, memoryTree } from "./memory-tree.ts";

let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ renderers: 1 });
});

afterAll(async () => {
  await engine.close();
});

function build(files: Files, request: Partial<KustomizeRequest> = {}): Promise<Rendering> {
  return engine.kustomize(memoryTree(files), { root: "overlay", ...request });
}

function deployment(name: string, image = "app:1"): string {
  return [
    "apiVersion: apps/v1",
    "kind: Deployment",
    `metadata: {name: ${name}}`,
    `spec: {template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: c, image: "${image}"}]}}}`,
    "",
  ].join("\n");
}

const service = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n";

function names(rendering: Rendering): string[] {
  return rendering.documents.map(
    ({ object }) => (object as unknown as { metadata: { name: string } }).metadata.name,
  );
}

test("a base, patches, generators and components, each object with its file", async () => {
  const rendering = await build({
    "base/kustomization.yaml": "resources: [app.yaml]\n",
    "base/app.yaml": deployment("app"),
    "overlay/kustomization.yaml": [
      "namespace: prod",
      "namePrefix: x-",
      "resources: [../base, s.yaml]",
      "components: [../part]",
      "configMapGenerator: [{name: c, literals: [a=b]}]",
      "patches: [{path: p.yaml}]",
      "",
    ].join("\n"),
    "overlay/s.yaml": service,
    "overlay/p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {replicas: 3}\n",
    "part/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [q.yaml]\n",
    "part/q.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: q}\n",
  });
  expect(rendering.error).toBeNull();
  expect(rendering.documents.map(({ object, source }) => [object?.["kind"], source])).toEqual([
    ["ConfigMap", "overlay/kustomization.yaml"],
    ["Secret", "part/q.yaml"],
    ["Service", "overlay/s.yaml"],
    ["Deployment", "base/app.yaml"],
  ]);
  expect(rendering.documents[3]?.object).toMatchObject({
    metadata: { name: "x-app", namespace: "prod" },
    spec: { replicas: 3 },
  });
});

describe("partly readable roots", () => {
  const files = {
    "overlay/kustomization.yaml": "resources: [https://example.com/a.yaml, ../base, s.yaml, gone.yaml]\n",
    "overlay/s.yaml": service,
    "base/kustomization.yaml": "resources:\n- app.yaml\n- https://example.com/org/repo//path?ref=v1\n",
    "base/app.yaml": deployment("app"),
  };

  test("are built without what cannot be read, in nested bases too", async () => {
    const rendering = await build(files);
    expect(rendering.error).toBeNull();
    expect(names(rendering)).toEqual(["s", "app"]);
    const [first, second, third] = rendering.dropped;
    expect(rendering.dropped).toHaveLength(3);
    expect(first).toMatchObject({
      kind: "entry",
      entry: "https://example.com/a.yaml",
      root: "overlay",
      remote: "https://example.com/a.yaml",
    });
    expect(second).toMatchObject({
      entry: "https://example.com/org/repo//path?ref=v1",
      root: "base",
      remote: "https://example.com/org/repo//path?ref=v1",
    });
    expect(third).toMatchObject({ entry: "gone.yaml", root: "overlay", remote: null });
  });

  test("that cannot be built without it fail, with everything remote named", async () => {
    const patch =
      "patches: [{target: {kind: Job}, patch: '[{op: remove, path: /spec}]'}, {path: none.yaml}]\n";
    const rendering = await build({
      ...files,
      "overlay/kustomization.yaml": `${files["overlay/kustomization.yaml"]}${patch}`,
    });
    expect(rendering.documents).toEqual([]);
    expect(rendering.error).toMatchObject({
      kind: "remote",
      remote: ["https://example.com/a.yaml", "https://example.com/org/repo//path?ref=v1"],
    });
  });

  test("lack a component or a chart that is elsewhere", async () => {
    const rendering = await build({
      "overlay/kustomization.yaml":
        "resources: [s.yaml]\ncomponents: [../gone]\nhelmCharts: [{name: db, repo: https://example.com/charts, version: 1.2.3, releaseName: r}]\n",
      "overlay/s.yaml": service,
    });
    expect(names(rendering)).toEqual(["s"]);
    expect(rendering.dropped).toMatchObject([
      { entry: "helmCharts: db", root: "overlay", remote: "https://example.com/charts db 1.2.3" },
      { entry: "../gone", root: "overlay", remote: null },
    ]);
  });
});

test("helmCharts are rendered from the repository", async () => {
  const rendering = await build({
    "overlay/kustomization.yaml": [
      "namespace: prod",
      "helmCharts: [{name: db, releaseName: r, valuesInline: {v: inline}, namespace: data}]",
      "",
    ].join("\n"),
    "overlay/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "overlay/charts/db/values.yaml": "v: chart\nw: chart\n",
    "overlay/charts/db/templates/x.yaml":
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\ndata: {v: {{ .Values.v }}, w: {{ .Values.w }}}\n",
  });
  expect(rendering.error).toBeNull();
  expect(rendering.documents[0]).toMatchObject({
    source: "overlay/kustomization.yaml",
    object: { metadata: { name: "r", namespace: "data" }, data: { v: "inline", w: "chart" } },
  });
});

test("what an Argo CD Application edits", async () => {
  const rendering = await build(
    {
      "overlay/kustomization.yaml":
        "resources: [app.yaml]\nimages: [{name: app, newTag: '0'}]\npatches: []\n",
      "overlay/app.yaml": deployment("app"),
      "overlay/part/kustomization.yaml":
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {part: here}\n",
    },
    {
      edits: {
        namePrefix: "-pre-",
        nameSuffix: "-post",
        namespace: "prod",
        images: ["app=registry.example.com/app:2"],
        replicas: [{ name: "app", count: 4 }],
        commonLabels: { team: "a" },
        labelWithoutSelector: true,
        labelIncludeTemplates: true,
        commonAnnotations: { note: "b:c" },
        components: ["part"],
        patches: [{ target: { kind: "Deployment" }, patch: "- {op: add, path: /spec/paused, value: true}" }],
      },
    },
  );
  expect(rendering.error).toBeNull();
  expect(rendering.documents[0]?.object).toMatchObject({
    metadata: {
      name: "-pre-app-post",
      namespace: "prod",
      labels: { team: "a" },
      annotations: { note: "b:c", part: "here" },
    },
    spec: {
      replicas: 4,
      paused: true,
      template: {
        metadata: { labels: { team: "a" } },
        spec: { containers: [{ image: "registry.example.com/app:2" }] },
      },
    },
  });
});

test("files are read anywhere in the repository, but with the load restriction only below the root", async () => {
  const files = {
    "overlay/kustomization.yaml": "resources: [../shared/s.yaml]\n",
    "shared/s.yaml": service,
  };
  expect(names(await build(files))).toEqual(["s"]);
  const restricted = await build(files, { rootOnly: true });
  expect(restricted.dropped).toMatchObject([
    { entry: "../shared/s.yaml", message: expect.stringContaining("security;") },
  ]);
});

test.each([
  ["/etc/s.yaml", "an absolute path"],
  ["../../outside.yaml", "a path above the repository"],
  ["link.yaml", "a link out of the repository"],
])("%s, %s, names nothing", async (entry) => {
  const rendering = await build({
    "overlay/kustomization.yaml": `resources: [${entry}, s.yaml]\n`,
    "overlay/s.yaml": service,
    "overlay/link.yaml": "-> ../../s.yaml",
    "etc/s.yaml": service,
  });
  expect(names(rendering)).toEqual(["s"]);
  expect(rendering.dropped).toMatchObject([{ entry }]);
});

test("a custom schema of one build does not reach the next", async () => {
  const crd = (list: string) =>
    `apiVersion: example.com/v1\nkind: Foo\nmetadata: {name: f}\nspec: {items: ${list}}\n`;
  const plain = {
    "overlay/kustomization.yaml": "resources: [f.yaml]\npatches: [{path: p.yaml}]\n",
    "overlay/f.yaml": crd("[{name: a, v: 1}]"),
    "overlay/p.yaml": crd("[{name: b, v: 2}]"),
  };
  const schema = {
    definitions: {
      "v1.Foo": {
        "x-kubernetes-group-version-kind": [{ group: "example.com", kind: "Foo", version: "v1" }],
        properties: {
          spec: {
            properties: {
              items: {
                type: "array",
                items: { type: "object" },
                "x-kubernetes-patch-merge-key": "name",
                "x-kubernetes-patch-strategy": "merge",
              },
            },
          },
        },
      },
    },
  };
  const withSchema = {
    ...plain,
    "overlay/kustomization.yaml": `${plain["overlay/kustomization.yaml"]}openapi: {path: schema.json}\n`,
    "overlay/schema.json": JSON.stringify(schema),
  };
  const items = (rendering: Rendering) => rendering.documents[0]?.object?.["spec"];
  expect(items(await build(plain))).toEqual({ items: [{ name: "b", v: 2 }] });
  expect(items(await build(withSchema))).toEqual({
    items: [
      { name: "b", v: 2 },
      { name: "a", v: 1 },
    ],
  });
  expect(items(await build(plain))).toEqual({ items: [{ name: "b", v: 2 }] });
});

test.each<[string, Files, string]>([
  ["no root", {}, "not-found"],
  ["no kustomization", { "overlay/s.yaml": service }, "kustomize"],
  ["two kustomizations", { "overlay/kustomization.yaml": "", "overlay/Kustomization": "" }, "kustomize"],
  ["an unknown field", { "overlay/kustomization.yaml": "resource: [s.yaml]\n" }, "kustomize"],
])("%s is an error", async (_case, files, kind) => {
  const rendering = await build(files);
  expect(rendering.error?.kind).toBe(kind);
  expect(rendering.error?.message).not.toContain("/repo");
});

test("a resource with duplicate keys is dropped, as kustomize refuses it", async () => {
  const rendering = await build({
    "overlay/kustomization.yaml": "resources: [s.yaml, twice.yaml]\n",
    "overlay/s.yaml": service,
    "overlay/twice.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nmetadata: {name: b}\n",
  });
  expect(names(rendering)).toEqual(["s"]);
  expect(rendering.dropped).toMatchObject([{ entry: "twice.yaml" }]);
});
