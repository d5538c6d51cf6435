import type { Link } from "../../report/layout/phrase-markdown.ts";
import type { Failure } from "../../report/pull-request/publication.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";
import type { Account, PullRequestReference } from "../github.ts";
import type { Queue, Store } from "../queue/queue.ts";

/** What it takes to answer one comment. */
export interface CommandContext {
  readonly client: RepositoryClient;
  readonly pullRequest: PullRequestReference;
  /** Id of the comment. */
  readonly comment: number;
  /** The pull request as it is now; from the cache where its head, base and policy were evaluated before. */
  readonly evaluated: () => Promise<Evaluation>;
  readonly ask: Ask;
  readonly store: Pick<Store, "exclusively" | "lastHead">;
  readonly queue: Pick<Queue, "add">;
  readonly keys: CommandKeys;
  /** Where lines of the compared commits can be read. */
  readonly link: (evaluated: EvaluatedPullRequest) => Link;
  /** Address of a page of the documentation, by its file name without ending. */
  readonly documentation: (page: string) => string;
  readonly clock: () => Date;
  readonly audit: (entry: AuditEntry) => void;
}

export type Evaluation =
  | { readonly kind: "evaluated"; readonly evaluated: EvaluatedPullRequest }
  | { readonly kind: "failed"; readonly failure: Failure }
  /** GitHub has no test merge of this head yet. */
  | { readonly kind: "pending"; readonly milliseconds: number };

export interface CommandKeys {
  /** `approvalKey` of the App's private key. */
  readonly approval: Uint8Array;
  /** `replyKey` of the same. */
  readonly reply: Uint8Array;
}

/** May this flow? Asked of both sides; the text is Markdown that was escaped, a problem is a sentence in plain text. */
export type Ask = (
  evaluated: EvaluatedPullRequest,
  question: { readonly from: string; readonly to: string; readonly environment: string | null },
) => Promise<
  | { readonly kind: "answer"; readonly markdown: string }
  | { readonly kind: "problem"; readonly sentence: string }
>;

/** What somebody tried, for those who look into it later. */
export interface AuditEntry {
  readonly action: "approve" | "recheck" | "explain" | "diff" | "help" | "restore" | "comment";
  readonly outcome: "done" | "refused" | "ignored";
  /** A code and what it is about; no text of a comment but the reason of an approval. */
  readonly why: string;
  readonly repository: number;
  readonly pullRequest: number;
  readonly comment: number;
  readonly actor: Pick<Account, "id" | "login"> | null;
  readonly details?: Readonly<Record<string, string>>;
}
