import { expect, test } from "@jest/globals";
import { Octokit } from "@octokit/core";
import { FakeGitHub } from "./fake-github.ts";

test("one repository, one App, one pull request", async () => {
  let time = Date.parse("2026-03-01T10:00:00Z");
  const fake = new FakeGitHub({ clock: { now: () => time } });
  const acme = fake.createOrganisation("acme");
  const ann = fake.createUser("ann");
  const shop = fake.createRepository(acme, "shop", { files: { "a/policy.yaml": "one\ntwo\nthree\n", "b.txt": "x\n" } });
  fake.setPermission(ann, shop, "maintain");
  const app = fake.registerApp({
    permissions: { contents: "read", checks: "write", pull_requests: "write", issues: "read" },
    events: ["push", "pull_request", "issue_comment", "check_run", "check_suite"],
  });
  const installation = fake.install(app, acme, [shop]);
  fake.commit(shop, "open", { "a/policy.yaml": "one\n2\nthree\n" }, { author: ann, message: "Open" });
  const pull = fake.openPullRequest(shop, { head: "open", author: ann });
  const token = fake.token(installation, { repositories: [shop] });
  const octokit = new Octokit({ auth: token, request: { fetch: fake.fetch } });
  const at = { owner: "acme", repo: "shop" };
  const got = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { ...at, pull_number: pull.number });
  expect(got.data.mergeable).toBe(true);
  expect(got.data.changed_files).toBe(1);
  const run = await octokit.request("POST /repos/{owner}/{repo}/check-runs", { ...at, name: "x", head_sha: fake.head(pull), status: "in_progress" });
  expect(run.data.status).toBe("in_progress");
  const files = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", { ...at, pull_number: pull.number });
  expect(files.data[0]?.patch).toBe("@@ -1,3 +1,3 @@\n one\n-two\n+2\n three");
  await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { ...at, issue_number: pull.number, body: "hello" });
  const tar = await octokit.request("GET /repos/{owner}/{repo}/tarball/{ref}", { ...at, ref: fake.head(pull) });
  expect(tar.status).toBe(200);
  const seen: string[] = [];
  await fake.pump(async ({ headers }) => {
    seen.push(String(headers["x-github-event"]));
    return { status: 202 };
  });
  expect(seen).toEqual(["installation", "push", "check_suite", "pull_request", "check_run", "issue_comment"]);
  time += 3_600_000;
  await expect(octokit.request("GET /repos/{owner}/{repo}", at)).rejects.toThrow("Bad credentials");
  const start = performance.now();
  const fresh = new Octokit({ auth: fake.token(installation), request: { fetch: fake.fetch } });
  for (let i = 0; i < 500; i++) await fresh.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", { ...at, pull_number: pull.number });
  console.log((performance.now() - start) / 500, "ms with Octokit");
  const start2 = performance.now();
  for (let i = 0; i < 300; i++) await fake.fetch(`https://api.github.com/repos/acme/shop/pulls/${pull.number}`, { headers: { authorization: `token ${token}` } });
  console.log((performance.now() - start2) / 300, "ms raw");
});
