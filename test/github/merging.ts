import { moveBranch } from "./branches.ts";
import type { Account, Move, PullRequest } from "./entities.ts";
import { mergeBox } from "./merge-box.ts";
import { pullPayload } from "./pull-requests.ts";
import { headOf, mergeCommit } from "./test-merge.ts";
import type { World } from "./world.ts";

/** Presses the button. @throws where the rules of the branch, or the person's role, do not allow it */
export function mergePull(world: World, pull: PullRequest, actor: Account): string {
  const { repository, baseRef } = pull;
  const { base } = world.roleOf(repository, actor);
  if (!["write", "maintain", "admin"].includes(base)) throw new Error(`${actor.login} may not merge`);
  const { reasons, queue } = mergeBox(world, pull);
  if (queue) throw new Error(`#${pull.number} must go through the merge queue`);
  if (reasons.length > 0) throw new Error(`#${pull.number} cannot be merged: ${reasons.join("; ")}`);
  const commit = mergeCommit(repository.objects, {
    into: world.branchTip(repository, baseRef),
    from: headOf(pull),
    message: `Merge pull request #${pull.number} from ${pull.headRepository.owner.login}/${pull.headRef}`,
    at: world.now(),
  });
  if (commit === null) throw new Error(`#${pull.number} conflicts`);
  completeMerge(world, pull, { commit, actor, activity: "pr_merge" });
  return commit;
}

export function completeMerge(
  world: World,
  pull: PullRequest,
  {
    commit,
    actor,
    activity,
  }: { readonly commit: string; readonly actor: Account; readonly activity: Move["activity"] },
): void {
  const { repository } = pull;
  const now = world.now();
  pull.baseSha = world.branchTip(repository, pull.baseRef);
  pull.state = "closed";
  pull.merged = true;
  pull.mergedBy = actor;
  pull.mergedAt = now;
  pull.closedAt = now;
  pull.updatedAt = now;
  pull.mergeCommit = commit;
  moveBranch(world, { repository, branch: pull.baseRef, after: commit, actor, activity });
  world.emit("pull_request", "closed", { repository, sender: actor }, () => pullPayload(world, pull));
}
