// Takes from GitHub's OpenAPI description what the fake GitHub in test/github answers, and writes third_party/github-openapi.
// Usage: npm pack @octokit/openapi@23.0.2, unpack it anywhere, then: node scripts/extract-github-schema.mjs FOLDER
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const MOST_BYTES = 1_000_000;
const TARGET = new URL("../third_party/github-openapi/", import.meta.url);

const OPERATIONS = [
  "GET /app",
  "POST /app-manifests/{code}/conversions",
  "GET /app/hook/config",
  "PATCH /app/hook/config",
  "GET /app/hook/deliveries",
  "GET /app/hook/deliveries/{delivery_id}",
  "POST /app/hook/deliveries/{delivery_id}/attempts",
  "GET /app/installations",
  "GET /app/installations/{installation_id}",
  "POST /app/installations/{installation_id}/access_tokens",
  "GET /installation/repositories",
  "GET /meta",
  "GET /orgs/{org}/installation",
  "GET /orgs/{org}/teams/{team_slug}/memberships/{username}",
  "GET /rate_limit",
  "GET /repos/{owner}/{repo}",
  "GET /repos/{owner}/{repo}/activity",
  "GET /repos/{owner}/{repo}/branches",
  "GET /repos/{owner}/{repo}/branches/{branch}",
  "GET /repos/{owner}/{repo}/branches/{branch}/protection",
  "GET /repos/{owner}/{repo}/branches/{branch}/protection/required_status_checks",
  "POST /repos/{owner}/{repo}/check-runs",
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}",
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations",
  "POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest",
  "GET /repos/{owner}/{repo}/check-suites/{check_suite_id}",
  "GET /repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs",
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
  "GET /repos/{owner}/{repo}/commits",
  "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls",
  "GET /repos/{owner}/{repo}/commits/{ref}",
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
  "GET /repos/{owner}/{repo}/commits/{ref}/check-suites",
  "GET /repos/{owner}/{repo}/compare/{basehead}",
  "GET /repos/{owner}/{repo}/contents/{path}",
  "GET /repos/{owner}/{repo}/git/blobs/{file_sha}",
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}",
  "GET /repos/{owner}/{repo}/git/matching-refs/{ref}",
  "GET /repos/{owner}/{repo}/git/ref/{ref}",
  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}",
  "GET /repos/{owner}/{repo}/installation",
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}",
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
  "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
  "GET /repos/{owner}/{repo}/pulls",
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}",
  "PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}",
  "POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments",
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
  "GET /repos/{owner}/{repo}/rules/branches/{branch}",
  "GET /user",
  "GET /users/{username}",
  "GET /users/{username}/installation",
];

const folder = process.argv[2];
if (folder === undefined) {
  console.error(
    "usage: node scripts/extract-github-schema.mjs FOLDER (of the unpacked package @octokit/openapi)",
  );
  process.exit(64);
}

const description = JSON.parse(readFileSync(join(folder, "generated", "api.github.com.json"), "utf8"));
const packageJson = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

const operations = {};
for (const operation of OPERATIONS) {
  const [method, path] = operation.split(" ");
  const found = description.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${operation} is not described`);
  const request = jsonOf(resolved(found.requestBody));
  const responses = {};
  for (const [status, response] of Object.entries(found.responses)) {
    const schema = jsonOf(resolved(response));
    if (status.startsWith("2") && schema !== undefined) responses[status] = bare(schema);
  }
  operations[operation] = { ...(request === undefined ? {} : { request: bare(request) }), responses };
}

const schemas = {};
const waiting = [...namesIn(operations)];
for (const name of waiting) {
  if (schemas[name] !== undefined) continue;
  schemas[name] = bare(description.components.schemas[name]);
  waiting.push(...namesIn(schemas[name]));
}

const sorted = Object.fromEntries(Object.entries(schemas).sort(([one], [other]) => (one < other ? -1 : 1)));
const text = `${JSON.stringify({ openapi: description.openapi, version: packageJson.version, operations, schemas: sorted })}\n`;
if (text.length > MOST_BYTES) throw new Error(`${text.length} bytes are more than ${MOST_BYTES}`);
writeFileSync(new URL("schemas.json", TARGET), text);
copyFileSync(join(folder, "LICENSE"), new URL("LICENSE", TARGET));
const digest = createHash("sha256").update(text).digest("hex");
writeFileSync(new URL("schemas.sha256", TARGET), `${digest}  schemas.json\n`);
console.log(
  `${OPERATIONS.length} operations, ${Object.keys(schemas).length} schemas, ${text.length} bytes, sha256 ${digest}`,
);

function resolved(value) {
  const name = value?.$ref?.replace("#/components/", "").split("/");
  return name === undefined ? value : description.components[name[0]][name[1]];
}

function jsonOf(value) {
  return value?.content?.["application/json"]?.schema;
}

/** Without what only people read. Under "properties" every key is a name and stays. */
function bare(value, names = false) {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key]) =>
      names || !["description", "example", "examples", "title", "externalDocs", "deprecated"].includes(key),
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, bare(item, !names && key === "properties")]));
}

function namesIn(value) {
  return [...JSON.stringify(value).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(([, name]) => name);
}
