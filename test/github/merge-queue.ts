import { moveBranch } from "./branches.ts";
import type { Account, MergeGroup, PullRequest, Repository } from "./entities.ts";
import { mergeBox, requirementsOf, stateOf } from "./merge-box.ts";
import { completeMerge } from "./merging.ts";
import { headOf, mergeCommit } from "./test-merge.ts";
import type { World } from "./world.ts";

/** Queues a pull request: its group holds the base, all that waits before it, and its own head. */
export function enqueue(world: World, pull: PullRequest): MergeGroup {
  const { repository, baseRef } = pull;
  const { reasons } = mergeBox(world, pull);
  if (reasons.length > 0) throw new Error(`#${pull.number} cannot be queued: ${reasons.join("; ")}`);
  const last = waiting(repository, baseRef).at(-1);
  const baseSha = last?.headSha ?? world.branchTip(repository, baseRef);
  const message = `Merge pull request #${pull.number} from ${pull.headRepository.owner.login}/${pull.headRef}`;
  const headSha = mergeCommit(repository.objects, {
    into: baseSha,
    from: headOf(pull),
    message,
    at: world.now(),
  });
  if (headSha === null) throw new Error(`#${pull.number} conflicts with what waits before it`);
  const headRef = `gh-readonly-queue/${baseRef}/pr-${pull.number}-${baseSha}`;
  const group: MergeGroup = { repository, pull, baseRef, baseSha, headRef, headSha, state: "queued" };
  repository.mergeQueue.push(group);
  const sender = queueBot(world);
  moveBranch(world, { repository, branch: headRef, after: headSha, actor: sender });
  world.emit("merge_group", "checks_requested", { repository, sender }, () => payload(world, group));
  return group;
}

function waiting(repository: Repository, baseRef: string): readonly MergeGroup[] {
  return repository.mergeQueue.filter((group) => group.baseRef === baseRef && group.state === "queued");
}

/** Merges from the front what is green, removes what is red and builds anew what stood behind it. */
export function settleQueue(world: World, repository: Repository, baseRef: string): void {
  const requirements = requirementsOf(repository, baseRef);
  for (;;) {
    const [first, ...behind] = waiting(repository, baseRef);
    if (first === undefined) return;
    const states = requirements.map((requirement) => stateOf(repository, first.headSha, requirement));
    if (states.some((state) => state === "running" || state === "missing")) return;
    const green = states.every((state) => state === "satisfied");
    if (green) {
      first.state = "merged";
      completeMerge(world, first.pull, {
        commit: first.headSha,
        actor: queueBot(world),
        activity: "merge_queue_merge",
      });
      destroy(world, first, "merged");
      continue;
    }
    first.state = "dequeued";
    destroy(world, first, "dequeued");
    for (const group of behind) {
      group.state = "invalidated";
      destroy(world, group, "invalidated");
    }
    for (const { pull } of behind) enqueue(world, pull);
  }
}

/** Somebody takes it out of the queue, or GitHub did not wait longer for its checks. */
export function dequeue(world: World, group: MergeGroup): void {
  group.state = "dequeued";
  destroy(world, group, "dequeued");
}

function destroy(world: World, group: MergeGroup, reason: string): void {
  const { repository } = group;
  const sender = queueBot(world);
  world.emit("merge_group", "destroyed", { repository, sender }, () => ({
    ...payload(world, group),
    reason,
  }));
  moveBranch(world, { repository, branch: group.headRef, after: null, actor: sender });
}

function payload(world: World, group: MergeGroup) {
  const commit = group.repository.objects.commit(group.headSha);
  return { merge_group: world.answers.mergeGroup(group, commit) };
}

function queueBot(world: World): Account {
  const login = "github-merge-queue[bot]";
  return world.account(login) ?? world.addAccount(login, "Bot");
}
