import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { defaultConfiguration } from "../../src/config/config.ts";
import { discover } from "../../src/targets/discover.ts";
import { environmentChanged } from "../../src/targets/environment-changed.ts";
import { closure, inputsOf } from "../../src/targets/inputs.ts";
import type { Source, Target } from "../../src/targets/targets.ts";
import { changedPaths } from "../../src/tree/changed-paths.ts";
import { directoryOf, join } from "../../src/tree/paths.ts";
import { isTreeProblem, type Tree } from "../../src/tree/tree.ts";
import { environment } from "./discovering.ts";
import { application, CHART, DEPLOYMENT, type Files, source, treeOf } from "./tree-of.ts";

function kustomizeTarget(path: string): Target {
  return targetOf({ kind: "kustomize", path, edits: {} });
}

function targetOf(from: Source): Target {
  const delivery = {
    automated: false,
    prune: false,
    suspended: false,
    createsNamespace: false,
    namespaceLabels: {},
  };
  return { id: "t", source: from, namespace: null, declaredBy: null, delivery };
}

describe("inputs", () => {
  test("of a chart: its directory, value files that do not exist too, file:// dependencies", async () => {
    const tree = treeOf({
      "charts/web/Chart.yaml": `${CHART}dependencies: [{name: common, repository: "file://../common"}]\n`,
      "charts/common/Chart.yaml": `${CHART}dependencies: [{name: deep, repository: "file://../../libs/deep"}]\n`,
      "libs/deep/Chart.yaml": CHART,
      "charts/web/charts/inner/Chart.yaml": `${CHART}dependencies: [{name: x, repository: "file://../../../../libs/inner"}]\n`,
      "charts/web/templates/a.yaml": "{{ .Files.Get `../../../secret` }}",
    });
    const request = {
      chart: "charts/web",
      values: [{ path: "env/p.yaml", optional: true }],
      setFile: ["a=files/x"],
    };
    const inputs = await inputsOf(targetOf({ kind: "helm", request }), tree);
    expect(inputs.paths()).toEqual([
      "charts/common",
      "charts/web",
      "env/p.yaml",
      "files/x",
      "libs/deep",
      "libs/inner",
    ]);
    expect(inputs.touches("charts/web/new/file")).toBe(true);
    expect(inputs.touches("env/p.yaml")).toBe(true);
    // A file in the place of a directory.
    expect(inputs.touches("env")).toBe(true);
    expect(inputs.touches("env/other.yaml")).toBe(false);
    expect(inputs.touches("charts/web2/Chart.yaml")).toBe(false);
  });

  test("of a Kustomize root: what it names above itself, transitively, however it is written", async () => {
    const tree = treeOf({
      "overlays/prod/kustomization.yaml": [
        "resources: [../../base, '../extra/one.yaml']",
        'components: ["\\x2e./../components/c"]',
        "configMapGenerator: [{name: a, files: [key=../files/a.txt]}]",
        "generators: [../generators/gen.yaml, own/gen.yaml]",
        "openapi: {path: ../missing/schema.json}",
        "",
      ].join("\n"),
      "overlays/prod/own/gen.yaml": "valuesFile: ../values/own.yaml\n",
      "overlays/generators/gen.yaml":
        "valuesFile: ../values/from-root.yaml\nadditionalValuesFiles: [../../outside.yaml]\n",
      "base/kustomization.yaml": "resources: [../lower]\n",
      "lower/kustomization.yaml": "resources: []\n",
      "components/c/kustomization.yaml": "kind: Component\n",
      "overlays/prod/notes.yaml": "{{ broken: ../elsewhere/x.yaml",
    });
    const inputs = await inputsOf(kustomizeTarget("overlays/prod"), tree);
    for (const path of [
      "overlays/prod/anything",
      "base/new.yaml",
      "lower/x",
      "overlays/extra/one.yaml",
      "components/c/x",
      "overlays/files/a.txt",
      "overlays/missing/schema.json",
      "overlays/generators/gen.yaml",
      "overlays/values/own.yaml",
      // Paths in a generator's file count from the root that names it.
      "overlays/values/from-root.yaml",
      "outside.yaml",
      "overlays/elsewhere/x.yaml",
    ]) {
      expect([path, inputs.touches(path)]).toEqual([path, true]);
    }
    expect(inputs.touches("unrelated/x")).toBe(false);
    expect(inputs.touches("overlays/lab/kustomization.yaml")).toBe(false);
  });

  test("a kustomization that does not parse could name anything", async () => {
    const tree = treeOf({ "a/kustomization.yaml": "resources: [../b\n", "b/x": "x" });
    expect((await inputsOf(kustomizeTarget("a"), tree)).paths()).toBeNull();
  });

  test("links are followed hop by hop, and each hop is an input", async () => {
    const tree = treeOf({
      "charts/web/Chart.yaml": CHART,
      "charts/web/values.yaml": { link: "../../links/values.yaml" },
      "links/values.yaml": { link: "../real/values.yaml" },
      "real/values.yaml": "a: 1",
      "charts/web/files": { link: "../../shared" },
      "shared/inner": { link: "../deep" },
      "deep/x": "x",
      app: { link: "charts" },
    });
    const inputs = await inputsOf(targetOf({ kind: "helm", request: { chart: "app/web" } }), tree);
    for (const path of [
      "app",
      "charts/web/x",
      "links/values.yaml",
      "real/values.yaml",
      "shared/y",
      "deep/x",
    ]) {
      expect([path, inputs.touches(path)]).toEqual([path, true]);
    }
  });

  test("a circle of links ends", async () => {
    const tree = treeOf({ "a/x": { link: "../b" }, "b/y": { link: "../a" } });
    expect((await closure(tree, ["a"])).touches("b/z")).toBe(true);
  });
});

/** What a reader of the tree sees that resolves everything a Kustomize root names, as a list of answers. */
async function seenByResolver(tree: Tree, root: string): Promise<string> {
  const seen: string[] = [];
  const visited = new Set<string>();
  const look = async (path: string | null, from: string): Promise<void> => {
    if (path === null) return;
    const found = tree.stat(path);
    if (isTreeProblem(found)) {
      seen.push(`${path} ${found.code}`);
      return;
    }
    const key = `${found.path} ${from}`;
    seen.push(`${path} ${found.kind} ${found.path}`);
    if (visited.has(key)) return;
    visited.add(key);
    if (found.kind === "directory") {
      const file = `${found.path}/kustomization.yaml`;
      await read(file, found.path);
    } else await read(found.path, from);
  };
  const read = async (file: string, base: string): Promise<void> => {
    const content = await tree.read(file);
    if (isTreeProblem(content)) {
      seen.push(`${file} ${content.code}`);
      return;
    }
    const text = new TextDecoder().decode(content);
    seen.push(`${file} = ${text}`);
    const names = text.split("\n").filter((line) => line.startsWith("- "));
    for (const name of names) await look(join(base, name.slice(2)), base);
  };
  await look(root, root);
  return seen.join("\n");
}

describe("skipping", () => {
  const directory = fc.constantFrom("a", "b", "a/c", "b/d", "e");
  const name = fc.constantFrom("kustomization.yaml", "x.yaml", "y.yaml");
  const path = fc.tuple(directory, name).map((parts) => parts.join("/"));
  const reference = fc.oneof(
    fc.constantFrom(
      "x.yaml",
      "y.yaml",
      "c",
      "d",
      "..",
      "../..",
      "../b",
      "../../e/x.yaml",
      "../e",
      "../a/c",
      "l",
      "../l",
    ),
    fc
      .tuple(fc.constantFrom("../", "../../", ""), directory, name)
      .map(([up, at, file]) => `${up}${at}/${file}`),
  );
  const content = fc
    .uniqueArray(reference, { maxLength: 3 })
    .map((names) => names.map((it) => `- ${it}\n`).join(""));
  const link = fc.constantFrom("../b", "e", "x.yaml", "../e/x.yaml", "c").map((target) => ({ link: target }));
  const files = fc.dictionary(
    fc.oneof(
      { weight: 6, arbitrary: path },
      { weight: 1, arbitrary: fc.constantFrom("a/l", "b/l", "l", "e/y.yaml") },
    ),
    fc.oneof({ weight: 6, arbitrary: content }, { weight: 1, arbitrary: link }),
    { minKeys: 2, maxKeys: 9 },
  );
  const change = fc.tuple(
    fc.oneof(path, fc.constantFrom("a", "e", "b/d", "l", "a/l", "b/l")),
    fc.option(fc.oneof(content, link), { nil: undefined }),
  );

  /** Files below a path that is a file itself are left out, as no tree can hold both. */
  function possible(files: Files): Files {
    const paths = new Set(Object.keys(files));
    return Object.fromEntries(
      Object.entries(files).filter(([at]) => {
        for (let above = directoryOf(at); above !== "."; above = directoryOf(above))
          if (paths.has(above)) return false;
        return true;
      }),
    );
  }

  test("a change outside of the inputs changes nothing that a resolver of everything named sees", async () => {
    let skipped = 0;
    await fc.assert(
      fc.asyncProperty(files, fc.array(change, { minLength: 1, maxLength: 3 }), async (before, changes) => {
        const after: Record<string, Files[string]> = { ...before };
        for (const [at, value] of changes) {
          if (value === undefined) delete after[at];
          else after[at] = value;
        }
        const [base, head] = [treeOf(possible(before)), treeOf(possible(after))];
        const changed = await changedPaths(base, head);
        const inputs = await inputsOf(kustomizeTarget("a"), base);
        if (changed.some((at) => inputs.touches(at))) return;
        skipped++;
        expect(await seenByResolver(head, "a")).toBe(await seenByResolver(base, "a"));
      }),
      { numRuns: 3000 },
    );
    // The property says something only if changes are skipped at all.
    expect(skipped).toBeGreaterThan(200);
  });

  test("an environment changes with its inputs, its definition, and with nothing else", async () => {
    const files: Files = {
      "apps/web.yaml": application("web", {
        source: source("charts/web", {
          helm: { valueFiles: ["v/*.yaml", "late.yaml"], ignoreMissingValueFiles: true },
        }),
        syncPolicy: { automated: { prune: true } },
      }),
      "charts/web/Chart.yaml": CHART,
      "charts/other/Chart.yaml": CHART,
      "apps/plain.yaml": application("plain", { source: source("plain") }),
      "plain/a.yaml": DEPLOYMENT,
      "docs/readme.md": "x",
    };
    const changes = async (after: Files): Promise<boolean> => {
      const [base, head] = [treeOf(files), treeOf(after)];
      const [before, now] = [
        await discover(base, defaultConfiguration),
        await discover(head, defaultConfiguration),
      ];
      return environmentChanged(
        environment(before, "apps"),
        environment(now, "apps"),
        base,
        await changedPaths(base, head),
      );
    };
    const without = (...paths: readonly string[]) =>
      Object.fromEntries(Object.entries(files).filter(([at]) => !paths.includes(at)));
    const edited = (text: string) => ({ ...files, "apps/web.yaml": text });
    const web = String(files["apps/web.yaml"]);
    expect(await changes(files)).toBe(false);
    expect(await changes({ ...files, "docs/readme.md": "y", "charts/other/values.yaml": "a: 1" })).toBe(
      false,
    );
    expect(await changes(edited(`# a comment\n${web}`))).toBe(false);
    expect(await changes(edited(web.replace('"prune": true', '"prune": false')))).toBe(false);
    expect(await changes({ ...files, "charts/web/templates/x.yaml": "x" })).toBe(true);
    expect(await changes({ ...files, "charts/web/v/new.yaml": "a: 1" })).toBe(true);
    expect(await changes({ ...files, "charts/web/late.yaml": "a: 1" })).toBe(true);
    expect(await changes({ ...files, "plain/new.yaml": DEPLOYMENT })).toBe(true);
    expect(await changes({ ...files, "plain/kustomization.yaml": "resources: []" })).toBe(true);
    expect(await changes({ ...files, "charts/web/.argocd-source-web.yaml": "helm: {releaseName: x}" })).toBe(
      true,
    );
    expect(await changes(without("plain/a.yaml"))).toBe(true);
    expect(await changes(without("apps/plain.yaml"))).toBe(true);
    expect(await changes(edited(web.replace('"automated": {', '"automated": {"enabled": false, ')))).toBe(
      true,
    );
    expect(await changes(edited(web.replace('"namespace": "web"', '"namespace": "other"')))).toBe(true);
  });
});
