import { describe, expect, test } from "@jest/globals";
import { configured, discovered, environment, outline, problems } from "./discovering.ts";
import { application, CHART, DEPLOYMENT, type Files, source } from "./tree-of.ts";

const PLAIN: Files = { "plain/web/a.yaml": DEPLOYMENT, "plain/db/a.yaml": DEPLOYMENT };

function app(name: string, path = "plain/web", destination?: object): string {
  return application(name, { source: source(path), ...(destination === undefined ? {} : { destination }) });
}

describe("environments of entry points", () => {
  test("are the directories that hold them", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "clusters/a/web.yaml": `${app("web")}---\n${app("db", "plain/db")}`,
      "clusters/b/web.yaml": app("web"),
    });
    expect(outline(discovery)).toEqual(["clusters/a: web db", "clusters/b: web"]);
    expect(environment(discovery, "clusters/a")).toMatchObject({
      kind: "cluster",
      roots: ["clusters/a"],
      destination: null,
      marks: { production: true, mode: "enforce" },
    });
  });

  test("merge where they name the same cluster, and stay apart where they say this one", async () => {
    const prod = { server: "https://prod.example.com/", namespace: "web" };
    const discovery = await discovered({
      ...PLAIN,
      "roots/a/web.yaml": app("web", "plain/web", prod),
      "roots/b/db.yaml": app("db", "plain/db", { ...prod, server: "https://prod.example.com" }),
      "roots/c/web.yaml": app("web", "plain/web", { name: "in-cluster", namespace: "web" }),
      "roots/d/web.yaml": app("web", "plain/web", { server: "https://kubernetes.default.svc" }),
    });
    expect(outline(discovery)).toEqual(["roots/a: web db", "roots/c: web", "roots/d: web"]);
    expect(environment(discovery, "roots/a")).toMatchObject({
      roots: ["roots/a", "roots/b"],
      destination: "https://prod.example.com",
    });
  });

  test("of a directory with several clusters are one each", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "apps/a.yaml": app("a", "plain/web", { name: "one" }),
      "apps/b.yaml": app("b", "plain/web", { name: "two" }),
      "apps/c.yaml": app("c"),
    });
    expect(outline(discovery)).toEqual(["apps: c", "apps@one: a", "apps@two: b", "manifests: manifests"]);
  });

  test("take the plain files that stand beside the entry points", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "clusters/a/web.yaml": app("web"),
      "clusters/a/namespaces.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n",
      "clusters/a/deep/other.yaml": DEPLOYMENT,
    });
    expect(outline(discovery)).toEqual(["clusters/a: manifests web", "manifests: manifests"]);
    expect(environment(discovery, "clusters/a").targets[0]?.source).toEqual({
      kind: "directory",
      path: "clusters/a",
      files: ["clusters/a/namespaces.yaml"],
    });
    expect(environment(discovery, "manifests").targets[0]?.source).toMatchObject({
      files: ["clusters/a/deep/other.yaml", "plain/db/a.yaml"],
    });
  });

  test("follow an entry point that deploys entry points, a directory or a Kustomize root", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "bootstrap/root.yaml": app("root", "apps"),
      "apps/more.yaml": app("more", "overlays/apps"),
      "overlays/apps/kustomization.yaml": "resources: [web.yaml]\npatches: [{path: patch.yaml}]\n",
      "overlays/apps/web.yaml": app("web"),
      "overlays/apps/patch.yaml":
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\n",
    });
    expect(outline(discovery)).toEqual(["bootstrap: more root web", "manifests: manifests"]);
    expect(problems(discovery)).toEqual([]);
  });

  test("of entry points that deploy themselves stay where they are", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "clusters/a/root.yaml": `${app("root", "clusters/a")}---\n${app("web")}`,
    });
    expect(outline(discovery)).toEqual(["clusters/a: root web", "manifests: manifests"]);
    const circle = await discovered({ "a/b.yaml": app("b", "b"), "b/a.yaml": app("a", "a") });
    expect(outline(circle).join(";")).toContain("a");
  });

  test("of entry points in a Kustomize root that nothing deploys are the root", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "base/kustomization.yaml": "resources: [web.yaml]\n",
      "base/web.yaml": app("web"),
      "overlays/prod/kustomization.yaml": "resources: [../../base]\n",
      "overlays/lab/kustomization.yaml": "resources: [../../base]\n",
    });
    expect(outline(discovery)).toEqual([
      "overlays/lab: overlays/lab web",
      "overlays/prod: overlays/prod web",
      "manifests: manifests",
    ]);
  });

  test("names are unique, and so are targets' names", async () => {
    const twice = `${app("web")}---\n${application("web", { source: source("plain/db") }, { namespace: "other" })}`;
    const sources = application("two", { sources: [source("plain/web"), source("plain/db")] });
    const discovery = await discovered({ ...PLAIN, "clusters/a/web.yaml": `${twice}---\n${sources}` });
    expect(outline(discovery)).toEqual(["clusters/a: web other/web two two#2"]);
  });

  test("objects of a List count, and a document that does not parse does not hide the others", async () => {
    const list = `{"apiVersion": "v1", "kind": "List", "items": [${app("a")}, ${app("b")}]}\n`;
    const broken = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: broken\n";
    const discovery = await discovered({
      ...PLAIN,
      "apps/all.yaml": `${list}---\n${broken}---\n${app("c")}`,
    });
    expect(outline(discovery)).toEqual(["apps: a b c | apps/all.yaml", "manifests: manifests"]);
    expect(discovery.problems).toMatchObject([{ code: "invalid-yaml", place: { path: "apps/all.yaml" } }]);
    const line = discovery.problems[0]?.place?.line ?? 0;
    const text = `${list}---\n${broken}---\n${app("c")}`;
    const begins = text.slice(0, text.indexOf("broken")).split("\n").length;
    expect(line).toBeGreaterThanOrEqual(begins);
    expect(line).toBeLessThanOrEqual(begins + 2);
    // It may have deployed anything anywhere.
    expect(environment(discovery, "apps").unread[0]?.unknown.bound).toEqual({
      namespaces: null,
      kinds: null,
    });
  });

  test("of duplicate keys the last one counts", async () => {
    const text = app("web").replace('"path": "plain/web"', '"path": "plain/web", "path": "plain/db"');
    const discovery = await discovered({ ...PLAIN, "apps/web.yaml": text });
    expect(environment(discovery, "apps").targets[0]?.source).toMatchObject({ path: "plain/db" });
  });
});

describe("configured environments", () => {
  const files: Files = {
    ...PLAIN,
    "clusters/a/web.yaml": app("web"),
    "clusters/b/db.yaml": app("db", "plain/db", { name: "far" }),
    "clusters/b/files/x.yaml": DEPLOYMENT,
    "clusters/b/chart/Chart.yaml": CHART,
    "overlays/prod/kustomization.yaml": "resources: [../../base]\n",
    "base/kustomization.yaml": "resources: []\n",
  };

  test("have what stands at and below their roots", async () => {
    const configuration = configured(
      "environments:\n  prod: {roots: [clusters/b, overlays/prod], production: false, mode: observe}\n",
    );
    const discovery = await discovered(files, configuration);
    expect(outline(discovery)).toEqual([
      "clusters/a: web",
      "prod: overlays/prod clusters/b/chart manifests db",
    ]);
    expect(environment(discovery, "prod")).toMatchObject({
      roots: ["clusters/b", "overlays/prod"],
      marks: { production: false, mode: "observe" },
    });
  });

  test("the nearest root wins; a contested or missing root is said", async () => {
    const configuration = configured(
      "environments:\n  all: {roots: [clusters]}\n  b: {roots: [clusters/b]}\n  c: {roots: [clusters, absent]}\n",
    );
    const discovery = await discovered(files, configuration);
    expect(outline(discovery).slice(0, 2)).toEqual(["all: web", "b: clusters/b/chart manifests db"]);
    expect(problems(discovery)).toEqual(["path-missing absent", "duplicate-environment clusters"]);
  });

  test("win over directories that are set aside", async () => {
    const aside = { "test/cluster/a.yaml": DEPLOYMENT };
    expect(outline(await discovered(aside))).toEqual([]);
    const configuration = configured("environments: {lab: {roots: [test/cluster]}}");
    expect(outline(await discovered(aside, configuration))).toEqual(["lab: manifests"]);
  });
});

describe("without entry points", () => {
  test("each outermost overlay and each chart is an environment", async () => {
    const discovery = await discovered({
      "base/kustomization.yaml": "resources: [a.yaml]\n",
      "base/a.yaml": DEPLOYMENT,
      "overlays/prod/kustomization.yaml":
        "resources: [../../base]\nhelmGlobals: {chartHome: ../../inflated}\nhelmCharts: [{name: db}]\n",
      "inflated/db/Chart.yaml": CHART,
      "overlays/lab/kustomization.yaml": "bases: [../../base]\n",
      "charts/web/Chart.yaml": `${CHART}dependencies: [{name: common, repository: "file://../common"}]\n`,
      "charts/web/charts/vendored/Chart.yaml": CHART,
      "charts/web/templates/a.yaml": "{{ .Values }}",
      "charts/common/Chart.yaml": CHART,
      "charts/library/Chart.yaml": `${CHART}type: library\n`,
      "components/c/kustomization.yaml": "kind: Component\n",
    });
    expect(outline(discovery)).toEqual([
      "charts/web: charts/web",
      "overlays/lab: overlays/lab",
      "overlays/prod: overlays/prod",
    ]);
    expect(discovery.listed.map(({ path }) => path)).toEqual(["charts/library", "components/c"]);
  });

  test("a plain directory is one environment, whatever its sub-directories", async () => {
    const discovery = await discovered({
      "a/x.yaml": DEPLOYMENT,
      "b/deep/y.json": '{"apiVersion": "v1", "kind": "Pod"}',
      "z.txt": "x",
    });
    expect(outline(discovery)).toEqual(["manifests: manifests"]);
    expect(environment(discovery, "manifests").targets[0]?.source).toMatchObject({
      files: ["a/x.yaml", "b/deep/y.json"],
    });
  });

  test("roots that include each other are not lost", async () => {
    const discovery = await discovered({
      "a/kustomization.yaml": "resources: [../b]\n",
      "b/kustomization.yaml": "resources: [../a]\n",
      "c/Chart.yaml": `${CHART}dependencies: [{name: d, repository: "file://../d"}]\n`,
      "d/Chart.yaml": `${CHART}dependencies: [{name: c, repository: "file://../c"}]\n`,
    });
    expect(outline(discovery)).toEqual(["a: a", "c: c"]);
  });
});

describe("what nobody claims", () => {
  test("is an environment of its own, or is listed", async () => {
    const discovery = await discovered({
      ...PLAIN,
      "clusters/a/web.yaml": app("web"),
      "charts/extra/Chart.yaml": CHART,
      "overlays/extra/kustomization.yaml": "resources: [a.yaml]\n",
      "overlays/extra/a.yaml": DEPLOYMENT,
      "examples/one/a.yaml": DEPLOYMENT,
      "examples/app.yaml": app("example"),
      ".github/workflows/ci.yaml": "on: push\n",
      ".hidden/a.yaml": DEPLOYMENT,
      "charts/extra/ci/values.yaml": "a: 1\n",
      "tests/chart/Chart.yaml": CHART,
    });
    expect(outline(discovery)).toEqual([
      "clusters/a: web",
      "unclaimed/charts/extra: charts/extra",
      "unclaimed/overlays/extra: overlays/extra",
      "manifests: manifests",
    ]);
    expect(discovery.listed.map(({ path }) => path)).toEqual([
      ".hidden/a.yaml",
      "examples/app.yaml",
      "examples/one/a.yaml",
      "tests/chart",
    ]);
  });

  test("what is set aside counts where something deploys it", async () => {
    const discovery = await discovered({
      "clusters/a/web.yaml": `${app("web", "examples/web")}---\n${app("more", "ci/apps")}`,
      "examples/web/a.yaml": DEPLOYMENT,
      "ci/apps/more.yaml": app("nested", "examples/web"),
      "clusters/test-eu/web.yaml": app("web", "examples/web"),
    });
    expect(outline(discovery)).toEqual(["clusters/a: nested web more", "clusters/test-eu: web"]);
    expect(discovery.listed).toEqual([]);
  });

  test("is recognised however it is written", async () => {
    const discovery = await discovered({
      "indented.yaml": "  apiVersion: v1\n  kind: Pod\n",
      "flow.yaml": "{apiVersion: v1, kind: Pod}\n",
      "quoted.yaml": '"apiVersion": v1\n"kind" : Pod\n',
      "escaped.yaml": '"api\\x56ersion": v1\n"\\u006bind": Pod\n',
      "explicit.yaml": "? apiVersion\n: v1\n? kind\n: Pod\n",
      "second.yaml": "a: 1\n---\napiVersion: v1\nkind: Pod\n",
      "same-line.yaml": "--- {apiVersion: v1, kind: Pod}\n",
      "values.yaml": "ingress:\n  apiVersion: v1\n  kind: Ingress\n",
      "other.yaml": "a: 1\n",
      "kind-only.yaml": "kind: Pod\n",
    });
    expect(environment(discovery, "manifests").targets[0]?.source).toMatchObject({
      files: [
        "escaped.yaml",
        "explicit.yaml",
        "flow.yaml",
        "indented.yaml",
        "quoted.yaml",
        "same-line.yaml",
        "second.yaml",
      ],
    });
  });
});

describe("inputs that cannot be read", () => {
  test("submodules and Git LFS pointers are named", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 1\n`;
    const discovery = await discovered({
      "clusters/a/web.yaml": `${app("web", "charts/web")}---\n${app("sub", "modules/lib/deploy")}---\n${app("db", "plain/db")}`,
      "charts/web/Chart.yaml": CHART,
      "charts/web/charts/cache-1.0.0.tgz": pointer,
      "charts/web/charts/lib": { submodule: "1".repeat(40) },
      "modules/lib": { submodule: "2".repeat(40) },
      "plain/db/a.yaml": pointer,
    });
    expect(problems(discovery).toSorted()).toEqual([
      "lfs-pointer charts/web/charts/cache-1.0.0.tgz",
      "lfs-pointer plain/db/a.yaml",
      "submodule charts/web/charts/lib",
      "submodule modules/lib/deploy",
    ]);
    expect(outline(discovery)).toEqual(["clusters/a: web db | sub"]);
  });

  test("another commit of a submodule is another content", async () => {
    const at = async (commit: string) => {
      const files = {
        "a/web.yaml": app("sub", "modules/lib"),
        "modules/lib": { submodule: commit.repeat(40) },
      };
      return environment(await discovered(files), "a").unread[0]?.unknown.digest;
    };
    expect(await at("1")).not.toBe(await at("2"));
    expect(await at("1")).toBe(await at("1"));
  });
});
