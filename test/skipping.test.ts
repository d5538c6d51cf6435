import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { memoryCache } from "../src/engine/cache.ts";
import type { Engine } from "../src/engine/engine.ts";
import { openEngine } from "../src/engine/open-engine.ts";
import type { RepositoryTree } from "../src/tree/indexed-tree.ts";
import { overlay } from "../src/tree/overlay.ts";
import { caseNames, judgementOf, openCase, openFolder, reviewTrees } from "./review-case.ts";

/** Edited platforms that are reviewed both ways; more for a long run. */
const RUNS = Number(process.env["SKIPPING_RUNS"] ?? 20);
/** Only a hanging review takes as long. */
const MILLISECONDS_FOR_A_RUN = 5_000;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

async function expectSameJudgement(base: RepositoryTree, head: RepositoryTree): Promise<void> {
  const skipping = await reviewTrees(engine, base, head, { skipUnchanged: true });
  const everything = await reviewTrees(engine, base, head, { skipUnchanged: false });
  expect(judgementOf(skipping)).toEqual(judgementOf(everything));
}

describe("an environment that is skipped as unchanged would not have changed the verdict", () => {
  test.each(caseNames)("%s", async (name) => {
    await expectSameJudgement(await openCase(name, "base"), await openCase(name, "head"));
  });

  test(
    "a platform with several clusters, overlays and unclaimed charts, edited anywhere",
    async () => {
      const base = await openFolder("test/platform");
      const paths = base.paths();
      const edit = fc.oneof(
        fc.record({ kind: fc.constant("remove" as const), path: fc.constantFrom(...paths) }),
        fc.record({
          kind: fc.constant("copy" as const),
          from: fc.constantFrom(...paths),
          path: place(paths),
        }),
      );
      const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
        const changes = new Map<string, Uint8Array | null>();
        for (const each of edits) {
          changes.set(each.path, each.kind === "remove" ? null : await contentOf(base, each.from));
        }
        await expectSameJudgement(base, overlay(base, changes));
      });
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
    },
    RUNS * MILLISECONDS_FOR_A_RUN,
  );
});

/** Places that something may look for: files that exist, and names that controllers give a meaning to. */
function place(paths: readonly string[]): fc.Arbitrary<string> {
  const folders = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/") + 1)))];
  const names = ["kustomization.yaml", "values.yaml", "values-extra.yaml", "Chart.yaml", "more.yaml"];
  const appearing = fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names));
  return fc.oneof(
    fc.constantFrom(...paths),
    appearing.map((parts) => parts.join("")),
  );
}

async function contentOf(tree: RepositoryTree, path: string): Promise<Uint8Array> {
  const content = await tree.read(path);
  if (!(content instanceof Uint8Array)) throw new Error(`${path}: ${content.code}`);
  return content;
}
