/**
 * Reviews the real pull requests of a folder of git bundles and compares each review with our facts about it, which stand
 * in `test/real/BUNDLE/CASE.json`. A case that is pending names why and is undecided; when it starts to agree, or to be
 * decided otherwise, that is an error, too.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { builtCommand } from "./built-command.mjs";
import { disagreements } from "./expectations.mjs";
import { git, temporaryDirectory } from "./throwaway-repository.mjs";

const FACTS = fileURLToPath(new URL("../test/real", import.meta.url));
const EXIT_CODES = { pass: 0, block: 1, undecided: 2 };
const NOW = "2026-01-01T00:00:00Z";
const USAGE = "usage: npm run cases -- DIR [BUNDLE/CASE ...]";

process.exitCode = main(process.argv.slice(2));

function main([folder, ...only]) {
  if (folder === undefined || !existsSync(folder)) {
    console.error(folder === undefined ? USAGE : `${folder} does not exist\n${USAGE}`);
    return 64;
  }
  const bundles = readdirSync(folder).filter((name) => name.endsWith(".bundle"));
  if (bundles.length === 0) {
    console.error(`${folder} holds no *.bundle\n${USAGE}`);
    return 64;
  }
  const cli = builtCommand();
  const workplace = temporaryDirectory("egress-review-cases");
  try {
    const results = bundles.flatMap((file) => reviewBundle(cli, workplace, resolve(folder, file), only));
    const count = (state) => results.filter((result) => result === state).length;
    console.log(`\n${count("ok")} agree, ${count("pending")} pending, ${count("failed")} failed`);
    if (results.length === 0) console.error(`no case is called ${only.join(" or ")}`);
    return results.length === 0 || results.includes("failed") ? 1 : 0;
  } finally {
    rmSync(workplace, { recursive: true });
  }
}

function reviewBundle(cli, workplace, file, only) {
  const bundle = basename(file, ".bundle");
  const repository = join(workplace, bundle);
  git(workplace, "clone", "--quiet", "--no-checkout", file, repository);
  const cases = knownCases(bundle);
  const reviewed = new Set([...cases.values()].flatMap(({ base, head }) => [base, head]));
  for (const branch of branches(repository)) {
    if (!reviewed.has(branch)) console.log(`?       ${bundle}: no facts about ${branch}`);
  }
  const chosen = [...cases].filter(([name]) => only.length === 0 || only.includes(`${bundle}/${name}`));
  return chosen.map(([name, facts]) => reviewCase(cli, repository, `${bundle}/${name}`, facts));
}

function branches(repository) {
  const all = git(repository, "for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin");
  return all.trim().split("\n");
}

function knownCases(bundle) {
  const folder = join(FACTS, bundle);
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return new Map(
    names.map((name) => [basename(name, ".json"), JSON.parse(readFileSync(join(folder, name), "utf8"))]),
  );
}

function reviewCase(cli, repository, name, { title, base, head, pending, facts }) {
  const started = performance.now();
  const { verdict, wrong } = compare(runReview(cli, repository, base, head), facts);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (pending !== undefined) return reportPending(name, title, pending, verdict, wrong);
  console.log(
    `${wrong.length === 0 ? "ok     " : "FAILED "} ${name}: ${title} (${facts.length} facts, ${seconds} s)`,
  );
  for (const line of wrong) console.log(`        ${line}`);
  return wrong.length === 0 ? "ok" : "failed";
}

/** What is not read yet is undecided: a case may neither agree with its facts nor be decided against them. */
function reportPending(name, title, reason, verdict, wrong) {
  if (verdict === "undecided" && wrong.length > 0) {
    console.log(`pending ${name}: ${title}: ${reason}`);
    return "pending";
  }
  if (wrong.length === 0) {
    console.log(
      `FAILED  ${name}: ${title}: agrees with its facts, though pending (${reason}); mark it as done`,
    );
    return "failed";
  }
  console.log(`FAILED  ${name}: ${title}: pending (${reason}), and not undecided but ${verdict ?? "broken"}`);
  for (const line of wrong) console.log(`        ${line}`);
  return "failed";
}

function runReview(cli, repository, base, head) {
  const args = [
    "review",
    "--repo",
    repository,
    "--base",
    base,
    "--head",
    head,
    "--format",
    "json",
    "--now",
    NOW,
  ];
  return spawnSync(process.execPath, [cli, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
}

function compare({ status, stdout, stderr }, facts) {
  if (stdout === "") {
    return { verdict: null, wrong: [`printed nothing and ended with ${status}: ${stderr.trim()}`] };
  }
  const review = JSON.parse(stdout);
  const wrong = facts.flatMap(({ fact, says, expect }) =>
    disagreements(review, expect).map((line) => `fact ${fact} (${says}) ${line}`),
  );
  if (status !== EXIT_CODES[review.verdict]) wrong.push(`${review.verdict} ended with exit code ${status}`);
  return { verdict: review.verdict, wrong };
}
