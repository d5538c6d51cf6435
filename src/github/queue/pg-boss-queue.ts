import { type JobWithMetadata, PgBoss } from "pg-boss";
import type { Database, Transaction } from "./database.ts";
import { noteDeliveries, noteExpectation, type PostgresStore } from "./postgres-store.ts";
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
  readonly onEnd?: (job: Job, end: JobEnd) => void;
}

export interface JobEnd {
  readonly kind: "done" | "later" | "failed" | "dead";
  readonly milliseconds: number;
  /** How long it could have run before it did. */
  readonly waitedMilliseconds: number;
}

/** What could run and does not: jobs, and how long the oldest waits. */
export interface Backlog {
  readonly jobs: number;
  readonly oldestSeconds: number;
}

const SCHEMA = "egress_review_queue";
const QUEUES = { work: "egress-review-work", command: "egress-review-command" } as const;
/** Jobs whose last attempt ended without a last word: its process died, or GitHub did not take the word. */
const DEAD = "egress-review-dead";
/** Of one installation, over all replicas: none may keep the others waiting. */
const PER_INSTALLATION = 4;
const ATTEMPTS = 6;
const RETRY_SECONDS = 2;
const LONGEST_RETRY_SECONDS = 300;
/** Without a sign of life for this long a job is given to another process: a pause of a busy machine is shorter. */
const HEARTBEAT_SECONDS = 20;
const MONITOR_SECONDS = 5;
/** Events that arrive while one is written are written together. */
const LARGEST_BATCH = 200;
/** Somebody waits for it; what a look around finds comes after. */
const ASKED_FOR = 1;
const LOOKED_FOR = 0;

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
  readonly #workers: string[] = [];
  #arrivals: Arrival[] = [];
  #writing: Promise<void> | null = null;
  /** When the oldest delivery of the batch that is being written arrived. */
  #writingSince: Date | null = null;

  constructor(options: PgBossQueueOptions) {
    this.#options = options;
    this.#boss = new PgBoss({
      ...options.database.forBoss,
      schema: SCHEMA,
      useListenNotify: true,
      schedule: false,
      monitorVacuum: false,
      reindex: false,
      monitorIntervalSeconds: MONITOR_SECONDS,
      superviseIntervalSeconds: MONITOR_SECONDS,
    });
    this.#boss.on("error", options.onError);
  }

  /** Opens the database's side. Nothing runs before `start`. */
  async prepare(): Promise<void> {
    await this.#options.store.prepare();
    await this.#boss.start();
    const common = {
      retryDelay: RETRY_SECONDS,
      retryBackoff: true,
      retryDelayMax: LONGEST_RETRY_SECONDS,
      expireInSeconds: Math.ceil(this.#options.jobMilliseconds / 1_000) + 60,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      deleteAfterSeconds: 3_600,
      notify: true,
      retryLimit: ATTEMPTS - 1,
    };
    await this.#boss.createQueue(DEAD, { policy: "standard", ...common });
    for (const name of Object.values(QUEUES)) {
      const settings = { ...common, deadLetter: DEAD };
      await this.#boss.createQueue(name, { policy: "stately", ...settings });
      // A queue that an older version made keeps its settings otherwise.
      await this.#boss.updateQueue(name, settings);
    }
    if (this.#options.database.kind === "embedded") await this.#takeOver();
  }

  /**
   * An embedded database has one process: what was running when it died is not running anywhere. It counts as an attempt, or a
   * job that kills its process would do so for ever.
   */
  async #takeOver(): Promise<void> {
    const { database } = this.#options;
    const orphans = await database.query(`SELECT id, name FROM ${SCHEMA}.job WHERE state = 'active'`);
    for (const { id, name } of orphans) {
      await this.#boss.fail(String(name), String(id), { message: "the process ended" });
    }
    await database.query(
      `UPDATE ${SCHEMA}.job SET start_after = now() WHERE state = 'retry' AND id::text = ANY($1::text[])`,
      [orphans.map(({ id }) => String(id))],
    );
  }

  accept(delivery: Delivery, work: readonly Work[]): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#arrivals.push({ delivery, work, resolve, reject });
    });
    this.#writing ??= this.#write();
    return written;
  }

  /** How long the oldest delivery has waited to be written, in milliseconds. */
  oldestArrival(now: Date): number {
    const since = this.#writingSince ?? this.#arrivals[0]?.delivery.receivedAt;
    return since === undefined ? 0 : now.getTime() - since.getTime();
  }

  async #write(): Promise<void> {
    // What arrives in the same turn of the event loop is written together, too.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#arrivals.length > 0) {
      const batch = this.#arrivals.splice(0, LARGEST_BATCH);
      this.#writingSince = batch[0]?.delivery.receivedAt ?? null;
      try {
        await this.#writeTogether(batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (batch.length > 1 && isDataException(error)) await this.#writeEach(batch);
        else for (const { reject } of batch) reject(error);
      }
      this.#writingSince = null;
    }
    // In the same step as the look that found nothing: what arrives from now on begins anew.
    this.#writing = null;
  }

  async #writeTogether(batch: readonly Arrival[]): Promise<void> {
    await this.#options.database.transaction(async (inside) => {
      await noteDeliveries(
        inside,
        batch.map(({ delivery }) => delivery),
      );
      const work = batch.flatMap((arrival) => arrival.work);
      await this.#insert(work, inside, { priority: ASKED_FOR, delayMilliseconds: 0 });
    });
  }

  /** One that cannot be written takes no other with it. */
  async #writeEach(batch: readonly Arrival[]): Promise<void> {
    for (const arrival of batch) {
      await this.#writeTogether([arrival]).then(arrival.resolve, arrival.reject);
    }
  }

  /** For operators. */
  async backlog(): Promise<Backlog> {
    const [row] = await this.#options.database.query(
      `SELECT count(*) AS jobs, coalesce(extract(epoch FROM now() - min(start_after)), 0) AS oldest
       FROM ${SCHEMA}.job WHERE name = ANY($1::text[]) AND state < 'active' AND start_after <= now()`,
      [Object.values(QUEUES)],
    );
    return { jobs: Number(row?.["jobs"] ?? 0), oldestSeconds: Number(row?.["oldest"] ?? 0) };
  }

  async add(work: readonly Work[], delayMilliseconds = 0): Promise<void> {
    const asked = work.filter(({ expectation }) => expectation?.again === true);
    const found = work.filter((one) => !asked.includes(one));
    if (work.length === 0) return;
    await this.#options.database.transaction(async (inside) => {
      await this.#insert(asked, inside, { priority: ASKED_FOR, delayMilliseconds });
      await this.#insert(found, inside, { priority: LOOKED_FOR, delayMilliseconds });
    });
  }

  async #insert(work: readonly Work[], inside: Transaction, when: When): Promise<void> {
    const jobs = new Map<string, Job>();
    for (const { job, expectation } of work) {
      if (job.kind === "review" && expectation !== undefined) {
        await noteExpectation(inside, job.pullRequest, expectation);
      }
      jobs.set(jobKey(job), job);
    }
    for (const [kind, name] of Object.entries(QUEUES)) {
      const own = [...jobs].filter(([, job]) => (job.kind === "command") === (kind === "command"));
      if (own.length > 0) await this.#ask(name, own, inside, when);
    }
  }

  /** One more of a key may wait. Who asks for what waits already moves it forward, never back. */
  async #ask(
    name: string,
    jobs: readonly (readonly [string, Job])[],
    inside: Transaction,
    { priority, delayMilliseconds }: When,
  ): Promise<void> {
    const startAfter = new Date(Date.now() + delayMilliseconds);
    await this.#boss.insert(
      name,
      jobs.map(([singletonKey, job]) => ({
        data: job,
        singletonKey,
        priority,
        ...(delayMilliseconds > 0 ? { startAfter } : {}),
        ...groupOf(job),
      })),
      { db: inside.db },
    );
    const moved = await inside.query(
      `UPDATE ${SCHEMA}.job SET start_after = least(start_after, $3::timestamptz), priority = greatest(priority, $4::int)
       WHERE name = $1 AND state = 'created' AND singleton_key = ANY($2::text[])
         AND (start_after > $3::timestamptz OR priority < $4::int) RETURNING id`,
      [name, jobs.map(([key]) => key), startAfter, priority],
    );
    if (moved.length > 0) setTimeout(() => this.#wake(), WAKE_MILLISECONDS).unref();
  }

  /** Of what is moved forward, unlike of what is new, the database tells nobody. */
  #wake(): void {
    for (const worker of this.#workers) this.#boss.notifyWorker(worker);
  }

  async start(worker: Worker, onDead: OnDead): Promise<void> {
    const { concurrency } = this.#options;
    // One place stays free of any one installation, where there are places to share.
    const groupConcurrency = Math.max(1, Math.min(PER_INSTALLATION, concurrency - 1));
    for (const name of Object.values(QUEUES)) {
      const places = new Places(groupConcurrency);
      const run = async (row: JobWithMetadata<Job>) => {
        // Who looks at the same moment counts the same: a server lets more through than it should.
        if (!places.take(row.data)) return this.#again(name, row, 0);
        try {
          await this.#run(name, row, worker, onDead);
        } finally {
          places.leave(row.data);
        }
      };
      for (let place = 0; place < concurrency; place++) await this.#work(name, { groupConcurrency }, run);
    }
    await this.#work(DEAD, {}, (job) => this.#bury(job, onDead));
  }

  async #work(
    name: string,
    limits: { readonly groupConcurrency?: number },
    run: (job: JobWithMetadata<Job>) => Promise<void>,
  ): Promise<void> {
    let self: string | null = null;
    self = await this.#boss.work<Job, void, { includeMetadata: true }>(
      name,
      {
        ...limits,
        includeMetadata: true,
        batchSize: 1,
        pollingIntervalSeconds: 0.5,
        notifyPollingIntervalSeconds: 1,
      } as { includeMetadata: true },
      async (jobs) => {
        try {
          for (const job of jobs) await run(job);
        } finally {
          // Where one was there may be more: pg-boss would look again after a second.
          if (self !== null) this.#boss.notifyWorker(self);
        }
      },
    );
    this.#workers.push(self);
  }

  async #run(name: string, row: JobWithMetadata<Job>, worker: Worker, onDead: OnDead): Promise<void> {
    const { store, jobMilliseconds, onEnd, onError } = this.#options;
    const { data: job, retryCount, retryLimit } = row;
    const key = jobKey(job);
    if (job.kind === "command" && (await store.isAnswered(key))) return;
    const started = Date.now();
    const waitedMilliseconds = Math.max(0, row.startedOn.getTime() - row.startAfter.getTime());
    const end = (kind: JobEnd["kind"]) =>
      onEnd?.(job, { kind, milliseconds: Date.now() - started, waitedMilliseconds });
    const limited = limitedSignal([row.signal, this.#stopping.signal], jobMilliseconds);
    try {
      const outcome = await worker(job, limited.signal);
      if (outcome.kind === "later") await this.#again(name, row, outcome.milliseconds);
      else if (job.kind === "command") await store.setAnswered(key);
      end(outcome.kind);
    } catch (error) {
      // A process that stops hands its work on, and the work did not fail.
      if (this.#stopping.signal.aborted) return await this.#again(name, row, 0);
      end(retryCount < retryLimit ? "failed" : "dead");
      if (retryCount < retryLimit) throw error;
      try {
        await onDead(job, error);
      } catch (unsaid) {
        onError(unsaid);
        throw error;
      }
    } finally {
      limited.release();
    }
  }

  /** What is asked for anew has all its attempts before it. */
  async #again(
    name: string,
    { data, priority }: JobWithMetadata<Job>,
    delayMilliseconds: number,
  ): Promise<void> {
    await this.#options.database.transaction((inside) =>
      this.#ask(name, [[jobKey(data), data]], inside, { priority, delayMilliseconds }),
    );
  }

  /** The last word on a job that could not have it where it ran, unless it is asked for again already. */
  async #bury({ data: job, sourceOutput }: JobWithMetadata<Job>, onDead: OnDead): Promise<void> {
    const waiting = await this.#options.database.query(
      `SELECT 1 FROM ${SCHEMA}.job WHERE name = ANY($1::text[]) AND singleton_key = $2 AND state < 'active'`,
      [Object.values(QUEUES), jobKey(job)],
    );
    if (waiting.length > 0) return;
    await onDead(job, new Error(reasonIn(sourceOutput)));
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

/** Of the turn in which a transaction ends. */
const WAKE_MILLISECONDS = 20;

interface When {
  readonly priority: number;
  readonly delayMilliseconds: number;
}

/** Of this process, by installation. */
class Places {
  readonly #most: number;
  readonly #taken = new Map<number, number>();

  constructor(most: number) {
    this.#most = most;
  }

  take(job: Job): boolean {
    const installation = installationOf(job);
    if (installation === null) return true;
    const taken = this.#taken.get(installation) ?? 0;
    if (taken >= this.#most) return false;
    this.#taken.set(installation, taken + 1);
    return true;
  }

  leave(job: Job): void {
    const installation = installationOf(job);
    if (installation === null) return;
    const left = (this.#taken.get(installation) ?? 0) - 1;
    if (left > 0) this.#taken.set(installation, left);
    else this.#taken.delete(installation);
  }
}

type OnDead = (job: Job, error: unknown) => Promise<void>;

/** Aborts with any of these or after this time. `AbortSignal.any` would keep one for each job on a signal that stays. */
function limitedSignal(
  signals: readonly AbortSignal[],
  milliseconds: number,
): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const listeners = signals.map((signal) => {
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  });
  const timer = setTimeout(() => controller.abort(new Error("the job takes too long")), milliseconds);
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      for (const remove of listeners) remove();
    },
  };
}

/** PostgreSQL, "Error Codes", class 22: one of the values is at fault, not the database. */
function isDataException(error: unknown): boolean {
  const code: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "code") : null;
  return typeof code === "string" && code.startsWith("22");
}

function reasonIn(output: unknown): string {
  const value: unknown =
    typeof output === "object" && output !== null ? Reflect.get(output, "message") : null;
  return typeof value === "string" ? value : "its process died at every attempt";
}

function groupOf(job: Job) {
  const installation = installationOf(job);
  return installation === null ? {} : { group: { id: String(installation) } };
}
