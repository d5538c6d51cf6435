/**
 * The App without GitHub: starts the service and a GitHub of our own beside it, opens the example pull request of `demo/`,
 * asks a question, pushes a fix, and prints what a person would see at each step.
 */
import { fileURLToPath } from "node:url";
import { filesIn, openStage, until } from "./github-stage.mjs";

const TITLE = "Let Spark jobs download packages";
const CHECK = "egress-review";
const POLICIES = "charts/networking/templates/data-platform.yaml";
const VALUES = "charts/networking/values.yaml";
const INTERNAL_ERROR = 70;

const base = filesIn(fileURLToPath(new URL("../demo/base", import.meta.url)));
const head = filesIn(fileURLToPath(new URL("../demo/head", import.meta.url)));
const failures = [];

console.log("Starting the service, and a GitHub of our own for it to talk to …");
let stage = null;
try {
  stage = await openStage();
  await play(stage);
} catch (error) {
  if (stage !== null) console.error(stage.output());
  expectThat(false, error instanceof Error ? error.message : String(error));
} finally {
  await stage?.close();
}
for (const failure of failures) console.error(`Not as expected: ${failure}.`);
if (failures.length > 0) process.exitCode = INTERNAL_ERROR;
else console.log("\nAll as expected. How to have it in an organisation of your own: docs/github-app.md");

/** @param {Awaited<ReturnType<typeof openStage>>} stage */
async function play({ fake, app }) {
  const [olga, ann, mia] = ["olga", "ann", "mia"].map((login) => fake.createUser(login));
  const harbour = fake.createOrganisation("harbour", [olga]);
  const platform = fake.createRepository(harbour, "platform", { files: base });
  fake.setPermission(ann, platform, "write");
  fake.setPermission(mia, platform, "maintain");
  fake.install(app, harbour, [platform]);
  fake.setRuleset(platform, {
    requiredChecks: [{ context: CHECK, integrationId: app.id }],
    strict: true,
  });
  const map = await finished(fake, platform, fake.tip(platform));

  step(1, `olga installs the App on ${platform.owner.login}/${platform.name}, and requires its check`);
  print(`${map.name} on the head of main: ${map.conclusion}, "${map.title}"`);
  expectThat(map.conclusion === "success", "the first map is green");

  fake.commit(platform, "spark-packages", changed(base, head), { author: ann, message: TITLE });
  const opened = Date.now();
  const pull = fake.openPullRequest(platform, { head: "spark-packages", author: ann, title: TITLE });
  const blocked = await finished(fake, platform, fake.head(pull));
  const began = seconds(opened, blocked.createdAt);
  step(2, `ann opens a pull request: in progress after ${began}, the verdict after ${seconds(opened)}`);
  print(fake.view(pull));
  expectThat(blocked.conclusion === "failure", "the check is red");
  expectThat(fake.mergeBox(pull).reasons.length > 0, "the pull request cannot be merged");
  expectThat(fake.comments(pull).length === 1, "there is one comment");
  expectThat(pull.reviewComments.length > 0, "a line of the diff has a comment");

  const question = "/egress explain data-platform/Deployment/notebooks -> internet:443";
  const asked = Date.now();
  fake.comment(pull, mia, question);
  await until("the question is answered", () => fake.comments(pull).length === 3);
  step(3, `mia asks a question, answered after ${seconds(asked)}`);
  print(fake.view(pull, { since: asked, details: false, files: false }));
  expectThat(/deny/i.test(last(fake, pull)) && /allow/i.test(last(fake, pull)), "the answer has both sides");

  const pushed = Date.now();
  fake.commit(platform, "spark-packages", fix(), { author: ann, message: "Name what the jobs need" });
  const green = await finished(fake, platform, fake.head(pull));
  step(4, `ann pushes a fix; the verdict is there after ${seconds(pushed)}`);
  print(fake.view(pull, { since: pushed, details: false }));
  expectThat(green.conclusion === "success", "the check is green");
  expectThat(fake.mergeBox(pull).reasons.length === 0, "the pull request can be merged");
  expectThat(fake.comments(pull).length === 3, "the comment is still one");
}

/** The run on a commit, when all that belongs to it stands. */
function finished(fake, repository, sha) {
  return until(`the check on ${sha.slice(0, 7)} is finished`, () => {
    const run = fake.checkRun(repository, sha, CHECK);
    const done = run?.status === "completed" && / (published|failed) /.test(run.externalId);
    return done ? run : null;
  });
}

/** What the review asks for: an address instead of none, names instead of "every". */
function fix() {
  return {
    [POLICIES]: head[POLICIES]
      .replace(
        /# Spark jobs install[^\n]*/,
        "# Spark jobs install their Python packages from the mirror beside them when they start.",
      )
      .replace("    # PyPI and Maven Central\n", "")
      .replace(
        "namespaceSelector: {}",
        "podSelector:\n            matchLabels:\n              app: package-mirror",
      ),
    [VALUES]: base[VALUES],
  };
}

/** @param {Record<string, string>} from @param {Record<string, string>} to */
function changed(from, to) {
  return Object.fromEntries([
    ...Object.entries(to).filter(([path, text]) => from[path] !== text),
    ...Object.keys(from)
      .filter((path) => to[path] === undefined)
      .map((path) => [path, null]),
  ]);
}

function last(fake, pull) {
  return fake.comments(pull).at(-1)?.body ?? "";
}

function step(number, title) {
  console.log(`\n${"═".repeat(100)}\n${number}. ${title}\n`);
}

function print(text) {
  console.log(
    text
      .split("\n")
      .map((line) => `  ${line}`.trimEnd())
      .join("\n"),
  );
}

function seconds(since, until = Date.now()) {
  return `${((until - since) / 1_000).toFixed(1)} s`;
}

function expectThat(condition, what) {
  if (!condition) failures.push(what);
}
