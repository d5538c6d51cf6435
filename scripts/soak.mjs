/**
 * Long runs of what `npm test` does briefly: `npm run soak -- model --schedules 100000 [--seed 1]`. A schedule that fails tells its
 * seed and its story; `--seed SEED --schedules 1` replays it.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    schedules: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
  },
});
const isCount = (/** @type {string} */ text) => /^[1-9]\d{0,9}$/.test(text);
if (positionals.join() !== "model" || !isCount(values.schedules) || !isCount(values.seed)) {
  console.error("usage: npm run soak -- model --schedules N [--seed S]");
  process.exit(64);
}
console.log(`${values.schedules} schedules from seed ${values.seed}`);
const jest = fileURLToPath(new URL("../node_modules/jest/bin/jest.js", import.meta.url));
const { status } = spawnSync(
  process.execPath,
  ["--experimental-vm-modules", "--no-warnings", jest, "test/github-app/model"],
  {
    stdio: "inherit",
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, EGRESS_REVIEW_SCHEDULES: values.schedules, EGRESS_REVIEW_SEED: values.seed },
  },
);
process.exitCode = status ?? 70;
