import { randomUUID } from "node:crypto";
import type { Failure } from "../../report/pull-request/publication.ts";
import type { Review } from "../../report/report.ts";
import type { Approval } from "../../rules/approval.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { type AppContext, UnreadableCommit } from "../app-context.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import { failureOf } from "../source/github-tree.ts";
import type { Trust } from "../source/trust.ts";
import { type BaseBranch, partitionedScope } from "./base-branch.ts";

/** Two commits to compare, the first of them with the policy that counts. */
export interface ComparedCommits {
  readonly client: RepositoryClient;
  readonly base: BaseBranch;
  /** The state that would land. */
  readonly merge: string;
  readonly trust: Trust;
  readonly approvals: readonly Approval[];
}

export type Evaluation =
  | { readonly kind: "reviewed"; readonly review: Review; readonly mergeTree: RepositoryTree }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * The review of a comparison, or why there is none. Only a finished evaluation is one: what a deadline cut short is a
 * failure, whatever it would have said.
 *
 * @throws {GitHubError} where it can be had later
 */
export async function evaluate(
  app: AppContext,
  comparison: ComparedCommits,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { client, base, merge, trust, approvals } = comparison;
  if (base.policy.kind === "invalid") {
    return { kind: "failed", failure: { code: "configuration", problems: base.policy.problems } };
  }
  const milliseconds = app.settings.evaluationMilliseconds;
  const deadline = app.clock.deadline(milliseconds);
  try {
    const either = AbortSignal.any([signal, deadline.signal]);
    const mergeTree = await app.openTree(client, merge, { trust, signal: either });
    const review = await app.evaluator.review(base.tree, mergeTree, {
      ...partitionedScope(client, trust, base.policy, either),
      approvals,
    });
    signal.throwIfAborted();
    if (deadline.signal.aborted) return tooLate(milliseconds);
    // What was read of a tree that could not be had in full says nothing about the commit.
    const missing = failureOf(base.tree) ?? failureOf(mergeTree);
    if (missing !== null) throw missing;
    return { kind: "reviewed", review, mergeTree };
  } catch (error) {
    if (error instanceof GitHubError || error instanceof UnreadableCommit) throw error;
    signal.throwIfAborted();
    if (deadline.signal.aborted) return tooLate(milliseconds);
    return crashed(app, client, error);
  } finally {
    deadline.release();
  }
}

function tooLate(milliseconds: number): Evaluation {
  return { kind: "failed", failure: { code: "deadline", seconds: Math.round(milliseconds / 1000) } };
}

/** The error goes to the log, where secrets of others are not read by a pull request; its reader gets a reference. */
function crashed(app: AppContext, { repository }: RepositoryClient, error: unknown): Evaluation {
  const reference = randomUUID().slice(0, 8);
  app.log.error({ err: error, reference, repository: repository.id }, "an evaluation crashed");
  return { kind: "failed", failure: { code: "crash", reference } };
}
