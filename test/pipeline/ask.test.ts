import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { defaultConfiguration } from "../../src/config/config.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import type { ReadOptions } from "../../src/pipeline/options.ts";
import { ask } from "../../src/pipeline/question/ask.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "../../src/pipeline/question/question.ts";
import { application, source, treeOf } from "../targets/tree-of.ts";
import { policy } from "./small-cluster.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

const DENY = policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");
const workload = (name: string) => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: main}]}}
`;

/** Two clusters that deploy a directory each. */
function repository(production: string, staging: string, name = "tree") {
  return treeOf(
    {
      "clusters/production/shop.yaml": application("shop", { source: source("production") }),
      "clusters/staging/shop.yaml": application("shop", { source: source("staging") }),
      "production/all.yaml": production,
      "staging/all.yaml": staging,
    },
    name,
  );
}

async function told(
  trees: Parameters<typeof ask>[0],
  from: string,
  to: string,
  options: Partial<ReadOptions> = {},
): Promise<unknown> {
  const typed = { from: parseFrom(from), to: parseDestination(to) };
  if (isQuestionProblem(typed.from) || isQuestionProblem(typed.to)) throw new Error(`${from} → ${to}`);
  const answer = await ask(
    trees,
    { from: typed.from, ...typed.to, direction: "egress" },
    { config: defaultConfiguration, engine, ...options },
  );
  if (isQuestionProblem(answer)) return [answer.code, answer.sentence];
  const side = (one: (typeof answer.environments)[number]["head"] | null) =>
    one === null ? null : one.kind === "absent" ? `no ${one.what}` : one.verdict;
  return Object.fromEntries(
    answer.environments.map(({ name, base, head }) => [name, [side(base), side(head)]]),
  );
}

describe("environments", () => {
  const tree = repository(DENY + workload("web"), workload("web") + workload("db"));

  test("each that holds who sends answers for itself", async () => {
    expect(await told({ tree }, "shop/web", "198.51.100.7")).toEqual({
      "clusters/production": [null, "deny"],
      "clusters/staging": [null, "allow"],
    });
    expect(await told({ tree }, "shop/db", "198.51.100.7")).toEqual({ "clusters/staging": [null, "allow"] });
  });

  test("both ends must be in one", async () => {
    expect(await told({ tree }, "shop/web", "shop/db:80")).toEqual({ "clusters/staging": [null, "allow"] });
  });

  test("one may be asked alone", async () => {
    const environments = ["clusters/production"];
    expect(await told({ tree }, "shop/web", "internet", { environments })).toEqual({
      "clusters/production": [null, "deny"],
    });
    expect(await told({ tree }, "shop/db", "internet", { environments })).toEqual([
      "unknown-workload",
      "no workload here is called shop/db; known here: shop/Deployment/web",
    ]);
  });
});

describe("both sides", () => {
  const base = repository(workload("web") + workload("old"), workload("web"), "before");
  const head = repository(DENY + workload("web") + workload("new"), workload("web"), "after");

  test("are told beside each other, an environment without a change as it is on both", async () => {
    expect(await told({ base, head }, "shop/web", "198.51.100.7")).toEqual({
      "clusters/production": ["allow", "deny"],
      "clusters/staging": ["allow", "allow"],
    });
  });

  test("who is not there on one side is absent there", async () => {
    expect(await told({ base, head }, "shop/new", "internet")).toEqual({
      "clusters/production": ["no source", "deny"],
    });
    expect(await told({ base, head }, "shop/old", "internet")).toEqual({
      "clusters/production": ["allow", "no source"],
    });
    expect(await told({ base, head }, "shop/web", "shop/new:80")).toEqual({
      "clusters/production": ["no destination", "deny"],
    });
  });

  test("a new environment did not exist before", async () => {
    const alone = treeOf({
      "clusters/production/shop.yaml": application("shop", { source: source("production") }),
      "production/all.yaml": workload("web"),
    });
    expect(await told({ base: alone, head }, "shop/web", "internet")).toEqual({
      "clusters/production": ["allow", "deny"],
      "clusters/staging": ["no environment", "allow"],
    });
  });
});

describe("nobody of that name", () => {
  test("several may be meant", async () => {
    const job = `---
apiVersion: batch/v1
kind: Job
metadata: {name: web, namespace: shop}
spec: {template: {metadata: {labels: {app: job}}, spec: {containers: [{name: main}]}}}
`;
    const tree = treeOf({ "all.yaml": workload("web") + job });
    expect(await told({ tree }, "shop/web", "internet")).toEqual([
      "ambiguous-workload",
      "shop/web may be shop/Deployment/web or shop/Job/web: write which",
    ]);
    expect(await told({ tree }, "shop/Job/web", "internet")).toEqual({ manifests: [null, "allow"] });
  });

  test("what was not read may hold it", async () => {
    const tree = treeOf({
      "clusters/production/shop.yaml": application("shop", {
        source: { repoURL: "https://charts.example.com", chart: "shop", targetRevision: "1.0.0" },
      }),
    });
    expect(await told({ tree }, "shop/web", "internet")).toEqual([
      "unknown-workload",
      expect.stringMatching(
        /^no workload here is called shop\/web; none is known here; it may be in what was not read: .*shop.* was not read$/,
      ),
    ]);
    expect(await told({ tree }, "shop?app=web", "internet")).toEqual({
      "clusters/production": [null, "unknown"],
    });
  });
});
