import { describe, expect, test } from "@jest/globals";
import { defaultConfiguration } from "../../src/config/config.ts";
import { isPinned, normaliseRepository, recognise } from "../../src/targets/declarations/this-repository.ts";
import { discover } from "../../src/targets/discover.ts";
import type { UnreadTarget } from "../../src/targets/targets.ts";
import { discovered, environment, outline, problems } from "./discovering.ts";
import { application, CHART, DEPLOYMENT, type Files, REPOSITORY, source, treeOf } from "./tree-of.ts";

async function unread(files: Files, id?: string): Promise<UnreadTarget> {
  const all = (await discovered(files)).environments.flatMap((found) => found.unread);
  const found = id === undefined ? all[0] : all.find((target) => target.id === id);
  if (found === undefined) throw new Error("nothing is unread");
  return found;
}

function object(apiVersion: string, kind: string, name: string, spec: object, metadata: object = {}): string {
  return `${JSON.stringify({ apiVersion, kind, metadata: { name, ...metadata }, spec })}\n`;
}

describe("a remote chart", () => {
  const remote = (version: string, rest: object = {}) =>
    application("redis", {
      source: {
        repoURL: "https://charts.example.com",
        chart: "redis",
        targetRevision: version,
        helm: { values: "a: 1" },
      },
      ...rest,
    });

  test("is unread, with what it needs and where it may write", async () => {
    expect(await unread({ "apps/redis.yaml": remote("1.2.3") })).toMatchObject({
      id: "redis",
      namespace: "redis",
      needs: "chart redis 1.2.3 of https://charts.example.com",
      sourceName: "chart redis of https://charts.example.com",
      version: "1.2.3",
      claims: [],
      unknown: {
        code: "unread",
        id: "unread:redis:chart redis of https://charts.example.com",
        bound: { namespaces: ["redis"], kinds: null },
        content: "elsewhere",
        place: { path: "apps/redis.yaml", line: 1 },
      },
    });
  });

  test("is the same as long as only when it is synced changes", async () => {
    const digest = async (text: string) => (await unread({ "apps/redis.yaml": text })).unknown.digest;
    const one = await digest(remote("1.2.3"));
    expect(await digest(remote("1.2.3", { syncPolicy: { automated: {}, retry: { limit: 3 } } }))).toBe(one);
    expect(await digest(`# moved\n\n${remote("1.2.3")}`)).toBe(one);
    expect(await digest(remote("1.2.4"))).not.toBe(one);
    expect(await digest(remote("1.2.3").replace("a: 1", "a: 2"))).not.toBe(one);
    const elsewhere = { destination: { server: "https://kubernetes.default.svc", namespace: "other" } };
    expect(await digest(remote("1.2.3", elsewhere))).not.toBe(one);
  });

  test("changes with the value files of this repository that it uses", async () => {
    const sources = [
      { repoURL: REPOSITORY, ref: "here" },
      {
        repoURL: "https://charts.example.com",
        chart: "redis",
        helm: { valueFiles: ["$here/env/redis.yaml"] },
      },
    ];
    const files = {
      "apps/redis.yaml": application("redis", { sources }),
      "apps/web.yaml": application("web", { source: source("plain") }),
      "plain/a.yaml": DEPLOYMENT,
    };
    const before = await unread({ ...files, "env/redis.yaml": "a: 1" });
    const after = await unread({ ...files, "env/redis.yaml": "a: 2" });
    expect(before.claims).toEqual(["env/redis.yaml"]);
    expect(after.unknown.digest).not.toBe(before.unknown.digest);
  });
});

describe("this repository", () => {
  test.each([
    "https://git.example.com/acme/platform.git",
    "https://user@GIT.example.com:443/Acme/platform/",
    "git@git.example.com:acme/platform.git",
    "ssh://git@git.example.com:22/acme/platform",
    "git.example.com/acme/platform",
  ])("is the same as %s", (url) => {
    expect(normaliseRepository(url)).toBe("git.example.com/acme/platform");
  });

  test("is what is configured, else a remote that is named, else what most name and exists", () => {
    const a = { url: "https://example.com/a", exists: true };
    const b = { url: "https://example.com/b", exists: false };
    expect(recognise(["https://example.com/c"], ["https://example.com/a"], [a])).toEqual({
      urls: ["example.com/c"],
      evidence: "configured",
    });
    expect(recognise([], ["git@example.com:a.git", "https://example.com/fork"], [a, b])).toEqual({
      urls: ["example.com/a", "example.com/fork"],
      evidence: "remotes",
    });
    expect(recognise([], ["/tmp/clone"], [b, b, a])).toEqual({
      urls: ["example.com/a"],
      evidence: "most-named",
    });
    expect(recognise([], [], [b])).toEqual({ urls: [], evidence: "none" });
  });

  test("is the base's answer where the head would say another", async () => {
    const other = { repoURL: "https://git.example.com/acme/other", path: "plain" };
    const files: Files = {
      "plain/a.yaml": DEPLOYMENT,
      "apps/web.yaml": application("web", { source: source("plain") }),
      "apps/x.yaml": application("x", { source: other }),
      "apps/y.yaml": application("y", { source: other }),
    };
    expect(outline(await discovered(files))[0]).toBe("apps: x y | web");
    const repository = { urls: [normaliseRepository(REPOSITORY)], evidence: "most-named" } as const;
    expect(outline(await discovered(files, defaultConfiguration, { repository }))[0]).toBe("apps: web | x y");
  });

  test("is its own answer where the base had no entry points", async () => {
    const files: Files = {
      "plain/a.yaml": DEPLOYMENT,
      "apps/web.yaml": application("web", { source: source("plain") }),
    };
    const repository = { urls: [], evidence: "none" } as const;
    expect(outline(await discovered(files, defaultConfiguration, { repository }))).toEqual(["apps: web"]);
  });

  test.each([
    ["", false],
    ["HEAD", false],
    ["main", false],
    ["feature/1.2", false],
    ["refs/heads/v1.2.3", false],
    ["refs/tags/x", true],
    ["v1.2.3", true],
    ["1.2.*", true],
    ["~1.2", true],
    ["0123456789abcdef0123456789abcdef01234567", true],
    ["deadbeef", false],
    ["dead1beef", true],
  ])("revision %j: pinned %s", (revision, pinned) => {
    expect(isPinned(revision)).toBe(pinned);
  });

  test("at a pinned revision is unread, for now", async () => {
    const files = {
      "apps/web.yaml": application("web", { source: source("plain", { targetRevision: "v1.0.0" }) }),
      "plain/a.yaml": DEPLOYMENT,
    };
    expect(await unread(files)).toMatchObject({
      needs: expect.stringContaining("not the state under review"),
      version: "v1.0.0",
    });
  });
});

describe("an ApplicationSet", () => {
  const set = (generators: readonly object[], path: string, rest: object = {}) =>
    object("argoproj.io/v1alpha1", "ApplicationSet", "all", {
      generators,
      template: {
        metadata: { name: "x" },
        spec: { source: source(path, rest), destination: { server: "{{server}}", namespace: "shop" } },
      },
    });
  const tree: Files = {
    "apps/a/kustomization.yaml": "resources: [../../base]\n",
    "apps/b/a.yaml": DEPLOYMENT,
    "base/kustomization.yaml": "resources: [a.yaml]\n",
    "base/a.yaml": DEPLOYMENT,
    "other/a.yaml": DEPLOYMENT,
    "envs/prod/web/a.yaml": DEPLOYMENT,
    "envs/lab/web/a.yaml": DEPLOYMENT,
    "envs/lab/db/a.yaml": DEPLOYMENT,
    // Something that says which repository this is.
    "root/own.yaml": application("own", { source: source("other") }),
  };

  test.each([
    ["a literal path", [], "apps/a", ["apps/a", "base"]],
    [
      "a list",
      [{ list: { elements: [{ env: "prod" }, { env: "lab" }] } }],
      "envs/{{env}}/web",
      ["envs/lab/web", "envs/prod/web"],
    ],
    [
      "values of clusters, overridden by a list",
      [
        {
          merge: {
            generators: [
              { clusters: { values: { env: "prod" } } },
              { list: { elements: [{ "values.env": "lab" }] } },
            ],
          },
        },
      ],
      "envs/{{ values.env }}/web",
      ["envs/lab/web", "envs/prod/web"],
    ],
    ["Go templates", [{ list: { elements: [{ env: "prod" }] } }], "envs/{{ .env }}/web", ["envs/prod/web"]],
    [
      "a variable that nobody says",
      [{ clusters: {} }],
      "envs/{{name}}/web",
      ["envs/lab/web", "envs/prod/web"],
    ],
    [
      "an expression",
      [{ list: { elements: [{ env: "prod" }] } }],
      "envs/{{ .env | lower }}/web",
      ["envs/lab/web", "envs/prod/web"],
    ],
    [
      "directories",
      [{ git: { repoURL: REPOSITORY, directories: [{ path: "apps/*" }] } }],
      "apps/{{path.basename}}",
      ["apps/a", "apps/b", "base"],
    ],
  ] as const)("claims every path that it can mean: %s", async (_, generators, path, expected) => {
    const found = await unread({ ...tree, "root/set.yaml": set(generators, path) }, "all");
    expect(found.claims).toEqual(expected);
    expect(found).toMatchObject({ namespace: "shop", unknown: { content: "tree" } });
  });

  test("many variables are not shared out in every way", async () => {
    const path = `long/${"o".repeat(200)}/a.yaml`;
    const files = { ...tree, [path]: DEPLOYMENT };
    const claims = async (written: string) =>
      (await unread({ ...files, "root/set.yaml": set([], written) }, "all")).claims;
    expect(await claims(`l${"{{q}}o".repeat(40)}`)).toEqual([`long/${"o".repeat(200)}`]);
    expect(await claims(`l${"{{q}}o".repeat(40)}z`)).toEqual([]);
    expect(await claims(`l${"{{q}}o".repeat(40)}{{q}}`)).toEqual([`long/${"o".repeat(200)}`]);
  });

  test("what it claims is not also unclaimed, and its change is seen", async () => {
    const files = { ...tree, "root/set.yaml": set([], "apps/a") };
    const discovery = await discovered(files);
    expect(discovery.environments.map(({ name }) => name)).toEqual(["root", "manifests"]);
    const before = await unread(files, "all");
    const digest = async (more: Files) => (await unread({ ...files, ...more }, "all")).unknown.digest;
    expect(await digest({ "base/a.yaml": "changed" })).not.toBe(before.unknown.digest);
    expect(await digest({ "base/new.yaml": "new" })).not.toBe(before.unknown.digest);
    expect(await digest({ "envs/lab/db/a.yaml": "changed" })).toBe(before.unknown.digest);
  });

  test("with a remote chart claims nothing", async () => {
    const generators = [{ list: { elements: [{ a: "b" }] } }];
    const template = {
      spec: {
        source: { repoURL: "https://charts.example.com", chart: "redis", targetRevision: "1.0.0" },
        destination: { namespace: "{{ns}}" },
      },
    };
    const text = object("argoproj.io/v1alpha1", "ApplicationSet", "all", { generators, template });
    expect(await unread({ "apps/set.yaml": text })).toMatchObject({
      namespace: null,
      claims: [],
      version: "1.0.0",
      unknown: { content: "elsewhere", bound: { namespaces: null } },
    });
  });
});

describe("Flux", () => {
  const kustomization = (name: string, path: string, rest: object = {}) =>
    object(
      "kustomize.toolkit.fluxcd.io/v1",
      "Kustomization",
      name,
      {
        interval: "10m",
        path,
        prune: true,
        sourceRef: { kind: "GitRepository", name: "flux-system" },
        ...rest,
      },
      { namespace: "flux-system" },
    );
  const release = (name: string, spec: object, metadata: object = { namespace: "shop" }) =>
    object("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, spec, metadata);
  const chart = {
    chart: {
      spec: { chart: "redis", version: "1.2.3", sourceRef: { kind: "HelmRepository", name: "charts" } },
    },
  };
  const repository = (url: string) =>
    object("source.toolkit.fluxcd.io/v1", "HelmRepository", "charts", { url });

  test("a Kustomization claims its path; what stands below belongs to the same cluster", async () => {
    const discovery = await discovered({
      "clusters/prod/apps.yaml": kustomization("apps", "./apps/prod"),
      "clusters/prod/charts.yaml": repository("https://charts.example.com"),
      "apps/prod/kustomization.yaml": "resources: [../base]\n",
      "apps/base/kustomization.yaml": "resources: [redis.yaml]\n",
      "apps/base/redis.yaml": release("redis", chart),
      "apps/lab/kustomization.yaml": "resources: [../base]\n",
    });
    expect(outline(discovery)).toEqual(["clusters/prod:  | redis apps", "unclaimed/apps/lab: apps/lab"]);
    expect(environment(discovery, "clusters/prod").unread).toMatchObject([
      {
        needs: "chart redis of HelmRepository charts (https://charts.example.com), version 1.2.3",
        namespace: "shop",
      },
      {
        needs: "Flux Kustomization apps (./apps/prod of this repository)",
        claims: ["apps/base", "apps/prod"],
      },
    ]);
  });

  test("intervals are no change; values, versions and the source's address are", async () => {
    const digest = async (spec: object, url = "https://charts.example.com") =>
      (await unread({ "a/redis.yaml": release("redis", spec), "a/charts.yaml": repository(url) })).unknown
        .digest;
    const one = await digest(chart);
    expect(await digest({ ...chart, interval: "1h", install: { remediation: { retries: 3 } } })).toBe(
      await digest({ ...chart, install: {} }),
    );
    expect(await digest({ ...chart, values: { a: 1 } })).not.toBe(one);
    expect(await digest(chart, "https://other.example.com")).not.toBe(one);
    const pinned = { chart: { spec: { ...chart.chart.spec, version: "1.2.4" } } };
    expect(await digest(pinned)).not.toBe(one);
  });

  test("values from a ConfigMap change with the files that name it", async () => {
    const spec = { ...chart, valuesFrom: [{ kind: "ConfigMap", name: "redis-values" }] };
    const files = (value: string): Files => ({
      "a/redis.yaml": release("redis", spec),
      "b/values.yaml": `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: redis-values}\ndata: {a: "${value}"}\n`,
    });
    const [before, after] = [await unread(files("1")), await unread(files("2"))];
    expect(before.claims).toContain("b/values.yaml");
    expect(after.unknown.digest).not.toBe(before.unknown.digest);
  });

  test("another cluster is another environment; a chart of this repository is claimed", async () => {
    const own = {
      chart: { spec: { chart: "./charts/web", sourceRef: { kind: "GitRepository", name: "flux-system" } } },
    };
    const discovery = await discovered({
      "hub/far.yaml": kustomization("far", "./apps", { kubeConfig: { secretRef: { name: "far" } } }),
      "hub/web.yaml": release("web", own),
      "apps/a.yaml": DEPLOYMENT,
      "charts/web/Chart.yaml": CHART,
    });
    expect(outline(discovery)).toEqual(["hub:  | web", "hub@kubeconfig far:  | far"]);
    expect(environment(discovery, "hub").unread[0]).toMatchObject({ claims: ["charts/web"] });
  });

  test("a path that does not exist is said", async () => {
    expect(problems(await discovered({ "a/x.yaml": kustomization("x", "./absent") }))).toEqual([
      "path-missing absent",
    ]);
  });
});

describe("entry points that are rendered", () => {
  const files: Files = {
    "root/apps.yaml": application("apps", { source: source("charts/apps") }),
    "charts/apps/Chart.yaml": CHART,
    "charts/apps/templates/web.yaml": "{{ .Values.web }}",
    "plain/web/a.yaml": DEPLOYMENT,
  };
  const web = JSON.parse(application("web", { source: source("plain/web") })) as object;

  test("are added to the environment that rendered them, and claim", async () => {
    const tree = treeOf(files);
    const first = await discover(tree, defaultConfiguration);
    expect(outline(first)).toEqual(["root: apps", "manifests: manifests"]);
    const root = environment(first, "root");
    const [target] = root.targets;
    if (target === undefined) throw new Error("no target");
    const path = "charts/apps/templates/web.yaml";
    const rendered = [
      {
        environment: root,
        target,
        objects: [
          { object: web, path },
          { object: 3, path: null },
        ],
      },
    ];
    const second = await discover(tree, defaultConfiguration, { rendered });
    expect(outline(second)).toEqual(["root: apps web"]);
    expect(environment(second, "root").targets[1]?.declaredBy).toMatchObject({ place: { path, line: null } });
  });

  test("of a Kustomize root replace those of its files", async () => {
    const tree = treeOf({
      ...files,
      "overlay/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: x-\n",
      "overlay/web.yaml": application("web", { source: source("plain/web") }),
    });
    const first = await discover(tree, defaultConfiguration);
    const overlay = environment(first, "overlay");
    expect(overlay.targets.map(({ id }) => id)).toEqual(["overlay", "web"]);
    const [target] = overlay.targets;
    if (target === undefined) throw new Error("no target");
    const object = { ...web, metadata: { name: "x-web", namespace: "argocd" } };
    const rendered = [{ environment: overlay, target, objects: [{ object, path: null }] }];
    const second = await discover(tree, defaultConfiguration, { rendered });
    expect(environment(second, "overlay").targets.map(({ id }) => id)).toEqual(["overlay", "x-web"]);
  });

  test("that also stand in a file are the same ones", async () => {
    const tree = treeOf({ ...files, "root/web.yaml": application("web", { source: source("plain/web") }) });
    const first = await discover(tree, defaultConfiguration);
    const root = environment(first, "root");
    const [target] = root.targets;
    if (target === undefined) throw new Error("no target");
    const rendered = [{ environment: root, target, objects: [{ object: web, path: null }] }];
    expect(outline(await discover(tree, defaultConfiguration, { rendered }))).toEqual(["root: apps web"]);
  });
});
