import type { PullRequestReference, RepositoryReference } from "../github.ts";

/**
 * One piece of work. It carries keys only: what is true is read from GitHub when the work is done, so that work that was
 * asked for many times is done once and with the newest state.
 */
export type Job =
  /** Bring check, comment and review of a pull request in line with its newest head. */
  | { readonly kind: "review"; readonly pullRequest: PullRequestReference }
  | {
      readonly kind: "merge-group";
      readonly repository: RepositoryReference;
      readonly base: string;
      readonly head: string;
      readonly ref: string;
    }
  /** Somebody asked for a run of this commit again: of its pull requests, its merge group, or its map. */
  | { readonly kind: "commit"; readonly repository: RepositoryReference; readonly head: string }
  /** Answer one comment; never merged with another. */
  | { readonly kind: "command"; readonly pullRequest: PullRequestReference; readonly comment: number }
  /** The map of a default branch. */
  | { readonly kind: "first-map"; readonly repository: RepositoryReference }
  /** A base branch moved: look at the open pull requests on it. */
  | { readonly kind: "branch"; readonly repository: RepositoryReference; readonly branch: string }
  /** The organisation's policy moved, or repositories came: look at everything of this installation. */
  | { readonly kind: "installation"; readonly installation: number }
  /** Compare GitHub with what should stand there. "recent" = touched since the last time. */
  | { readonly kind: "reconcile"; readonly scope: "recent" | "full" }
  /** Have failed deliveries sent again. */
  | { readonly kind: "deliveries" };

/** What an event knows about a pull request beyond its key; kept until work on it ended. */
export interface Expectation {
  /** The API may still show an older head: nothing older than this is evaluated. */
  readonly head: string | null;
  /** ISO 8601, of the pull request in the payload: events arrive out of order. */
  readonly updatedAt: string | null;
  /** Evaluate again though a finished run stands there. */
  readonly again: boolean;
}

export interface Work {
  readonly job: Job;
  readonly expectation?: Expectation;
}

export interface Delivery {
  /** GitHub's GUID: the same for a redelivery. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly installation: number | null;
  readonly receivedAt: Date;
}

export type Outcome =
  | { readonly kind: "done" }
  /** Not finished, and nobody's fault (GitHub lags, a limit): run it again after this time; counts as no attempt. */
  | { readonly kind: "later"; readonly milliseconds: number };

/** Runs one job. Throwing counts as an attempt; after the last one `onDead` is called. */
export type Worker = (job: Job, signal: AbortSignal) => Promise<Outcome>;

/**
 * Durable work. At most one job of a key runs at a time; one more of the same key may wait, and all that is asked for
 * meanwhile is that one. Work that a dead process held is given to another.
 */
export interface Queue {
  /** One transaction: the delivery, what it expects, the work. Resolved = durable. A repeated GUID is work again. */
  accept(delivery: Delivery, work: readonly Work[]): Promise<void>;
  add(work: readonly Work[], delayMilliseconds?: number): Promise<void>;
  start(worker: Worker, onDead: (job: Job, error: unknown) => Promise<void>): Promise<void>;
  /** No new work; resolves when what runs has ended or was handed back. */
  stop(milliseconds: number): Promise<void>;
}

/** A cache beside the queue: what is lost here is read from GitHub again, or evaluated again. */
export interface Store {
  /** null = nothing expected. `sequence` grows with every event. */
  expectation(
    pullRequest: PullRequestReference,
  ): Promise<(Expectation & { readonly sequence: number }) | null>;
  /** Work on it ended: what was expected is met, unless more came since. */
  met(pullRequest: PullRequestReference, sequence: number): Promise<void>;
  /** The last head that was evaluated; approvals are carried from it. */
  lastHead(pullRequest: PullRequestReference): Promise<string | null>;
  setLastHead(pullRequest: PullRequestReference, head: string): Promise<void>;
  /** Nothing is asked for this installation before this time. */
  blockedUntil(installation: number): Promise<Date | null>;
  block(installation: number, until: Date): Promise<void>;
  /** Runs `action` while nobody else, in any process, holds the name; a holder that died loses it after a minute. */
  exclusively<T>(name: string, action: () => Promise<T>): Promise<T>;
  /** Small notes of reconcilers: cursors. */
  note(name: string): Promise<string | null>;
  setNote(name: string, value: string): Promise<void>;
}

/** What a job is the same as: asked for twice, done once. */
export function jobKey(job: Job): string {
  switch (job.kind) {
    case "review":
      return `review:${pullRequestKey(job.pullRequest)}`;
    case "merge-group":
      return `merge-group:${job.repository.id}@${job.head}`;
    case "commit":
      return `commit:${job.repository.id}@${job.head}`;
    case "command":
      return `command:${job.pullRequest.repository.id}/${job.comment}`;
    case "first-map":
      return `first-map:${job.repository.id}`;
    case "branch":
      return `branch:${job.repository.id}/${job.branch}`;
    case "installation":
      return `installation:${job.installation}`;
    case "reconcile":
      return `reconcile:${job.scope}`;
    case "deliveries":
      return "deliveries";
  }
}

export function pullRequestKey({ repository, number }: PullRequestReference): string {
  return `${repository.installation}/${repository.id}#${number}`;
}

/** Whose turn it is: no installation may keep the others waiting. null = the service's own work. */
export function installationOf(job: Job): number | null {
  switch (job.kind) {
    case "review":
    case "command":
      return job.pullRequest.repository.installation;
    case "merge-group":
    case "commit":
    case "first-map":
    case "branch":
      return job.repository.installation;
    case "installation":
      return job.installation;
    case "reconcile":
    case "deliveries":
      return null;
  }
}
