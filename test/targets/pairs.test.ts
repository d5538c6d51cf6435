import { describe, expect, test } from "@jest/globals";
import type { Configuration } from "../../src/config/config.ts";
import { defaultConfiguration } from "../../src/config/config.ts";
import { discover } from "../../src/targets/discover.ts";
import { mergeEnvironments, possiblyOneCluster } from "../../src/targets/one-cluster.ts";
import { type EnvironmentPair, pairEnvironments } from "../../src/targets/pair-environments.ts";
import { configured, discovered, environment } from "./discovering.ts";
import { application, CHART, DEPLOYMENT, type Files, source, treeOf } from "./tree-of.ts";

async function pairs(
  base: Files,
  head: Files,
  configuration: Configuration = defaultConfiguration,
): Promise<readonly EnvironmentPair[]> {
  const sides = [treeOf(base, "base"), treeOf(head, "head")].map(async (tree) => ({
    tree,
    discovery: await discover(tree, configuration),
  }));
  const [before, after] = await Promise.all(sides);
  if (before === undefined || after === undefined) throw new Error("two sides");
  return pairEnvironments(before, after);
}

async function outlined(base: Files, head: Files, configuration?: Configuration): Promise<readonly string[]> {
  return (await pairs(base, head, configuration)).map(
    (pair) => `${pair.kind} ${pair.base?.name ?? "-"} ${pair.head?.name ?? "-"}`,
  );
}

const PLAIN: Files = { "plain/a.yaml": DEPLOYMENT };
const web = (destination: object = {}) =>
  application("web", { source: source("plain"), destination: { namespace: "web", ...destination } });

describe("environments of both sides", () => {
  test("are paired by name, and new or removed otherwise", async () => {
    const base = {
      ...PLAIN,
      "clusters/a/web.yaml": web(),
      "clusters/b/web.yaml": application("b", { source: source("plain") }),
    };
    const head = {
      ...PLAIN,
      "clusters/a/web.yaml": web(),
      "clusters/c/web.yaml": application("c", { source: source("plain") }),
    };
    expect(await outlined(base, head)).toEqual([
      "same clusters/a clusters/a",
      "new - clusters/c",
      "removed clusters/b -",
    ]);
  });

  test("a root that moved with equal targets is the same one", async () => {
    const files = (root: string): Files => ({
      ...PLAIN,
      [`${root}/web.yaml`]: web(),
      [`${root}/ns.yaml`]: DEPLOYMENT,
    });
    expect(await outlined(files("clusters/old"), files("clusters/new"))).toEqual([
      "moved clusters/old clusters/new",
    ]);
    const changed = { ...files("clusters/new"), "clusters/new/ns.yaml": `${DEPLOYMENT}# changed\n` };
    expect(await outlined(files("clusters/old"), changed)).toEqual([
      "new - clusters/new",
      "removed clusters/old -",
    ]);
  });

  test("an unclaimed chart that moved as it is, too; another chart is another one", async () => {
    const chart = (at: string, template: string): Files => ({
      ...PLAIN,
      "clusters/a/web.yaml": web(),
      [`${at}/Chart.yaml`]: CHART,
      [`${at}/templates/a.yaml`]: template,
    });
    const moved = ["same clusters/a clusters/a", "moved unclaimed/charts/x unclaimed/charts/y"];
    expect(await outlined(chart("charts/x", "a"), chart("charts/y", "a"))).toEqual(moved);
    expect(await outlined(chart("charts/x", "a"), chart("charts/y", "b"))).toEqual([
      "same clusters/a clusters/a",
      "new - unclaimed/charts/y",
      "removed unclaimed/charts/x -",
    ]);
  });

  test("keep their marks where they move under another name (T4)", async () => {
    const configuration = configured(
      "environments:\n  prod: {roots: [clusters/prod]}\n  lab: {roots: [clusters/lab], production: false}\n",
    );
    const [pair] = await pairs(
      { ...PLAIN, "clusters/prod/web.yaml": web() },
      { ...PLAIN, "clusters/lab/web.yaml": web() },
      configuration,
    );
    expect(pair).toMatchObject({
      kind: "moved",
      base: { name: "prod" },
      head: { name: "lab", marks: { production: true } },
    });
  });

  test("a second root for one cluster joins it, whatever it is called (T4)", async () => {
    const prod = { server: "https://prod.example.com" };
    const base = { ...PLAIN, "clusters/main/web.yaml": web(prod) };
    const head = { ...base, "clusters/extra/more.yaml": web(prod) };
    expect(await outlined(base, head)).toEqual(["same clusters/main clusters/extra"]);
  });

  test("the first entry point changes names and no identity", async () => {
    const base: Files = { "charts/x/Chart.yaml": CHART };
    const head = { ...base, ...PLAIN, "clusters/a/web.yaml": web() };
    expect(await outlined(base, head)).toEqual(["new - clusters/a", "same charts/x unclaimed/charts/x"]);
  });
});

describe("environments that may be one cluster", () => {
  const files: Files = {
    ...PLAIN,
    "roots/a/web.yaml": web(),
    "roots/b/web.yaml": web(),
    "roots/c/web.yaml": application("c", { source: source("plain"), destination: { namespace: "other" } }),
    "roots/d/web.yaml": web({ name: "far" }),
    "charts/x/Chart.yaml": CHART,
  };

  test("name no cluster and share namespaces", async () => {
    const { environments } = await discovered(files);
    expect(possiblyOneCluster(environments, defaultConfiguration)).toEqual([
      { environments: ["roots/a", "roots/b"], namespaces: ["web"] },
    ]);
    const rendered = () => ["web"];
    expect(possiblyOneCluster(environments, defaultConfiguration, rendered)).toHaveLength(3);
  });

  test("are apart where configuration says so", async () => {
    const configuration = configured("environments: {a: {roots: [roots/a]}}");
    const { environments } = await discovered(files, configuration);
    expect(possiblyOneCluster(environments, configuration)).toEqual([]);
  });

  test("merge with every target under a name of its own", async () => {
    const discovery = await discovered(files);
    const merged = mergeEnvironments(environment(discovery, "roots/a"), environment(discovery, "roots/b"));
    expect(merged.targets.map(({ id }) => id)).toEqual(["web", "roots/b:web"]);
    expect(merged).toMatchObject({ name: "roots/a", roots: ["roots/a", "roots/b"] });
  });
});
