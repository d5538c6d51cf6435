import type { Account, Issue, PullRequest, Repository } from "./entities.ts";
import { commitsOf, pullPayload } from "./pull-requests.ts";
import type { World } from "./world.ts";

/** @throws where GitHub would not open it: no such branch, or nothing between the two */
export function openPull(
  world: World,
  repository: Repository,
  of: {
    readonly headRepository: Repository;
    readonly headRef: string;
    readonly baseRef: string;
    readonly title: string;
    readonly body: string;
    readonly draft: boolean;
    readonly author: Account;
  },
): PullRequest {
  const now = world.now();
  const { headRepository, headRef, baseRef, title, body, draft, author } = of;
  const pull: PullRequest = {
    id: world.nextId() * 10,
    number: repository.nextNumber,
    repository,
    author,
    title,
    body,
    state: "open",
    draft,
    merged: false,
    mergedBy: null,
    mergedAt: null,
    mergeCommit: null,
    headRepository,
    headRef,
    headMoves: [{ at: now, sha: world.branchTip(headRepository, headRef) }],
    baseRef,
    baseSha: world.branchTip(repository, baseRef),
    testMerge: null,
    readsSinceMove: 0,
    reviews: [],
    reviewComments: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
  };
  if (commitsOf(pull).length === 0) throw new Error(`No commits between ${baseRef} and ${headRef}`);
  repository.nextNumber += 1;
  repository.pulls.set(pull.number, pull);
  addIssue(repository, { id: pull.id, number: pull.number, title, author, createdAt: now });
  world.emit("pull_request", "opened", { repository, sender: author }, () => pullPayload(world, pull));
  return pull;
}

/** Comments of a pull request hang on its issue. */
function addIssue(repository: Repository, of: Omit<Issue, "comments" | "state">): Issue {
  const issue: Issue = { ...of, comments: [], state: "open" };
  repository.issues.set(issue.number, issue);
  return issue;
}

/** A plain issue, for what must not be taken for a pull request. */
export function openIssue(world: World, repository: Repository, title: string, author: Account): Issue {
  const issue = addIssue(repository, {
    id: world.nextId() * 10,
    number: repository.nextNumber,
    title,
    author,
    createdAt: world.now(),
  });
  repository.nextNumber += 1;
  return issue;
}

/** Closed, reopened, ready and back to draft. */
export function changeState(
  world: World,
  pull: PullRequest,
  action: "closed" | "reopened" | "ready_for_review" | "converted_to_draft",
  sender: Account,
): void {
  const now = world.now();
  if (action === "closed") {
    pull.state = "closed";
    pull.closedAt = now;
  } else if (action === "reopened") {
    if (pull.merged) throw new Error(`#${pull.number} is merged`);
    pull.state = "open";
    pull.closedAt = null;
  } else pull.draft = action === "converted_to_draft";
  pull.updatedAt = now;
  world.emit("pull_request", action, { repository: pull.repository, sender }, () => pullPayload(world, pull));
}

export function retargetPull(world: World, pull: PullRequest, baseRef: string, sender: Account): void {
  const from = { ref: pull.baseRef, sha: pull.baseSha };
  pull.baseRef = baseRef;
  pull.baseSha = world.branchTip(pull.repository, baseRef);
  pull.readsSinceMove = 0;
  pull.updatedAt = world.now();
  world.emit("pull_request", "edited", { repository: pull.repository, sender }, () => ({
    ...pullPayload(world, pull),
    changes: { base: { ref: { from: from.ref }, sha: { from: from.sha } } },
  }));
}

export function retitlePull(world: World, pull: PullRequest, title: string, sender: Account): void {
  const from = pull.title;
  pull.title = title;
  pull.updatedAt = world.now();
  world.emit("pull_request", "edited", { repository: pull.repository, sender }, () => ({
    ...pullPayload(world, pull),
    changes: { title: { from } },
  }));
}
