import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { memoryCache, type RenderCache } from "../../src/engine/cache.ts";
import type { Engine, Rendering } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { type Files, memoryTree } from "./memory-tree.ts";

/** A repository with something of everything that a render looks for: listings, misses, links, nested reads. */
const repository: Files = {
  "app/Chart.yaml":
    'apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: [{name: lib, version: 1.x, repository: "file://../lib"}]\n',
  "app/values.yaml": "a: 1\n",
  "app/templates/x.yaml": "kind: A\nmetadata: {name: x}\na: {{ .Values.a }}\nb: {{ .Values.b }}\n",
  "app/templates/y.yaml": 'kind: B\nfile: {{ .Files.Get "note.txt" | quote }}\n',
  "app/note.txt": "note",
  "app/charts/in/Chart.yaml": "apiVersion: v2\nname: in\nversion: 1.0.0\n",
  "app/charts/in/templates/z.yaml": "kind: C\n",
  "lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\n",
  "lib/templates/l.yaml": "-> ../../shared/l.yaml",
  "shared/l.yaml": "kind: L\n",
  "env/values.yaml": "b: 2\n",
  "base/kustomization.yaml": "resources: [d.yaml]\n",
  "base/d.yaml": "apiVersion: v1\nkind: D\nmetadata: {name: d}\n",
  "overlay/kustomization.yaml":
    "resources: [../base, ../gone.yaml]\nconfigMapGenerator: [{name: c, files: [k=data.txt]}]\n",
  "overlay/data.txt": "data",
  "other/readme.txt": "not looked at",
};

const targets: readonly ((engine: Engine, tree: Tree) => Promise<Rendering>)[] = [
  (engine, tree) =>
    engine.helm(tree, {
      chart: "app",
      values: [{ path: "env/values.yaml" }, { path: "env/optional.yaml", optional: true }],
    }),
  (engine, tree) => engine.kustomize(tree, { root: "overlay" }),
  (engine, tree) => engine.manifests(tree, { paths: ["base/d.yaml", "app/gone.yaml"] }),
];

/** Counts what the cache answers. */
function counting(cache: RenderCache): RenderCache & { hits: number } {
  const counter = {
    hits: 0,
    async get(...question: Parameters<RenderCache["get"]>) {
      const found = await cache.get(...question);
      if (found !== null) counter.hits += 1;
      return found;
    },
    put: cache.put,
  };
  return counter;
}

let plain: Engine;
let cached: Engine;
let cache: ReturnType<typeof counting>;

beforeAll(async () => {
  plain = await openEngine({ renderers: 1 });
  cache = counting(memoryCache());
  cached = await openEngine({ renderers: 1, cache });
});

afterAll(async () => {
  await Promise.all([plain.close(), cached.close()]);
});

/** Renders with the cache and tells whether it was a hit. */
async function throughCache(index: number, tree: Tree): Promise<{ hit: boolean; rendering: Rendering }> {
  const before = cache.hits;
  const rendering = await (targets[index] ?? fail())(cached, tree);
  return { hit: cache.hits > before, rendering };
}

function fail(): never {
  throw new Error("no such target");
}

const without = (files: Files, path: string): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));

type Change = (files: Files) => Files;

const paths = Object.keys(repository);
const somewhere = fc.constantFrom(
  ...paths,
  "env/optional.yaml",
  "gone.yaml",
  "app/gone.yaml",
  "app/.helmignore",
  "app/templates/new.yaml",
  "app/charts/new/Chart.yaml",
  "overlay/kustomization.yml",
  "other/new.txt",
);
const content = fc.constantFrom(
  "kind: N\n",
  "b: 3\n",
  "apiVersion: v1\nkind: E\nmetadata: {name: e}\n",
  "",
  "a: b: c",
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(somewhere, content).map(
    ([path, text]): Change =>
      (files) => ({ ...files, [path]: text }),
  ),
  somewhere.map(
    (path): Change =>
      (files) =>
        without(files, path),
  ),
  fc.tuple(somewhere, somewhere).map(
    ([from, to]): Change =>
      (files) => ({ ...without(files, from), [to]: files[from] ?? "" }),
  ),
  somewhere.map(
    (path): Change =>
      (files) => ({ ...without(files, path), [`${path}/inside.yaml`]: "kind: N\n" }),
  ),
);

/** A file and a folder of one name cannot stand together. */
function possible(files: Files): boolean {
  const names = Object.keys(files);
  return !names.some((name) => names.some((other) => other.startsWith(`${name}/`)));
}

test("whatever changes, a result from the cache is what a new render gives", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(targets.length - 1),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (index, changes) => {
        await throughCache(index, memoryTree(repository));
        const changed = changes.reduce((files, apply) => apply(files), repository);
        fc.pre(possible(changed));
        const { rendering } = await throughCache(index, memoryTree(changed));
        expect(rendering).toEqual(await (targets[index] ?? fail())(plain, memoryTree(changed)));
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

test("a change outside the trace is a hit; one of what was read, listed or missed is not", async () => {
  for (const index of targets.keys()) {
    const { rendering } = await throughCache(index, memoryTree(repository));
    /** Whether the result for the unchanged repository is the answer for a changed one. */
    const isHit = async (changed: Files) => {
      await throughCache(index, memoryTree(repository));
      const answer = await throughCache(index, memoryTree(changed));
      return answer.hit && isDeepStrictEqual(answer.rendering, rendering);
    };
    const seen = (question: string) => rendering.trace.filter(([kind]) => kind === question);
    for (const path of paths) {
      const read = rendering.trace.some(([question, name]) => question === "read" && sameFile(name, path));
      const text = String(repository[path]);
      if (text.startsWith("-> ")) continue;
      expect({ path, hit: await isHit({ ...repository, [path]: `# changed\n${text}` }) }).toEqual({
        path,
        hit: !read,
      });
    }
    for (const [, folder] of seen("list")) {
      expect(await isHit({ ...repository, [`${folder}/new`]: "kind: N\n" })).toBe(false);
    }
    for (const [, path, answer] of rendering.trace) {
      if (answer !== "missing" || !possible({ ...repository, [path]: "" })) continue;
      expect(await isHit({ ...repository, [path]: "x: 1\n" })).toBe(false);
    }
    expect(await isHit(repository)).toBe(true);
  }
}, 60_000);

/** shared/l.yaml is read through a link. */
function sameFile(asked: string, path: string): boolean {
  return asked === path || (asked === "lib/templates/l.yaml" && path === "shared/l.yaml");
}

test("another instance with another history looks at the same things in the same order", async () => {
  for (const target of targets) {
    const [one, two] = await Promise.all([
      target(plain, memoryTree(repository)),
      target(cached, memoryTree(repository)),
    ]);
    expect(two).toEqual(one);
  }
});
