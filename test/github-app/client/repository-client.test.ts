import { describe, expect, test } from "@jest/globals";
import { Octokit } from "@octokit/core";
import { ConditionalAnswers } from "../../../src/github/client/conditional-answers.ts";
import { GitHubError } from "../../../src/github/client/github-error.ts";
import {
  type RepositoryClientOptions,
  repositoryClient,
} from "../../../src/github/client/octokit-repository-client.ts";

interface Asked {
  readonly route: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: Headers;
}

type Reply = { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> };

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const NOW = Date.parse("2026-01-01T00:00:00Z");

/** A client whose GitHub is a function; requests are kept. */
function talk(reply: (asked: Asked, count: number) => Reply, options: Partial<RepositoryClientOptions> = {}) {
  const asked: Asked[] = [];
  const fetch = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(String(address));
    const one = {
      route: `${init?.method ?? "GET"} ${decodeURIComponent(url.pathname)}`,
      query: Object.fromEntries(url.searchParams),
      body: init?.body === undefined || init.body === null ? undefined : JSON.parse(String(init.body)),
      headers: new Headers(init?.headers),
    };
    asked.push(one);
    const { status = 200, body = {}, headers } = reply(one, asked.length);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(status === 204 || status === 304 ? null : text, {
      status,
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
    });
  };
  const client = repositoryClient({
    request: new Octokit({ request: { fetch }, log: silent }).request,
    repository: { installation: 7, id: 42, owner: "acme", name: "gitops" },
    app: { id: 9, slug: "egress-review" },
    fetch: fetch as typeof globalThis.fetch,
    now: () => NOW,
    ...options,
  });
  return { client, asked };
}

async function refusal(promise: Promise<unknown>): Promise<GitHubError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GitHubError) return error;
  throw new Error(`no GitHubError: ${String(error)}`);
}

const USER = { id: 1, login: "ann", type: "User" };
const REPOSITORY = { id: 42, name: "gitops", owner: { login: "acme" }, default_branch: "main" };

function pull(number: number, changes: object = {}): object {
  return {
    number,
    state: "open",
    draft: false,
    title: "t",
    user: USER,
    head: { sha: "h", ref: "feature", repo: { id: 42 } },
    base: { sha: "b", ref: "main", repo: { id: 42 } },
    mergeable: true,
    merge_commit_sha: "m",
    updated_at: "2026-01-01T00:00:00Z",
    html_url: "https://example.com/1",
    ...changes,
  };
}

describe("what GitHub refuses", () => {
  const minute = new Date(NOW + 60_000);
  test.each<[string, Reply, Partial<GitHubError>]>([
    ["a bad token", { status: 401 }, { code: "unauthorised" }],
    ["no such thing", { status: 410 }, { code: "not-found" }],
    ["blocked by law", { status: 451 }, { code: "not-found" }],
    [
      "an empty repository",
      { status: 409, body: { message: "Git Repository is empty." } },
      { code: "not-found" },
    ],
    ["a conflict of writes", { status: 409, body: { message: "try again" } }, { code: "unavailable" }],
    [
      "a commit that is not there",
      { status: 422, body: { message: "No commit found for SHA: x" } },
      { code: "not-found" },
    ],
    [
      "what was sent",
      { status: 422, body: { message: "Validation Failed" } },
      { code: "invalid", status: 422 },
    ],
    ["a request that is none", { status: 400 }, { code: "invalid" }],
    ["500", { status: 500 }, { code: "unavailable", status: 500 }],
    [
      "503 with a page",
      { status: 503, body: "<html>", headers: { "content-type": "text/html" } },
      { code: "unavailable" },
    ],
    [
      "a permission",
      {
        status: 403,
        body: { message: "Resource not accessible by integration" },
        headers: { "x-accepted-github-permissions": "checks=write" },
      },
      { code: "forbidden", permission: "checks=write", until: null },
    ],
    [
      "a suspended installation",
      { status: 403, body: { message: "This installation has been suspended" } },
      { code: "unauthorised" },
    ],
    [
      "a secondary limit with a time",
      {
        status: 403,
        body: { message: "You have exceeded a secondary rate limit" },
        headers: { "retry-after": "7" },
      },
      { code: "rate-limited", until: new Date(NOW + 7_000) },
    ],
    [
      "a secondary limit without one",
      { status: 403, body: { message: "You have exceeded a secondary rate limit" } },
      { code: "rate-limited", until: minute },
    ],
    ["429", { status: 429 }, { code: "rate-limited", until: minute }],
    [
      "an allowance that is used up",
      {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 + 600) },
      },
      { code: "rate-limited", until: new Date(NOW + 601_000) },
    ],
    [
      "an allowance whose reset is over by this clock",
      {
        status: 429,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1_000 - 600) },
      },
      { code: "rate-limited", until: new Date(NOW + 1_000) },
    ],
    ["JSON that is cut off", { body: '{"id": 5, "bo' }, { code: "unavailable", status: 200 }],
    [
      "a page instead of JSON",
      { body: "<html>", headers: { "content-type": "text/html" } },
      { code: "unavailable" },
    ],
    ["an answer without what matters", { body: { id: 5 } }, { code: "unavailable" }],
  ])("%s", async (_, reply, expected) => {
    const { client, asked } = talk(() => reply);
    expect(await refusal(client.comment(5))).toMatchObject(expected);
    expect(asked).toHaveLength(1);
  });

  test("nothing at all: a network that is not there", async () => {
    const fetch = async () => {
      throw new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
    };
    const { client } = talk(() => ({}), {
      request: new Octokit({ request: { fetch }, log: silent }).request,
    });
    expect(await refusal(client.comment(5))).toMatchObject({ code: "unavailable", status: null });
  });

  test("in time", async () => {
    const fetch = async () => {
      throw new DOMException("late", "TimeoutError");
    };
    const { client } = talk(() => ({}), {
      request: new Octokit({ request: { fetch }, log: silent }).request,
    });
    expect((await refusal(client.comment(5))).message).toContain("no answer in time");
  });

  test("a write is sent once, whatever comes back", async () => {
    for (const reply of [{ status: 502 }, { status: 201, body: '{"id"' }, { status: 403 }]) {
      const { client, asked } = talk(() => reply);
      await refusal(client.createComment(1, "text"));
      expect(asked.filter(({ route }) => route.startsWith("POST"))).toHaveLength(1);
    }
  });
});

describe("a repository that moved", () => {
  const renamed = { ...REPOSITORY, name: "renamed", owner: { login: "other" } };
  const comment = {
    id: 5,
    body: "b",
    user: null,
    created_at: "",
    updated_at: "",
    html_url: "",
    performed_via_github_app: { id: 9 },
  };

  test.each([301, 307, 308, 404])(
    "is followed by its id (%i), also by writes, in the same method",
    async (status) => {
      const { client, asked } = talk(({ route }) => {
        if (route === "GET /repositories/42") return { body: renamed };
        if (route.includes("/repos/other/renamed/")) return { status: 201, body: comment };
        return {
          status,
          body: { message: "Not Found" },
          headers: { location: "https://example.com/elsewhere" },
        };
      });
      expect(await client.createComment(1, "text")).toMatchObject({
        id: 5,
        app: 9,
        author: { login: "ghost", kind: "user" },
      });
      expect(asked.map(({ route }) => route)).toEqual([
        "POST /repos/acme/gitops/issues/1/comments",
        "GET /repositories/42",
        "POST /repos/other/renamed/issues/1/comments",
      ]);
      expect(client.repository).toEqual({ installation: 7, id: 42, owner: "other", name: "renamed" });
    },
  );

  test("is looked up once", async () => {
    const { client, asked } = talk(({ route }) =>
      route === "GET /repositories/42" ? { body: REPOSITORY } : { status: 404 },
    );
    expect((await refusal(client.comment(5))).code).toBe("not-found");
    expect((await refusal(client.comment(6))).code).toBe("not-found");
    expect(asked).toHaveLength(3);
  });

  test("and whose name another has now is not mistaken for it", async () => {
    const { client } = talk(({ route }) => {
      if (route === "GET /repositories/42") return { body: renamed };
      const id = route.includes("/repos/other/renamed/") ? 42 : 1000;
      return { body: pull(1, { base: { sha: "b", ref: "main", repo: { id } }, title: `of ${id}` }) };
    });
    expect((await client.pullRequest(1)).title).toBe("of 42");
  });

  test("a name that another has, and no repository of ours behind it", async () => {
    const { client } = talk(({ route }) =>
      route === "GET /repositories/42"
        ? { status: 404 }
        : { body: pull(1, { base: { sha: "b", ref: "main", repo: { id: 1000 } } }) },
    );
    expect((await refusal(client.pullRequest(1))).code).toBe("not-found");
    expect(await client.openPullRequests().catch(() => "refused")).toBe("refused");
  });
});

describe("listings", () => {
  test("are complete", async () => {
    const { client, asked } = talk(({ query }) => {
      const page = Number(query["page"] ?? 1);
      const next = `<https://api.github.com/repositories/42/pulls?state=open&per_page=100&page=${page + 1}>; rel="next"`;
      return { body: [pull(page)], headers: page < 3 ? { link: `${next}, <https://x/>; rel="last"` } : {} };
    });
    expect((await client.openPullRequests()).map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(asked.map(({ query }) => query["page"])).toEqual([undefined, "2", "3"]);
    expect(asked.every(({ query }) => query["state"] === "open" && query["per_page"] === "100")).toBe(true);
  });

  test("that never end are an error, not a part", async () => {
    const { client } = talk(() => ({ body: [], headers: { link: '<https://x/?page=2>; rel="next"' } }));
    expect((await refusal(client.comments(1))).code).toBe("invalid");
  });

  test("of check runs are this App's, all of the name, newest first", async () => {
    const run = (id: number) => ({
      id,
      head_sha: "h",
      status: "completed",
      conclusion: "success",
      output: { title: null, summary: null, text: null, annotations_count: 0 },
      started_at: null,
      html_url: null,
      external_id: null,
    });
    const { client, asked } = talk(() => ({
      body: { total_count: 2, check_runs: [run(1), run(3), run(2)] },
    }));
    expect((await client.checkRuns("h", "egress-review")).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(asked[0]?.query).toMatchObject({ check_name: "egress-review", app_id: "9", filter: "all" });
  });

  test("of commits between two end where GitHub's do", async () => {
    const { client, asked } = talk(({ query }) => {
      const page = Number(query["page"] ?? 1);
      const commits = Array.from({ length: 100 }, (_, index) => ({
        sha: `${page}-${index}`,
        commit: { message: "", tree: { sha: "t" } },
        parents: [],
        author: {},
        committer: null,
      }));
      return { body: { commits }, headers: { link: `<https://x/?page=${page + 1}>; rel="next"` } };
    });
    const found = await client.commitsBetween("base", "head");
    expect(found).toHaveLength(250);
    expect(found[0]).toMatchObject({ sha: "1-0", author: null, committer: null });
    expect(asked).toHaveLength(3);
    expect(asked[0]?.route).toBe("GET /repos/acme/gitops/compare/base...head");
  });
});

describe("answers with a tag", () => {
  test("are asked for again for nothing, page by page, and apart by installation", async () => {
    const conditional = new ConditionalAnswers();
    const reply = ({ query, headers }: Asked): Reply => {
      const page = Number(query["page"] ?? 1);
      const etag = `"${page}"`;
      if (headers.get("if-none-match") === etag) return { status: 304, headers: { etag } };
      const link = page < 2 ? { link: '<https://x/?page=2>; rel="next"' } : {};
      return { body: [pull(page)], headers: { etag, ...link } };
    };
    const first = talk(reply, { conditional });
    const again = talk(reply, { conditional });
    const repository = { installation: 8, id: 42, owner: "acme", name: "gitops" };
    const other = talk(reply, { conditional, repository });
    const expected = await first.client.openPullRequests();
    expect(await again.client.openPullRequests()).toEqual(expected);
    expect(await other.client.openPullRequests()).toEqual(expected);
    const tags = (asked: readonly Asked[]) => asked.map(({ headers }) => headers.get("if-none-match"));
    expect(tags(first.asked)).toEqual([null, null]);
    expect(tags(again.asked)).toEqual(['"1"', '"2"']);
    expect(tags(other.asked)).toEqual([null, null]);
  });

  test("are bounded, the longest unused goes first", () => {
    const answers = new ConditionalAnswers(100);
    const answer = { etag: "e", value: "x".repeat(30), next: null };
    for (const key of ["a", "b", "c"]) answers.put(key, answer);
    answers.get("a");
    answers.put("d", answer);
    expect(["a", "b", "c", "d"].map((key) => answers.get(key) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    answers.put("e", { ...answer, value: "x".repeat(200) });
    expect(answers.get("e")).toBeUndefined();
    expect(answers.get("a")).toBeDefined();
  });
});

describe("what is sent", () => {
  test("a run says what is given, and nothing of what is not", async () => {
    const run = {
      id: 3,
      head_sha: "h",
      status: "in_progress",
      conclusion: null,
      output: { title: "t", summary: "s", text: null, annotations_count: 2 },
      started_at: "2026-01-01T00:00:00Z",
      html_url: "https://example.com",
      external_id: "x",
    };
    const { client, asked } = talk(() => ({ status: 201, body: run }));
    await client.createCheckRun("h", "egress-review", { status: "in_progress", externalId: "x" });
    await client.updateCheckRun(3, {
      status: "completed",
      conclusion: "failure",
      detailsUrl: "https://example.com/details",
      output: {
        title: "t",
        summary: "s",
        annotations: [{ path: "a", startLine: 1, endLine: 2, level: "warning", title: "T", message: "M" }],
      },
      actions: [{ label: "l", description: "d", identifier: "i" }],
    });
    expect(asked.map(({ route, body }) => [route, body])).toEqual([
      [
        "POST /repos/acme/gitops/check-runs",
        { name: "egress-review", head_sha: "h", status: "in_progress", external_id: "x" },
      ],
      [
        "PATCH /repos/acme/gitops/check-runs/3",
        {
          status: "completed",
          conclusion: "failure",
          details_url: "https://example.com/details",
          output: {
            title: "t",
            summary: "s",
            annotations: [
              {
                path: "a",
                start_line: 1,
                end_line: 2,
                annotation_level: "warning",
                title: "T",
                message: "M",
              },
            ],
          },
          actions: [{ label: "l", description: "d", identifier: "i" }],
        },
      ],
    ]);
  });

  test("a review never blocks, names its commit, and its lines", async () => {
    const { client, asked } = talk(() => ({ body: { id: 1 } }));
    await client.createReview(1, {
      commit: "h",
      body: "b",
      comments: [
        { path: "a", body: "one", side: "RIGHT", startLine: 3, endLine: 3 },
        { path: "a", body: "more", side: "LEFT", startLine: 3, endLine: 5 },
      ],
    });
    expect(asked[0]?.body).toEqual({
      commit_id: "h",
      event: "COMMENT",
      body: "b",
      comments: [
        { path: "a", body: "one", side: "RIGHT", line: 3 },
        { path: "a", body: "more", side: "LEFT", line: 5, start_line: 3, start_side: "LEFT" },
      ],
    });
  });

  test("names are encoded: a branch, a login and a team never reach beyond their place", async () => {
    const seen: string[] = [];
    const fetch = async (address: string | URL | Request) => {
      seen.push(new URL(String(address)).pathname);
      return Response.json({ message: "Not Found" }, { status: 404 });
    };
    const request = new Octokit({ request: { fetch }, log: silent }).request;
    const { client } = talk(() => ({}), { request });
    await refusal(client.branchTip("a/../../b?c#d"));
    await client.role("../../x").catch(() => "none");
    await client.isMember("o/p", "t?u", "l/m").catch(() => false);
    expect(seen.filter((path) => !path.startsWith("/repositories/"))).toEqual([
      "/repos/acme/gitops/git/ref/heads%2Fa%2F..%2F..%2Fb%3Fc%23d",
      "/repos/acme/gitops/collaborators/..%2F..%2Fx/permission",
      "/orgs/o%2Fp/teams/t%3Fu/memberships/l%2Fm",
    ]);
  });
});

describe("people", () => {
  test.each<[object, string]>([
    [{ permission: "write", role_name: "maintain" }, "maintain"],
    [{ permission: "read", role_name: "triage" }, "triage"],
    [{ permission: "admin", role_name: "admin" }, "admin"],
    [{ permission: "write", role_name: "security-champion" }, "write"],
    [{ permission: "none", role_name: "none" }, "none"],
    [{ permission: "read" }, "read"],
    [{ permission: "owner-of-everything" }, "none"],
  ])("%j is %s", async (body, role) => {
    expect(await talk(() => ({ body })).client.role("ann")).toBe(role);
  });

  test("nobody that GitHub does not know has a role", async () => {
    const { client } = talk(({ route }) =>
      route.includes("collaborators") ? { status: 404 } : { body: REPOSITORY },
    );
    expect(await client.role("ann")).toBe("none");
  });

  test("members are known, pending ones are not, and without the permission nobody is asked", async () => {
    const membership = (reply: Reply, permissions?: Readonly<Record<string, string>>) =>
      talk(() => reply, permissions === undefined ? {} : { permissions });
    expect(await membership({ body: { state: "active" } }).client.isMember("o", "t", "ann")).toBe(true);
    expect(await membership({ body: { state: "pending" } }).client.isMember("o", "t", "ann")).toBe(false);
    expect(await membership({ status: 404 }).client.isMember("o", "t", "ann")).toBe(false);
    expect(await membership({ status: 403 }).client.isMember("o", "t", "ann")).toBe("unknown");
    const without = membership({ body: { state: "active" } }, { checks: "write" });
    expect(await without.client.isMember("o", "t", "ann")).toBe("unknown");
    expect(without.asked).toEqual([]);
  });

  test("the last pusher is the actor of the move to this head, where GitHub tells it", async () => {
    const moves = [
      { after: "later", actor: { id: 3, login: "eve", type: "User" } },
      { after: "h", actor: { id: 2, login: "bob", type: "User" } },
      { after: "h", actor: { id: 4, login: "old", type: "User" } },
    ];
    const pusher = (activity: Reply, change: object = {}) =>
      talk(({ route }) => (route.endsWith("/activity") ? activity : { body: pull(1, change) }));
    const told = pusher({ body: moves });
    expect((await told.client.lastPusher(1))?.login).toBe("bob");
    expect(told.asked[1]?.query["ref"]).toBe("refs/heads/feature");
    expect(await pusher({ body: [] }).client.lastPusher(1)).toBeNull();
    expect(await pusher({ status: 403 }).client.lastPusher(1)).toBeNull();
    const fork = { head: { sha: "h", ref: "feature", repo: { id: 77 } } };
    expect(await pusher({ body: moves }, fork).client.lastPusher(1)).toBeNull();
    expect(
      (await pusher({}, { head: { sha: "h", ref: "f", repo: null } }).client.pullRequest(1)).head.fork,
    ).toBe(true);
  });
});

describe("rules of a branch", () => {
  const ruled = {
    type: "required_status_checks",
    parameters: {
      required_status_checks: [{ context: "egress-review", integration_id: 9 }, { context: "build" }],
      strict_required_status_checks_policy: true,
    },
  };
  const rules = (replies: Readonly<Record<string, Reply>>, permissions?: Readonly<Record<string, string>>) =>
    talk(
      ({ route }) =>
        replies[route.replace("GET /repos/acme/gitops/", "")] ?? { status: 404, body: { message: "x" } },
      permissions === undefined ? {} : { permissions },
    );
  const classic = {
    checks: [
      { context: "egress-review", app_id: 9 },
      { context: "lint", app_id: -1 },
    ],
  };

  const queue = (grouping_strategy: string) => ({ type: "merge_queue", parameters: { grouping_strategy } });

  test("of rulesets and of classic protection together", async () => {
    const { client } = rules({
      "rules/branches/main": { body: [ruled, queue("ALLGREEN"), { type: "deletion" }] },
      "branches/main/protection/required_status_checks": { body: { ...classic, strict: true } },
    });
    expect(await client.branchRules("main")).toEqual({
      checks: [
        { name: "egress-review", app: 9, strict: true },
        { name: "build", app: null, strict: true },
        { name: "egress-review", app: 9, strict: true },
        { name: "lint", app: null, strict: true },
      ],
      mergeQueue: "all-green",
    });
  });

  test("a merge queue merges red with green unless its rule says that it does not", async () => {
    const bare = { type: "merge_queue" };
    for (const body of [[queue("HEADGREEN")], [queue("ALLGREEN"), queue("HEADGREEN")], [bare]]) {
      const { client } = rules({ "rules/branches/main": { body } });
      expect((await client.branchRules("main")).mergeQueue).toBe("head-green");
    }
  });

  test("classic protection without the permission to read it whole", async () => {
    const { client, asked } = rules(
      {
        "rules/branches/main": { body: [] },
        "branches/main": { body: { name: "main", protection: { required_status_checks: classic } } },
      },
      { checks: "write" },
    );
    expect(await client.branchRules("main")).toMatchObject({
      checks: [
        { name: "egress-review", app: 9, strict: false },
        { name: "lint", app: null, strict: false },
      ],
      mergeQueue: "none",
    });
    expect(asked).toHaveLength(2);
  });

  test("none where nothing protects it, unknown where nobody may look", async () => {
    expect(await rules({ "rules/branches/main": { body: [] } }).client.branchRules("main")).toEqual({
      checks: [],
      mergeQueue: "none",
    });
    const forbidden = { status: 403, body: { message: "Resource not accessible by integration" } };
    const { client } = rules({
      "rules/branches/main": forbidden,
      "branches/main/protection/required_status_checks": forbidden,
      "branches/main": forbidden,
    });
    expect(await client.branchRules("main")).toEqual({ checks: "unknown", mergeQueue: "unknown" });
  });

  test("a rule that says nothing that can be read is no rule that is not there", async () => {
    const { client } = rules({ "rules/branches/main": { body: [{ type: "required_status_checks" }] } });
    expect((await refusal(client.branchRules("main"))).code).toBe("unavailable");
  });

  test("the ref of a merge group", async () => {
    const ref = "refs/heads/gh-readonly-queue/main/pr-1-abc";
    const { client, asked } = talk(() => ({ body: [{ ref, object: { sha: "group" } }] }));
    expect(await client.mergeGroupRef("group")).toBe(ref);
    expect(await client.mergeGroupRef("other")).toBeNull();
    expect(asked[0]?.route).toBe("GET /repos/acme/gitops/git/matching-refs/heads/gh-readonly-queue/");
  });
});

describe("archives", () => {
  test("are fetched where GitHub keeps them, without a token", async () => {
    const { client, asked } = talk(({ route }) =>
      route === "GET /kept/elsewhere"
        ? { body: "bytes" }
        : { status: 302, headers: { location: "https://codeload.example.com/kept/elsewhere?token=t" } },
    );
    const bytes = await new Response(await client.tarball("abc")).text();
    expect(bytes).toBe("bytes");
    expect(asked.map(({ route }) => route)).toEqual([
      "GET /repos/acme/gitops/tarball/abc",
      "GET /kept/elsewhere",
    ]);
    expect(asked[1]?.headers.get("authorization")).toBeNull();
  });

  test.each(["", "file:///etc/passwd", "/relative"])("at %j are not", async (location) => {
    const { client } = talk(() => ({ status: 302, headers: { location } }));
    expect((await refusal(client.tarball("abc"))).code).toBe("unavailable");
  });

  test("that are refused", async () => {
    const { client } = talk(({ route }) =>
      route.startsWith("GET /repos")
        ? { status: 302, headers: { location: "https://codeload.example.com/x" } }
        : { status: 404 },
    );
    expect((await refusal(client.tarball("abc"))).code).toBe("unavailable");
  });
});
