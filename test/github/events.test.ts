import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { at, jwt, POLICY, scene } from "./scene.ts";

describe("events", () => {
  test("what people do is told, in their order, to those who listen", async () => {
    const { fake, events, ann, bob, shop, pull, ask, head, installation, app, acme } = scene();
    expect(await events()).toEqual([
      "installation.created",
      "push",
      "check_suite.requested",
      "pull_request.opened",
    ]);
    fake.commit(shop, "open", { "README.md": "x" }, { author: ann });
    expect(await events()).toEqual(["push", "check_suite.requested", "pull_request.synchronize"]);
    fake.commit(shop, "open", { "README.md": "y" }, { author: ann, message: "Quiet\n\nskip-checks: true" });
    expect(await events()).toEqual(["push", "pull_request.synchronize"]);
    fake.createBranch(shop, "release", fake.tip(shop));
    await events();
    const done: readonly (readonly [() => unknown, readonly string[]])[] = [
      [() => fake.retarget(pull, "release"), ["pull_request.edited"]],
      [() => fake.retitle(pull, "Another title"), ["pull_request.edited"]],
      [() => fake.toDraft(pull), ["pull_request.converted_to_draft"]],
      [() => fake.ready(pull), ["pull_request.ready_for_review"]],
      [() => fake.closePull(pull), ["pull_request.closed"]],
      [() => fake.reopen(pull), ["pull_request.reopened"]],
      [
        () => fake.editComment(fake.comment(pull, bob, "/egress help"), "else"),
        ["issue_comment.created", "issue_comment.edited"],
      ],
      [
        () => fake.comment(fake.openIssue(shop, "An issue", bob), bob, "/egress help", shop),
        ["issue_comment.created"],
      ],
      [
        () =>
          ask("POST ~/check-runs", {
            name: "x",
            head_sha: head,
            conclusion: "failure",
            actions: [{ label: "l", description: "d", identifier: "i" }],
          }),
        ["check_run.created", "check_run.completed"],
      ],
      [() => fake.renameRepository(shop, "store"), ["repository.renamed"]],
      [() => fake.archive(shop), ["repository.archived"]],
      [() => fake.unarchive(shop), ["repository.unarchived"]],
      [
        () => fake.addRepositories(installation, fake.createRepository(acme, "two", { files: { a: "a" } })),
        ["installation_repositories.added"],
      ],
      [() => fake.removeRepositories(installation, shop), ["installation_repositories.removed"]],
      [() => fake.comment(pull, bob, "not heard"), []],
      [() => fake.addRepositories(installation, shop), ["installation_repositories.added"]],
      [() => fake.deleteBranch(shop, "open"), ["push", "pull_request.closed"]],
      [() => fake.suspend(installation), ["installation.suspend"]],
      [() => fake.comment(pull, bob, "not heard"), []],
      [() => fake.unsuspend(installation), ["installation.unsuspend"]],
      [() => fake.changeRegistration(app, { events: ["push"] }), []],
      [() => fake.acceptPermissions(installation), ["installation.new_permissions_accepted"]],
      [() => fake.comment(pull, bob, "not subscribed"), []],
      [() => fake.deleteRepository(shop), []],
      [() => fake.uninstall(installation), ["installation.deleted"]],
    ];
    for (const [act, told] of done) {
      await act();
      expect([String(act), await events()]).toEqual([String(act), told]);
    }
  });

  test("buttons of a check reach the App that owns it, with what was pressed", async () => {
    const { fake, ask, acme, ann, shop, head } = scene();
    const other = fake.registerApp({ name: "other", permissions: { checks: "read" }, events: ["check_run"] });
    fake.install(other, acme);
    const actions = [{ label: "l", description: "d", identifier: "recheck" }];
    await ask("POST ~/check-runs", { name: "x", head_sha: head, conclusion: "failure", actions });
    const run = fake.checkRun(shop, head, "x");
    if (run === null) throw new Error("no run");
    await fake.pump(async () => ({ status: 202 }));
    fake.rerequest(run, ann);
    fake.rerequestSuite(run.suite, ann);
    fake.requestAction(run, "recheck", ann);
    expect(() => fake.requestAction(run, "explode", ann)).toThrow(/offers no/);
    const told = fake.deliveries.pending.map(({ event, action, app, payload }) => [
      `${event}.${action}`,
      app.slug,
      at(payload, "requested_action", "identifier"),
    ]);
    expect(told).toEqual([
      ["check_run.rerequested", "egress-review", undefined],
      ["check_suite.rerequested", "egress-review", undefined],
      ["check_run.requested_action", "egress-review", "recheck"],
    ]);
    // The run itself stays as it is: the App must act.
    expect([run.status, run.conclusion]).toEqual(["completed", "failure"]);
  });

  test("a payload names its installation and repository; a comment names no commit; a synchronize names both heads", async () => {
    const { fake, ann, shop, pull, installation, head } = scene();
    fake.commit(shop, "open", { "README.md": "x" }, { author: ann });
    fake.comment(pull, ann, "/egress help");
    const found = (event: string, action: string) =>
      fake.deliveries.pending.find((one) => one.event === event && one.action === action)?.payload;
    const moved = found("pull_request", "synchronize");
    expect([at(moved, "before"), at(moved, "after"), at(moved, "pull_request", "head", "sha")]).toEqual([
      head,
      fake.head(pull),
      fake.head(pull),
    ]);
    expect([
      at(moved, "installation", "id"),
      at(moved, "repository", "id"),
      at(moved, "sender", "login"),
    ]).toEqual([installation.id, shop.id, "ann"]);
    expect(at(moved, "pull_request", "mergeable")).toBeNull();
    const said = found("issue_comment", "created");
    expect(at(said, "issue", "pull_request", "url")).toMatch(/\/pulls\/1$/);
    expect(JSON.stringify(said)).not.toContain(fake.head(pull));
    fake.createBranch(shop, "release", fake.tip(shop));
    fake.retarget(pull, "release");
    expect(at(found("pull_request", "edited"), "changes", "base", "ref", "from")).toBe("main");
  });

  test("a delivery is signed over its bytes", async () => {
    const { fake, app, installation } = scene();
    const [delivery] = fake.deliveries.pending;
    if (delivery === undefined) throw new Error("no delivery");
    const { headers, body, url } = fake.deliveries.request(delivery);
    const digest = createHmac("sha256", app.webhookSecret).update(body).digest("hex");
    expect(headers).toMatchObject({
      "x-github-event": "installation",
      "x-github-delivery": delivery.guid,
      "x-github-hook-installation-target-id": String(app.id),
      "x-hub-signature-256": `sha256=${digest}`,
      "content-type": "application/json",
    });
    expect([url, at(JSON.parse(body), "installation", "id")]).toEqual([app.webhookUrl, installation.id]);
  });
});

describe("deliveries that fail", () => {
  test("lost, failed, doubled, late and early ones; what failed is listed and sent again under the same GUID", async () => {
    const { fake, time, ask, events, pull, bob, app } = scene();
    await events();
    const fates = ["lose", "fail", "duplicate", { delayMilliseconds: 5_000 }, "overtake"] as const;
    let count = 0;
    fake.faults.decideDelivery = () => fates[count++] ?? "deliver";
    for (const word of ["lost", "failed", "doubled", "late", "early"]) fake.comment(pull, bob, word);
    const seen: string[] = [];
    const receive = async ({ body }: { readonly body: string }) => {
      seen.push(String(at(JSON.parse(body), "comment", "body")));
      return { status: 202 };
    };
    await fake.pump(receive);
    expect(seen).toEqual(["early", "doubled", "doubled"]);
    const doubled = fake.deliveries.attempts.slice(-2).map(({ guid }) => guid);
    expect(new Set(doubled).size).toBe(1);
    time.now += 5_000;
    await fake.pump(receive);
    expect(seen.at(-1)).toBe("late");
    const authorization = `Bearer ${jwt(app)}`;
    const failed = await ask("GET /app/hook/deliveries?status=failure", undefined, { authorization });
    expect(at(failed.body, "length")).toBe(1);
    // Ids are above 2^53: the text holds what a number cannot.
    const [attempt] = fake.deliveries.attempts.filter(({ statusCode }) => statusCode === 502);
    expect(Number.isSafeInteger(Number(attempt?.id))).toBe(false);
    expect(
      (await ask(`POST /app/hook/deliveries/${attempt?.id}/attempts`, {}, { authorization })).status,
    ).toBe(202);
    const [again] = fake.deliveries.pending;
    expect([again?.guid, again?.redelivery]).toEqual([attempt?.guid, true]);
    await fake.pump(receive);
    expect(seen.at(-1)).toBe("failed");
  });

  test("pages of deliveries have a cursor, newest first", async () => {
    const { fake, ask, pull, bob, app } = scene();
    for (let count = 0; count < 5; count++) fake.comment(pull, bob, "x");
    await fake.pump(async () => {
      throw new Error("no answer");
    });
    const authorization = `Bearer ${jwt(app)}`;
    const guids: unknown[] = [];
    let route = "GET /app/hook/deliveries?per_page=4";
    for (;;) {
      const page = await ask(route, undefined, { authorization });
      guids.push(...(page.body as readonly object[]).map((one) => at(one, "guid")));
      const next = /<https:\/\/api.github.com([^>]*)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
      if (next === undefined) break;
      route = `GET ${next}`;
    }
    expect(guids).toEqual(fake.deliveries.attempts.map(({ guid }) => guid).reverse());
    expect(new Set(fake.deliveries.attempts.map(({ statusCode }) => statusCode))).toEqual(new Set([0]));
  });

  test("the same seed gives the same GUIDs and tokens", () => {
    const told = (seed: string) => {
      const { fake, token } = scene({ seed });
      return [token, ...fake.deliveries.pending.map(({ guid }) => guid)];
    };
    expect(told("7")).toEqual(told("7"));
    expect(told("7")).not.toEqual(told("8"));
  });
});

describe("merging", () => {
  test("success, neutral and skipped satisfy; all else blocks, and so does a missing run", async () => {
    for (const [conclusion, merged] of [
      ["success", true],
      ["neutral", true],
      ["skipped", true],
      ["failure", false],
      ["action_required", false],
      ["cancelled", false],
      ["timed_out", false],
      [null, false],
    ] as const) {
      const { fake, ask, shop, head, app, pull, ann } = scene();
      fake.setRuleset(shop, { requiredChecks: [{ context: "x", integrationId: app.id }] });
      expect(fake.mergeBox(pull).reasons).toEqual(['required check "x" is expected and was never reported']);
      await ask("POST ~/check-runs", {
        name: "x",
        head_sha: head,
        ...(conclusion === null ? { status: "in_progress" } : { conclusion }),
      });
      if (merged) expect(fake.merge(pull, ann)).toBe(fake.tip(shop));
      else expect(() => fake.merge(pull, ann)).toThrow(/required check "x"/);
      expect(pull.merged).toBe(merged);
    }
  });

  test("strict rules want the newest base; readers, drafts and conflicts do not merge", () => {
    const { fake, shop, pull, ann, bob } = scene();
    fake.setPermission(bob, shop, "read");
    expect(() => fake.merge(pull, bob)).toThrow(/may not merge/);
    fake.toDraft(pull);
    expect(() => fake.merge(pull, ann)).toThrow(/draft/);
    fake.ready(pull);
    fake.setProtection(shop, "main", { checks: [], strict: true });
    fake.setRuleset(shop, { requiredChecks: [{ context: "x" }], strict: true });
    fake.commit(shop, "main", { "other.txt": "x" }, { author: ann });
    expect(fake.mergeBox(pull).reasons).toContain("the branch is out of date with the base branch");
    fake.setRuleset(shop, null);
    fake.setStatus(shop, { sha: fake.head(pull), context: "x", state: "failure", author: ann });
    fake.setProtection(shop, "main", { checks: [{ context: "x", appId: null }] });
    expect(fake.mergeBox(pull).reasons).toEqual(['required check "x" is failing']);
    fake.setProtection(shop, "main", null);
    fake.commit(
      shop,
      "main",
      { "k8s/policy.yaml": `${POLICY}# and more\n`.replace("to: []", "to: [{a: b}]") },
      { author: ann },
    );
    expect(() => fake.merge(pull, ann)).toThrow(/conflicts/);
  });

  test("a head that was pushed into its base is merged; a repository that was transferred has left the installation", async () => {
    const { fake, ask, events, shop, ann, bob, pull, head } = scene();
    await events();
    fake.push(shop, "main", head, ann);
    expect(await events()).toEqual(["push", "pull_request.closed"]);
    expect([pull.merged, pull.mergeCommit]).toEqual([true, head]);
    expect(at((await ask("GET ~/pulls/1/files")).body, "length")).toBe(1);
    fake.transferRepository(shop, bob);
    expect((await ask(`GET /repositories/${shop.id}`)).status).toBe(404);
  });

  test("a test merge stands between the newest base and the head, and lags where it is told to", async () => {
    const { fake, ask, shop, ann, pull, head } = scene();
    const read = async () => {
      const { body } = await ask("GET ~/pulls/1");
      return {
        mergeable: at(body, "mergeable"),
        commit: String(at(body, "merge_commit_sha")),
        base: at(body, "base", "sha"),
      };
    };
    const first = await read();
    const old = fake.tip(shop);
    expect(shop.objects.commit(first.commit).parents).toEqual([old, head]);
    fake.faults.mergeableNullReads = 2;
    fake.faults.staleMergeReads = 1;
    fake.commit(shop, "main", { "other.txt": "x" }, { author: ann });
    expect(await read()).toMatchObject({ mergeable: null });
    expect(await read()).toMatchObject({ mergeable: null });
    expect(await read()).toMatchObject({ mergeable: true, commit: first.commit });
    const last = await read();
    expect(shop.objects.commit(last.commit).parents).toEqual([fake.tip(shop), head]);
    // The base that a pull request names does not follow pushes to it.
    expect(last.base).toBe(old);
    expect(at((await ask("GET ~/git/ref/pull/1/merge")).body, "object", "sha")).toBe(last.commit);
    fake.retarget(pull, "main");
    expect((await read()).base).toBe(fake.tip(shop));
  });

  test("a merge queue: groups stand on each other, a red one leaves and those behind it are built anew", async () => {
    const { fake, ask, events, shop, ann, pull, app } = scene();
    fake.setRuleset(shop, { requiredChecks: [{ context: "x", integrationId: app.id }], mergeQueue: true });
    const tip = fake.tip(shop);
    const pulls = ["two", "three"].map((name) => {
      fake.commit(shop, name, { [`${name}.txt`]: "x" }, { author: ann, parents: [tip] });
      return fake.openPullRequest(shop, { head: name, author: ann });
    });
    const report = (sha: string, conclusion: string) =>
      ask("POST ~/check-runs", { name: "x", head_sha: sha, conclusion });
    expect(() => fake.enqueue(pull)).toThrow(/never reported/);
    for (const one of [pull, ...pulls]) await report(fake.head(one), "success");
    expect(() => fake.merge(pull, ann)).toThrow(/merge queue/);
    await events();
    const [first, second, third] = fake.enqueue(pull, ...pulls);
    if (first === undefined || second === undefined || third === undefined) throw new Error("no groups");
    expect([second.baseSha, third.baseSha]).toEqual([first.headSha, second.headSha]);
    expect(first.headRef).toBe(`gh-readonly-queue/main/pr-1-${tip}`);
    const told = fake.deliveries.pending.find(({ event }) => event === "merge_group")?.payload;
    expect(at(told, "merge_group")).toMatchObject({
      head_sha: first.headSha,
      base_sha: tip,
      head_ref: `refs/heads/${first.headRef}`,
      base_ref: "refs/heads/main",
    });
    await report(first.headSha, "success");
    await report(second.headSha, "failure");
    fake.settleQueue(shop);
    expect([first, second, third].map(({ state }) => state)).toEqual(["merged", "dequeued", "invalidated"]);
    expect(fake.tip(shop)).toBe(first.headSha);
    const rebuilt = shop.mergeQueue.at(-1);
    expect([rebuilt?.pull.number, rebuilt?.baseSha]).toEqual([pulls[1]?.number, first.headSha]);
    expect((await events()).filter((event) => event.startsWith("merge_group"))).toEqual([
      "merge_group.checks_requested",
      "merge_group.checks_requested",
      "merge_group.checks_requested",
      "merge_group.destroyed",
      "merge_group.destroyed",
      "merge_group.destroyed",
      "merge_group.checks_requested",
    ]);
    const refs = await ask("GET ~/git/matching-refs/heads/gh-readonly-queue/");
    expect((refs.body as readonly object[]).map((ref) => at(ref, "object", "sha"))).toEqual([
      rebuilt?.headSha,
    ]);
  });
});
