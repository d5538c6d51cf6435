import { beforeEach, describe, expect, test } from "@jest/globals";
import { appClients } from "../../../src/github/client/app-clients.ts";
import type { RepositoryClient } from "../../../src/github/client/repository-client.ts";
import { openGitHubTree } from "../../../src/github/source/github-tree.ts";
import { SourceCache } from "../../../src/github/source/source-cache.ts";
import { isSourceProblem } from "../../../src/github/source/source-problem.ts";
import { testMerge } from "../../../src/github/source/test-merge.ts";
import { FakeGitHub } from "../../github/fake-github.ts";

const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
  merge_queues: "read",
} as const;

function world() {
  const fake = new FakeGitHub({ clock: { now: () => Date.now() } });
  const acme = fake.createOrganisation("acme");
  const ann = fake.createUser("ann");
  const files = {
    "policy.yaml": "kind: NetworkPolicy\n",
    "chart/templates/a.yaml": "a: 1\n",
    "other.yaml": "x",
  };
  const shop = fake.createRepository(acme, "shop", { files });
  const other = fake.createRepository(acme, "other", { files });
  fake.setPermission(ann, shop, "write");
  const app = fake.registerApp({ permissions: PERMISSIONS, events: ["pull_request"] });
  const installation = fake.install(app, acme, [shop, other]);
  fake.commit(
    shop,
    "open",
    { "policy.yaml": "kind: NetworkPolicy\nspec: {}\n" },
    { author: ann, message: "Open" },
  );
  const pull = fake.openPullRequest(shop, { head: "open", author: ann });
  const clients = appClients({
    appId: app.id,
    privateKey: app.privateKey,
    userAgent: "egress-review/1.0.0",
    log: { warn: () => undefined },
    fetch: fake.fetch,
  });
  const reference = { installation: installation.id, id: shop.id, owner: "acme", name: "shop" };
  return { fake, acme, ann, shop, other, app, installation, pull, clients, reference };
}

describe("against GitHub's rules", () => {
  let here: ReturnType<typeof world>;
  let client: RepositoryClient;

  beforeEach(async () => {
    here = world();
    client = await here.clients.repository(here.reference);
  });

  test("a pull request, its files, commits and test merge", async () => {
    const { fake, pull, shop } = here;
    const found = await client.pullRequest(pull.number);
    expect(found).toMatchObject({ state: "open", author: { login: "ann", kind: "user" } });
    expect(await client.openPullRequests()).toHaveLength(1);
    expect((await client.changedFiles(pull.number)).map(({ path }) => path)).toEqual(["policy.yaml"]);
    expect((await client.commitsOf(pull.number)).map(({ sha }) => sha)).toEqual([fake.head(pull)]);
    expect((await client.pullRequestsOf(fake.head(pull))).map(({ number }) => number)).toEqual([pull.number]);
    const tip = await client.branchTip("main");
    expect((await client.commitsBetween(tip, fake.head(pull))).map(({ sha }) => sha)).toEqual([
      fake.head(pull),
    ]);
    const merge = await testMerge(client, await client.pullRequest(pull.number));
    expect(merge).toMatchObject({ kind: "merge", base: tip });
    fake.commit(shop, "main", { "policy.yaml": "else\n" }, { author: here.ann, message: "conflict" });
    const conflict = await testMerge(client, await client.pullRequest(pull.number));
    expect(conflict.kind).not.toBe("merge");
  });

  test("a run is made, ended and found again", async () => {
    const { fake, pull } = here;
    const head = fake.head(pull);
    const run = await client.createCheckRun(head, "egress-review", {
      status: "in_progress",
      externalId: "x",
    });
    expect(run).toMatchObject({ status: "in_progress", conclusion: null, externalId: "x", headSha: head });
    await client.updateCheckRun(run.id, {
      status: "completed",
      conclusion: "failure",
      output: {
        title: "t",
        summary: "s",
        annotations: [
          { path: "policy.yaml", startLine: 1, endLine: 1, level: "warning", title: "T", message: "M" },
        ],
      },
    });
    expect(await client.checkRuns(head, "egress-review")).toMatchObject([
      { id: run.id, status: "completed", conclusion: "failure", title: "t", annotations: 1 },
    ]);
    expect(await client.checkRuns(head, "another")).toEqual([]);
  });

  test("comments, reactions, a review and its comments", async () => {
    const { fake, pull, app } = here;
    const { id } = await client.createComment(pull.number, "one");
    await client.updateComment(id, "two");
    expect(await client.comment(id)).toMatchObject({ body: "two", author: { kind: "bot" }, app: app.id });
    await client.react(id, "eyes");
    expect(await client.comments(pull.number)).toHaveLength(1);
    await client.deleteComment(id);
    expect(await client.comments(pull.number)).toEqual([]);
    const at = { path: "policy.yaml", side: "RIGHT" as const, startLine: 2, endLine: 2 };
    const review = { commit: fake.head(pull), body: "b", comments: [{ ...at, body: "inline" }] };
    await client.createReview(pull.number, review);
    const [comment] = await client.inlineComments(pull.number);
    expect(comment).toMatchObject({ body: "inline", line: 2 });
    await client.updateInlineComment(comment?.id ?? 0, "resolved");
    expect((await client.inlineComments(pull.number))[0]?.body).toBe("resolved");
    const outside = { ...review, comments: [{ ...at, body: "outside", startLine: 900, endLine: 900 }] };
    await expect(client.createReview(pull.number, outside)).rejects.toMatchObject({ code: "invalid" });
  });

  test("roles, the last pusher, rules", async () => {
    const { pull } = here;
    expect(await client.role("ann")).toBe("write");
    expect(await client.role("nobody-knows")).toBe("none");
    expect((await client.lastPusher(pull.number))?.login).toBe("ann");
    expect(await client.isMember("acme", "team", "ann")).toBe("unknown");
    expect((await client.branchRules("main")).checks).toEqual([]);
  });

  test("a token for one repository is good for no other", async () => {
    const { reference, other, clients } = here;
    await expect(clients.repository({ ...reference, id: 99_999_999 })).rejects.toMatchObject({
      code: "not-found",
    });
    const strange = await clients.repository({ ...reference, id: other.id, name: "shop" });
    // The name says one repository, the token is for another: the id decides.
    await strange.createComment(1, "text").catch(() => undefined);
    expect(strange.repository.name).toBe("other");
    expect(await client.comments(1)).toEqual([]);
  });

  test("a rename in the middle", async () => {
    const { fake, shop, pull } = here;
    fake.renameRepository(shop, "store");
    expect((await client.pullRequest(pull.number)).number).toBe(pull.number);
    await client.createComment(pull.number, "after the rename");
    expect(client.repository.name).toBe("store");
  });

  test("the App, its installations and what they hold", async () => {
    const { app, clients, installation } = here;
    expect(await clients.app()).toMatchObject({ id: app.id });
    expect(await clients.installations()).toMatchObject([
      { id: installation.id, account: "acme", suspended: false },
    ]);
    expect((await clients.repositories(installation.id)).map(({ name }) => name).sort()).toEqual([
      "other",
      "shop",
    ]);
    const named = await clients.repositoryNamed(installation.id, "acme", "other");
    expect(named).toMatchObject({ id: here.other.id, installation: installation.id });
    expect(await clients.failedDeliveries(new Date(0))).toEqual([]);
  });

  test("a suspended and an uninstalled App", async () => {
    const { fake, installation, clients, reference } = here;
    fake.suspend(installation);
    await expect(client.createComment(1, "x")).rejects.toMatchObject({
      code: expect.stringMatching(/unauthorised|forbidden/),
    });
    await expect(clients.repository({ ...reference, id: here.other.id })).rejects.toMatchObject({
      code: "unauthorised",
    });
  });

  test.each([{ archiveFrom: 1 }, { archiveFrom: Number.POSITIVE_INFINITY }])(
    "a commit's tree (%j)",
    async (limits) => {
      const { fake, pull } = here;
      const tree = await openGitHubTree(client, fake.head(pull), {
        cache: new SourceCache({ dataDirectory: null }),
        trust: "change",
        limits,
      });
      if (isSourceProblem(tree)) throw new Error(tree.message);
      expect(tree.paths()).toEqual(["chart/templates/a.yaml", "other.yaml", "policy.yaml"]);
      expect(Buffer.from((await tree.read("policy.yaml")) as Uint8Array).toString()).toBe(
        "kind: NetworkPolicy\nspec: {}\n",
      );
    },
  );
});
