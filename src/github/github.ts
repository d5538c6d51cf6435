import type { CheckAction, CheckOutput, Conclusion } from "../report/pull-request/publication.ts";

/** A repository as an installation of the App sees it; the ids come from signed payloads alone, never from text. */
export interface RepositoryReference {
  readonly installation: number;
  readonly id: number;
  /** May be stale after a rename: the id decides, a client follows it. */
  readonly owner: string;
  readonly name: string;
}

export interface PullRequestReference {
  readonly repository: RepositoryReference;
  readonly number: number;
}

export interface PullRequest {
  readonly number: number;
  readonly state: "open" | "closed";
  readonly draft: boolean;
  readonly title: string;
  readonly author: Account;
  readonly head: { readonly sha: string; readonly ref: string; readonly fork: boolean };
  readonly base: { readonly sha: string; readonly ref: string };
  /** null = GitHub still computes it; false = a conflict. Listings do not carry it and say null. */
  readonly mergeable: boolean | null;
  /** The test merge, where GitHub has made one. */
  readonly mergeCommit: string | null;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly url: string;
}

export interface Account {
  readonly id: number;
  readonly login: string;
  readonly kind: "user" | "bot" | "organisation";
}

export interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** null where GitHub knows no account for the address that the commit names. */
  readonly author: Account | null;
  readonly committer: Account | null;
}

export interface ChangedFile {
  readonly path: string;
  readonly status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed" | "unchanged";
  /** Absent for large and binary files. */
  readonly patch: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly headSha: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion: Conclusion | "skipped" | "timed_out" | "stale" | null;
  readonly externalId: string;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly annotations: number;
  readonly startedAt: string;
  readonly url: string;
}

/** What a run is to say; what is absent stays as it is. Limits: `report/layout/limits.ts`. */
export interface CheckRunUpdate {
  readonly status?: "in_progress" | "completed";
  readonly conclusion?: Conclusion;
  readonly externalId?: string;
  readonly detailsUrl?: string;
  readonly output?: CheckOutput;
  readonly actions?: readonly CheckAction[];
}

/** A comment of the conversation. */
export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly author: Account;
  /** The App that wrote it, where an App did. */
  readonly app: number | null;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly url: string;
}

/** A comment at a line of the diff. */
export interface InlineComment {
  readonly id: number;
  readonly body: string;
  readonly author: Account;
  readonly path: string;
  /** null = outdated. */
  readonly line: number | null;
  readonly commit: string;
}

export interface NewInlineComment {
  readonly path: string;
  readonly body: string;
  readonly side: "LEFT" | "RIGHT";
  readonly startLine: number;
  readonly endLine: number;
}

export type Role = "admin" | "maintain" | "write" | "triage" | "read" | "none";

/** What a branch asks of a pull request. */
export interface RequiredCheck {
  readonly name: string;
  /** The App that alone may satisfy it; null = anybody who can write. */
  readonly app: number | null;
  readonly strict: boolean;
}
