import type { Delivery, DeliveryFault } from "./delivery.ts";

/** What goes wrong with one request. "after" = GitHub did it and the answer was lost. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly effect: "before" | "after" }
  | { readonly kind: "reset"; readonly effect: "before" | "after" }
  /** Answered late; in process this waits by the clock's `wait`, or until the caller gives up. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** Done at once, and answered when this is settled; over HTTP alone. */
  | { readonly kind: "held"; readonly until: Promise<void> }
  /** The body ends in the middle. */
  | { readonly kind: "truncated" }
  | { readonly kind: "secondary-limit"; readonly retryAfterSeconds: number | null }
  | { readonly kind: "too-many-requests"; readonly retryAfterSeconds: number | null }
  | { readonly kind: "primary-exhausted"; readonly resetInSeconds: number }
  /** A fresh token that a part of GitHub has not heard of (octokit/auth-app.js#168). */
  | { readonly kind: "bad-credentials" };

/** What a fault is decided on. */
export interface FaultRequest {
  readonly method: string;
  /** As GitHub documents it: "/repos/{owner}/{repo}/check-runs"; null where no route matched. */
  readonly route: string | null;
  readonly path: string;
  readonly installation: number | null;
  /** Of all requests, from 1. */
  readonly count: number;
}

export interface FaultRule {
  readonly method?: string;
  /** A documented route, or a pattern for the path. */
  readonly route?: string | RegExp;
  readonly installation?: number;
  /** Of those that match, from this one on (1 = the first). */
  readonly from?: number;
  /** So many of them; without it, once. */
  readonly times?: number;
  readonly fault: Fault;
}

/** The plan of what goes wrong. Everything is off until a test sets it. */
export class Faults {
  readonly #rules: { readonly rule: FaultRule; seen: number }[] = [];
  /** Decides where no rule does: for random schedules. */
  decide: (request: FaultRequest) => Fault | null = () => null;
  decideDelivery: (delivery: Delivery) => DeliveryFault = () => "deliver";
  /** Reads show refs, heads and new objects as they were so long ago. */
  readLagMilliseconds = 0;
  /** Listings do not show comments and check runs younger than this. */
  listLagMilliseconds = 0;
  /** Reads of a pull request that say `mergeable: null` after its head or base moved. */
  mergeableNullReads = 0;
  /** Reads after those that still show the test merge with the base of before. */
  staleMergeReads = 0;

  add(rule: FaultRule): void {
    this.#rules.push({ rule, seen: 0 });
  }

  clear(): void {
    this.#rules.length = 0;
    this.decide = () => null;
    this.decideDelivery = () => "deliver";
    this.readLagMilliseconds = 0;
    this.listLagMilliseconds = 0;
    this.mergeableNullReads = 0;
    this.staleMergeReads = 0;
  }

  next(request: FaultRequest): Fault | null {
    for (const entry of this.#rules) {
      if (!matches(entry.rule, request)) continue;
      entry.seen += 1;
      const { from = 1, times = 1, fault } = entry.rule;
      if (entry.seen >= from && entry.seen < from + times) return fault;
    }
    return this.decide(request);
  }
}

function matches(rule: FaultRule, request: FaultRequest): boolean {
  if (rule.method !== undefined && rule.method !== request.method) return false;
  if (rule.installation !== undefined && rule.installation !== request.installation) return false;
  if (rule.route === undefined) return true;
  return typeof rule.route === "string" ? rule.route === request.route : rule.route.test(request.path);
}
