import { commentableLines } from "../../report/pull-request/commentable-lines.ts";
import type { CommentableFile } from "../../report/pull-request/publication.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import type { AppContext } from "../app-context.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";

/**
 * Lines of a pull request that can be spoken of. What was evaluated is the test merge and the tip of the base; GitHub counts the lines
 * of the head and of the commit where the two parted. Only where a file is the same in both does a line of the one mean the same line
 * of the other: a wrong line is worse than none.
 */
export async function commentableFiles(
  app: AppContext,
  client: RepositoryClient,
  { pullRequest, base, mergeTree }: EvaluatedPullRequest,
): Promise<readonly CommentableFile[]> {
  const { head, number } = pullRequest;
  const changed = await client.changedFiles(number);
  const trust = head.fork ? "fork" : "change";
  const headTree = await app.openTree(client, head.sha, { trust });
  // The head holds the tip of the base: then the two parted there.
  const current = (await client.commitsBetween(head.sha, base)).length === 0;
  const files: CommentableFile[] = [];
  for (const { path, patch } of changed) {
    const { left, right } = commentableLines(patch);
    files.push({
      path,
      left: current ? left : [],
      right: (await isSame(headTree, mergeTree, path)) ? right : [],
    });
  }
  return files;
}

async function isSame(one: RepositoryTree, other: RepositoryTree, path: string): Promise<boolean> {
  const [a, b] = await Promise.all([one.blobId(path), other.blobId(path)]);
  return !isTreeProblem(a) && a === b;
}
