import type {
  Account,
  ChangedFile,
  CheckRun,
  CheckRunUpdate,
  Comment,
  Commit,
  InlineComment,
  NewInlineComment,
  PullRequest,
  RepositoryReference,
  RequiredCheck,
  Role,
} from "../github.ts";

/**
 * GitHub, as far as the App uses it, for one repository with a token that is good for this repository alone. Every method
 * throws `GitHubError` and nothing else. Listings are complete: every page is read. Nothing is retried in here: a job that
 * fails is run again by the queue, and looks first at what stands (a POST that seemed to fail may have worked).
 */
export interface RepositoryClient {
  readonly repository: RepositoryReference;
  /** The App whose token this is. */
  readonly app: { readonly id: number; readonly slug: string };
  /** "github.com", or the host of an own server. */
  readonly host: string;
  /** Where people see it: "https://github.com". */
  readonly webUrl: string;

  defaultBranch(): Promise<string>;
  pullRequest(number: number): Promise<PullRequest>;
  openPullRequests(): Promise<readonly PullRequest[]>;
  /** Open pull requests that contain a commit; not for commits of forks. */
  pullRequestsOf(commit: string): Promise<readonly PullRequest[]>;
  /** GitHub lists 3,000 files at most. */
  changedFiles(number: number): Promise<readonly ChangedFile[]>;
  /** GitHub lists 250 commits at most. */
  commitsOf(number: number): Promise<readonly Commit[]>;
  branchTip(branch: string): Promise<string>;
  /** The ref of the merge group that has this commit as its head, as long as it is queued. */
  mergeGroupRef(head: string): Promise<string | null>;
  commit(sha: string): Promise<Commit>;
  /** Commits that head has and base has not, oldest first; 250 at most. */
  commitsBetween(base: string, head: string): Promise<readonly Commit[]>;

  /** `id` names a tree or a commit. */
  gitTree(id: string, options: { readonly recursive: boolean }): Promise<GitTree>;
  blob(id: string): Promise<Uint8Array>;
  /** gzip; the caller reads or cancels it. */
  tarball(commit: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;

  /** All runs of the name on this commit that this App made, newest first. */
  checkRuns(sha: string, name: string): Promise<readonly CheckRun[]>;
  createCheckRun(sha: string, name: string, run: CheckRunUpdate): Promise<CheckRun>;
  updateCheckRun(id: number, run: CheckRunUpdate): Promise<CheckRun>;

  comments(number: number): Promise<readonly Comment[]>;
  comment(id: number): Promise<Comment>;
  createComment(number: number, body: string): Promise<Comment>;
  updateComment(id: number, body: string): Promise<Comment>;
  deleteComment(id: number): Promise<void>;
  react(comment: number, content: "+1" | "-1" | "confused" | "eyes"): Promise<void>;

  inlineComments(number: number): Promise<readonly InlineComment[]>;
  /** A review of kind COMMENT. One line outside the diff and GitHub refuses it whole ("invalid"). */
  createReview(
    number: number,
    review: {
      readonly commit: string;
      readonly body: string;
      readonly comments: readonly NewInlineComment[];
    },
  ): Promise<void>;
  updateInlineComment(id: number, body: string): Promise<void>;

  /** Looked up live: `author_association` is no authorisation. */
  role(login: string): Promise<Role>;
  /** "unknown" where the App may not read the members of the organisation. */
  isMember(organisation: string, team: string, login: string): Promise<boolean | "unknown">;
  /** Who pushed a commit (default: the head) as the tip of the head branch, where GitHub tells it. */
  lastPusher(number: number, commit?: string): Promise<Account | null>;
  /** Whose address it is, as commits of this repository show it; null = GitHub does not tell. */
  accountWithAddress(address: string): Promise<Account | null>;
  /** What the rules of a branch ask; "unknown" where the App may not read them. */
  branchRules(branch: string): Promise<BranchRules>;
}

export interface BranchRules {
  readonly checks: readonly RequiredCheck[] | "unknown";
  /**
   * Whether merges go through a merge queue, and what it merges: only what is green by itself, or whatever a green group
   * ends with.
   */
  readonly mergeQueue: "none" | "all-green" | "head-green" | "unknown";
}

export interface GitTree {
  readonly id: string;
  readonly truncated: boolean;
  readonly entries: readonly GitTreeEntry[];
}

export interface GitTreeEntry {
  readonly path: string;
  /** "100644", "100755", "120000", "160000", "040000". */
  readonly mode: string;
  readonly id: string;
  readonly size: number | null;
}
