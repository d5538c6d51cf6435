import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { at, jwt, scene } from "./scene.ts";

describe("what the fake answers is what GitHub describes", () => {
  test("every route, once", async () => {
    const here = scene();
    const { fake, ask, app, head, pull, shop, ann, acme, installation } = here;
    fake.setRuleset(shop, {
      requiredChecks: [{ context: "egress-review", integrationId: app.id }],
      mergeQueue: true,
    });
    fake.setProtection(shop, "main", { checks: [{ context: "egress-review", appId: app.id }], strict: true });
    fake.createTeam(acme, "platform", [ann]);
    const administering = fake.registerApp({
      name: "admin",
      permissions: { administration: "read" },
      events: [],
    });
    const administration = `token ${fake.token(fake.install(administering, acme))}`;
    const run = at((await ask("POST ~/check-runs", { name: "egress-review", head_sha: head })).body, "id");
    await ask(`PATCH ~/check-runs/${run}`, {
      status: "completed",
      conclusion: "failure",
      output: {
        title: "t",
        summary: "s",
        annotations: [
          { path: "k8s/policy.yaml", start_line: 4, end_line: 4, annotation_level: "warning", message: "m" },
        ],
      },
    });
    const comment = at((await ask("POST ~/issues/1/comments", { body: "b" })).body, "id");
    await ask("POST ~/pulls/1/reviews", {
      commit_id: head,
      event: "COMMENT",
      body: "b",
      comments: [{ path: "k8s/policy.yaml", line: 4, side: "RIGHT", body: "here" }],
    });
    const inline = at((await ask("GET ~/pulls/1/comments")).body, 0, "id");
    const suite = at((await ask(`GET ~/commits/${head}/check-suites`)).body, "check_suites", 0, "id");
    const { tree } = shop.objects.commit(head);
    const file = shop.objects.file(tree, "k8s/policy.yaml")?.sha;
    const routes = [
      "GET ~",
      `GET /repositories/${shop.id}`,
      "GET ~/branches",
      "GET ~/branches/main",
      "GET ~/rules/branches/main",
      "GET ~/collaborators/ann/permission",
      "GET ~/activity?ref=refs/heads/open",
      `GET ~/git/trees/${tree}`,
      `GET ~/git/trees/${head}?recursive=1`,
      `GET ~/git/blobs/${file}`,
      `GET ~/git/commits/${head}`,
      "GET ~/git/ref/heads/main",
      "GET ~/git/ref/heads%2Fmain",
      "GET ~/git/matching-refs/heads/",
      "GET ~/commits?path=README.md",
      `GET ~/commits/${head}`,
      "GET ~/compare/main...open",
      "GET ~/contents/k8s/policy.yaml",
      "GET ~/contents/k8s",
      "GET ~/pulls?state=all",
      "GET ~/pulls/1",
      "GET ~/pulls/1/files",
      "GET ~/pulls/1/commits",
      "GET ~/pulls/1/reviews",
      "GET ~/pulls/1/comments",
      `GET ~/pulls/comments/${inline}`,
      `GET ~/commits/${head}/pulls`,
      "GET ~/issues/1/comments",
      `GET ~/issues/comments/${comment}`,
      `GET ~/issues/comments/${comment}/reactions`,
      `GET ~/check-runs/${run}`,
      `GET ~/check-runs/${run}/annotations`,
      `GET ~/commits/${head}/check-runs`,
      `GET ~/commits/${head}/check-suites`,
      `GET ~/check-suites/${suite}`,
      `GET ~/check-suites/${suite}/check-runs`,
      "GET /installation/repositories",
      "GET /orgs/acme/teams/platform/memberships/ann",
      "GET /users/ann",
      "GET /rate_limit",
      "GET /meta",
    ];
    for (const route of routes) expect([route, (await ask(route)).status]).toEqual([route, 200]);
    const changes: readonly (readonly [string, object, number])[] = [
      [`PATCH ~/issues/comments/${comment}`, { body: "c" }, 200],
      [`POST ~/issues/comments/${comment}/reactions`, { content: "eyes" }, 201],
      [`PATCH ~/pulls/comments/${inline}`, { body: "c" }, 200],
      [`POST ~/pulls/1/comments/${inline}/replies`, { body: "c" }, 201],
      [`POST ~/pulls/comments/${inline}/reactions`, { content: "eyes" }, 201],
      [`POST ~/check-runs/${run}/rerequest`, {}, 201],
    ];
    for (const [route, body, status] of changes)
      expect([route, (await ask(route, body)).status]).toEqual([route, status]);
    for (const route of [
      "GET ~/branches/main/protection",
      "GET ~/branches/main/protection/required_status_checks",
    ]) {
      expect((await ask(route, undefined, { authorization: administration })).status).toBe(200);
    }
    await here.fake.pump(async () => ({ status: 500 }));
    const authorization = `Bearer ${jwt(app)}`;
    const delivery = fake.deliveries.attempts.find((attempt) => attempt.app === app)?.id;
    const appRoutes: readonly (readonly [string, number])[] = [
      ["GET /app", 200],
      ["GET /app/installations", 200],
      [`GET /app/installations/${installation.id}`, 200],
      [`POST /app/installations/${installation.id}/access_tokens`, 201],
      ["GET /app/hook/config", 200],
      ["PATCH /app/hook/config", 200],
      ["GET /app/hook/deliveries?status=failure&per_page=3", 200],
      [`GET /app/hook/deliveries/${delivery}`, 200],
      [`POST /app/hook/deliveries/${delivery}/attempts`, 202],
      ["GET ~/installation", 200],
      ["GET /orgs/acme/installation", 200],
    ];
    for (const [route, status] of appRoutes) {
      const body = route.startsWith("GET") ? undefined : {};
      expect([route, (await ask(route, body, { authorization })).status]).toEqual([route, status]);
    }
    const { code } = fake.registerFromManifest(
      { name: "made", default_permissions: { checks: "write" }, default_events: ["check_run"] },
      acme,
    );
    expect(
      (await ask(`POST /app-manifests/${code}/conversions`, undefined, { authorization: "" })).status,
    ).toBe(201);
    expect(
      (await ask(`POST /app-manifests/${code}/conversions`, undefined, { authorization: "" })).status,
    ).toBe(404);
    expect(pull.reviews).toHaveLength(1);
    expect(fake.violations).toEqual([]);
  });

  test("the extract is the one that its digest names", () => {
    const folder = new URL("../../third_party/github-openapi/", import.meta.url);
    const digest = createHash("sha256")
      .update(readFileSync(new URL("schemas.json", folder)))
      .digest("hex");
    expect(readFileSync(new URL("schemas.sha256", folder), "utf8")).toBe(`${digest}  schemas.json\n`);
  });

  test("an answer of another shape fails the test", async () => {
    const { fake, ask } = scene();
    const { answers } = fake.world;
    const honest = answers.reference.bind(answers);
    answers.reference = (...given) => ({ ...honest(...given), ref: 7 });
    await expect(ask("GET ~/git/ref/heads/main")).rejects.toThrow("/ref must be string");
    expect(fake.violations.length).toBeGreaterThan(0);
  });

  test("a request with a name that GitHub does not know fails the test", async () => {
    const { ask } = scene();
    await expect(ask("POST ~/issues/1/comments", { body: "b", text: "t" })).rejects.toThrow(/"text"/);
  });
});
