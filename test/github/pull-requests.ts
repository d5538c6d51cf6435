import type { Json } from "./answers.ts";
import type { Account, PullRequest, Repository } from "./entities.ts";
import type { GitCommit } from "./git-objects.ts";
import { headOf, type Mergeability } from "./test-merge.ts";
import { changesBetween, type FileChange, hunksOfChange } from "./tree-changes.ts";
import type { World } from "./world.ts";

/** The commit that head and base share: what the diff of the pull request starts from. */
function forkPoint(pull: PullRequest, head = headOf(pull)): string | null {
  const { objects, refs } = pull.repository;
  const base = refs.get(`heads/${pull.baseRef}`)?.moves.at(-1)?.after ?? pull.baseSha;
  return objects.mergeBase(pull.mergeCommit === null ? base : pull.baseSha, head);
}

export function filesOf(pull: PullRequest, head = headOf(pull)): readonly FileChange[] {
  const { objects } = pull.repository;
  const start = forkPoint(pull, head);
  const before = start === null ? objects.emptyTree : objects.commit(start).tree;
  return changesBetween(objects, before, objects.commit(head).tree);
}

export function commitsOf(pull: PullRequest, head = headOf(pull)): readonly GitCommit[] {
  const { objects } = pull.repository;
  const start = forkPoint(pull, head);
  return start === null ? [objects.commit(head)] : objects.between(start, head);
}

/** One pull request, whole. */
export function pullAnswer(world: World, pull: PullRequest, head: string, merge: Mergeability): Json {
  const files = filesOf(pull, head);
  const counts = files.map((file) => countLines(pull, file));
  const { answers } = world;
  return {
    ...answers.pull(pull, head, merge.commit),
    merged: pull.merged,
    mergeable: merge.mergeable,
    rebaseable: merge.mergeable,
    mergeable_state: merge.mergeable === null ? "unknown" : merge.mergeable ? "clean" : "dirty",
    merged_by: pull.mergedBy === null ? null : answers.account(pull.mergedBy),
    comments: pull.repository.issues.get(pull.number)?.comments.length ?? 0,
    review_comments: pull.reviewComments.length,
    maintainer_can_modify: pull.headRepository !== pull.repository,
    commits: commitsOf(pull, head).length,
    additions: counts.reduce((sum, { additions }) => sum + additions, 0),
    deletions: counts.reduce((sum, { deletions }) => sum + deletions, 0),
    changed_files: files.length,
  };
}

export function countLines(
  pull: { readonly repository: Repository },
  change: FileChange,
): { readonly additions: number; readonly deletions: number } {
  const lines = (hunksOfChange(pull.repository.objects, change) ?? []).flatMap((hunk) => hunk.lines);
  return {
    additions: lines.filter((line) => line.startsWith("+")).length,
    deletions: lines.filter((line) => line.startsWith("-")).length,
  };
}

/** In an event the test merge is never known yet. */
export function pullPayload(world: World, pull: PullRequest): Json {
  const unknown = { mergeable: null, commit: pull.testMerge?.commit ?? null };
  return { number: pull.number, pull_request: pullAnswer(world, pull, headOf(pull), unknown) };
}

/** An account whose address a commit names. */
function accountOf(world: World, email: string): Account | null {
  return world.accountsByEmail.get(email.toLowerCase()) ?? null;
}

export function commitAnswer(world: World, repository: Repository, commit: GitCommit): Json {
  return world.answers.commit(repository, commit, {
    author: accountOf(world, commit.author.email),
    committer: accountOf(world, commit.committer.email),
  });
}
