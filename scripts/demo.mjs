/** Reviews the example pull request of `demo/`: base and head become two commits of a throw-away repository. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { builtCommand } from "./built-command.mjs";
import { commit, emptyRepository, git, replaceFiles } from "./throwaway-repository.mjs";

const TITLE = "Let Spark jobs download packages";
const BLOCKED = 1;

const cli = builtCommand();
const repository = emptyRepository("egress-review-demo");
replaceFiles(repository, folder("base"));
commit(repository, "The platform as it runs");
git(repository, "switch", "--quiet", "--create", "spark-packages");
replaceFiles(repository, folder("head"));
commit(repository, TITLE);

const review = ["review", "--repo", repository, "--base", "main", "--head", "spark-packages"];
const size = git(repository, "diff", "--shortstat", "main", "spark-packages").trim();
console.log(`The pull request: "${TITLE}" (${size})\n`);
console.log(`$ node dist/cli.js ${review.join(" ")}\n`);
const { status } = spawnSync(process.execPath, [cli, ...review], { stdio: "inherit" });

if (status === BLOCKED) {
  askChecks();
  console.log(`
What to try next. The repository stays in ${repository}.
  git -C ${repository} show
      the pull request as its author sees it
  node dist/cli.js review --repo ${repository} --base main
      mend a file there, and review what you have not committed yet
  node dist/cli.js can --repo ${repository} --from data-platform/warehouse --to dns
      whether one flow is allowed, and by which rule
  node dist/cli.js surface --repo ${repository}
      what each workload may reach
  node dist/cli.js review --help
      how to review a pull request of your own`);
} else {
  console.error(
    `The demo expects a blocked review (exit code ${BLOCKED}), and this one ended with ${status}.`,
  );
  process.exitCode = 70;
}

/** The checks that somebody would run in the cluster after the merge, asked of both sides before it. */
function askChecks() {
  const checks = [
    ["A pod of the data platform must not reach the internet", "data-platform?run=test-pod", "internet:443"],
    ["It must resolve names", "data-platform?run=test-pod", "dns"],
    ["The tunnel must reach its edge", "cloudflare-tunnel/Deployment/cloudflared", "198.51.100.7:7844"],
    ["Spark jobs must reach package mirrors", "data-platform?spark-role=driver", "internet:443"],
  ];
  console.log("\nThe four checks after a deployment, answered before it:\n");
  for (const [title, from, to] of checks) {
    const asked = [
      "can",
      "--repo",
      repository,
      "--base",
      "main",
      "--head",
      "spark-packages",
      "--from",
      from,
      "--to",
      to,
    ];
    const { stdout } = spawnSync(process.execPath, [cli, ...asked], { encoding: "utf8" });
    const [answer] = stdout.split("\n");
    console.log(`  ${title}.\n    ${answer}`);
    console.log(
      `    $ node dist/cli.js ${asked.map((word) => (word.includes("?") ? `'${word}'` : word)).join(" ")}`,
    );
  }
}

/** @param {"base" | "head"} side */
function folder(side) {
  return fileURLToPath(new URL(`../demo/${side}`, import.meta.url));
}
