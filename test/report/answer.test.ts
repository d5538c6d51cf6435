import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { defaultConfiguration } from "../../src/config/config.ts";
import { memoryCache } from "../../src/engine/cache.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { ask } from "../../src/pipeline/question/ask.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "../../src/pipeline/question/question.ts";
import type { Answer } from "../../src/report/answer/answer.ts";
import { answerJson } from "../../src/report/answer/json.ts";
import { answerMarkdown } from "../../src/report/answer/markdown.ts";
import { answerText } from "../../src/report/answer/text.ts";
import { expectGolden } from "../golden.ts";
import { namespace, policy } from "../pipeline/small-cluster.ts";
import { treeOf } from "../targets/tree-of.ts";

const GOLDEN = "test/report/golden";
const tool = { name: "egress-review", version: "1.2.3" } as const;

function workload(namespaceName: string, name: string, labels: string, more = ""): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespaceName}}
spec:
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}}
    spec: {${more}containers: [{name: main, image: registry.example.com/main:1, ports: [{name: http, containerPort: 8080}]}]}
`;
}

const WORKLOADS = [
  namespace("shop"),
  namespace("data", "{team: data}"),
  workload("shop", "web", "{app: web}"),
  workload("shop", "jobs", "{app: jobs}"),
  workload("data", "db", "{app: db}"),
  workload("data", "agent", "{app: agent}", "hostNetwork: true, "),
].join("");
const OPEN = policy("shop", "allow-all", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}");
const CLOSED = [
  policy("shop", "default-deny", "{podSelector: {}, policyTypes: [Egress]}"),
  policy(
    "shop",
    "mirrors",
    '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}], ports: [{port: 443}]}, {to: [{podSelector: {matchLabels: {app: "**bold**"}}}], ports: [{port: 443}, {port: metrics}]}, {to: [{namespaceSelector: {matchLabels: {team: dba}}}], ports: [{port: 8080}]}]}',
  ),
  policy(
    "shop",
    "world",
    "{podSelector: {matchLabels: {app: jobs}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/28]}}]}, {to: [{ipBlock: {cidr: 10.0.0.0/16}}]}]}",
  ),
].join("");
const UNREAD =
  "---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: names, namespace: shop}\nspec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.example.com}]}]}\n";

const files = (policies: string) => ({ "apps/workloads.yaml": WORKLOADS, "apps/policies.yaml": policies });
const base = treeOf(files(OPEN), "7e9a1b8");
const head = treeOf(files(CLOSED.replace("**bold**", "bold")), "d71b774");
const mixed = treeOf(files(CLOSED.replace("**bold**", "bold") + UNREAD), "5aa278a");

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ cache: memoryCache() });
});
afterAll(() => engine.close());

async function answer(
  trees: Parameters<typeof ask>[0],
  from: string,
  to: string,
  direction: "egress" | "both" = "egress",
): Promise<Answer> {
  const source = parseFrom(from);
  const destination = parseDestination(to);
  if (isQuestionProblem(source) || isQuestionProblem(destination)) throw new Error(`${from} → ${to}`);
  const question = { from: source, ...destination, direction };
  const told = await ask(trees, question, { config: defaultConfiguration, engine });
  if (isQuestionProblem(told)) throw new Error(told.sentence);
  return told;
}

const QUESTIONS: readonly (readonly [string, () => Promise<Answer>])[] = [
  ["was allowed, will be denied", () => answer({ base, head }, "shop/web", "198.51.100.7:443")],
  ["denied by a label", () => answer({ tree: head }, "shop/Deployment/web", "data/db:8080", "both")],
  ["a part of the internet", () => answer({ tree: head }, "shop/jobs", "internet:443")],
  ["an address that an exception leaves out", () => answer({ tree: head }, "shop/jobs", "198.51.100.7")],
  ["a pod whose address may lie in a block", () => answer({ tree: head }, "shop/jobs", "data/db:8080")],
  ["what was not read", () => answer({ base: head, head: mixed }, "shop/web", "dns")],
  ["a namespace", () => answer({ tree: head }, "shop/web", "namespace/data:443")],
  ["a pod that Git does not show", () => answer({ base, head }, "shop?app=lab", "dns")],
  ["the host network", () => answer({ tree: head }, "data/agent", "internet")],
];

describe("answers", () => {
  test("as text", async () => {
    const texts = await Promise.all(
      QUESTIONS.map(async ([title, asked]) => `# ${title}\n\n${answerText(await asked())}`),
    );
    expectGolden(`${GOLDEN}/answer.golden.txt`, texts.join("\n"));
  });

  test("as Markdown", async () => {
    const texts = await Promise.all(
      QUESTIONS.map(async ([title, asked]) => `# ${title}\n\n${answerMarkdown(await asked())}`),
    );
    expectGolden(`${GOLDEN}/answer.golden.md`, texts.join("\n"));
  });

  test("as JSON, in the published shape", async () => {
    const ajv = new Ajv2020({ strict: true });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync("schemas/answer.schema.json", "utf8")));
    for (const [index, [, asked]] of QUESTIONS.entries()) {
      const text = answerJson(await asked(), tool);
      if (index === 0) expectGolden(`${GOLDEN}/answer.golden.json`, text);
      validate(JSON.parse(text));
      expect(validate.errors).toBeNull();
    }
  });

  test("links are the caller's, and no data of a manifest is Markdown", async () => {
    const told = await answer({ tree: head }, "shop?app=**x**".replaceAll("*", ""), "198.51.100.7:443");
    const forged: Answer = { ...told, to: "[click](https://evil.example.com) @acme/team | x" };
    const text = answerMarkdown(forged, {
      link: ({ path, line }) => `https://git.example.com/${path}#L${line ?? 0}`,
    });
    expect(text).toContain("](https://git.example.com/apps/policies.yaml#L");
    expect(text).not.toMatch(/\]\(https:\/\/evil/);
    expect(text).not.toMatch(/@acme/);
  });
});
