import type { RepositoryClient } from "../client/repository-client.ts";
import type { PullRequestEvaluation } from "../evaluation/evaluate-pull-request.ts";
import type { PullRequest, PullRequestReference } from "../github.ts";

/** A pull request whose head commit is to be reviewed. */
export interface CommitReview {
  readonly client: RepositoryClient;
  readonly reference: PullRequestReference;
  /** As the API shows it now. */
  readonly pullRequest: PullRequest;
  /** Somebody asked for it again. */
  readonly again: boolean;
  readonly signal: AbortSignal;
}

/** One pull request of a commit, evaluated or not. */
export interface ReviewedPullRequest {
  readonly pullRequest: PullRequest;
  readonly result: Exclude<PullRequestEvaluation, { readonly kind: "pending" }>;
}
