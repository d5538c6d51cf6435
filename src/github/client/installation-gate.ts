import { GitHubError } from "./github-error.ts";

export interface GateOptions {
  /** Writes that may follow each other at once. */
  readonly burst: number;
  /** Writes that a second brings back. */
  readonly writesPerSecond: number;
  /** A write that had to wait longer is given back to the queue. */
  readonly maximumWaitMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const GATE_DEFAULTS: GateOptions = {
  burst: 10,
  writesPerSecond: 1,
  maximumWaitMilliseconds: 8_000,
  now: () => Date.now(),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * What one installation may ask of GitHub now: nothing before the time that GitHub named, and one write after the other,
 * some at once and then one a second (docs.github.com, "Best practices for using the REST API": serial requests, a pause
 * of a second between many writes). Why a bucket: docs/decisions/0007.
 */
export class InstallationGate {
  readonly #options: GateOptions;
  #blockedUntil = 0;
  #tokens: number;
  #filledAt: number;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(options: Partial<GateOptions> = {}) {
    this.#options = { ...GATE_DEFAULTS, ...options };
    this.#tokens = this.#options.burst;
    this.#filledAt = this.#options.now();
  }

  /** Nothing passes before this time. */
  block(until: Date): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until.getTime());
  }

  /** @throws {GitHubError} "rate-limited", without anything sent */
  async read<T>(action: () => Promise<T>): Promise<T> {
    this.#throwIfBlocked();
    return action();
  }

  /** @throws {GitHubError} "rate-limited", without anything sent */
  write<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(async () => {
      this.#throwIfBlocked();
      await this.#take();
      this.#throwIfBlocked();
      return action();
    });
    this.#lastWrite = turn.catch(() => undefined);
    return turn;
  }

  async #take(): Promise<void> {
    const { burst, writesPerSecond, maximumWaitMilliseconds, now, wait } = this.#options;
    const time = now();
    this.#tokens = Math.min(burst, this.#tokens + ((time - this.#filledAt) / 1_000) * writesPerSecond);
    this.#filledAt = time;
    const missing = Math.ceil(((1 - this.#tokens) / writesPerSecond) * 1_000);
    if (missing > maximumWaitMilliseconds) throw limited(time + missing);
    this.#tokens -= 1;
    if (missing > 0) await wait(missing);
  }

  #throwIfBlocked(): void {
    if (this.#options.now() < this.#blockedUntil) throw limited(this.#blockedUntil);
  }
}

function limited(until: number): GitHubError {
  return new GitHubError("rate-limited", "not asked: the installation has to wait", {
    until: new Date(until),
  });
}
