/**
 * Packs the project and uses the package as a stranger would: in an empty folder, by npx, without a build step, on a
 * repository with one policy that opens everything. Ends non-zero unless the review blocks.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "egress-review-package-"));

const policy = (egress) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: ${egress}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1}]}
`;

function git(repository, ...args) {
  const identity = [
    "-c",
    "user.name=check",
    "-c",
    "user.email=check@example.com",
    "-c",
    "init.defaultBranch=main",
  ];
  return execFileSync("git", [...identity, ...args], { cwd: repository, encoding: "utf8" });
}

try {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: project, stdio: "inherit" });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (archive === undefined) throw new Error("npm pack wrote no archive");
  console.log(`${archive}: ${(statSync(join(folder, archive)).size / 1e6).toFixed(1)} MB`);

  const repository = join(folder, "repository");
  mkdirSync(repository);
  git(repository, "init", "--quiet");
  writeFileSync(join(repository, "shop.yaml"), policy("[]"));
  git(repository, "add", ".");
  git(repository, "commit", "--quiet", "--message", "closed");
  writeFileSync(join(repository, "shop.yaml"), policy("[{}]"));

  const empty = join(folder, "empty");
  mkdirSync(empty);
  cpSync(join(folder, archive), join(empty, archive));
  const run = spawnSync(
    "npx",
    ["--yes", `--package=./${archive}`, "egress-review", "review", "--repo", repository],
    {
      cwd: empty,
      encoding: "utf8",
    },
  );
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  if (run.status !== 1) throw new Error(`expected the review to block (exit code 1), got ${run.status}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
