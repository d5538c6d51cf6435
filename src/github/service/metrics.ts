import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Meter } from "../app-context.ts";
import type { ObservedAnswer } from "../client/app-clients.ts";
import type { JobEnd } from "../queue/pg-boss-queue.ts";
import type { Job } from "../queue/queue.ts";

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300];

/** What stands in the database. */
export interface Standing {
  readonly jobs: number;
  readonly oldestSeconds: number;
  readonly blockedInstallations: number;
}

export type DeliveryResult =
  | "accepted"
  /** Of an event that the App does not listen to. */
  | "dropped"
  | "forged"
  | "oversized"
  | "malformed"
  /** Refused because there is too much, or because the service stops. */
  | "shed"
  /** Its sender went away before its end. */
  | "broken"
  /** Could not be written. */
  | "failed";

/** What operators watch; names are those of Prometheus, no label holds a name of a customer. */
export class Metrics implements Meter {
  readonly registry = new Registry();
  readonly #ack = this.#histogram(
    "egress_review_ack_seconds",
    "From a delivery's arrival to its acknowledgement",
  );
  readonly #deliveries = this.#counter(
    "egress_review_deliveries_total",
    "Deliveries by what became of them",
    ["result"],
  );
  readonly #jobs = this.#histogram("egress_review_job_seconds", "Jobs by kind and end", ["kind", "end"]);
  readonly #waits = this.#histogram(
    "egress_review_job_wait_seconds",
    "How long a job could have run before it did",
    ["kind"],
  );
  readonly #dead = this.#counter("egress_review_dead_jobs_total", "Jobs that failed at every attempt", [
    "kind",
  ]);
  readonly #began = this.#counter(
    "egress_review_in_progress_total",
    "Check runs that were set in progress",
    [],
  );
  readonly #verdicts = this.#counter("egress_review_verdicts_total", "Concluded check runs by verdict", [
    "verdict",
  ]);
  readonly #carried = this.#counter(
    "egress_review_carried_total",
    "Verdicts that stand because nothing they rest on moved",
    [],
  );
  readonly #requests = this.#histogram(
    "egress_review_github_request_seconds",
    "Requests to GitHub by route and status",
    ["route", "status"],
  );
  readonly #remaining = this.#gauge(
    "egress_review_github_remaining",
    "Requests that GitHub allows in this hour",
    ["installation"],
  );

  /** Read when somebody asks. */
  #standing: (() => Promise<Standing>) | null = null;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#standingGauge("egress_review_queue_jobs", "Jobs that could run and wait", ({ jobs }) => jobs);
    this.#standingGauge(
      "egress_review_queue_oldest_seconds",
      "How long the oldest of them waits",
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.#standingGauge(
      "egress_review_blocked_installations",
      "Installations that are asked nothing because GitHub asked to wait",
      ({ blockedInstallations }) => blockedInstallations,
    );
  }

  /** Where the numbers come from that stand in the database. */
  readStanding(from: () => Promise<Standing>): void {
    this.#standing = from;
  }

  /** A database that does not answer takes no other number with it. */
  #standingGauge(name: string, help: string, of: (standing: Standing) => number): void {
    const read = async () => {
      const standing = await this.#standing?.().catch(() => null);
      return standing == null ? Number.NaN : of(standing);
    };
    new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  #histogram<Name extends string>(name: string, help: string, labelNames: Name[] = []) {
    return new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [this.registry] });
  }

  #counter<Name extends string>(name: string, help: string, labelNames: Name[]) {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge<Name extends string>(name: string, help: string, labelNames: Name[]) {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  acknowledged(seconds: number): void {
    this.#ack.observe(seconds);
  }

  delivery(result: DeliveryResult): void {
    this.#deliveries.inc({ result });
  }

  jobEnded({ kind }: Job, end: JobEnd): void {
    this.#jobs.observe({ kind, end: end.kind }, end.milliseconds / 1_000);
    this.#waits.observe({ kind }, end.waitedMilliseconds / 1_000);
    if (end.kind === "dead") this.#dead.inc({ kind });
  }

  inProgress(): void {
    this.#began.inc();
  }

  verdict(verdict: string): void {
    this.#verdicts.inc({ verdict });
  }

  carried(): void {
    this.#carried.inc();
  }

  answered({ route, installation, status, milliseconds, remaining }: ObservedAnswer): void {
    this.#requests.observe({ route, status: status ?? "none" }, milliseconds / 1_000);
    if (remaining !== null) this.#remaining.set({ installation: installation ?? "app" }, remaining);
  }
}
