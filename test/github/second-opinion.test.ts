import { expect, test } from "@jest/globals";
import { createEmulator } from "emulate";
import { FakeGitHub } from "./fake-github.ts";
import { at, jwt } from "./scene.ts";

/**
 * The same small story told to an emulator that others wrote, in the part that it has right; what it has wrong is in the
 * rules of rules.test.ts (it takes 51 annotations, any line in a review, any length, and does not know strangers).
 */
interface GitHub {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly app: { readonly id: number; readonly privateKey: string };
  readonly installation: number;
  /** The pull request from "open" to "main". */
  readonly number: number;
}

const BEFORE = "kind: NetworkPolicy\nspec: {}\n";
const AFTER = "kind: NetworkPolicy\nspec:\n  egress: []\n";
const APP = {
  permissions: {
    contents: "read",
    checks: "write",
    pull_requests: "write",
    issues: "write",
    metadata: "read",
  },
  slug: "egress-review",
} as const;

async function emulator(): Promise<GitHub & { close(): Promise<void> }> {
  const emulated = await createEmulator({
    service: "github",
    port: 0,
    seed: {
      tokens: { ann: { login: "ann", scopes: ["repo"] } },
      github: {
        users: [{ login: "ann" }, { login: "bob" }],
        orgs: [{ login: "acme", members: [{ login: "ann", role: "admin" }] }],
        repos: [{ owner: "acme", name: "shop", private: true, auto_init: true }],
        apps: [
          {
            app_id: 12_345,
            name: "egress-review",
            ...APP,
            installations: [{ installation_id: 100, account: "acme", repository_selection: "all" }],
          },
        ],
      },
    },
  });
  const send = async (method: string, path: string, body: object) => {
    const headers = { authorization: "token ann" };
    const response = await fetch(`${emulated.url}/repos/acme/shop${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const first = await send("PUT", "/contents/k8s/policy.yaml", {
    message: "Policy",
    content: base64(BEFORE),
  });
  await send("POST", "/git/refs", { ref: "refs/heads/open", sha: at(first, "commit", "sha") });
  await send("PUT", "/contents/k8s/policy.yaml", {
    message: "Open egress",
    content: base64(AFTER),
    branch: "open",
    sha: at(first, "content", "sha"),
  });
  const pull = await send("POST", "/pulls", { title: "Open egress", head: "open", base: "main" });
  const privateKey =
    emulated.generatedSecrets.find(({ kind }) => kind === "github.app_private_key")?.value ?? "";
  return {
    url: emulated.url,
    fetch,
    app: { id: 12_345, privateKey },
    installation: 100,
    number: Number(at(pull, "number")),
    close: () => emulated.close(),
  };
}

function ours(): GitHub {
  const fake = new FakeGitHub({ validate: true });
  const ann = fake.createUser("ann");
  fake.createUser("bob");
  const acme = fake.createOrganisation("acme", [ann]);
  const shop = fake.createRepository(acme, "shop", { files: { "README.md": "# shop\n" } });
  const app = fake.registerApp({ permissions: APP.permissions, events: [] });
  const installation = fake.install(app, acme);
  fake.commit(shop, "main", { "k8s/policy.yaml": BEFORE }, { author: ann, message: "Policy" });
  fake.commit(shop, "open", { "k8s/policy.yaml": AFTER }, { author: ann, message: "Open egress" });
  const { number } = fake.openPullRequest(shop, { head: "open", title: "Open egress", author: ann });
  return { url: "https://api.github.com", fetch: fake.fetch, app, installation: installation.id, number };
}

async function story({ url, fetch: send, app, installation, number }: GitHub): Promise<unknown> {
  const asked = async (authorization: string, method: string, path: string, body?: object) => {
    const response = await send(`${url}${path}`, {
      method,
      headers: { authorization },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const bearer = `Bearer ${jwt(app, {}, app.privateKey, Date.now())}`;
  const made = await asked(bearer, "POST", `/app/installations/${installation}/access_tokens`, {});
  const token = `token ${String(at(made.body, "token"))}`;
  const ask = (method: string, path: string, body?: object) =>
    asked(token, method, `/repos/acme/shop${path}`, body);

  const pull = (await ask("GET", `/pulls/${number}`)).body;
  const head = String(at(pull, "head", "sha"));
  const ref = await ask("GET", "/git/ref/heads/open");
  const tree = (await ask("GET", `/git/trees/${head}?recursive=1`)).body;
  const entries = at(tree, "tree") as readonly object[];
  const file = entries.find((entry) => at(entry, "path") === "k8s/policy.yaml");
  const blob = (await ask("GET", `/git/blobs/${String(at(file, "sha"))}`)).body;
  const comparison = (await ask("GET", "/compare/main...open")).body;
  const run = await ask("POST", "/check-runs", {
    name: "egress-review",
    head_sha: head,
    status: "in_progress",
  });
  const done = await ask("PATCH", `/check-runs/${String(at(run.body, "id"))}`, {
    status: "completed",
    conclusion: "failure",
    output: { title: "Opens egress", summary: "s" },
  });
  const listed = (await ask("GET", `/commits/${head}/check-runs`)).body;
  const comment = await ask("POST", `/issues/${number}/comments`, { body: "Opens egress" });
  const edited = await ask("PATCH", `/issues/comments/${String(at(comment.body, "id"))}`, { body: "Edited" });
  const admin = (await ask("GET", "/collaborators/ann/permission")).body;
  return {
    token: {
      status: made.status,
      permissions: at(made.body, "permissions"),
      selection: at(made.body, "repository_selection"),
    },
    pull: ["state", "draft", "title", "merged"].map((name) => at(pull, name)),
    isHead: at(ref.body, "object", "sha") === head,
    ref: [ref.status, at(ref.body, "ref"), at(ref.body, "object", "type")],
    tree: entries
      .map((entry) => [at(entry, "path"), at(entry, "mode"), at(entry, "type")])
      .filter(([path]) => path !== "README.md"),
    truncated: at(tree, "truncated"),
    size: at(file, "size"),
    blob: [at(blob, "encoding"), Buffer.from(String(at(blob, "content")), "base64").toString("utf8")],
    comparison: ["status", "ahead_by", "behind_by", "total_commits"].map((name) => at(comparison, name)),
    files: (at(comparison, "files") as readonly object[]).map((one) =>
      ["filename", "status", "additions", "deletions", "changes", "patch"].map((name) => at(one, name)),
    ),
    run: [run.status, at(run.body, "status"), at(run.body, "conclusion"), at(run.body, "head_sha") === head],
    done: [
      done.status,
      at(done.body, "status"),
      at(done.body, "conclusion"),
      at(done.body, "output", "title"),
    ],
    listed: at(listed, "total_count"),
    comment: [
      comment.status,
      at(comment.body, "body"),
      at(comment.body, "user", "login"),
      at(comment.body, "user", "type"),
    ],
    edited: [edited.status, at(edited.body, "body")],
    admin: [at(admin, "permission"), at(admin, "role_name")],
  };
}

test("an emulator that others wrote tells the same story", async () => {
  const theirs = await emulator();
  try {
    expect(await story(ours())).toEqual(await story(theirs));
  } finally {
    await theirs.close();
  }
});
