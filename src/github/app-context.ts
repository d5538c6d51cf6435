import type { Configuration } from "../config/config.ts";
import type { RepositoryMap } from "../report/first-map/repository-map.ts";
import type { Link } from "../report/layout/phrase-markdown.ts";
import type { Review } from "../report/report.ts";
import type { Approval } from "../rules/approval.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import type { Clients } from "./client/clients.ts";
import type { RepositoryClient } from "./client/repository-client.ts";
import type { EvaluatedPullRequest } from "./evaluation/evaluated.ts";
import type { Queue, Store } from "./queue/queue.ts";
import type { Trust } from "./source/trust.ts";

/** What every job may use. Ports, so that the same jobs run against GitHub and under a virtual clock. */
export interface AppContext {
  readonly clients: Clients;
  readonly queue: Queue;
  readonly store: Store;
  readonly evaluator: Evaluator;
  readonly openTree: OpenTree;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly settings: AppSettings;
}

export interface AppSettings {
  /** Where the organisation's policy stands; it binds the repositories of the same owner. */
  readonly policyRepository: { readonly owner: string; readonly name: string } | null;
  /** Owners that are served; null = every installation. */
  readonly allowedOwners: readonly string[] | null;
  /** Where the documentation is published, without a slash at the end; null = the App's own page. */
  readonly documentationUrl: string | null;
  /** Keys a hidden marker of a comment: only this App can write one. */
  readonly markerKey: Uint8Array;
  /** Key approvals in check runs, and answers to comments. */
  readonly approvalKey: Uint8Array;
  readonly replyKey: Uint8Array;
  /** Wall clock of one whole evaluation. */
  readonly evaluationMilliseconds: number;
}

export interface Clock {
  now(): Date;
  /** A signal that aborts after this time, unless it is released before. */
  deadline(milliseconds: number): { readonly signal: AbortSignal; release(): void };
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Who asked for what and was refused or granted. */
  audit(fields: object, message: string): void;
}

/** Facts for operators; counted where they happen. */
export interface Meter {
  inProgress(): void;
  verdict(verdict: string): void;
  carried(): void;
}

/** The reviewer itself. Implemented by the engine, and by a table of answers in the model test. */
export interface Evaluator {
  readonly engineDigest: string;
  review(base: RepositoryTree, head: RepositoryTree, options: EvaluatorOptions): Promise<Review>;
  /** Whether a push to the base branch could change any verdict. */
  affects(before: RepositoryTree, after: RepositoryTree, options: EvaluatorScope): Promise<boolean>;
  /** Whether a flow is allowed, on both sides of a pull request, as Markdown. */
  ask: Ask;
  /** What a branch holds, as it stands. */
  map(tree: RepositoryTree, options: EvaluatorScope): Promise<RepositoryMap>;
}

/** May this flow? A problem is a sentence in plain text about the question. */
export type Ask = (
  evaluated: EvaluatedPullRequest,
  question: { readonly from: string; readonly to: string; readonly environment: string | null },
  options: EvaluatorScope & { readonly link: Link },
) => Promise<
  | { readonly kind: "answer"; readonly markdown: string }
  | { readonly kind: "problem"; readonly sentence: string }
>;

/** Whose renders these are: they are never answered from those of another installation, or of less trusted content. */
export interface EvaluatorScope {
  readonly partition: string;
  readonly configuration: Configuration;
  readonly organisation: Configuration | null;
  readonly repositoryUrls: readonly string[];
  readonly signal?: AbortSignal;
}

export interface EvaluatorOptions extends EvaluatorScope {
  readonly approvals: readonly Approval[];
}

/**
 * A commit's tree.
 *
 * @throws {GitHubError} what it needs may be had later
 * @throws {UnreadableCommit} it cannot be reviewed at all
 */
export type OpenTree = (
  client: RepositoryClient,
  commit: string,
  options: { readonly trust: Trust; readonly signal?: AbortSignal },
) => Promise<RepositoryTree>;

/** A commit whose tree is too large to be listed, or none that git would make. */
export class UnreadableCommit extends Error {
  override readonly name = "UnreadableCommit";
}
