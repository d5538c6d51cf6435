import { generateKeyPairSync } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import nock from "nock";
import { appClients, type ObservedAnswer } from "../../../src/github/client/app-clients.ts";
import { GitHubError } from "../../../src/github/client/github-error.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const GITHUB = "https://api.github.com";
const REFERENCE = { installation: 7, id: 42, owner: "acme", name: "gitops" };
const COMMENT = {
  id: 5,
  body: "hello",
  user: { id: 1, login: "ann", type: "User" },
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  html_url: "https://example.com/5",
};
const APP = { id: 9, slug: "egress-review", html_url: "https://example.com", permissions: {}, events: [] };
const PERMISSIONS = {
  metadata: "read",
  contents: "read",
  checks: "write",
  pull_requests: "write",
  issues: "read",
  merge_queues: "read",
};

let warnings: string[] = [];
let answers: ObservedAnswer[] = [];

function clients(options: Partial<Parameters<typeof appClients>[0]> = {}) {
  return appClients({
    appId: 9,
    privateKey,
    userAgent: "egress-review/1.0.0",
    log: { warn: (_, message) => warnings.push(message) },
    onAnswer: (answer) => answers.push(answer),
    ...options,
  });
}

interface TokenRequest {
  readonly repository_ids?: readonly number[];
  readonly permissions: Readonly<Record<string, string>>;
}

/** Longer than any token used to be, and with dots: no assumption about its form holds. */
const TOKEN = `ghs_9_${"eyJ.".repeat(120)}`;

function offerTokens({ base = GITHUB, prefix = "", permissions = PERMISSIONS, suspended = false } = {}) {
  const asked: TokenRequest[] = [];
  nock(base).get(`${prefix}/app`).reply(200, APP);
  nock(base)
    .get(`${prefix}/app/installations/7`)
    .times(5)
    .reply(200, {
      id: 7,
      account: { login: "acme" },
      suspended_at: suspended ? "2026-01-01T00:00:00Z" : null,
      permissions,
      events: [],
    });
  nock(base)
    .post(`${prefix}/app/installations/7/access_tokens`)
    .matchHeader("authorization", /^bearer ey/)
    .times(5)
    .reply(201, (_, body) => {
      asked.push(body as TokenRequest);
      return {
        token: `${TOKEN}${asked.length}`,
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
        permissions: (body as TokenRequest).permissions,
        repository_selection: "selected",
      };
    });
  return asked;
}

beforeEach(() => {
  warnings = [];
  answers = [];
  nock.disableNetConnect();
});

afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

async function refusal(promise: Promise<unknown>): Promise<GitHubError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GitHubError) return error;
  throw new Error(`no GitHubError: ${String(error)}`);
}

describe("tokens", () => {
  test("are for the one repository and the least that is done there", async () => {
    const asked = offerTokens();
    await clients().repository(REFERENCE);
    expect(asked).toEqual([
      {
        repository_ids: [42],
        permissions: {
          metadata: "read",
          contents: "read",
          checks: "write",
          pull_requests: "write",
          issues: "read",
        },
      },
    ]);
  });

  test("hold what an organisation grants beside, never more than it grants", async () => {
    const asked = offerTokens({
      permissions: { metadata: "read", checks: "read", members: "read" } as never,
    });
    await clients().repository(REFERENCE);
    expect(asked[0]?.permissions).toEqual({ metadata: "read", checks: "read", members: "read" });
  });

  test("are made once for many requests, whatever they look like, and sent with our name", async () => {
    const asked = offerTokens();
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .matchHeader("authorization", `token ${TOKEN}1`)
      .matchHeader("user-agent", /^egress-review\/1\.0\.0 /)
      .twice()
      .reply(200, COMMENT);
    const ours = clients();
    for (const client of [await ours.repository(REFERENCE), await ours.repository(REFERENCE)]) {
      expect((await client.comment(5)).body).toBe("hello");
    }
    expect(asked).toHaveLength(1);
  });

  test("of another repository of the installation are others", async () => {
    const asked = offerTokens();
    const ours = clients();
    await ours.repository(REFERENCE);
    await ours.repository({ ...REFERENCE, id: 43, name: "other" });
    expect(asked.map(({ repository_ids }) => repository_ids)).toEqual([[42], [43]]);
  });

  test("that are refused a while after they were made are renewed once", async () => {
    const asked = offerTokens();
    nock(GITHUB).get("/repos/acme/gitops/issues/comments/5").reply(401, { message: "Bad credentials" });
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .matchHeader("authorization", `token ${TOKEN}2`)
      .reply(200, COMMENT);
    let time = Date.now();
    const client = await clients({ now: () => time }).repository(REFERENCE);
    time += 60_000;
    expect((await client.comment(5)).id).toBe(5);
    expect(asked).toHaveLength(2);
  });

  test("that lack a permission are asked for again when it is missed: it may have been granted since", async () => {
    const { contents: _, ...granted } = PERMISSIONS;
    const asked = offerTokens({ permissions: granted as never });
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .reply(403, { message: "Resource not accessible by integration" });
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .matchHeader("authorization", `token ${TOKEN}2`)
      .reply(200, COMMENT);
    const client = await clients().repository(REFERENCE);
    expect((await client.comment(5)).id).toBe(5);
    expect(asked).toHaveLength(2);
  });

  test("that are refused at once are not known everywhere yet: the job waits", async () => {
    offerTokens();
    nock(GITHUB).get("/repos/acme/gitops/issues/comments/5").reply(401, { message: "Bad credentials" });
    const client = await clients().repository(REFERENCE);
    expect((await refusal(client.comment(5))).code).toBe("unavailable");
  });

  test("of a suspended installation are not asked for", async () => {
    const asked = offerTokens({ suspended: true });
    expect((await refusal(clients().repository(REFERENCE))).code).toBe("unauthorised");
    expect(asked).toEqual([]);
  });

  test("of an installation that is gone", async () => {
    nock(GITHUB).get("/app").reply(200, APP);
    nock(GITHUB).get("/app/installations/7").reply(404, { message: "Not Found" });
    expect((await refusal(clients().repository(REFERENCE))).code).toBe("unauthorised");
  });

  test("of a repository that the installation does not hold", async () => {
    nock(GITHUB).get("/app").reply(200, APP);
    nock(GITHUB)
      .get("/app/installations/7")
      .reply(200, { id: 7, account: null, permissions: PERMISSIONS, events: [] });
    nock(GITHUB)
      .post("/app/installations/7/access_tokens")
      .reply(422, { message: "There is at least one repository that does not exist or is not accessible" });
    expect((await refusal(clients().repository(REFERENCE))).code).toBe("not-found");
  });

  test("cannot be made with a key that is none", async () => {
    const error = await refusal(clients({ privateKey: "no key" }).repository(REFERENCE));
    expect(error.code).toBe("unauthorised");
    expect(error.message).not.toContain("no key");
  });
});

describe("an own server", () => {
  test("is asked for tokens, too, under its own address", async () => {
    const asked = offerTokens({ base: "https://ghe.example.com", prefix: "/api/v3" });
    nock("https://ghe.example.com").get("/api/v3/repos/acme/gitops/issues/comments/5").reply(200, COMMENT);
    const client = await clients({ baseUrl: "https://ghe.example.com/api/v3/" }).repository(REFERENCE);
    expect(client.host).toBe("ghe.example.com");
    await client.comment(5);
    expect(asked).toHaveLength(1);
  });
});

describe("nothing is repeated", () => {
  test.each([500, 502, 503])("a comment whose POST ends in %i was asked for once", async (status) => {
    offerTokens();
    let posts = 0;
    nock(GITHUB)
      .post("/repos/acme/gitops/issues/1/comments")
      .times(5)
      .reply(() => {
        posts += 1;
        return [status, { message: "oops" }];
      });
    const client = await clients().repository(REFERENCE);
    expect((await refusal(client.createComment(1, "text"))).code).toBe("unavailable");
    expect(posts).toBe(1);
  });

  test("nor a redelivery, which the App asks for as itself", async () => {
    let posts = 0;
    nock(GITHUB)
      .post("/app/hook/deliveries/12345678901234567890/attempts")
      .times(5)
      .reply(() => {
        posts += 1;
        return [502, {}];
      });
    expect((await refusal(clients().redeliver("12345678901234567890"))).code).toBe("unavailable");
    expect(posts).toBe(1);
  });
});

describe("a repository that was renamed", () => {
  test("gets the comment, though fetch by itself would have asked for it with a GET", async () => {
    offerTokens();
    nock(GITHUB)
      .post("/repos/acme/gitops/issues/1/comments")
      .reply(
        301,
        { message: "Moved Permanently" },
        { location: `${GITHUB}/repositories/42/issues/1/comments` },
      );
    nock(GITHUB)
      .get("/repositories/42")
      .reply(200, { id: 42, name: "renamed", owner: { login: "acme" }, default_branch: "main" });
    nock(GITHUB).post("/repos/acme/renamed/issues/1/comments", { body: "text" }).reply(201, COMMENT);
    const client = await clients().repository(REFERENCE);
    expect((await client.createComment(1, "text")).id).toBe(5);
  });
});

describe("limits", () => {
  test("nothing is asked of an installation before the time, and of others it is", async () => {
    offerTokens();
    let gets = 0;
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .times(5)
      .reply(() => {
        gets += 1;
        return [403, { message: "You have exceeded a secondary rate limit" }, { "retry-after": "30" }];
      });
    nock(GITHUB).get("/app").reply(200, APP);
    let time = Date.now();
    const ours = clients({ now: () => time });
    const client = await ours.repository(REFERENCE);
    const until = time + 30_000;
    expect((await refusal(client.comment(5))).until).toEqual(new Date(until));
    time += 29_000;
    expect((await refusal(client.comment(5))).until).toEqual(new Date(until));
    expect((await refusal((await ours.repository(REFERENCE)).comment(5))).code).toBe("rate-limited");
    expect((await ours.app()).slug).toBe("egress-review");
    expect(gets).toBe(1);
    time += 2_000;
    await refusal(client.comment(5));
    expect(gets).toBe(2);
  });

  test("the last request of an allowance closes the gate before GitHub does", async () => {
    offerTokens();
    const time = Date.now();
    const reset = Math.floor(time / 1_000) + 100;
    nock(GITHUB)
      .get("/repos/acme/gitops/issues/comments/5")
      .reply(200, COMMENT, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(reset) });
    const client = await clients({ now: () => time }).repository(REFERENCE);
    expect((await client.comment(5)).id).toBe(5);
    expect((await refusal(client.comment(5))).until).toEqual(new Date((reset + 1) * 1_000));
  });
});

describe("what the App asks as itself", () => {
  test("failed deliveries: none that another attempt delivered, each once, no older ones", async () => {
    const delivery = (id: string, guid: string, status_code: number, minute: number) =>
      `{"id":${id},"guid":"${guid}","event":"push","delivered_at":"2026-01-01T00:${minute}:00Z","status_code":${status_code}}`;
    const json = { "content-type": "application/json" };
    nock(GITHUB)
      .get("/app/hook/deliveries?status=failure&per_page=100")
      .reply(200, `[${delivery("20", "a", 503, 50)},${delivery("12345678901234567890", "a", 500, 40)}]`, {
        ...json,
        link: `<${GITHUB}/app/hook/deliveries?per_page=100&status=failure&cursor=v1_40>; rel="next"`,
      });
    nock(GITHUB)
      .get("/app/hook/deliveries?status=failure&per_page=100&cursor=v1_40")
      .reply(
        200,
        `[${delivery("12345678901234567891", "b", 0, 38)},${delivery("8", "c", 500, 37)},${delivery("7", "d", 500, 10)}]`,
        { ...json, link: `<${GITHUB}/app/hook/deliveries?cursor=v1_10>; rel="next"` },
      );
    nock(GITHUB)
      .get("/app/hook/deliveries?status=success&per_page=100")
      .reply(200, `[${delivery("30", "c", 202, 55)}]`, json);
    const found = await clients().failedDeliveries(new Date("2026-01-01T00:30:00Z"));
    expect(found.map(({ id, guid }) => [id, guid])).toEqual([
      ["20", "a"],
      ["12345678901234567891", "b"],
    ]);
  });

  test("repositories of an installation, with a token that can only list", async () => {
    const asked = offerTokens();
    const repository = (id: number) => ({
      id,
      name: `r${id}`,
      owner: { login: "acme" },
      archived: id === 2,
      default_branch: "main",
    });
    nock(GITHUB)
      .get("/installation/repositories?per_page=100")
      .reply(
        200,
        { total_count: 2, repositories: [repository(1)] },
        { link: `<${GITHUB}/installation/repositories?per_page=100&page=2>; rel="next"` },
      );
    nock(GITHUB)
      .get("/installation/repositories?per_page=100&page=2")
      .reply(200, { total_count: 2, repositories: [repository(2)] });
    expect(await clients().repositories(7)).toEqual([
      { installation: 7, id: 1, owner: "acme", name: "r1", archived: false },
      { installation: 7, id: 2, owner: "acme", name: "r2", archived: true },
    ]);
    expect(asked).toEqual([{ permissions: { metadata: "read" } }]);
  });

  test("a public repository that the installation does not hold is not found by its name", async () => {
    nock(GITHUB)
      .get("/app/installations/7")
      .times(2)
      .reply(200, { id: 7, account: null, permissions: PERMISSIONS, events: [] });
    nock(GITHUB)
      .post("/app/installations/7/access_tokens", (body) => body.repository_ids === undefined)
      .reply(201, { token: "t", expires_at: "2100-01-01T00:00:00Z", permissions: { metadata: "read" } });
    nock(GITHUB)
      .get("/repos/other/public")
      .reply(200, { id: 99, name: "public", owner: { login: "other" }, default_branch: "main" });
    nock(GITHUB)
      .post("/app/installations/7/access_tokens", (body) => body.repository_ids?.[0] === 99)
      .reply(422, { message: "not accessible" });
    expect((await refusal(clients().repositoryNamed(7, "other", "public"))).code).toBe("not-found");
  });
});

describe("logs and metrics", () => {
  test("hold no token, no body and no header", async () => {
    offerTokens();
    nock(GITHUB)
      .post("/repos/acme/gitops/issues/1/comments")
      .reply(422, {
        message: "Validation Failed",
        errors: [{ field: "body", code: "custom", value: "secret" }],
      });
    const client = await clients().repository(REFERENCE);
    const error = await refusal(client.createComment(1, "a secret text"));
    const everything = JSON.stringify([error, error.message, error.stack, error.cause, warnings, answers]);
    for (const secret of ["ghs_", "secret", "eyJ", "bearer"]) expect(everything).not.toContain(secret);
    expect(answers.map(({ route, status, installation }) => [route, status, installation])).toContainEqual([
      "POST /repos/{owner}/{repo}/issues/{number}/comments",
      422,
      7,
    ]);
  });
});
