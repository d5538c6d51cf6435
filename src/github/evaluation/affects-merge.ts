import { changedPaths } from "../../tree/changed-paths.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { overlay } from "../../tree/overlay.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import type { AppContext } from "../app-context.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequest } from "../github.ts";
import { failureOf } from "../source/github-tree.ts";
import { testMerge } from "../source/test-merge.ts";
import type { Trust } from "../source/trust.ts";
import { type BaseBranch, type BranchPolicy, partitionedScope } from "./base-branch.ts";

export interface MovedBase {
  readonly client: RepositoryClient;
  readonly pullRequest: PullRequest;
  /** The tip that the standing verdict was held against. */
  readonly evaluated: string;
  /** The tip of now. */
  readonly base: BaseBranch;
  readonly policy: Extract<BranchPolicy, { readonly kind: "policy" }>;
}

/**
 * Whether a push to the base branch could change the verdict of a pull request: of what the base holds, and of what would land, which
 * may read files that nothing in the base reads. The merge of before is gone; it is the one of now with what the push changed taken
 * back.
 */
export async function affectsMerge(
  app: AppContext,
  { client, pullRequest, evaluated, base, policy }: MovedBase,
  signal: AbortSignal,
): Promise<boolean | "pending"> {
  const before = await app.openTree(client, evaluated, { trust: "base", signal });
  if (await app.evaluator.affects(before, base.tree, partitionedScope(client, "base", policy, signal)))
    return true;
  const landing = await testMerge(client, pullRequest);
  if (landing.kind === "pending") return "pending";
  if (landing.kind === "conflict" || landing.base !== base.commit) return true;
  const trust: Trust = pullRequest.head.fork ? "fork" : "change";
  const merge = await app.openTree(client, landing.merge, { trust, signal });
  const former = await takenBack(merge, before, base.tree);
  if (former === null) return true;
  const differs = await app.evaluator.affects(former, merge, partitionedScope(client, trust, policy, signal));
  // What could not be read of a tree is no sign that nothing of it moved.
  for (const tree of [before, base.tree, merge]) {
    const failure = failureOf(tree);
    if (failure !== null) throw failure;
  }
  return differs;
}

/** null = a link or a submodule moved, which files cannot take back. */
async function takenBack(
  merge: RepositoryTree,
  before: RepositoryTree,
  after: RepositoryTree,
): Promise<RepositoryTree | null> {
  const files = new Map<string, Uint8Array | null>();
  for (const path of await changedPaths(before, after)) {
    const [old, now] = [before.entries().get(path), after.entries().get(path)];
    if ([old, now].some((entry) => entry !== undefined && entry.kind !== "file")) return null;
    const bytes = old === undefined ? null : await before.read(path);
    if (bytes !== null && isTreeProblem(bytes)) return null;
    files.set(path, bytes);
  }
  return overlay(merge, files);
}
