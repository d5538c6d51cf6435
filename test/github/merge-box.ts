import { newestRuns, runsOf } from "./check-suites.ts";
import type { CheckRun, PullRequest, Repository } from "./entities.ts";
import { headOf, readMergeability } from "./test-merge.ts";
import type { World } from "./world.ts";

export interface Requirement {
  readonly context: string;
  /** The App that alone may satisfy it; null = anybody. */
  readonly app: number | null;
  readonly strict: boolean;
}

export interface MergeBox {
  /** Why it cannot be merged; empty = it can. */
  readonly reasons: readonly string[];
  readonly checks: readonly { readonly requirement: Requirement; readonly state: CheckState }[];
  readonly queue: boolean;
}

export type CheckState = "satisfied" | "failing" | "running" | "missing";

/** What rulesets and classic protection together ask of a branch. */
export function requirementsOf(repository: Repository, branch: string): readonly Requirement[] {
  const ruled = rulesetsOf(repository, branch).flatMap(({ requiredChecks, strict }) =>
    requiredChecks.map(({ context, integrationId }) => ({ context, app: integrationId, strict })),
  );
  const protection = repository.protections.get(branch);
  const guarded = (protection?.checks ?? []).map(({ context, appId }) => ({
    context,
    app: appId,
    strict: protection?.strict ?? false,
  }));
  return [...ruled, ...guarded];
}

export function rulesetsOf(repository: Repository, branch: string) {
  return repository.rulesets.filter(({ branches }) =>
    branches.some(
      (one) =>
        one === branch ||
        one === "~ALL" ||
        (one === "~DEFAULT_BRANCH" && branch === repository.defaultBranch),
    ),
  );
}

/** Success, neutral and skipped satisfy (docs.github.com, "Troubleshooting required status checks"). */
const SATISFYING: ReadonlySet<string | null> = new Set(["success", "neutral", "skipped"]);

export function stateOf(repository: Repository, sha: string, { context, app }: Requirement): CheckState {
  const runs = newestRuns(runsOf(repository, sha)).filter(
    (run) => run.name === context && (app === null || run.app.id === app),
  );
  // Where anybody may post, the newest of them all counts.
  const newest = runs.reduce<CheckRun | null>(
    (best, run) => (best === null || run.id > best.id ? run : best),
    null,
  );
  const status =
    app === null
      ? repository.statuses.findLast((one) => one.sha === sha && one.context === context)
      : undefined;
  const states = [
    ...(newest === null ? [] : [runState(newest)]),
    ...(status === undefined ? [] : [statusState(status.state)]),
  ];
  // A status of the same name is required, too (same page).
  return states.find((state) => state !== "satisfied") ?? (states.length === 0 ? "missing" : "satisfied");
}

function runState({ status, conclusion }: CheckRun): CheckState {
  if (status !== "completed") return "running";
  return SATISFYING.has(conclusion) ? "satisfied" : "failing";
}

function statusState(state: string): CheckState {
  if (state === "success") return "satisfied";
  return state === "pending" ? "running" : "failing";
}

export function mergeBox(world: World, pull: PullRequest): MergeBox {
  const { repository, baseRef } = pull;
  const head = headOf(pull);
  const requirements = requirementsOf(repository, baseRef);
  const checks = requirements.map((requirement) => ({
    requirement,
    state: stateOf(repository, head, requirement),
  }));
  const { mergeable, commit } = readMergeability(world, pull);
  const onTestMerge = repository.statuses.filter((one) => one.sha === commit && one.state !== "success");
  const tip = world.refSha(repository, `heads/${baseRef}`);
  const behind = tip !== null && !repository.objects.ancestors(head).has(tip);
  const queue = rulesetsOf(repository, baseRef).some(({ mergeQueue }) => mergeQueue);
  const reasons = [
    ...(pull.state === "closed" ? ["the pull request is closed"] : []),
    ...(pull.draft ? ["it is a draft"] : []),
    ...(mergeable === false ? ["it conflicts with the base branch"] : []),
    ...(mergeable === null && pull.state === "open"
      ? ["GitHub still computes whether it can be merged"]
      : []),
    ...checks.flatMap(({ requirement, state }) =>
      state === "satisfied" ? [] : [`required check "${requirement.context}" ${WORDS[state]}`],
    ),
    ...(!queue && behind && requirements.some(({ strict }) => strict)
      ? ["the branch is out of date with the base branch"]
      : []),
    ...onTestMerge.map(({ context }) => `status "${context}" of the test merge is not successful`),
  ];
  return { reasons, checks, queue };
}

const WORDS = {
  failing: "is failing",
  running: "has not completed",
  missing: "is expected and was never reported",
} as const;
