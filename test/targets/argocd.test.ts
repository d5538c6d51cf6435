import { describe, expect, test } from "@jest/globals";
import type { HelmRequest } from "../../src/engine/engine.ts";
import { escapeCommas } from "../../src/targets/argocd/helm.ts";
import { substitute } from "../../src/targets/argocd/variables.ts";
import { discovered, environment, outline, problems, target } from "./discovering.ts";
import { application, CHART, DEPLOYMENT, type Files, REPOSITORY, source } from "./tree-of.ts";

/** The request for the chart `charts/web` that an Application with this `helm` block makes. */
async function request(helm: object, files: Files = {}): Promise<HelmRequest> {
  const discovery = await discovered({
    "apps/web.yaml": application("web", { source: source("charts/web", { helm }) }),
    "charts/web/Chart.yaml": CHART,
    ...files,
  });
  const found = target(discovery, "web").source;
  if (found.kind !== "helm") throw new Error(found.kind);
  return found.request;
}

async function problemsOf(helm: object, files: Files = {}): Promise<readonly string[]> {
  return problems(
    await discovered({
      "apps/web.yaml": application("web", { source: source("charts/web", { helm }) }),
      "charts/web/Chart.yaml": CHART,
      ...files,
    }),
  );
}

describe("an Application with a chart", () => {
  test("is rendered with what Argo CD hands to helm template", async () => {
    expect(await request({})).toEqual({
      chart: "charts/web",
      releaseName: "web",
      namespace: "web",
      values: [],
      set: [],
      setString: [],
      setFile: [],
      kubeVersion: undefined,
      apiVersions: [],
      includeCRDs: true,
      skipTests: false,
      skipSchemaValidation: false,
    });
    const all = {
      releaseName: "release",
      namespace: "other",
      kubeVersion: "1.30",
      apiVersions: ["a/v1"],
      skipCrds: true,
      skipTests: true,
      skipSchemaValidation: true,
    };
    expect(await request(all)).toMatchObject({
      releaseName: "release",
      namespace: "other",
      kubeVersion: "1.30",
      apiVersions: ["a/v1"],
      includeCRDs: false,
      skipTests: true,
      skipSchemaValidation: true,
    });
  });

  test("value files: from the chart, from the root, patterns, each file once", async () => {
    const files = {
      "charts/web/a.yaml": "",
      "charts/web/v/2.yaml": "",
      "charts/web/v/1.yaml": "",
      "env/p.yaml": "",
    };
    const read = await request(
      { valueFiles: ["a.yaml", "v/*.yaml", "/env/p.yaml", "v/1.yaml", "../../env/p.yaml"] },
      files,
    );
    expect(read.values).toEqual([
      { path: "charts/web/a.yaml" },
      { path: "charts/web/v/2.yaml" },
      { path: "env/p.yaml" },
      { path: "charts/web/v/1.yaml" },
      { path: "env/p.yaml" },
    ]);
  });

  test("a value file that does not exist is found without rendering", async () => {
    const helm = { valueFiles: ["absent.yaml", "none/*.yaml", "../../../up.yaml"] };
    expect(await problemsOf(helm)).toEqual([
      "values-file-missing charts/web/absent.yaml",
      "values-file-missing charts/web/none/*.yaml",
      "values-file-missing ../../../up.yaml",
    ]);
    const discovery = await discovered({
      "apps/web.yaml": `# a comment\n---\n${application("web", { source: source("charts/web", { helm }) })}`,
      "charts/web/Chart.yaml": CHART,
    });
    expect(discovery.problems[0]).toEqual({
      code: "values-file-missing",
      environment: "apps",
      target: "web",
      subject: "charts/web/absent.yaml",
      place: { path: "apps/web.yaml", line: 3 },
    });
  });

  test("one that may be missing stays in the request, and is no problem", async () => {
    const helm = { valueFiles: ["absent.yaml", "none/*.yaml"], ignoreMissingValueFiles: true };
    expect((await request(helm)).values).toEqual([{ path: "charts/web/absent.yaml", optional: true }]);
    expect(await problemsOf(helm)).toEqual([]);
  });

  test("valuesObject hides values, and both come after the files", async () => {
    const files = { "charts/web/a.yaml": "" };
    expect((await request({ valueFiles: ["a.yaml"], values: "a: 1\n" }, files)).values).toEqual([
      { path: "charts/web/a.yaml" },
      { text: "a: 1\n" },
    ]);
    expect((await request({ values: "a: 1\n", valuesObject: { b: 2 } })).values).toEqual([
      { text: '{"b":2}' },
    ]);
  });

  test("parameters: the last of a name, strings where forced, variables, commas", async () => {
    const read = await request(
      {
        parameters: [
          { name: "a", value: "1" },
          { name: "a", value: "x,y" },
          { name: "s", value: "1", forceString: true },
          { name: "n", value: `$ARGOCD_APP_NAME-${braced("ARGOCD_APP_NAMESPACE")}` },
          { name: "l", value: "{a,b}" },
        ],
        fileParameters: [{ name: "f", path: "files/$ARGOCD_APP_NAME" }],
      },
      { "charts/web/files/web": "" },
    );
    expect(read.set).toEqual(["a=x\\,y", "n=web-web", "l={a,b}"]);
    expect(read.setString).toEqual(["s=1"]);
    expect(read.setFile).toEqual(["f=charts/web/files/web"]);
  });

  test("values from another source of this repository, or from elsewhere", async () => {
    const chart = source("charts/web", { helm: { valueFiles: ["$values/env/p.yaml"] } });
    const files = { "charts/web/Chart.yaml": CHART, "env/p.yaml": "a: 1\n" };
    const here = await discovered({
      ...files,
      "apps/web.yaml": application("web", { sources: [{ repoURL: REPOSITORY, ref: "values" }, chart] }),
    });
    expect(outline(here)).toEqual(["apps: web"]);
    expect(target(here, "web").source).toMatchObject({ request: { values: [{ path: "env/p.yaml" }] } });
    const other = await discovered({
      ...files,
      "apps/web.yaml": application("web", {
        sources: [{ repoURL: "https://git.example.com/acme/values", ref: "values" }, chart],
      }),
    });
    expect(outline(other)).toEqual(["apps:  | web"]);
    expect(environment(other, "apps").unread[0]).toMatchObject({
      needs: "values of charts/web from $values/env/p.yaml",
      claims: ["charts/web"],
      unknown: { content: "tree" },
    });
    const url = await discovered({
      ...files,
      "apps/web.yaml": application("web", {
        source: source("charts/web", { helm: { valueFiles: ["https://example.com/v.yaml"] } }),
      }),
    });
    expect(outline(url)).toEqual(["apps:  | web"]);
  });

  test("files that override parameters stand beside the chart; they cannot move the source", async () => {
    const read = await request(
      { parameters: [{ name: "a", value: "1" }], valueFiles: ["a.yaml"] },
      {
        "charts/web/a.yaml": "",
        "charts/web/.argocd-source.yaml": "path: elsewhere\nhelm: {releaseName: all}\n",
        "charts/web/.argocd-source-web.yaml": "helm:\n  releaseName: mine\n  valueFiles: null\n",
        "charts/web/.argocd-source-other.yaml": "helm: {releaseName: other}\n",
      },
    );
    expect(read).toMatchObject({ chart: "charts/web", releaseName: "mine", values: [], set: ["a=1"] });
  });
});

describe("the tool", () => {
  const files = {
    "charts/web/Chart.yaml": CHART,
    "overlays/web/kustomization.yaml": "resources: [a.yaml]\n",
    "overlays/web/a.yaml": DEPLOYMENT,
    "plain/a.yaml": DEPLOYMENT,
    "plain/b.json": "{}",
    "plain/c.txt": "x",
    "plain/deep/d.yaml": DEPLOYMENT,
  };

  async function sourceOf(path: string, block: object = {}): Promise<unknown> {
    const app = { "apps/web.yaml": application("web", { source: source(path, block) }) };
    return target(await discovered({ ...files, ...app }), "web").source;
  }

  test("is what stands in the directory", async () => {
    expect(await sourceOf("charts/web")).toMatchObject({ kind: "helm" });
    expect(await sourceOf("overlays/web/")).toEqual({ kind: "kustomize", path: "overlays/web", edits: {} });
    expect(await sourceOf("./plain")).toEqual({
      kind: "directory",
      path: "plain",
      files: ["plain/a.yaml", "plain/b.json"],
    });
  });

  test("or what is said", async () => {
    expect(await sourceOf("overlays/web", { directory: { recurse: true } })).toMatchObject({
      kind: "directory",
      files: ["overlays/web/a.yaml", "overlays/web/kustomization.yaml"],
    });
    expect(await sourceOf("plain", { directory: { recurse: true, exclude: "{deep/*,b*}" } })).toMatchObject({
      files: ["plain/a.yaml"],
    });
    expect(await sourceOf("plain", { directory: { recurse: true, include: "*.yaml" } })).toMatchObject({
      files: ["plain/a.yaml", "plain/deep/d.yaml"],
    });
    expect(
      await sourceOf("plain", {
        kustomize: { namePrefix: "x-", images: ["a=b:1"], commonLabels: { a: "$ARGOCD_APP_NAME" } },
      }),
    ).toEqual({
      kind: "kustomize",
      path: "plain",
      edits: { namePrefix: "x-", images: ["a=b:1"], commonLabels: { a: "web" } },
    });
  });

  test("plugins and jsonnet are unread, with what they claim", async () => {
    const app = (block: object) => ({
      ...files,
      "apps/web.yaml": application("web", { source: source("plain", block) }),
    });
    const plugin = await discovered(app({ plugin: { name: "cmp" } }));
    expect(environment(plugin, "apps").unread).toMatchObject([
      { needs: "plugin cmp on plain", claims: ["plain"] },
    ]);
    const jsonnet = await discovered({ ...app({ directory: {} }), "plain/main.jsonnet": "{}" });
    expect(environment(jsonnet, "apps").unread).toMatchObject([
      { needs: "jsonnet on plain", namespace: "web" },
    ]);
  });

  test("two tools, no path, no source, no spec: problems, and everything else goes on", async () => {
    const discovery = await discovered({
      ...files,
      "apps/a.yaml": application("a", { source: source("plain", { helm: {}, kustomize: {} }) }),
      "apps/b.yaml": application("b", { source: { repoURL: REPOSITORY } }),
      "apps/c.yaml": application("c", {}),
      "apps/d.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: d}\n",
      "apps/e.yaml": application("e", { source: source("plain") }),
      "apps/f.yaml": application("f", { source: source("absent") }),
    });
    expect(problems(discovery)).toEqual([
      "invalid-entry-point source plain of Application a names several tools",
      "invalid-entry-point source of Application b has no path inside the repository",
      "invalid-entry-point Application c has no source",
      "invalid-entry-point Application d has no spec",
      "path-missing absent",
    ]);
    // What its controller refuses is unread: making an entry point invalid is a change that is seen.
    expect(outline(discovery)[0]).toBe("apps: e f | a b c d");
  });
});

describe("delivery", () => {
  async function delivery(syncPolicy: unknown, metadata: object = {}) {
    const spec = { source: source("plain"), syncPolicy };
    return target(
      await discovered({ "apps/web.yaml": application("web", spec, metadata), "plain/a.yaml": DEPLOYMENT }),
      "web",
    ).delivery;
  }

  test.each([
    [null, { automated: false, prune: false }],
    [{ automated: null }, { automated: false, prune: false }],
    [{ automated: {} }, { automated: true, prune: false }],
    [{ automated: { prune: true } }, { automated: true, prune: true }],
    [{ automated: { prune: true, enabled: false } }, { automated: false, prune: false }],
    [
      { automated: { prune: true }, syncOptions: ["Prune=false"] },
      { automated: true, prune: false },
    ],
    [
      { syncOptions: ["CreateNamespace=true"], managedNamespaceMetadata: { labels: { a: "b" } } },
      { createsNamespace: true, namespaceLabels: { a: "b" } },
    ],
    [{ managedNamespaceMetadata: { labels: { a: "b" } } }, { createsNamespace: false, namespaceLabels: {} }],
  ])("of %j", async (syncPolicy, expected) => {
    expect(await delivery(syncPolicy)).toMatchObject(expected);
  });

  test("is suspended by an annotation", async () => {
    const annotations = { "argocd.argoproj.io/skip-reconcile": "true" };
    expect(await delivery(null, { annotations })).toMatchObject({ suspended: true });
  });
});

/** A name in braces, put together so that it does not look like a forgotten template string. */
function braced(name: string): string {
  return `$\{${name}}`;
}

describe("substitution is that of os.Expand", () => {
  const variables = new Map([
    ["A", "1"],
    ["A_B", "2"],
  ]);
  test.each([
    [`$A ${braced("A")} $A_B ${braced("A_B")}`, "1 1 2 2"],
    [`$UNKNOWN|${braced("UNKNOWN")}|`, "||"],
    ["$$A", "$A"],
    ["cost: $ 5, 5$", "cost: $ 5, 5$"],
    [`${braced("")}x`, "x"],
    ["${A", "A"],
    ["$1A", "A"],
    ["a.$A.b", "a.1.b"],
  ])("%s", (text, expected) => {
    expect(substitute(text, variables)).toBe(expected);
  });
});

test.each([
  ["a,b", "a\\,b"],
  ["a\\,b", "a\\,b"],
  [",", "\\,"],
  ["{a,b}", "{a,b}"],
  ["a,,b", "a\\,\\,b"],
])("commas of %s", (value, expected) => {
  expect(escapeCommas(value)).toBe(expected);
});
