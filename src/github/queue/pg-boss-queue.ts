import { type JobWithMetadata, PgBoss } from "pg-boss";
import type { Database, Transaction } from "./database.ts";
import { noteDelivery, noteExpectation, type PostgresStore } from "./postgres-store.ts";
import {
  type Delivery,
  installationOf,
  type Job,
  jobKey,
  type Queue,
  type Work,
  type Worker,
} from "./queue.ts";

export interface PgBossQueueOptions {
  readonly database: Database;
  readonly store: PostgresStore;
  /** Jobs of this process that run at the same time; commands have as many again, so that a person is not kept waiting. */
  readonly concurrency: number;
  /** Wall clock of one job. */
  readonly jobMilliseconds: number;
  readonly onError: (error: unknown) => void;
  readonly onEnd?: (job: Job, end: "done" | "later" | "failed" | "dead", milliseconds: number) => void;
}

const QUEUES = { work: "egress-review-work", command: "egress-review-command" } as const;
/** Of one installation, over all replicas: none may keep the others waiting. */
const PER_INSTALLATION = 4;
const ATTEMPTS = 6;
const RETRY_SECONDS = 2;
const LONGEST_RETRY_SECONDS = 300;
/** Without a sign of life for this long a job is given to another process; pg-boss asks for 10 at least. */
const HEARTBEAT_SECONDS = 10;
/** Events that arrive while one is written are written together. */
const LARGEST_BATCH = 200;

interface Arrival {
  readonly delivery: Delivery;
  readonly work: readonly Work[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The durable queue: pg-boss on PostgreSQL. Its policy "stately" with the job's key is the promise of `Queue`: one active and one
 * waiting of each key.
 */
export class PgBossQueue implements Queue {
  readonly #options: PgBossQueueOptions;
  readonly #boss: PgBoss;
  readonly #stopping = new AbortController();
  #arrivals: Arrival[] = [];
  #writing: Promise<void> | null = null;

  constructor(options: PgBossQueueOptions) {
    this.#options = options;
    this.#boss = new PgBoss({
      ...options.database.forBoss,
      schema: "egress_review_queue",
      useListenNotify: true,
      schedule: false,
      monitorVacuum: false,
      reindex: false,
      monitorIntervalSeconds: HEARTBEAT_SECONDS / 2,
      superviseIntervalSeconds: HEARTBEAT_SECONDS / 2,
    });
    this.#boss.on("error", options.onError);
  }

  /** Opens the database's side. Nothing runs before `start`. */
  async prepare(): Promise<void> {
    await this.#options.store.prepare();
    await this.#boss.start();
    for (const name of Object.values(QUEUES)) {
      await this.#boss.createQueue(name, {
        policy: "stately",
        retryLimit: ATTEMPTS - 1,
        retryDelay: RETRY_SECONDS,
        retryBackoff: true,
        retryDelayMax: LONGEST_RETRY_SECONDS,
        expireInSeconds: Math.ceil(this.#options.jobMilliseconds / 1_000) + 60,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        deleteAfterSeconds: 3_600,
        notify: true,
      });
    }
    if (this.#options.database.kind === "embedded") await this.#takeOver();
  }

  /** An embedded database has one process: what was running when it died is not running anywhere. */
  async #takeOver(): Promise<void> {
    await this.#options.database.query(
      `UPDATE egress_review_queue.job AS orphan SET state = 'retry', start_after = now()
       WHERE state = 'active' AND NOT EXISTS (SELECT 1 FROM egress_review_queue.job AS other
         WHERE other.name = orphan.name AND other.singleton_key = orphan.singleton_key AND other.state = 'retry')`,
    );
  }

  accept(delivery: Delivery, work: readonly Work[]): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#arrivals.push({ delivery, work, resolve, reject });
    });
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return written;
  }

  /** How long the oldest delivery has waited to be written, in milliseconds. */
  oldestArrival(now: Date): number {
    const [oldest] = this.#arrivals;
    return oldest === undefined ? 0 : now.getTime() - oldest.delivery.receivedAt.getTime();
  }

  async #write(): Promise<void> {
    // What arrives in the same turn of the event loop is written together, too.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#arrivals.length > 0) {
      const batch = this.#arrivals.splice(0, LARGEST_BATCH);
      try {
        await this.#options.database.transaction(async (inside) => {
          for (const { delivery } of batch) await noteDelivery(inside, delivery);
          await this.#insert(
            batch.flatMap(({ work }) => work),
            inside,
          );
        });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  async add(work: readonly Work[], delayMilliseconds = 0): Promise<void> {
    if (work.length === 0) return;
    await this.#options.database.transaction((inside) => this.#insert(work, inside, delayMilliseconds));
  }

  async #insert(work: readonly Work[], inside: Transaction, delayMilliseconds = 0): Promise<void> {
    const jobs = new Map<string, Job>();
    for (const { job, expectation } of work) {
      if (job.kind === "review" && expectation !== undefined) {
        await noteExpectation(inside, job.pullRequest, expectation);
      }
      jobs.set(jobKey(job), job);
    }
    for (const [kind, name] of Object.entries(QUEUES)) {
      const rows = [...jobs]
        .filter(([, job]) => (job.kind === "command") === (kind === "command"))
        .map(([singletonKey, job]) => ({
          data: job,
          singletonKey,
          ...(delayMilliseconds > 0 ? { startAfter: new Date(Date.now() + delayMilliseconds) } : {}),
          ...groupOf(job),
        }));
      if (rows.length > 0) await this.#boss.insert(name, rows, { db: inside.db });
    }
  }

  async start(worker: Worker, onDead: (job: Job, error: unknown) => Promise<void>): Promise<void> {
    const { concurrency } = this.#options;
    for (const name of Object.values(QUEUES)) {
      await this.#boss.work<Job, void, { includeMetadata: true }>(
        name,
        {
          includeMetadata: true,
          batchSize: 1,
          localConcurrency: concurrency,
          groupConcurrency: PER_INSTALLATION,
          pollingIntervalSeconds: 0.5,
          notifyPollingIntervalSeconds: 1,
        } as { includeMetadata: true },
        async (jobs) => {
          for (const job of jobs) await this.#run(name, job, worker, onDead);
        },
      );
    }
  }

  async #run(
    name: string,
    { data: job, retryCount, retryLimit, signal: given }: JobWithMetadata<Job>,
    worker: Worker,
    onDead: (job: Job, error: unknown) => Promise<void>,
  ): Promise<void> {
    const { store, jobMilliseconds, onEnd, onError } = this.#options;
    const key = jobKey(job);
    if (job.kind === "command" && (await store.isAnswered(key))) return;
    const started = Date.now();
    const signal = AbortSignal.any([given, this.#stopping.signal, AbortSignal.timeout(jobMilliseconds)]);
    try {
      const outcome = await worker(job, signal);
      if (outcome.kind === "later") {
        await this.#boss.send(name, job, {
          singletonKey: key,
          startAfter: new Date(Date.now() + outcome.milliseconds),
          ...groupOf(job),
        });
      } else if (job.kind === "command") await store.setAnswered(key);
      onEnd?.(job, outcome.kind, Date.now() - started);
    } catch (error) {
      // A process that stops hands its work on, and the work did not fail.
      if (this.#stopping.signal.aborted) {
        await this.#boss.send(name, job, { singletonKey: key, ...groupOf(job) });
        return;
      }
      if (retryCount < retryLimit) {
        onEnd?.(job, "failed", Date.now() - started);
        throw error;
      }
      onEnd?.(job, "dead", Date.now() - started);
      await onDead(job, error).catch(onError);
    }
  }

  async stop(milliseconds: number): Promise<void> {
    const stopped = this.#boss.stop({ graceful: true, timeout: milliseconds });
    // Halfway what still runs is asked to hand its work back.
    const half = setTimeout(() => this.#stopping.abort(), milliseconds / 2);
    await stopped;
    clearTimeout(half);
    await this.#writing;
  }
}

function groupOf(job: Job) {
  const installation = installationOf(job);
  return installation === null ? {} : { group: { id: String(installation) } };
}
