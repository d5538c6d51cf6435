import { CHECK_NAME } from "../check-name.ts";
import type { RegisteredApp } from "../client/clients.ts";
import { GitHubError } from "../client/github-error.ts";
import type { BranchRules, RepositoryClient } from "../client/repository-client.ts";
import type { RequiredCheck } from "../github.ts";
import { attempt, type Diagnosis, ill, unanswered, well } from "./diagnosis.ts";

/**
 * Whether the check of a branch holds anything up. A check that nobody requires blocks nothing, one that anybody may post
 * proves nothing (threat T7), and two changes that are clean alone may not be clean together (threat T8).
 */
export async function examineRules(
  client: RepositoryClient,
  app: RegisteredApp,
  branch: string,
): Promise<readonly Diagnosis[]> {
  const rules = await attempt(() => client.branchRules(branch));
  if (rules instanceof GitHubError) {
    return [unanswered("check-required", `the rules of ${branch} cannot be seen`, rules)];
  }
  const { owner, name } = client.repository;
  const where = `${client.webUrl}/${owner}/${name}/settings/rules`;
  if (rules.checks === "unknown") {
    return [
      {
        code: "check-required",
        state: "unknown",
        text: `the rules of ${branch} cannot be seen`,
        remedy: `see that ${CHECK_NAME} is a required status check with ${app.slug} as its source: ${where}`,
      },
    ];
  }
  const ours = rules.checks.filter((check) => check.name === CHECK_NAME);
  if (ours.length === 0) {
    return [
      ill(
        "check-required",
        `${branch} does not require the check ${CHECK_NAME}: what it blocks can be merged`,
        `in a rule for ${branch}, "Require status checks to pass", add ${CHECK_NAME} with ${app.slug} as its source: ${where}`,
      ),
    ];
  }
  return [
    well("check-required", `${branch} requires the check ${CHECK_NAME}`),
    pinned(ours, app, where),
    upToDate(ours, rules, branch, where),
  ];
}

function pinned(ours: readonly RequiredCheck[], app: RegisteredApp, where: string): Diagnosis {
  const code = "check-pinned";
  const remedy = `choose ${app.slug} as the source of ${CHECK_NAME}: ${where}`;
  const other = ours.find((check) => check.app !== null && check.app !== app.id);
  if (other !== undefined) {
    return ill(code, `another App (${other.app}) is the source of the check: it stays open for ever`, remedy);
  }
  return ours.some((check) => check.app === app.id)
    ? well(code, `${app.slug} alone can satisfy it`)
    : ill(code, "whoever can write can post a green check of this name", remedy);
}

function upToDate(
  ours: readonly RequiredCheck[],
  { mergeQueue }: BranchRules,
  branch: string,
  where: string,
): Diagnosis {
  const code = "up-to-date";
  if (mergeQueue === "head-green") {
    return ill(
      code,
      "the merge queue merges what is red by itself together with what is green",
      `tick "Only merge non-failing pull requests" in its rule: ${where}`,
    );
  }
  if (ours.some(({ strict }) => strict))
    return well(code, "branches must be up to date before they are merged");
  if (mergeQueue === "all-green") return well(code, "merges go through a merge queue");
  const remedy = `in a ruleset tick "Require branches to be up to date before merging", or require a merge queue: ${where}`;
  return mergeQueue === "unknown"
    ? { code, state: "unknown", text: `whether ${branch} has a merge queue cannot be seen`, remedy }
    : ill(code, UNSEEN, remedy);
}

/** Classic protection tells no App without "administration" whether branches must be up to date; a ruleset tells all. */
const UNSEEN =
  "nothing that the App sees wants branches to be up to date: two changes that are clean alone can be merged at once and open egress together";
