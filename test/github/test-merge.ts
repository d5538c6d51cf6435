import type { PullRequest } from "./entities.ts";
import type { GitObjects } from "./git-objects.ts";
import { mergeTrees } from "./tree-changes.ts";
import type { World } from "./world.ts";

export interface Mergeability {
  /** null = GitHub still computes it. */
  readonly mergeable: boolean | null;
  readonly commit: string | null;
}

/** A merge of two commits as GitHub makes it; null = a conflict. */
export function mergeCommit(
  objects: GitObjects,
  of: { readonly into: string; readonly from: string; readonly message: string; readonly at: number },
): string | null {
  const base = objects.mergeBase(of.into, of.from);
  const tree = mergeTrees(
    objects,
    base === null ? objects.emptyTree : objects.commit(base).tree,
    objects.commit(of.into).tree,
    objects.commit(of.from).tree,
  );
  if (tree === null) return null;
  const signature = { name: "GitHub", email: "noreply@github.com", at: of.at };
  return objects.storeCommit({
    tree,
    parents: [of.into, of.from],
    author: signature,
    committer: signature,
    message: of.message,
  });
}

export function headOf(pull: PullRequest): string {
  return pull.headMoves.at(-1)?.sha ?? "";
}

/** The head that a read shows. */
export function visibleHead(world: World, pull: PullRequest): string {
  const lag = world.faults.readLagMilliseconds;
  if (lag === 0) return headOf(pull);
  const until = world.now() - lag;
  return pull.headMoves.filter(({ at }, index) => index === 0 || at <= until).at(-1)?.sha ?? "";
}

/** What a read of one pull request says about its test merge; GitHub makes it when somebody asks. */
export function readMergeability(world: World, pull: PullRequest): Mergeability {
  if (pull.state === "closed") return { mergeable: null, commit: pull.testMerge?.commit ?? null };
  const head = headOf(pull);
  const base = world.refSha(pull.repository, `heads/${pull.baseRef}`);
  if (base === null) return { mergeable: false, commit: null };
  const known = pull.testMerge;
  if (known === null || known.head !== head || known.base !== base) {
    pull.readsSinceMove += 1;
    const { mergeableNullReads, staleMergeReads } = world.faults;
    if (pull.readsSinceMove <= mergeableNullReads) return { mergeable: null, commit: known?.commit ?? null };
    const stale = pull.readsSinceMove <= mergeableNullReads + staleMergeReads;
    if (stale && known !== null && known.head === head) {
      return { mergeable: known.commit !== null, commit: known.commit };
    }
    pull.testMerge = { head, base, commit: testMerge(world, pull, head, base) };
    pull.readsSinceMove = 0;
  }
  const commit = pull.testMerge?.commit ?? null;
  return { mergeable: commit !== null, commit };
}

function testMerge(world: World, pull: PullRequest, head: string, base: string): string | null {
  const message = `Merge ${head} into ${base}`;
  return mergeCommit(pull.repository.objects, { into: base, from: head, message, at: world.now() });
}
