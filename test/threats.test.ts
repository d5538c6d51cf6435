import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { commit, emptyRepository, git, temporaryDirectory } from "../scripts/throwaway-repository.mjs";
import { diskCache, memoryCache } from "../src/engine/cache.ts";
import type { Engine } from "../src/engine/engine.ts";
import { openEngine } from "../src/engine/open-engine.ts";
import type { Review, ReviewOptions } from "../src/review.ts";
import { openCommit } from "../src/tree/commit-tree.ts";
import type { RepositoryTree } from "../src/tree/indexed-tree.ts";
import { judgementOf, openCase, openFolder, reviewTrees } from "./review-case.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

const temporary: string[] = [];
afterAll(() => {
  for (const directory of temporary) rmSync(directory, { recursive: true });
});

function repository(files: Readonly<Record<string, string>>): string {
  const directory = emptyRepository("egress-review-threats");
  temporary.push(directory);
  write(directory, files);
  return directory;
}

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

async function openRevision(directory: string, revision: string): Promise<RepositoryTree> {
  const tree = await openCommit(directory, revision);
  if ("kind" in tree) throw new Error(tree.message);
  return tree;
}

async function reviewRevisions(directory: string): Promise<Review> {
  const base = await openRevision(directory, "HEAD~1");
  const head = await openRevision(directory, "HEAD");
  try {
    return await reviewTrees(engine, base, head);
  } finally {
    await base.close();
    await head.close();
  }
}

const APPLICATION = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: argocd
spec:
  source:
    repoURL: https://git.example.com/shop/platform.git
    targetRevision: main
    path: PATH
  destination:
    server: https://kubernetes.default.svc
    namespace: shop
`;
const DENY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny-egress
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
`;
const CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n";

describe("T21: a changed input that cannot be read is a changed unknown", () => {
  test("a submodule is bumped", async () => {
    const directory = repository({
      "clusters/prod/shop.yaml": APPLICATION.replace("PATH", "vendor/shop"),
      "clusters/prod/policies.yaml": APPLICATION.replace("PATH", "apps/policies").replace(
        "name: shop",
        "name: policies",
      ),
      "apps/policies/deny.yaml": DENY,
    });
    const submodule = (id: string) =>
      git(directory, "update-index", "--add", "--cacheinfo", `160000,${id.repeat(40)},vendor/shop`);
    git(directory, "add", "--all");
    submodule("1");
    git(directory, "commit", "--quiet", "--message", "base");
    submodule("2");
    git(directory, "commit", "--quiet", "--message", "head");

    const review = await reviewRevisions(directory);
    expect(review.verdict).toBe("undecided");
    expect(JSON.stringify(review.unknowns)).toContain("vendor/shop");
  });

  test("a values file becomes a link that leaves the repository", async () => {
    const directory = repository({
      "clusters/prod/shop.yaml": APPLICATION.replace("PATH", "charts/shop"),
      "charts/shop/Chart.yaml": CHART,
      "charts/shop/values.yaml": "open: false\n",
      "charts/shop/templates/deny.yaml": `{{- if not .Values.open }}\n${DENY}{{- end }}\n`,
    });
    commit(directory, "base");
    rmSync(join(directory, "charts/shop/values.yaml"));
    symlinkSync("../../../outside.yaml", join(directory, "charts/shop/values.yaml"));
    commit(directory, "head");

    const review = await reviewRevisions(directory);
    expect(review.verdict).toBe("undecided");
    expect(JSON.stringify(review.unknowns)).toContain("charts/shop/values.yaml");
  });
});

describe("T21: a submodule inside a source", () => {
  const submodule = (directory: string, path: string, id: string) =>
    git(directory, "update-index", "--add", "--cacheinfo", `160000,${id.repeat(40)},${path}`);

  test("a directory that is read recursively deploys what is in it", async () => {
    const directory = repository({
      "clusters/prod/shop.yaml": APPLICATION.replace("PATH", "apps\n    directory: {recurse: true}"),
      "apps/deny.yaml": DENY,
    });
    git(directory, "add", "--all");
    submodule(directory, "apps/vendor", "1");
    git(directory, "commit", "--quiet", "--message", "base");
    submodule(directory, "apps/vendor", "2");
    git(directory, "commit", "--quiet", "--message", "head");

    const review = await reviewRevisions(directory);
    expect(review.verdict).toBe("undecided");
    expect(review.unknowns).toContainEqual(
      expect.objectContaining({ code: "unreadable-input", changed: true, decides: true }),
    );
  });

  test("where a chart fails at it on both sides, every other input still counts", async () => {
    const directory = repository({
      "clusters/prod/shop.yaml": APPLICATION.replace("PATH", "charts/shop"),
      "clusters/prod/policies.yaml": APPLICATION.replace("PATH", "apps").replace("name: shop", "name: deny"),
      "apps/deny.yaml": DENY,
      "charts/shop/Chart.yaml": CHART,
      "charts/shop/values.yaml": "open: false\n",
    });
    git(directory, "add", "--all");
    submodule(directory, "charts/shop/charts/base", "1");
    git(directory, "commit", "--quiet", "--message", "base");
    write(directory, { "charts/shop/values.yaml": "open: true\n" });
    git(directory, "add", "charts/shop/values.yaml");
    git(directory, "commit", "--quiet", "--message", "head");

    const review = await reviewRevisions(directory);
    expect(review.verdict).toBe("undecided");
    expect(review.unknowns).toContainEqual(
      expect.objectContaining({ code: "render-failed", changed: true, decides: true }),
    );
  });
});

describe("T4: who asks for one environment is not told less of it", () => {
  test.each([
    ["found-claimed-and-opened", "clusters/prod"],
    ["found-root-writes-into-a-namespace", "clusters/edge"],
    ["unclaimed-chart-opens", "unclaimed/charts/extra"],
  ])("%s: %s", async (name, environment) => {
    const review = await reviewTrees(engine, await openCase(name, "base"), await openCase(name, "head"), {
      environments: [environment],
    });
    expect(review.environments.map((one) => one.name)).toEqual([environment]);
    expect(review.verdict).toBe("block");
  });
});

describe("T22: the render cache", () => {
  const CASE = "t3-values-file-appears";

  test("what a change has stored there does not answer for another tree", async () => {
    const directory = temporaryDirectory("egress-review-cache");
    temporary.push(directory);
    const verdicts: string[] = [];
    for (const [base, head] of [
      ["head", "head"],
      ["base", "base"],
      ["base", "head"],
      ["base", "head"],
    ] as const) {
      const cached = await openEngine({ cache: diskCache({ directory }) });
      try {
        verdicts.push(
          (await reviewTrees(cached, await openCase(CASE, base), await openCase(CASE, head))).verdict,
        );
      } finally {
        await cached.close();
      }
    }
    expect(verdicts).toEqual(["pass", "pass", "block", "block"]);
  });

  test("what ended by a limit is not remembered", async () => {
    const cached = await openEngine({ cache: memoryCache() });
    const sides = async () => [await openCase(CASE, "base"), await openCase(CASE, "head")] as const;
    try {
      const limited = await reviewTrees(cached, ...(await sides()), { limits: { renderMilliseconds: 1 } });
      expect(limited.verdict).not.toBe("pass");
      const complete = await reviewTrees(cached, ...(await sides()));
      expect(judgementOf(complete)).toEqual(judgementOf(await reviewTrees(engine, ...(await sides()))));
    } finally {
      await cached.close();
    }
  });
});

describe("T23: a review that may do next to nothing never passes", () => {
  const LIMITS = ["renderMilliseconds", "renderBytes", "searchSteps", "documents"] as const;
  /** Changes that pass with ordinary limits, so that a pass here could only come from not looking. */
  const PASSING = ["narrowing", "same-set-in-other-words", "field-chart-policy-without-dns"] as const;

  test.each(LIMITS.flatMap((limit) => PASSING.map((name) => [limit, name] as const)))(
    "%s = 1: %s",
    async (limit, name) => {
      const fresh = await openEngine();
      try {
        const limits = { [limit]: 1 } satisfies ReviewOptions["limits"];
        const { verdict } = await reviewTrees(
          fresh,
          await openCase(name, "base"),
          await openCase(name, "head"),
          { limits },
        );
        expect(verdict).not.toBe("pass");
      } finally {
        await fresh.close();
      }
    },
  );

  test("a template that never ends becomes an unknown, and everything else is reviewed", async () => {
    const base = await openFolder("test/platform");
    const LOOP = "{{- range $i := until 100000 }}{{- range $j := until 100000 }}{{- end }}{{- end }}\n";
    const open = await base.read("settings/open.yaml");
    const { overlay } = await import("../src/tree/overlay.ts");
    const head = overlay(
      base,
      new Map([
        ["charts/orphan/templates/loop.yaml", new TextEncoder().encode(LOOP)],
        ["settings/prod.yaml", open instanceof Uint8Array ? open : null],
      ]),
    );
    const review = await reviewTrees(engine, base, head, { limits: { renderMilliseconds: 2_000 } });
    expect(review.verdict).toBe("block");
    expect(review.unknowns.map(({ code }) => code)).toContain("resource-limit");
  });
});
