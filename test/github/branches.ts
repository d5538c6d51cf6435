import { time } from "./answers.ts";
import { addCheckSuite } from "./check-suites.ts";
import type { Account, Move, PullRequest, Repository } from "./entities.ts";
import { pullPayload } from "./pull-requests.ts";
import { headOf } from "./test-merge.ts";
import { changesBetween } from "./tree-changes.ts";
import type { World } from "./world.ts";

const ZEROS = "0".repeat(40);

/** Moves a branch and does all that follows from it: events, pull requests with this head or base, check suites. */
export function moveBranch(
  world: World,
  of: {
    readonly repository: Repository;
    readonly branch: string;
    readonly after: string | null;
    readonly actor: Account;
    readonly activity?: Move["activity"];
    readonly forced?: boolean;
  },
): void {
  const { repository, branch, after, actor, forced = false } = of;
  const before = world.refSha(repository, `heads/${branch}`);
  if (before === after) return;
  const activity =
    of.activity ??
    (before === null
      ? "branch_creation"
      : after === null
        ? "branch_deletion"
        : forced
          ? "force_push"
          : "push");
  world.moveRef(repository, `heads/${branch}`, after, actor, activity);
  world.emit("push", null, { repository, sender: actor }, () =>
    pushPayload(world, repository, branch, before, after, actor, forced),
  );
  if (after === null) {
    for (const pull of pullsWithHead(world, repository, branch)) closePull(world, pull, actor);
    return;
  }
  requestSuites(world, repository, branch, before, after, actor);
  for (const pull of pullsWithHead(world, repository, branch)) synchronize(world, pull, after, actor);
  for (const pull of repository.pulls.values()) {
    if (pull.baseRef !== branch) continue;
    pull.readsSinceMove = 0;
    if (pull.state === "open" && repository.objects.ancestors(after).has(headOf(pull))) {
      markMerged(world, pull, before, after, actor);
    }
  }
}

function pullsWithHead(world: World, repository: Repository, branch: string): readonly PullRequest[] {
  const found: PullRequest[] = [];
  // A fork's branch is the head of pull requests of its parent.
  const homes = repository.parent === null ? [repository] : [repository, repository.parent];
  for (const home of homes) {
    if (home.deleted || !world.repositories.has(home.id)) continue;
    for (const pull of home.pulls.values()) {
      const ours = pull.headRepository === repository && pull.headRef === branch;
      if (ours && pull.state === "open") found.push(pull);
    }
  }
  return found;
}

function synchronize(world: World, pull: PullRequest, after: string, actor: Account): void {
  const before = headOf(pull);
  if (before === after) return;
  pull.headMoves.push({ at: world.now(), sha: after });
  pull.baseSha = world.branchTip(pull.repository, pull.baseRef);
  pull.updatedAt = world.now();
  pull.readsSinceMove = 0;
  const { repository } = pull;
  world.emit("pull_request", "synchronize", { repository, sender: actor }, () => ({
    ...pullPayload(world, pull),
    before,
    after,
  }));
}

/** Whose head was pushed into its base counts as merged. */
function markMerged(
  world: World,
  pull: PullRequest,
  before: string | null,
  after: string,
  actor: Account,
): void {
  const now = world.now();
  pull.baseSha = before ?? pull.baseSha;
  pull.merged = true;
  pull.mergedBy = actor;
  pull.mergedAt = now;
  pull.mergeCommit = after;
  closePull(world, pull, actor);
}

function closePull(world: World, pull: PullRequest, actor: Account): void {
  pull.state = "closed";
  pull.closedAt = world.now();
  pull.updatedAt = world.now();
  world.emit("pull_request", "closed", { repository: pull.repository, sender: actor }, () =>
    pullPayload(world, pull),
  );
}

/**
 * GitHub makes a suite for every App with `checks: write` on a push, and tells only that App. Not for pushes to forks, and
 * not where the commit asks for none (docs.github.com, "About status checks", `skip-checks: true`).
 */
function requestSuites(
  world: World,
  repository: Repository,
  branch: string,
  before: string | null,
  after: string,
  actor: Account,
): void {
  if (/^skip-checks: *true$/im.test(repository.objects.commit(after).message)) return;
  for (const installation of world.installations.values()) {
    if (installation.permissions["checks"] !== "write" || installation.suspendedAt !== null) continue;
    if (!world.holds(installation, repository)) continue;
    const { app } = installation;
    if (repository.checkSuites.some((one) => one.headSha === after && one.app === app)) continue;
    const suite = addCheckSuite(world, { repository, app, headSha: after, headBranch: branch, before });
    world.emit("check_suite", "requested", { repository, sender: actor, only: app }, () => ({
      check_suite: world.answers.checkSuite(suite, [], repository.objects.commit(after)),
    }));
  }
}

function pushPayload(
  world: World,
  repository: Repository,
  branch: string,
  before: string | null,
  after: string | null,
  actor: Account,
  forced: boolean,
) {
  const { answers } = world;
  const { objects } = repository;
  const pushed = after === null ? [] : objects.between(before ?? after, after);
  const commits = pushed.map((commit) => {
    const parent = commit.parents[0];
    const parentTree = parent === undefined ? objects.emptyTree : objects.commit(parent).tree;
    const changes = changesBetween(objects, parentTree, commit.tree);
    const paths = (status: string) =>
      changes.filter((change) => change.status === status).map(({ path }) => path);
    return {
      ...answers.eventCommit(repository, commit),
      distinct: true,
      added: paths("added"),
      removed: paths("removed"),
      modified: paths("modified"),
    };
  });
  const head = after === null ? null : objects.commit(after);
  return {
    ref: `refs/heads/${branch}`,
    before: before ?? ZEROS,
    after: after ?? ZEROS,
    created: before === null,
    deleted: after === null,
    forced,
    base_ref: null,
    compare: `${answers.repositoryPage(repository)}/compare/${before ?? ""}...${after ?? ""}`,
    commits,
    head_commit: head === null ? null : answers.eventCommit(repository, head),
    pusher: { name: actor.login, email: actor.email, date: time(world.now()) },
  };
}
