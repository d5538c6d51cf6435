import { createSign } from "node:crypto";
import type { App } from "./entities.ts";
import { FakeGitHub, type FakeGitHubOptions } from "./fake-github.ts";

export const START = Date.parse("2026-03-01T10:00:00Z");

export const POLICY = "kind: NetworkPolicy\nspec:\n  egress:\n    - to: []\n";

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: unknown;
}

/** One organisation, one repository, one App and one pull request: what most tests start from. */
export function scene(options: Omit<FakeGitHubOptions, "clock"> = {}) {
  const time = { now: START };
  const fake = new FakeGitHub({ validate: true, ...options, clock: { now: () => time.now } });
  const owner = fake.createUser("olga");
  const acme = fake.createOrganisation("acme", [owner]);
  const [ann, bob] = [fake.createUser("ann"), fake.createUser("bob")];
  const shop = fake.createRepository(acme, "shop", {
    files: { "k8s/policy.yaml": POLICY, "README.md": "# Shop\n" },
  });
  const app = fake.registerApp({
    permissions: {
      contents: "read",
      checks: "write",
      pull_requests: "write",
      issues: "read",
      merge_queues: "read",
      members: "read",
    },
    events: [
      "pull_request",
      "issue_comment",
      "check_run",
      "check_suite",
      "merge_group",
      "push",
      "repository",
    ],
  });
  const installation = fake.install(app, acme, [shop]);
  fake.setPermission(ann, shop, "write");
  fake.commit(
    shop,
    "open",
    { "k8s/policy.yaml": POLICY.replace("to: []", "to: [{}]") },
    { author: ann, message: "Open egress" },
  );
  const pull = fake.openPullRequest(shop, { head: "open", title: "Open egress", author: ann });
  const token = fake.token(installation);

  /** "GET /repos/acme/shop/pulls/1"; "~" stands for "/repos/acme/shop". */
  const ask = async (
    route: string,
    body?: object,
    more: { readonly authorization?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<Answered> => {
    const [method = "GET", path = "/"] = route.replace("~", "/repos/acme/shop").split(" ");
    const response = await fake.fetch(`https://api.github.com${path}`, {
      method,
      redirect: "manual",
      headers: { authorization: more.authorization ?? `token ${token}`, ...more.headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.startsWith("application/json") === true;
    return {
      status: response.status,
      headers: response.headers,
      body: json && text !== "" ? parsed(text) : text,
    };
  };

  /** Hands over all events and says which they were: "pull_request.opened". */
  const events = async (): Promise<readonly string[]> => {
    const seen: string[] = [];
    await fake.pump(async ({ headers, body }) => {
      const { action } = JSON.parse(body) as { readonly action?: string };
      seen.push([headers["x-github-event"], action].filter((part) => part !== undefined).join("."));
      return { status: 202 };
    });
    return seen;
  };

  return {
    fake,
    time,
    owner,
    acme,
    ann,
    bob,
    shop,
    app,
    installation,
    pull,
    token,
    ask,
    events,
    head: fake.head(pull),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value deep in an answer, without types: `at(body, "head", "sha")`. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === "object" && found !== null
        ? (found as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}

/** As universal-github-app-jwt makes it. */
export function jwt(
  app: Pick<App, "id" | "privateKey">,
  claims: Readonly<Record<string, unknown>> = {},
  key = app.privateKey,
  at = START,
): string {
  const now = Math.floor(at / 1_000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const given = { iat: now - 30, exp: now + 570, iss: app.id, ...claims };
  const text = `${part({ alg: "RS256", typ: "JWT" })}.${part(given)}`;
  return `${text}.${createSign("sha256").update(text).sign(key).toString("base64url")}`;
}
