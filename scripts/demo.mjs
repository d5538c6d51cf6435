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
  console.log(`
What to try next. The repository stays in ${repository}.
  git -C ${repository} show
      the pull request as its author sees it
  node dist/cli.js review --repo ${repository} --base main
      mend a file there, and review what you have not committed yet
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

/** @param {"base" | "head"} side */
function folder(side) {
  return fileURLToPath(new URL(`../demo/${side}`, import.meta.url));
}
