import { expect, test } from "@jest/globals";
import type { AppContext } from "../../../src/github/app-context.ts";
import { appClients } from "../../../src/github/client/app-clients.ts";
import type { EvaluatedPullRequest } from "../../../src/github/evaluation/evaluated.ts";
import { commentableFiles } from "../../../src/github/publish/commentable-files.ts";
import { openGitHubTree } from "../../../src/github/source/github-tree.ts";
import { SourceCache } from "../../../src/github/source/source-cache.ts";
import { isSourceProblem } from "../../../src/github/source/source-problem.ts";
import { testMerge } from "../../../src/github/source/test-merge.ts";
import { FakeGitHub } from "../../github/fake-github.ts";

const PERMISSIONS = { metadata: "read", contents: "read", pull_requests: "write", checks: "write" } as const;
const TEXT = [...Array(20).keys()].map((line) => `line ${line}\n`);

/** A pull request that changes the last line of two files; the base then gets a line on top of one of them. */
async function lines(baseMoves: boolean) {
  const fake = new FakeGitHub();
  const [acme, ann] = [fake.createOrganisation("acme"), fake.createUser("ann")];
  const files = { "moved.yaml": TEXT.join(""), "still.yaml": TEXT.join("") };
  const shop = fake.createRepository(acme, "shop", { files });
  fake.setPermission(ann, shop, "write");
  const app = fake.registerApp({ permissions: PERMISSIONS, events: [] });
  const installation = fake.install(app, acme, [shop]);
  const changed = [...TEXT.slice(0, -1), "changed\n"].join("");
  fake.commit(shop, "change", { "moved.yaml": changed, "still.yaml": changed }, { author: ann });
  const pull = fake.openPullRequest(shop, { head: "change", author: ann });
  if (baseMoves) fake.commit(shop, "main", { "moved.yaml": `on top\n${TEXT.join("")}` }, { author: ann });
  const clients = appClients({
    appId: app.id,
    privateKey: app.privateKey,
    userAgent: "egress-review/1.0.0",
    log: { warn: () => undefined },
    fetch: fake.fetch,
  });
  const client = await clients.repository({
    installation: installation.id,
    id: shop.id,
    owner: "acme",
    name: "shop",
  });
  const cache = new SourceCache({ dataDirectory: null });
  const openTree: AppContext["openTree"] = async (from, commit, options) => {
    const tree = await openGitHubTree(from, commit, { cache, ...options });
    if (isSourceProblem(tree)) throw new Error(tree.message);
    return tree;
  };
  const pullRequest = await client.pullRequest(pull.number);
  const landing = await testMerge(client, pullRequest);
  if (landing.kind !== "merge") throw new Error(landing.kind);
  const evaluated = {
    pullRequest,
    base: landing.base,
    mergeTree: await openTree(client, landing.merge, { trust: "change" }),
  } as EvaluatedPullRequest;
  return commentableFiles({ openTree } as AppContext, client, evaluated);
}

test("lines of a file count where it is the same in the head and in what would land", async () => {
  const [moved, still] = await lines(true);
  expect(moved).toEqual({ path: "moved.yaml", left: [], right: [] });
  expect(still?.right).not.toEqual([]);
  expect(still?.left).toEqual([]);
});

test("lines of the base count where the head holds its tip", async () => {
  for (const file of await lines(false)) {
    expect(file.left).not.toEqual([]);
    expect(file.right).not.toEqual([]);
  }
});
