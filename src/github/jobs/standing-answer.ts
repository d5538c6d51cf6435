import type { AppContext } from "../app-context.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { affectsMerge } from "../evaluation/affects-merge.ts";
import { type BaseBranch, readBaseBranch } from "../evaluation/base-branch.ts";
import type { CheckRun, PullRequest } from "../github.ts";
import { heldAgainst, questionOf, standingIdentity } from "../publish/run-identity.ts";
import type { CommitReview } from "./commit-review.ts";

/** What the newest run on a commit is worth now. */
export type StandingAnswer =
  /** Nothing of it would come out differently. */
  | { readonly kind: "answered" }
  /** The verdict stands; an attempt died before comment and review did, or they belong to another pull request. */
  | { readonly kind: "pages-missing"; readonly run: CheckRun }
  /** The base moved, and GitHub still makes the test merge that would tell. */
  | { readonly kind: "pending" }
  | { readonly kind: "none" };

const NONE: StandingAnswer = { kind: "none" };

export async function standingAnswer(
  app: AppContext,
  asked: CommitReview,
  together: readonly PullRequest[],
  runs: readonly CheckRun[],
): Promise<StandingAnswer> {
  const { client, again, signal } = asked;
  const [run] = runs;
  const standing = standingIdentity(runs);
  if (again || run === undefined || standing === null || standing.state === "open") return NONE;
  if (standing.kind !== "review" || standing.question !== questionOf(together)) return NONE;
  const bases = await Promise.all(
    together.map(async ({ base }) => readBaseBranch(app, client, await client.branchTip(base.ref), signal)),
  );
  const now = heldAgainst(
    bases.map(({ commit, policy }) => ({ commit, policy: policy.digest })),
    app.evaluator.engineDigest,
  );
  if (standing.policy !== now.policy || standing.engine !== now.engine) return NONE;
  for (const [index, base] of bases.entries()) {
    const evaluated = standing.bases[index];
    if (evaluated === base.commit) continue;
    const pullRequest = together[index];
    if (evaluated === undefined || pullRequest === undefined || standing.state === "failed") return NONE;
    const differs = await couldDiffer(app, asked, pullRequest, evaluated, base);
    if (differs === "pending") return { kind: "pending" };
    if (differs) return NONE;
  }
  // What several pull requests share says nothing about the pages of each.
  return standing.state === "judged" || together.length > 1
    ? { kind: "pages-missing", run }
    : { kind: "answered" };
}

/** Whether what the base branch got since an evaluation could change its verdict (threat T8). */
async function couldDiffer(
  app: AppContext,
  { client, pullRequest: own, signal }: CommitReview,
  { number }: PullRequest,
  evaluated: string,
  base: BaseBranch,
): Promise<boolean | "pending"> {
  if (base.policy.kind === "invalid") return true;
  // Listings do not say what a merge would be.
  const pullRequest = own.number === number ? own : await client.pullRequest(number);
  try {
    const differs = await affectsMerge(
      app,
      { client, pullRequest, evaluated, base, policy: base.policy },
      signal,
    );
    return differs === "pending" ? await patience(app, client, number, base) : differs;
  } catch (error) {
    if (error instanceof GitHubError) throw error;
    signal.throwIfAborted();
    // Whatever cannot be compared is evaluated, and ends in what people see.
    app.log.error({ err: error, repository: client.repository.id }, "a base push could not be compared");
    return true;
  }
}

/** How long an old answer stands while GitHub makes no test merge with the new base. */
const LONGEST_MERGE_MILLISECONDS = 30_000;

async function patience(
  app: AppContext,
  { repository }: RepositoryClient,
  number: number,
  { commit }: BaseBranch,
): Promise<true | "pending"> {
  const name = `awaits ${repository.id}#${number}`;
  const now = app.clock.now();
  const [base, since] = ((await app.store.note(name)) ?? "").split(" ");
  if (base !== commit || since === undefined) {
    await app.store.setNote(name, `${commit} ${now.toISOString()}`);
    return "pending";
  }
  return now.getTime() - Date.parse(since) < LONGEST_MERGE_MILLISECONDS ? "pending" : true;
}
