import type { KeyObject } from "node:crypto";
import type { GitObjects } from "./git-objects.ts";

/** What the fake GitHub knows. Times are milliseconds since 1970. */

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Organization" | "Bot";
  readonly email: string;
  /** Owners of an organisation. */
  readonly owners: Set<Account>;
  /** Role of every member of an organisation in its repositories. */
  memberRole: Role;
  readonly members: Set<Account>;
  readonly createdAt: number;
}

export type Role = "admin" | "maintain" | "write" | "triage" | "read" | "none";

export interface Team {
  readonly organisation: Account;
  readonly slug: string;
  readonly members: Set<Account>;
}

export type Permissions = Readonly<Record<string, "read" | "write" | "admin">>;

export interface App {
  readonly id: number;
  readonly clientId: string;
  readonly slug: string;
  readonly name: string;
  readonly owner: Account;
  readonly bot: Account;
  permissions: Permissions;
  events: readonly string[];
  webhookUrl: string;
  webhookSecret: string;
  /** PEM; null once it was rotated away. */
  privateKey: string;
  publicKey: KeyObject;
  readonly createdAt: number;
}

export interface Installation {
  readonly id: number;
  readonly app: App;
  readonly account: Account;
  /** "all" = every repository of the account. */
  repositories: Set<Repository> | "all";
  /** What the owner accepted: the App may ask for more in the meantime. */
  permissions: Permissions;
  events: readonly string[];
  suspendedAt: number | null;
  deleted: boolean;
  readonly createdAt: number;
}

export interface Token {
  readonly value: string;
  readonly installation: Installation;
  /** null = all of the installation. */
  readonly repositories: ReadonlySet<number> | null;
  readonly permissions: Permissions;
  readonly expiresAt: number;
  readonly createdAt: number;
}

/** A ref and where it stood before. */
export interface Ref {
  readonly name: string;
  readonly moves: Move[];
}

export interface Move {
  readonly id: number;
  readonly at: number;
  readonly before: string | null;
  /** null = deleted. */
  readonly after: string | null;
  readonly actor: Account;
  readonly activity:
    | "push"
    | "force_push"
    | "branch_creation"
    | "branch_deletion"
    | "pr_merge"
    | "merge_queue_merge";
}

export interface Repository {
  readonly id: number;
  owner: Account;
  name: string;
  readonly objects: GitObjects;
  readonly parent: Repository | null;
  readonly private: boolean;
  archived: boolean;
  deleted: boolean;
  defaultBranch: string;
  readonly refs: Map<string, Ref>;
  readonly collaborators: Map<number, Grant>;
  readonly protections: Map<string, Protection>;
  rulesets: readonly Ruleset[];
  readonly issues: Map<number, Issue>;
  readonly pulls: Map<number, PullRequest>;
  nextNumber: number;
  readonly checkSuites: CheckSuite[];
  readonly checkRuns: Map<number, CheckRun>;
  readonly checkRunsByCommit: Map<string, CheckRun[]>;
  readonly statuses: CommitStatus[];
  readonly mergeQueue: MergeGroup[];
  readonly createdAt: number;
  pushedAt: number;
}

/** `role` is what "role_name" says: a name of the organisation's own stands on one of the five. */
export interface Grant {
  readonly role: string;
  readonly base: Role;
}

/** Classic branch protection. */
export interface Protection {
  readonly checks: readonly {
    readonly context: string;
    readonly appId: number | null;
  }[];
  readonly strict: boolean;
  readonly enforceAdmins: boolean;
}

export interface Ruleset {
  readonly id: number;
  readonly name: string;
  /** Names of branches, or "~DEFAULT_BRANCH", "~ALL". */
  readonly branches: readonly string[];
  readonly requiredChecks: readonly {
    readonly context: string;
    readonly integrationId: number | null;
  }[];
  readonly strict: boolean;
  readonly mergeQueue: boolean;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly title: string;
  readonly author: Account;
  readonly createdAt: number;
  readonly comments: IssueComment[];
  state: "open" | "closed";
}

export interface PullRequest {
  readonly id: number;
  readonly number: number;
  readonly repository: Repository;
  readonly author: Account;
  title: string;
  body: string;
  state: "open" | "closed";
  draft: boolean;
  merged: boolean;
  mergedBy: Account | null;
  mergedAt: number | null;
  mergeCommit: string | null;
  readonly headRepository: Repository;
  readonly headRef: string;
  readonly headMoves: { readonly at: number; readonly sha: string }[];
  baseRef: string;
  /** The tip of the base when the head was pushed or the base changed: it does not follow later pushes to the base. */
  baseSha: string;
  /** The newest test merge that somebody was shown. */
  testMerge: TestMerge | null;
  /** Reads since head or base moved. */
  readsSinceMove: number;
  readonly reviews: Review[];
  readonly reviewComments: ReviewComment[];
  readonly createdAt: number;
  updatedAt: number;
  closedAt: number | null;
}

export interface TestMerge {
  readonly head: string;
  readonly base: string;
  /** null = a conflict. */
  readonly commit: string | null;
}

export interface IssueComment {
  readonly id: number;
  readonly repository: Repository;
  readonly number: number;
  readonly author: Account;
  readonly app: App | null;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
  readonly reactions: Reaction[];
  deleted: boolean;
}

export interface Reaction {
  readonly id: number;
  readonly content: string;
  readonly author: Account;
  readonly createdAt: number;
}

export interface Review {
  readonly id: number;
  readonly author: Account;
  readonly app: App | null;
  readonly body: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";
  readonly commit: string;
  readonly submittedAt: number;
}

export interface ReviewComment {
  readonly id: number;
  readonly pull: PullRequest;
  readonly review: number;
  readonly author: Account;
  readonly app: App | null;
  body: string;
  readonly path: string;
  readonly commit: string;
  readonly side: "LEFT" | "RIGHT";
  readonly line: number;
  readonly startLine: number | null;
  readonly startSide: "LEFT" | "RIGHT" | null;
  readonly diffHunk: string;
  readonly replyTo: number | null;
  readonly createdAt: number;
  updatedAt: number;
  readonly reactions: Reaction[];
}

export interface CheckSuite {
  readonly id: number;
  readonly repository: Repository;
  readonly app: App;
  readonly headSha: string;
  headBranch: string | null;
  readonly before: string | null;
  readonly createdAt: number;
  updatedAt: number;
}

export type CheckStatus = "queued" | "in_progress" | "completed";

export type CheckConclusion =
  | "action_required"
  | "cancelled"
  | "failure"
  | "neutral"
  | "success"
  | "skipped"
  | "stale"
  | "timed_out";

export interface Annotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number | null;
  readonly endColumn: number | null;
  readonly level: "notice" | "warning" | "failure";
  readonly message: string;
  readonly title: string | null;
  readonly rawDetails: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly repository: Repository;
  readonly app: App;
  readonly suite: CheckSuite;
  readonly headSha: string;
  name: string;
  status: CheckStatus;
  conclusion: CheckConclusion | null;
  externalId: string;
  detailsUrl: string;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: Annotation[];
  actions: readonly CheckAction[];
  startedAt: number;
  completedAt: number | null;
  readonly createdAt: number;
  /** Every state that a person could have seen, oldest first. */
  readonly seen: { readonly at: number; readonly status: CheckStatus; readonly conclusion: string | null }[];
}

export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export interface CommitStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: "success" | "failure" | "pending" | "error";
  readonly author: Account;
}

export interface MergeGroup {
  readonly repository: Repository;
  readonly pull: PullRequest;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly headRef: string;
  readonly headSha: string;
  state: "queued" | "merged" | "invalidated" | "dequeued";
}
