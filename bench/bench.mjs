/**
 * npm run bench -- CASES [GENERATOR]
 *
 * CASES: a folder with hmco.bundle (a real pull request). GENERATOR: a program that writes DIR/base and DIR/head when called
 * with --workloads W --policies P --out DIR. Prints figures; asserts nothing. Run it on an idle machine.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { measure, median } from "./process.mjs";

const RUNS = 5;
const [cases, generator] = process.argv.slice(2);
if (cases === undefined || !existsSync(join(cases, "hmco.bundle"))) {
  console.error("usage: npm run bench -- CASES [GENERATOR]   (CASES holds hmco.bundle)");
  process.exit(64);
}
const folder = mkdtempSync(join(tmpdir(), "egress-review-bench-"));
const row = (name, run) =>
  console.log(
    `| ${name} | ${run.wall.toFixed(2)} | ${run.cpu.toFixed(2)} | ${run.peakMegabytes.toFixed(0)} |${run.note ?? ""}`,
  );

function realPullRequest() {
  const repository = join(folder, "hmco");
  execFileSync("git", ["clone", "--quiet", resolve(cases, "hmco.bundle"), repository], { stdio: "ignore" });
  const review = [
    "review",
    "--repo",
    repository,
    "--base",
    "origin/pr-21/base",
    "--head",
    "origin/pr-21/head",
  ];
  const cold = Array.from({ length: RUNS }, (_, run) =>
    measure(review, { XDG_CACHE_HOME: join(folder, `cold-${run}`) }),
  );
  const warmCache = { XDG_CACHE_HOME: join(folder, "cold-0") };
  const warm = Array.from({ length: RUNS }, () => measure(review, warmCache));
  console.log(`\nA real pull request, both sides, median of ${RUNS} (exit code ${cold[0].status})\n`);
  console.log("| | wall s | CPU s | peak MB |\n|---|---|---|---|");
  row("cold", median(cold));
  row("from the render cache", median(warm));
  const stages = measure([...review, "--no-cache"], { EGRESS_REVIEW_TIMINGS: "1" });
  console.log(`\nStages of one cold run:\n${stages.stderr}`);
}

function sizeLadder() {
  console.log("\nGenerated clusters, plain manifests, base and head\n");
  console.log("| workloads x policies | wall s | CPU s | peak MB |\n|---|---|---|---|");
  for (const [workloads, policies] of [
    [500, 200],
    [1000, 500],
    [2000, 1000],
    [5000, 2000],
  ]) {
    const out = join(folder, `ladder-${workloads}`);
    execFileSync(
      resolve(generator),
      ["--workloads", `${workloads}`, "--policies", `${policies}`, "--out", out],
      {
        stdio: "ignore",
      },
    );
    const sides = [join(out, "base"), join(out, "head")];
    const cache = { XDG_CACHE_HOME: join(folder, `ladder-cache-${workloads}`) };
    const arguments_ = [
      "review",
      "--base-dir",
      sides[0],
      "--head-dir",
      sides[1],
      "--output",
      join(out, "review.txt"),
    ];
    row(`${workloads} x ${policies}, cold`, measure(arguments_, cache));
    row(`${workloads} x ${policies}, from the cache`, measure(arguments_, cache));
    row(`the yaml package alone`, measure(sides, {}, join(import.meta.dirname, "parse-yaml.mjs")));
  }
}

try {
  realPullRequest();
  if (generator !== undefined) sizeLadder();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
