import type { PullRequestReference } from "../../../src/github/github.ts";
import {
  type Delivery,
  type Expectation,
  type Job,
  jobKey,
  type Outcome,
  pullRequestKey,
  type Queue,
  type Store,
  type Work,
} from "../../../src/github/queue/queue.ts";

interface Waiting {
  readonly job: Job;
  dueAt: number;
  attempts: number;
}

export type JobEnd =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "error"; readonly error: unknown };

const MOST_ATTEMPTS = 8;
const BACKOFF_MILLISECONDS = 5_000;

/** The queue of the model: in memory, stepped by its test, under a clock that the test moves. */
export class VirtualQueue implements Queue, Store {
  readonly #now: () => number;
  #waiting = new Map<string, Waiting>();
  readonly #running = new Map<string, Waiting>();
  #expectations = new Map<string, Expectation & { readonly sequence: number }>();
  #heads = new Map<string, string>();
  #blocked = new Map<number, number>();
  #answered = new Set<string>();
  #notes = new Map<string, string>();
  #leases = new Map<string, Promise<void>>();
  #sequence = 0;
  readonly dead: { readonly job: Job; readonly error: unknown }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  async accept(_delivery: Delivery, work: readonly Work[]): Promise<void> {
    await this.add(work);
  }

  async add(work: readonly Work[], delayMilliseconds = 0): Promise<void> {
    for (const { job, expectation } of work) {
      if (job.kind === "review" && expectation !== undefined) this.#expect(job.pullRequest, expectation);
      const key = jobKey(job);
      if (job.kind === "command" && (this.#answered.has(key) || this.#running.has(key))) continue;
      const dueAt = this.#now() + delayMilliseconds;
      const standing = this.#waiting.get(key);
      if (standing === undefined) this.#waiting.set(key, { job, dueAt, attempts: 0 });
      else standing.dueAt = Math.min(standing.dueAt, dueAt);
    }
  }

  #expect(pullRequest: PullRequestReference, given: Expectation): void {
    const key = pullRequestKey(pullRequest);
    const standing = this.#expectations.get(key);
    this.#sequence += 1;
    const newer =
      standing === undefined || (given.updatedAt ?? "") >= (standing.updatedAt ?? "") ? given : standing;
    this.#expectations.set(key, {
      head: newer.head ?? standing?.head ?? null,
      updatedAt: newer.updatedAt ?? standing?.updatedAt ?? null,
      again: given.again || (standing?.again ?? false),
      sequence: this.#sequence,
    });
  }

  start(): Promise<void> {
    throw new Error("the model takes jobs itself");
  }

  async stop(): Promise<void> {}

  /** Jobs that may start now, by key. */
  ready(): readonly string[] {
    return [...this.#waiting]
      .filter(([key, { dueAt }]) => dueAt <= this.#now() && !this.#running.has(key))
      .map(([key]) => key);
  }

  /** When the next job may start; null = nothing waits. */
  nextDue(): number | null {
    const times = [...this.#waiting.values()].map(({ dueAt }) => dueAt);
    return times.length === 0 ? null : Math.min(...times);
  }

  take(key: string): Job {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) throw new Error(`${key} does not wait`);
    this.#waiting.delete(key);
    this.#running.set(key, waiting);
    return waiting.job;
  }

  end(job: Job, end: JobEnd): void {
    const key = jobKey(job);
    const ran = this.#running.get(key);
    if (ran === undefined) return;
    this.#running.delete(key);
    if (end.kind === "outcome") {
      if (end.outcome.kind === "later") this.#again(key, ran, end.outcome.milliseconds);
      else if (job.kind === "command") this.#answered.add(key);
      return;
    }
    const attempts = ran.attempts + 1;
    if (attempts >= MOST_ATTEMPTS) this.dead.push({ job, error: end.error });
    else this.#again(key, { ...ran, attempts }, BACKOFF_MILLISECONDS * 2 ** attempts);
  }

  #again(key: string, { job, attempts }: Waiting, milliseconds: number): void {
    const dueAt = this.#now() + milliseconds;
    const standing = this.#waiting.get(key);
    this.#waiting.set(key, { job, attempts, dueAt: Math.min(dueAt, standing?.dueAt ?? dueAt) });
  }

  /** The process died: what ran waits again, leases are free. */
  crash(): void {
    for (const [key, ran] of this.#running) this.#again(key, ran, 0);
    this.#running.clear();
    this.#leases = new Map();
  }

  /** The disk is gone, too. */
  lose(): void {
    this.crash();
    this.#waiting = new Map();
    this.#expectations = new Map();
    this.#heads = new Map();
    this.#blocked = new Map();
    this.#answered = new Set();
    this.#notes = new Map();
  }

  async expectation(pullRequest: PullRequestReference) {
    return this.#expectations.get(pullRequestKey(pullRequest)) ?? null;
  }

  async met(pullRequest: PullRequestReference, sequence: number): Promise<void> {
    const key = pullRequestKey(pullRequest);
    if (this.#expectations.get(key)?.sequence === sequence) this.#expectations.delete(key);
  }

  async lastHead(pullRequest: PullRequestReference): Promise<string | null> {
    return this.#heads.get(pullRequestKey(pullRequest)) ?? null;
  }

  async setLastHead(pullRequest: PullRequestReference, head: string): Promise<void> {
    this.#heads.set(pullRequestKey(pullRequest), head);
  }

  async blockedUntil(installation: number): Promise<Date | null> {
    const until = this.#blocked.get(installation);
    return until === undefined ? null : new Date(until);
  }

  async block(installation: number, until: Date): Promise<void> {
    this.#blocked.set(installation, until.getTime());
  }

  async exclusively<T>(name: string, action: () => Promise<T>): Promise<T> {
    const leases = this.#leases;
    const before = leases.get(name) ?? Promise.resolve();
    let release: () => void = () => undefined;
    leases.set(
      name,
      new Promise<void>((resolve) => {
        release = resolve;
      }),
    );
    await before;
    try {
      return await action();
    } finally {
      release();
    }
  }

  async note(name: string): Promise<string | null> {
    return this.#notes.get(name) ?? null;
  }

  async setNote(name: string, value: string): Promise<void> {
    this.#notes.set(name, value);
  }
}
