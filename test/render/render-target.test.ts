import { describe, expect, test } from "@jest/globals";
import type { Rendering } from "../../src/engine/engine.ts";
import type { RenderedTarget } from "../../src/render/render.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import type { Source, Target } from "../../src/targets/targets.ts";
import { type Files, memoryTree } from "../engine/memory-tree.ts";
import { document, engineError, fakeEngine } from "./fake-engine.ts";

const HELM: Source = { kind: "helm", request: { chart: "shop" } };
const KUSTOMIZE: Source = { kind: "kustomize", path: "overlay", edits: {} };

function target(source: Source, namespace: string | null): Target {
  const delivery = {
    automated: true,
    prune: true,
    suspended: false,
    createsNamespace: false,
    namespaceLabels: {},
  };
  return { id: "shop", source, namespace, declaredBy: null, delivery };
}

function render(
  rendering: Partial<Rendering>,
  options: { readonly source?: Source; readonly namespace?: string | null; readonly files?: Files } = {},
): Promise<RenderedTarget> {
  const { source = HELM, namespace = "shop", files = {} } = options;
  return renderTarget(fakeEngine(rendering), memoryTree(files), target(source, namespace));
}

const named = (apiVersion: string, kind: string, rest = "") =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: one}\n${rest}`;

describe("manifests", () => {
  test.each([
    ["the target's namespace", named("v1", "Pod"), "shop", "shop"],
    ["default where the target has none", named("v1", "Pod"), null, "default"],
    ["its own", "apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: other}\n", "shop", "other"],
    ["none for a cluster-scoped kind", named("rbac.authorization.k8s.io/v1", "ClusterRole"), "shop", null],
    [
      "none for a Namespace that names one",
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: one, namespace: x}\n",
      "shop",
      null,
    ],
    ["the target's for an unknown custom resource", named("example.com/v1", "Thing"), "shop", "shop"],
  ])("namespace: %s", async (_, text, namespace, expected) => {
    const { manifests } = await render({ documents: [document(text)] }, { namespace });
    expect(manifests.map((one) => one.namespace)).toEqual([expected]);
  });

  test.each([
    ["Cluster", null],
    ["Namespaced", "shop"],
  ])("a definition of the same rendering says scope %s", async (scope, expected) => {
    const definition = `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: t}\nspec: {group: example.com, scope: ${scope}, names: {kind: Thing}}\n`;
    const { manifests } = await render({
      documents: [document(named("example.com/v1", "Thing")), document(definition)],
    });
    expect(manifests[0]?.namespace).toBe(expected);
  });

  test("lists are unpacked, also within lists; typed items may leave their kind to the list", async () => {
    const list = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: a}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicyList
  items:
  - {metadata: {name: b}}
  - {apiVersion: v1, kind: Pod, metadata: {name: c}}
`;
    const { manifests } = await render({ documents: [document(list)] });
    expect(
      manifests.map(({ object, origin }) => [object.kind, object.metadata.name, origin.item, origin.pointer]),
    ).toEqual([
      ["Pod", "a", 0, undefined],
      ["NetworkPolicy", "b", null, "/items/1/items/0"],
      ["Pod", "c", null, "/items/1/items/1"],
    ]);
    expect(manifests.every(({ origin }) => origin.text === list)).toBe(true);
  });

  test("origins keep hooks, lines and duplicate keys", async () => {
    const duplicateKeys = [{ path: ["spec", 0, "a/b"], key: "k", line: 7, earlier: 2 }];
    const { manifests } = await render({
      documents: [document(named("v1", "Pod"), { group: "hook", line: 12, duplicateKeys })],
    });
    expect(manifests[0]?.origin).toMatchObject({
      hook: true,
      line: 12,
      duplicateKeys: [{ pointer: "/spec/0/a~1b", key: "k", lines: [2, 7] }],
    });
  });

  test("equal objects in equal namespaces have equal digests", async () => {
    const pod = document(named("v1", "Pod"));
    const digests = async (namespace: string) =>
      (await render({ documents: [pod, pod] }, { namespace })).manifests.map(({ digest }) => digest);
    const [first, second] = await digests("a");
    expect(first).toBe(second);
    expect((await digests("b"))[0]).not.toBe(first);
  });
});

describe("carriers", () => {
  const policy =
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: data}, spec: {}}";
  test.each([
    [
      "a ManifestWork",
      named(
        "work.open-cluster-management.io/v1",
        "ManifestWork",
        `spec: {workload: {manifests: [${policy}]}}\n`,
      ),
      "/spec/workload/manifests/0",
    ],
    [
      "a Crossplane Object",
      named("kubernetes.crossplane.io/v1alpha2", "Object", `spec: {forProvider: {manifest: ${policy}}}\n`),
      "/spec/forProvider/manifest",
    ],
    [
      "a TemplateInstance of OpenShift",
      named("template.openshift.io/v1", "TemplateInstance", `spec: {template: {objects: [${policy}]}}\n`),
      "/spec/template/objects/0",
    ],
    [
      "an Application of KubeVela",
      named(
        "core.oam.dev/v1beta1",
        "Application",
        `spec: {components: [{type: webservice}, {type: k8s-objects, properties: {objects: [${policy}]}}]}\n`,
      ),
      "/spec/components/1/properties/objects/0",
    ],
  ])("%s holds its objects literally", async (_, text, pointer) => {
    const { manifests, unknowns } = await render({ documents: [document(text)] });
    expect(manifests).toMatchObject([
      {},
      { object: { kind: "NetworkPolicy" }, namespace: "data", origin: { pointer } },
    ]);
    expect(unknowns).toEqual([]);
  });

  test.each([
    ["ConfigMap", (text: string) => `data: {a: ${JSON.stringify(text)}}\n`],
    ["Secret", (text: string) => `data: {a: ${Buffer.from(text).toString("base64")}}\n`],
    ["Secret", (text: string) => `stringData: {a: ${JSON.stringify(text)}}\n`],
  ])("a ClusterResourceSet's objects stand in a %s", async (kind, data) => {
    const set = named(
      "addons.cluster.x-k8s.io/v1beta1",
      "ClusterResourceSet",
      `spec: {resources: [{kind: ${kind}, name: bundle}, {kind: ${kind}, name: absent}]}\n`,
    );
    const bundle = `apiVersion: v1\nkind: ${kind}\nmetadata: {name: bundle}\n${data(`---\n${policy}\n---\nkind: Odd\n`)}`;
    const { manifests, unknowns } = await render({ documents: [document(set), document(bundle)] });
    expect(manifests.map(({ object }) => object.kind)).toEqual(["ClusterResourceSet", kind, "NetworkPolicy"]);
    expect(manifests[2]?.origin.pointer).toBeNull();
    expect(unknowns.map(({ code, subject }) => [code, subject])).toEqual([
      ["invalid-document", "ClusterResourceSet one"],
      ["unread", `ClusterResourceSet one: ${kind} absent`],
    ]);
  });

  test("what is carried and names no namespace lands in default", async () => {
    const work = named(
      "work.open-cluster-management.io/v1",
      "ManifestWork",
      "spec: {workload: {manifests: [{apiVersion: v1, kind: Pod, metadata: {name: a}}]}}\n",
    );
    const { manifests } = await render({ documents: [document(work)] });
    expect(manifests.map(({ namespace }) => namespace)).toEqual(["shop", "default"]);
  });

  const CHART = "chart traefik 25.0.0 of https://charts.example.com";

  test.each([
    [
      "helm.cattle.io/v1",
      "HelmChart",
      "{chart: traefik, version: 25.0.0, repo: 'https://charts.example.com', targetNamespace: ingress}",
      CHART,
    ],
    [
      "addons.cluster.x-k8s.io/v1alpha1",
      "HelmChartProxy",
      "{chartName: traefik, version: 25.0.0, repoURL: 'https://charts.example.com', namespace: ingress}",
      CHART,
    ],
    [
      "helm.k0sproject.io/v1beta1",
      "Chart",
      "{chartName: traefik, version: 25.0.0, namespace: ingress}",
      "chart traefik 25.0.0",
    ],
    [
      "helm.fluxcd.io/v1",
      "HelmRelease",
      "{chart: {name: traefik, version: 25.0.0, repository: 'https://charts.example.com'}, targetNamespace: ingress}",
      CHART,
    ],
    [
      "config.projectsveltos.io/v1beta1",
      "ClusterProfile",
      "{helmCharts: [{chartName: traefik, chartVersion: 25.0.0, repositoryURL: 'https://charts.example.com', releaseNamespace: ingress}]}",
      CHART,
    ],
    [
      "packaging.carvel.dev/v1alpha1",
      "PackageInstall",
      "{packageRef: {refName: traefik.example.com}}",
      "package traefik.example.com",
    ],
  ])("%s %s: what the cluster renders is unread where it lands", async (apiVersion, kind, spec, needs) => {
    const { unknowns } = await render({ documents: [document(named(apiVersion, kind, `spec: ${spec}\n`))] });
    expect(unknowns).toMatchObject([
      {
        code: "unread",
        content: "elsewhere",
        subject: `${kind} one: ${needs}`,
        bound: { namespaces: [kind === "PackageInstall" ? "shop" : "ingress"], kinds: null },
      },
    ]);
  });
});

describe("what cannot be rendered is an unknown", () => {
  test.each([
    ["template", "render-failed", "tree"],
    ["values", "render-failed", "tree"],
    ["kustomize", "render-failed", "tree"],
    ["remote", "unread", "elsewhere"],
    ["missing-dependencies", "unread", "elsewhere"],
    ["deadline", "resource-limit", "tree"],
    ["trap", "resource-limit", "tree"],
    ["too-large", "resource-limit", "tree"],
    ["panic", "resource-limit", "tree"],
    ["aborted", "resource-limit", "tree"],
  ] as const)("an error of kind %s is %s", async (kind, code, content) => {
    const error = engineError(kind, { source: "shop/values.yaml", line: 3 });
    const { unknowns } = await render({ error });
    expect(unknowns).toMatchObject([
      {
        code,
        content,
        id: `${code}:shop:shop`,
        detail: error.message,
        bound: { namespaces: ["shop"], kinds: null },
        place: { path: "shop/values.yaml", line: 3 },
      },
    ]);
  });

  const dropped = (template: string, kinds: readonly string[] | null) =>
    ({
      kind: "template",
      template,
      source: "shop/templates/b.yaml",
      archive: null,
      message: "no",
      line: 2,
      column: 1,
      kinds,
    }) as const;

  test.each([
    ["literal namespaces count", "kind: A\nmetadata:\n  namespace: data # here\n", ["data", "shop"]],
    ["the release's own", "metadata:\n  namespace: {{ .Release.Namespace }}\n", ["shop"]],
    ["a helper of that name", 'metadata:\n  namespace: {{ include "x.namespace" . }}\n', ["shop"]],
    ["a value could be any", "metadata:\n  namespace: {{ .Values.where }}\n", null],
  ])("a dropped template: %s", async (_, text, namespaces) => {
    const { unknowns } = await render(
      { dropped: [dropped("shop/templates/b.yaml", ["NetworkPolicy"])] },
      { files: { "shop/templates/b.yaml": text } },
    );
    expect(unknowns).toMatchObject([
      {
        code: "part-dropped",
        bound: { namespaces, kinds: ["NetworkPolicy"] },
        place: { path: "shop/templates/b.yaml", line: 2 },
      },
    ]);
  });

  test("where nothing is left every part that fails is named beside the failure: all of them need mending", async () => {
    const { unknowns } = await render({
      error: engineError("template"),
      dropped: [dropped("shop/templates/b.yaml", null)],
    });
    expect(unknowns.map(({ code }) => code)).toEqual(["render-failed", "part-dropped"]);
  });

  test("notes are never applied", async () => {
    const { unknowns, remarks } = await render({ dropped: [dropped("shop/templates/NOTES.txt", null)] });
    expect(unknowns).toEqual([]);
    expect(remarks).toMatchObject([{ code: "warning" }]);
  });

  test("documents that hold no object, each with its place and bound", async () => {
    const broken = document("", {
      object: null,
      text: "kind: NetworkPolicy\nmetadata:\n  namespace: data\n  {",
      error: "bad YAML",
      line: 9,
    });
    const { manifests, unknowns } = await render({
      documents: [
        broken,
        document("a: 1\n"),
        document("kind: Pod\nmetadata: {name: x}\n"),
        document(named("v1", "Pod").replace("name: one", "name: 1")),
      ],
    });
    expect(manifests).toEqual([]);
    expect(unknowns).toMatchObject([
      {
        code: "invalid-document",
        detail: "bad YAML",
        bound: { namespaces: ["data", "shop"], kinds: ["NetworkPolicy"] },
        place: { line: 9 },
      },
      { code: "invalid-document", detail: "the object has no kind", bound: { kinds: [] } },
      { code: "invalid-document", detail: "the object has no apiVersion", bound: { kinds: ["Pod"] } },
      {
        code: "invalid-document",
        detail: "the object metadata.name is no string",
        bound: { kinds: ["Pod"] },
      },
    ]);
    expect(new Set(unknowns.map(({ id }) => id)).size).toBe(4);
  });

  test("inputs nobody can read, and pointers to content elsewhere", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12\n`;
    const id = "a".repeat(40);
    const { unknowns } = await render(
      {
        error: engineError("chart"),
        trace: [
          ["list", "shop", "x"],
          ["stat", "shop/charts/sub", "submodule"],
          ["stat", "shop/link", "outside"],
          ["read", "shop/charts/db.tgz", id],
          ["read", "shop/values.yaml", "missing"],
        ],
      },
      { files: { "shop/charts/db.tgz": pointer } },
    );
    expect(
      unknowns.slice(1).map(({ code, subject, detail, content }) => [code, subject, detail, content]),
    ).toEqual([
      ["unreadable-input", "shop/charts/sub", "submodule", "elsewhere"],
      ["unreadable-input", "shop/link", "outside", "tree"],
      ["unreadable-input", "shop/charts/db.tgz", "lfs-pointer", "elsewhere"],
    ]);
  });
});

describe("content of elsewhere is known by what it depends on here", () => {
  const missing = [
    { name: "db", version: "1.0.0", repository: "https://charts.example.com", enabled: true, message: null },
  ];
  const chart = "dependencies:\n- {name: db, version: 1.0.0, alias: store}\n- {name: web, version: 2.0.0}\n";
  const dependency = async (files: Files, own = missing) =>
    (
      await render(
        { missing: own, trace: [["read", "shop/values.yaml", JSON.stringify(files).slice(0, 40)]] },
        { files },
      )
    ).unknowns;

  test("a missing chart, switched on", async () => {
    expect(await dependency({ "shop/Chart.yaml": chart })).toMatchObject([
      {
        code: "unread",
        subject: "chart db 1.0.0 of https://charts.example.com",
        content: "elsewhere",
        place: { path: "shop/Chart.yaml" },
      },
    ]);
    expect(
      await dependency(
        { "shop/Chart.yaml": chart },
        missing.map((one) => ({ ...one, enabled: false })),
      ),
    ).toEqual([]);
  });

  test.each([
    ["another value of the wrapper", true, { "shop/values.yaml": "own: 2\nstore: {a: 1}\n" }],
    ["a value of its own", false, { "shop/values.yaml": "own: 1\nstore: {a: 2}\n" }],
    ["a global value", false, { "shop/values.yaml": "own: 1\nstore: {a: 1}\nglobal: {x: 1}\n" }],
    ["its version", false, { "shop/Chart.yaml": chart.replace("1.0.0", "1.0.1") }],
    ["the other dependency's version", true, { "shop/Chart.yaml": chart.replace("2.0.0", "2.0.1") }],
  ])("%s: the same is %s", async (_, same, change: Files) => {
    const files = { "shop/Chart.yaml": chart, "shop/values.yaml": "own: 1\nstore: {a: 1}\n" };
    const [before] = await dependency(files);
    const [after] = await dependency({ ...files, ...change });
    expect(before?.digest === after?.digest).toBe(same);
  });

  const REMOTE = "https://example.com/base?ref=1";
  const entry = (root: string, name: string, remote: string | null) =>
    ({ kind: "entry", entry: name, root, message: "no", remote }) as const;

  async function remote(files: Files, dropped: Rendering["dropped"] = [entry("overlay", REMOTE, REMOTE)]) {
    const ids = Object.entries(files).map(
      ([path, text]) =>
        [
          "read",
          path,
          Buffer.from(`${path}${String(text)}`)
            .toString("hex")
            .padEnd(40, "0"),
        ] as const,
    );
    return (
      await render(
        { dropped, trace: [["read", "overlay/kustomization.yml", "missing"], ...ids] },
        { files, source: KUSTOMIZE },
      )
    ).unknowns;
  }

  const overlay = {
    "overlay/kustomization.yaml": `namespace: data\nresources: ["${REMOTE}", local.yaml]\npatches: [{path: patch.yaml}]\n`,
    "overlay/local.yaml": "kind: A\n",
    "overlay/patch.yaml": "kind: B\n",
  };

  test("a remote entry lands in the namespace that the build gives", async () => {
    expect(await remote(overlay)).toMatchObject([
      {
        code: "unread",
        content: "elsewhere",
        bound: { namespaces: ["data"] },
        place: { path: "overlay/kustomization.yaml" },
      },
    ]);
  });

  test.each([
    ["a local resource", true, { "overlay/local.yaml": "kind: C\n" }],
    [
      "one more resource",
      true,
      {
        "overlay/kustomization.yaml": overlay["overlay/kustomization.yaml"].replace(
          "local.yaml",
          "local.yaml, more.yaml",
        ),
      },
    ],
    ["a patch", false, { "overlay/patch.yaml": "kind: C\n" }],
    [
      "a transformer",
      false,
      { "overlay/kustomization.yaml": `${overlay["overlay/kustomization.yaml"]}namePrefix: x-\n` },
    ],
  ])("%s: the same is %s", async (_, same, change: Files) => {
    const [before] = await remote(overlay);
    const [after] = await remote({ ...overlay, ...change });
    expect(before?.digest === after?.digest).toBe(same);
  });

  test("a generator that reads something remote makes no more than its kind", async () => {
    const url = "https://example.com/dashboard.json";
    const found = await remote(overlay, [entry("overlay", "configMapGenerator: dashboards", url)]);
    expect(found).toMatchObject([{ code: "unread", bound: { namespaces: ["data"], kinds: ["ConfigMap"] } }]);
  });

  test("where replacements copy out of resources, every resource counts", async () => {
    const copying = {
      ...overlay,
      "overlay/kustomization.yaml": `${overlay["overlay/kustomization.yaml"]}replacements: []\n`,
    };
    const [before] = await remote(copying);
    const [after] = await remote({ ...copying, "overlay/local.yaml": "kind: C\n" });
    expect(before?.digest).not.toBe(after?.digest);
  });

  test("a directory that cannot be built for something remote in it counts with all it builds on", async () => {
    const files = {
      "overlay/kustomization.yaml": "resources: [../base, local.yaml]\n",
      "overlay/local.yaml": "kind: A\n",
      "base/kustomization.yaml": `resources: ["${REMOTE}", own.yaml]\n`,
      "base/own.yaml": "kind: B\n",
    };
    const dropped = [entry("overlay", "../base", null), entry("base", REMOTE, REMOTE)];
    const digest = async (change: Files) => (await remote({ ...files, ...change }, dropped))[0];
    expect(await digest({})).toMatchObject({
      code: "unread",
      content: "elsewhere",
      subject: "overlay: ../base",
    });
    expect((await digest({ "overlay/local.yaml": "kind: C\n" }))?.digest).toBe((await digest({}))?.digest);
    expect((await digest({ "base/own.yaml": "kind: C\n" }))?.digest).not.toBe((await digest({}))?.digest);
    const cycle = [entry("overlay", "../base", null), entry("base", "../overlay", null)];
    expect(await remote(files, cycle)).toMatchObject([{ code: "part-dropped" }, { code: "part-dropped" }]);
  });
});

describe("digest and remarks", () => {
  test("the digest is of the request, the namespace and every observation", async () => {
    const digest = async (trace: Rendering["trace"], options = {}) =>
      (await render({ trace }, options)).digest;
    const trace = [["read", "a", "missing"]] as const;
    expect(await digest(trace)).toBe(await digest(trace));
    const others = await Promise.all([
      digest([["read", "a", "unreadable"]]),
      digest([]),
      digest(trace, { namespace: "other" }),
      digest(trace, { source: { kind: "helm", request: { chart: "shop", isUpgrade: true } } }),
    ]);
    expect(new Set([...others, await digest(trace)]).size).toBe(5);
  });

  test("warnings, and files that kustomize alone would refuse", async () => {
    const id = "b".repeat(40);
    const { remarks } = await render(
      {
        warnings: ["odd"],
        trace: [
          ["read", "overlay/kustomization.yaml", id],
          ["read", "base/kustomization.yaml", id],
          ["read", "base/a.yaml", id],
          ["read", "common/b.yaml", id],
          ["read", "common/c.yaml", "missing"],
        ],
      },
      { source: KUSTOMIZE },
    );
    expect(remarks.map(({ code, subject }) => [code, subject])).toEqual([
      ["warning", "odd"],
      ["reads-outside-its-root", "common/b.yaml"],
    ]);
  });
});
