import type { Configuration } from "../../config/config.ts";
import type { Review } from "../../report/report.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import type { PullRequest } from "../github.ts";

/** A pull request that was compared as what would land: tip of the base branch against the test merge. */
export interface EvaluatedPullRequest {
  readonly pullRequest: PullRequest;
  /** Commits that were compared. */
  readonly base: string;
  readonly merge: string;
  readonly baseTree: RepositoryTree;
  readonly mergeTree: RepositoryTree;
  /** Of the base branch, merged with the organisation's. */
  readonly configuration: Configuration;
  /** The organisation's alone, where there is one. */
  readonly organisation: Configuration | null;
  readonly review: Review;
}
