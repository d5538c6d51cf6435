/**
 * Runs `node dist/cli.js ARGUMENTS` as a whole process and says what it cost.
 *
 * CPU and peak memory are the operating system's own accounting of the finished process (all threads), read in the child
 * as it ends; wall time is taken outside.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const commandLine = resolve(import.meta.dirname, "..", "dist", "cli.js");
const reporter = pathToFileURL(join(import.meta.dirname, "report-usage.mjs")).href;

/** @returns {{status: number|null, wall: number, cpu: number, peakMegabytes: number, stdout: string, stderr: string}} seconds and MB */
export function measure(commandArguments, environment = {}, script = commandLine) {
  const folder = mkdtempSync(join(tmpdir(), "egress-review-usage-"));
  const usageFile = join(folder, "usage.json");
  try {
    const started = process.hrtime.bigint();
    const run = spawnSync(process.execPath, ["--import", reporter, script, ...commandArguments], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      env: { ...process.env, ...environment, EGRESS_REVIEW_USAGE_FILE: usageFile },
    });
    const wall = Number(process.hrtime.bigint() - started) / 1e9;
    const usage = JSON.parse(readFileSync(usageFile, "utf8"));
    return {
      status: run.status,
      wall,
      cpu: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
      peakMegabytes: usage.maxRSS / 1024,
      stdout: run.stdout,
      stderr: run.stderr,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The median of several runs, each figure for itself. */
export function median(runs) {
  const middle = (pick) => runs.map(pick).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  return {
    wall: middle((run) => run.wall),
    cpu: middle((run) => run.cpu),
    peakMegabytes: middle((run) => run.peakMegabytes),
  };
}
