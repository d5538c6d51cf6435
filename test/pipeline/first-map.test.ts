import { expect, test } from "@jest/globals";
import { defaultConfiguration } from "../../src/config/config.ts";
import { parseConfiguration } from "../../src/config/parse-configuration.ts";
import { firstMapOutput } from "../../src/report/first-map/first-map.ts";
import { startingConfiguration } from "../../src/report/first-map/starting-configuration.ts";
import { firstMap } from "../../src/review.ts";
import { discover } from "../../src/targets/discover.ts";
import { context } from "../report/context.ts";
import { openFolder } from "../review-case.ts";

test("a repository's map holds what a review of it would read, and a configuration that finds the same", async () => {
  const tree = await openFolder("demo/head");
  const config = defaultConfiguration;
  const map = await firstMap(tree, { config });

  const clusters = map.environments.filter(({ kind }) => kind === "cluster");
  expect(clusters.map(({ name }) => name)).toEqual(["clusters/production"]);
  expect(clusters[0]?.workloads.length).toBeGreaterThan(0);
  const { title, summary } = firstMapOutput(map, context());
  expect(title).toMatch(/^First map: \d+ environments?, \d+ of \d+ namespaces? isolated for egress$/);
  expect(summary).toContain("```yaml");

  const started = parseConfiguration(startingConfiguration(map).join("\n"), ".egress-review.yaml");
  if (Array.isArray(started)) throw new Error(JSON.stringify(started));
  const found = await discover(tree, started, { repositoryUrls: [] });
  const targetsOf = (environments: typeof found.environments) =>
    environments.map(({ name, targets }) => [name, targets.map(({ id }) => id)]);
  const before = await discover(tree, config, { repositoryUrls: [] });
  expect(targetsOf(found.environments)).toEqual(targetsOf(before.environments));
});
