import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { at, jwt, POLICY, START, scene } from "./scene.ts";

const OUTPUT = { title: "t", summary: "s" };
const ANNOTATION = {
  path: "k8s/policy.yaml",
  start_line: 1,
  end_line: 1,
  annotation_level: "warning",
  message: "m",
};

/** What the App sends and GitHub refuses. "~" = the repository; "RUN", "COMMENT" = one of the App's own. */
const REFUSED: readonly (readonly [string, string, object, number, RegExp])[] = [
  [
    "a check on no commit",
    "POST ~/check-runs",
    { name: "x", head_sha: "a".repeat(40) },
    422,
    /No commit found/,
  ],
  ["a check without a name", "POST ~/check-runs", { head_sha: "HEAD" }, 422, /name.+wasn't supplied/],
  ["completed without a conclusion", "PATCH ~/check-runs/RUN", { status: "completed" }, 422, /conclusion/],
  ["a conclusion of one's own", "PATCH ~/check-runs/RUN", { conclusion: "blocked" }, 422, /not a member/],
  [
    "a summary of 65,536",
    "PATCH ~/check-runs/RUN",
    { output: { title: "t", summary: "s".repeat(65_536) } },
    422,
    /65535/,
  ],
  [
    "a text of 65,536",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, text: "s".repeat(65_536) } },
    422,
    /65535/,
  ],
  ["an output without title", "PATCH ~/check-runs/RUN", { output: { summary: "s" } }, 422, /title.+wasn't/],
  [
    "51 annotations",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: Array(51).fill(ANNOTATION) } },
    422,
    /50/,
  ],
  [
    "an annotation in no file",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: [{ ...ANNOTATION, path: "no.yaml" }] } },
    422,
    /no.yaml/,
  ],
  [
    "an annotation's long title",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: [{ ...ANNOTATION, title: "t".repeat(256) }] } },
    422,
    /255/,
  ],
  [
    "an annotation's long message",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: [{ ...ANNOTATION, message: "m".repeat(65_537) }] } },
    422,
    /64 KB/,
  ],
  [
    "columns over two lines",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: [{ ...ANNOTATION, end_line: 2, start_column: 1 }] } },
    422,
    /start_line equals/,
  ],
  [
    "an annotation backwards",
    "PATCH ~/check-runs/RUN",
    { output: { ...OUTPUT, annotations: [{ ...ANNOTATION, start_line: 3 }] } },
    422,
    /start_line/,
  ],
  [
    "four actions",
    "PATCH ~/check-runs/RUN",
    { actions: Array(4).fill({ label: "l", description: "d", identifier: "i" }) },
    422,
    /3/,
  ],
  [
    "a long label",
    "PATCH ~/check-runs/RUN",
    { actions: [{ label: "l".repeat(21), description: "d", identifier: "i" }] },
    422,
    /20/,
  ],
  [
    "a long description",
    "PATCH ~/check-runs/RUN",
    { actions: [{ label: "l", description: "d".repeat(41), identifier: "i" }] },
    422,
    /40/,
  ],
  [
    "a long identifier",
    "PATCH ~/check-runs/RUN",
    { actions: [{ label: "l", description: "d", identifier: "i".repeat(21) }] },
    422,
    /20/,
  ],
  ["details elsewhere than the web", "PATCH ~/check-runs/RUN", { details_url: "javascript:1" }, 422, /http/],
  ["no such check", "PATCH ~/check-runs/1", {}, 404, /Not Found/],
  ["a comment of 65,537", "POST ~/issues/1/comments", { body: "b".repeat(65_537) }, 422, /Body is too long/],
  [
    "an edit of 65,537",
    "PATCH ~/issues/comments/COMMENT",
    { body: "b".repeat(65_537) },
    422,
    /Body is too long/,
  ],
  ["an empty comment", "POST ~/issues/1/comments", { body: " " }, 422, /blank/],
  ["a comment on nothing", "POST ~/issues/9/comments", { body: "b" }, 404, /Not Found/],
  [
    "a reaction of one's own",
    "POST ~/issues/comments/COMMENT/reactions",
    { content: "wow" },
    422,
    /not a member/,
  ],
  [
    "a review without its commit",
    "POST ~/pulls/1/reviews",
    { event: "COMMENT", body: "b" },
    422,
    /commit_id/,
  ],
  [
    "a review of another commit",
    "POST ~/pulls/1/reviews",
    { event: "COMMENT", body: "b", commit_id: "MAIN" },
    422,
    /not part of/,
  ],
  ["a review without words", "POST ~/pulls/1/reviews", { event: "COMMENT", commit_id: "HEAD" }, 422, /blank/],
  ["no JSON", "POST ~/issues/1/comments", [], 400, /JSON/],
];

describe("what GitHub refuses, the fake refuses", () => {
  test.each(REFUSED)("%s", async (_, route, body, status, message) => {
    const { fake, ask, shop, head } = scene({ validate: false });
    const run = at((await ask("POST ~/check-runs", { name: "x", head_sha: head })).body, "id");
    const comment = at((await ask("POST ~/issues/1/comments", { body: "b" })).body, "id");
    const text = JSON.stringify(body)
      .replace('"HEAD"', `"${head}"`)
      .replace('"MAIN"', `"${fake.tip(shop)}"`);
    const path = route.replace("RUN", String(run)).replace("COMMENT", String(comment));
    const answer = await ask(path, JSON.parse(text) as object);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toMatch(message);
  });

  test("the most of everything is accepted", async () => {
    const { ask, head } = scene();
    const actions = Array(3).fill({
      label: "l".repeat(20),
      description: "d".repeat(40),
      identifier: "i".repeat(20),
    });
    const output = {
      title: "t",
      summary: "s".repeat(65_535),
      text: "t".repeat(65_535),
      annotations: Array(50).fill({ ...ANNOTATION, title: "t".repeat(255), message: "m".repeat(65_536) }),
    };
    expect((await ask("POST ~/check-runs", { name: "x", head_sha: head, actions, output })).status).toBe(201);
    expect((await ask("POST ~/issues/1/comments", { body: "💥".repeat(65_536) })).status).toBe(201);
  });
});

describe("lines of a review", () => {
  const long = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
  const changed = long.map((line, index) => (index === 4 || index === 30 ? `${line} changed` : line));
  // Hunks: 2 to 8 and 28 to 34.
  const comments: readonly (readonly [string, object, number, string])[] = [
    ["the changed line", { line: 5, side: "RIGHT" }, 200, ""],
    ["context at the edge of the hunk", { line: 8, side: "RIGHT" }, 200, ""],
    ["the line after the hunk", { line: 9, side: "RIGHT" }, 422, "Line could not be resolved"],
    ["the line before the hunk", { line: 1, side: "RIGHT" }, 422, "Line could not be resolved"],
    ["the removed line", { line: 5, side: "LEFT" }, 200, ""],
    ["no line", {}, 422, "Line could not be resolved"],
    ["a range in one hunk", { start_line: 3, line: 5, side: "RIGHT", start_side: "RIGHT" }, 200, ""],
    ["a range over two hunks", { start_line: 5, line: 31, side: "RIGHT" }, 422, "same hunk"],
    ["a range backwards", { start_line: 6, line: 5, side: "RIGHT" }, 422, "precede"],
    [
      "a file that is not in the diff",
      { path: "README.md", line: 1, side: "RIGHT" },
      422,
      "Path could not be resolved",
    ],
  ];

  test.each(comments)("%s", async (_, comment, status, error) => {
    const { fake, ask, shop, ann, pull } = scene({ validate: false });
    fake.commit(shop, "main", { "long.txt": `${long.join("\n")}\n` }, { author: ann });
    const tip = fake.tip(shop);
    const head = fake.commit(
      shop,
      "long",
      { "long.txt": `${changed.join("\n")}\n` },
      { author: ann, parents: [tip] },
    );
    const second = fake.openPullRequest(shop, { head: "long", author: ann });
    const answer = await ask(`POST ~/pulls/${second.number}/reviews`, {
      commit_id: head,
      event: "COMMENT",
      body: "b",
      comments: [
        { path: "long.txt", body: "good", line: 5, side: "RIGHT" },
        { path: "long.txt", body: "b", ...comment },
      ],
    });
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(error);
    // All or nothing.
    expect(second.reviewComments).toHaveLength(status === 200 ? 2 : 0);
    expect(pull.reviewComments).toHaveLength(0);
  });

  test("a comment moves with its line and is outdated once the line changes", async () => {
    const { fake, ask, shop, ann, head } = scene();
    const comments = [{ path: "k8s/policy.yaml", line: 4, side: "RIGHT", body: "b" }];
    await ask("POST ~/pulls/1/reviews", { commit_id: head, event: "COMMENT", body: "b", comments });
    const line = async () => at((await ask("GET ~/pulls/1/comments")).body, 0, "line");
    expect(await line()).toBe(4);
    const opened = POLICY.replace("to: []", "to: [{}]");
    fake.commit(shop, "open", { "k8s/policy.yaml": `# new\n${opened}` }, { author: ann });
    expect(await line()).toBe(5);
    fake.commit(shop, "open", { "k8s/policy.yaml": POLICY }, { author: ann });
    expect(await line()).toBeNull();
  });
});

describe("check runs", () => {
  test("a run belongs to its App: another may neither change nor satisfy it", async () => {
    const { fake, ask, acme, shop, pull, head, app, ann } = scene();
    fake.setRuleset(shop, { requiredChecks: [{ context: "x", integrationId: app.id }] });
    const run = at(
      (await ask("POST ~/check-runs", { name: "x", head_sha: head, conclusion: "failure" })).body,
      "id",
    );
    const other = fake.registerApp({ name: "other", permissions: { checks: "write" }, events: [] });
    const authorization = `token ${fake.token(fake.install(other, acme))}`;
    const stolen = await ask(`PATCH ~/check-runs/${run}`, { conclusion: "success" }, { authorization });
    expect([stolen.status, at(stolen.body, "message")]).toEqual([
      403,
      expect.stringContaining("Invalid app_id"),
    ]);
    await ask("POST ~/check-runs", { name: "x", head_sha: head, conclusion: "success" }, { authorization });
    expect(() => fake.merge(pull, ann)).toThrow('required check "x" is failing');
    // Not pinned, the newest of the name counts, whoever posted it.
    fake.setRuleset(shop, { requiredChecks: [{ context: "x" }] });
    fake.merge(pull, ann);
  });

  test.each([
    ["ignored", 200, "completed"],
    ["refused", 422, "completed"],
    ["allowed", 200, "in_progress"],
  ] as const)("reopening a completed run is %s", async (reopening, status, shown) => {
    const { fake, ask, shop, head } = scene({ limits: { reopening } });
    const run = at(
      (await ask("POST ~/check-runs", { name: "x", head_sha: head, conclusion: "success" })).body,
      "id",
    );
    expect((await ask(`PATCH ~/check-runs/${run}`, { status: "in_progress" })).status).toBe(status);
    expect(fake.checkRun(shop, head, "x")?.status).toBe(shown);
  });

  test("the newest of a name wins; annotations are added; all are listed where asked for", async () => {
    const { ask, head, app } = scene();
    const create = (name: string) =>
      ask("POST ~/check-runs", { name, head_sha: head, output: { ...OUTPUT, annotations: [ANNOTATION] } });
    const first = at((await create("x")).body, "id");
    await ask(`PATCH ~/check-runs/${first}`, { output: { ...OUTPUT, annotations: [ANNOTATION] } });
    expect(at((await ask(`GET ~/check-runs/${first}`)).body, "output", "annotations_count")).toBe(2);
    const second = at((await create("x")).body, "id");
    await create("y");
    const ids = async (query: string) => {
      const { body } = await ask(`GET ~/commits/${head}/check-runs?${query}`);
      return (at(body, "check_runs") as readonly object[]).map((run) => at(run, "id"));
    };
    expect(await ids("check_name=x")).toEqual([second]);
    expect(await ids("check_name=x&filter=all")).toEqual([second, first]);
    expect(await ids(`app_id=${app.id}&filter=all`)).toHaveLength(3);
    expect(await ids("app_id=1")).toEqual([]);
  });

  test("what nobody completed in 14 days is stale, and blocks", async () => {
    const { fake, ask, time, shop, head, pull, installation } = scene();
    fake.setRuleset(shop, { requiredChecks: [{ context: "x" }] });
    await ask("POST ~/check-runs", { name: "x", head_sha: head, status: "in_progress" });
    time.now += 14 * 24 * 3_600_000;
    fake.endStaleChecks(shop);
    const authorization = `token ${fake.token(installation)}`;
    const { body } = await ask(`GET ~/commits/${head}/check-runs`, undefined, { authorization });
    expect(at(body, "check_runs", 0, "conclusion")).toBe("stale");
    expect(fake.mergeBox(pull).reasons).toEqual(['required check "x" is failing']);
  });

  test("of a fork a run knows no pull request", async () => {
    const { fake, ask, shop, bob, head } = scene();
    const fork = fake.fork(shop, bob);
    const theirs = fake.commit(fork, "patch", { "README.md": "# Mine\n" }, { author: bob });
    const pull = fake.openPullRequest(shop, { head: { repository: fork, branch: "patch" }, author: bob });
    const run = await ask("POST ~/check-runs", { name: "x", head_sha: theirs });
    expect([run.status, at(run.body, "pull_requests")]).toEqual([201, []]);
    expect(at((await ask(`GET ~/commits/${theirs}/pulls`)).body)).toEqual([]);
    expect(
      at((await ask("POST ~/check-runs", { name: "x", head_sha: head })).body, "pull_requests"),
    ).toHaveLength(1);
    // Objects of a fork are read through its parent.
    expect((await ask(`GET ~/git/trees/${theirs}`)).status).toBe(200);
    fake.deleteRepository(fork);
    expect(at((await ask(`GET ~/pulls/${pull.number}`)).body, "head", "repo")).toBeNull();
  });
});

describe("tokens", () => {
  test("a token is good for what it was narrowed to, and for an hour", async () => {
    const { fake, ask, time, acme, shop, installation } = scene();
    const other = fake.createRepository(acme, "other", { files: { a: "a" } });
    fake.addRepositories(installation, other);
    const authorization = `token ${fake.token(installation, { repositories: [shop], permissions: { contents: "read" } })}`;
    const status = async (route: string, body?: object) => (await ask(route, body, { authorization })).status;
    expect(await status("GET ~/git/ref/heads/main")).toBe(200);
    expect(await status("GET /repos/acme/other/git/ref/heads/main")).toBe(404);
    const refused = await ask("POST ~/issues/1/comments", { body: "b" }, { authorization });
    expect([refused.status, at(refused.body, "message")]).toEqual([
      403,
      "Resource not accessible by integration",
    ]);
    expect(refused.headers.get("x-accepted-github-permissions")).toBe("issues=write; pull_requests=write");
    expect(fake.calls.filter(({ foreign }) => foreign).map(({ path }) => path)).toEqual([
      "/repos/acme/other/git/ref/heads/main",
    ]);
    time.now += 3_600_000;
    expect(await status("GET ~/git/ref/heads/main")).toBe(401);
  });

  test("no token for more than was granted, or for repositories of others", async () => {
    const { fake, ask, app, bob, installation } = scene();
    const foreign = fake.createRepository(bob, "own", { files: { a: "a" } });
    const ask2 = (body: object) =>
      ask(`POST /app/installations/${installation.id}/access_tokens`, body, {
        authorization: `Bearer ${jwt(app)}`,
      });
    expect((await ask2({ permissions: { administration: "write" } })).status).toBe(422);
    expect((await ask2({ permissions: { contents: "write" } })).status).toBe(422);
    expect((await ask2({ repository_ids: [foreign.id] })).status).toBe(422);
    const lengths = new Set<number>();
    for (let count = 0; count < 5; count++) lengths.add(String(at((await ask2({})).body, "token")).length);
    expect(lengths.size).toBeGreaterThan(1);
  });

  const now = START / 1_000;
  test.each([
    ["signed with another key", {}, "other", /could not be decoded/],
    ["of an unknown App", { iss: 1 }, "own", /Integration not found/],
    ["for more than ten minutes", { exp: now + 601 }, "own", /too far in the future/],
    ["expired", { exp: now - 1 }, "own", /must be a numeric value/],
    ["from the future", { iat: now + 120, exp: now + 300 }, "own", /'Issued at' claim/],
  ])("a JWT %s is refused", async (_, claims, key, message) => {
    const { ask, app } = scene();
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const authorization = `Bearer ${jwt(app, claims, key === "own" ? app.privateKey : pem)}`;
    const answer = await ask("GET /app", undefined, { authorization });
    expect(answer.status).toBeGreaterThanOrEqual(401);
    expect(at(answer.body, "message")).toMatch(message);
    expect(answer.headers.get("date")).toBe(new Date(START).toUTCString());
  });

  test("a rotated key, a suspended and a removed installation", async () => {
    const { fake, ask, app, installation } = scene();
    const authorization = `Bearer ${jwt(app)}`;
    const token = () =>
      ask(`POST /app/installations/${installation.id}/access_tokens`, {}, { authorization });
    expect((await token()).status).toBe(201);
    fake.suspend(installation);
    expect([(await token()).status, (await ask("GET ~")).status]).toEqual([403, 403]);
    fake.unsuspend(installation);
    expect((await ask("GET ~")).status).toBe(200);
    fake.uninstall(installation);
    expect([(await token()).status, (await ask("GET ~")).status]).toEqual([404, 401]);
    fake.rotateKey(app);
    expect((await ask("GET /app", undefined, { authorization })).status).toBe(401);
  });

  test("what the App asks for is granted only once the owner accepts it", async () => {
    const { fake, ask, app, installation } = scene();
    fake.changeRegistration(app, { permissions: { ...app.permissions, administration: "read" } });
    expect(() => fake.token(installation, { permissions: { administration: "read" } })).toThrow(
      /not granted/,
    );
    fake.acceptPermissions(installation);
    const authorization = `token ${fake.token(installation)}`;
    expect((await ask("GET ~/branches/main/protection", undefined, { authorization })).status).toBe(404);
    expect((await ask("GET ~/branches/main/protection")).status).toBe(403);
    expect(() => fake.registerApp({ name: "mute", permissions: {}, events: ["merge_group"] })).toThrow(
      /merge_queues/,
    );
  });
});

describe("limits", () => {
  test("the primary limit: told in headers, 304 is free, refused when used up, back after the hour", async () => {
    const { fake, ask, time, installation } = scene({ limits: { primary: 4 } });
    const first = await ask("GET ~");
    expect(first.headers.get("x-ratelimit-remaining")).toBe("3");
    const etag = first.headers.get("etag") ?? "";
    const same = await ask("GET ~", undefined, { headers: { "if-none-match": etag } });
    expect([same.status, same.headers.get("x-ratelimit-remaining")]).toEqual([304, "3"]);
    for (let count = 0; count < 3; count++) await ask("GET ~");
    const refused = await ask("GET ~");
    expect([refused.status, refused.headers.get("x-ratelimit-remaining")]).toEqual([403, "0"]);
    expect(Number(refused.headers.get("x-ratelimit-reset"))).toBe(time.now / 1_000 + 3_600);
    time.now += 3_600_000;
    const authorization = `token ${fake.token(installation)}`;
    expect((await ask("GET ~", undefined, { authorization })).status).toBe(200);
  });

  test.each([
    ["80 comments a minute", { contentPerMinute: 3 }, 60],
    ["500 comments an hour", { contentPerHour: 3 }, 3_600],
    ["900 points a minute, a write is five", { points: 17 }, 60],
  ])("%s", async (_, limits, seconds) => {
    const { ask } = scene({ limits });
    for (let count = 0; count < 3; count++)
      expect((await ask("POST ~/issues/1/comments", { body: "b" })).status).toBe(201);
    const refused = await ask("POST ~/issues/1/comments", { body: "b" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([403, String(seconds)]);
    expect(at(refused.body, "message")).toMatch(/secondary rate limit/);
  });

  test("a server of one's own has no limits", async () => {
    const { ask } = scene({
      limits: { primary: null, points: null, contentPerMinute: null, contentPerHour: null },
    });
    expect((await ask("GET ~")).headers.get("x-ratelimit-limit")).toBeNull();
    expect((await ask("GET /rate_limit")).status).toBe(404);
  });
});

describe("reading", () => {
  test("pages name the repository by its id and the next page", async () => {
    const { fake, ask, shop, ann } = scene();
    for (let count = 0; count < 4; count++)
      fake.commit(shop, "open", { [`${count}.txt`]: "x" }, { author: ann });
    const first = await ask("GET ~/pulls/1/commits?per_page=2");
    expect(at(first.body, "length")).toBe(2);
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect(next).toBe(`https://api.github.com/repositories/${shop.id}/pulls/1/commits?per_page=2&page=2`);
    const last = await ask(`GET ${next.replace("https://api.github.com", "").replace("&page=2", "&page=3")}`);
    expect([at(last.body, "length"), last.headers.get("link")]).toEqual([
      1,
      expect.not.stringContaining("next"),
    ]);
  });

  test("a renamed repository is elsewhere: 301 to read, 307 to write", async () => {
    const { fake, ask, shop } = scene();
    fake.renameRepository(shop, "store");
    const moved = await ask("GET ~/pulls/1");
    expect([moved.status, moved.headers.get("location")]).toEqual([
      301,
      `https://api.github.com/repositories/${shop.id}/pulls/1`,
    ]);
    expect((await ask("POST ~/issues/1/comments", { body: "b" })).status).toBe(307);
    expect((await ask(`GET /repositories/${shop.id}/pulls/1`)).status).toBe(200);
    const taken = fake.createRepository(shop.owner, "shop", { files: { a: "a" } });
    fake.addRepositories(shopInstallation(fake), taken);
    expect(at((await ask("GET ~")).body, "id")).toBe(taken.id);
    fake.deleteRepository(shop);
    expect((await ask(`GET /repositories/${shop.id}`)).status).toBe(404);
  });

  test("an archived repository is read only", async () => {
    const { fake, ask, shop } = scene();
    fake.archive(shop);
    const answer = await ask("POST ~/issues/1/comments", { body: "b" });
    expect([answer.status, at(answer.body, "message")]).toEqual([
      403,
      "Repository was archived so is read-only.",
    ]);
    expect((await ask("GET ~")).status).toBe(200);
  });

  test("a tree above the limit is truncated; a blob above it is refused", async () => {
    const { ask, shop, head } = scene({ limits: { treeEntries: 2, blobBytes: 10 } });
    const tree = await ask(`GET ~/git/trees/${head}?recursive=1`);
    expect([at(tree.body, "truncated"), at(tree.body, "tree", "length")]).toEqual([true, 2]);
    expect(at((await ask(`GET ~/git/trees/${head}`)).body, "truncated")).toBe(false);
    const { tree: root } = shop.objects.commit(head);
    const large = await ask(`GET ~/git/blobs/${shop.objects.file(root, "k8s/policy.yaml")?.sha}`);
    expect([large.status, at(large.body, "errors", 0, "code")]).toEqual([403, "too_large"]);
  });

  test("roles: the five, one of the organisation's own, members, owners, strangers", async () => {
    const { fake, ask, acme, shop, bob } = scene();
    const role = async (login: string) => {
      const { body } = await ask(`GET ~/collaborators/${login}/permission`);
      return [at(body, "permission"), at(body, "role_name")];
    };
    expect(await role("olga")).toEqual(["admin", "admin"]);
    expect(await role("bob")).toEqual(["none", "none"]);
    fake.addMember(acme, bob);
    expect(await role("bob")).toEqual(["read", "read"]);
    fake.setPermission(bob, shop, "maintain");
    expect(await role("bob")).toEqual(["write", "maintain"]);
    fake.setPermission(bob, shop, "triage");
    expect(await role("bob")).toEqual(["read", "triage"]);
    fake.setPermission(bob, shop, "release-manager", "write");
    expect(await role("bob")).toEqual(["write", "release-manager"]);
    expect((await ask("GET ~/collaborators/nobody/permission")).status).toBe(404);
  });

  test("a private repository does not exist for strangers, a public one is read by all", async () => {
    const { fake, ask, bob } = scene();
    fake.createRepository(bob, "open", { files: { a: "a" }, private: false });
    fake.createRepository(bob, "closed", { files: { a: "a" } });
    expect((await ask("GET /repos/bob/open")).status).toBe(200);
    expect((await ask("GET /repos/bob/closed")).status).toBe(404);
    expect((await ask("GET /repos/bob/open", undefined, { authorization: "" })).status).toBe(200);
    expect((await ask("POST /repos/bob/open/issues/1/comments", { body: "b" })).status).toBe(403);
  });
});

function shopInstallation(fake: ReturnType<typeof scene>["fake"]) {
  const [installation] = fake.world.installations.values();
  if (installation === undefined) throw new Error("no installation");
  return installation;
}
