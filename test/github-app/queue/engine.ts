import { type Database, openEmbedded, openServer } from "../../../src/github/queue/database.ts";
import { PgBossQueue } from "../../../src/github/queue/pg-boss-queue.ts";
import { PostgresStore } from "../../../src/github/queue/postgres-store.ts";
import type { Job, Queue, Store, Worker } from "../../../src/github/queue/queue.ts";
import { VirtualQueue } from "../model/virtual-queue.ts";

/** A queue under test with a clock that the test moves: nothing waits for the wall clock. */
export interface Engine {
  readonly queue: Pick<Queue, "accept" | "add">;
  readonly store: Store;
  /** Its rows, where it has some. */
  readonly database: Database | null;
  serve(worker: Worker, onDead: (job: Job, error: unknown) => Promise<void>): Promise<void>;
  /** What waits for a time waits for so much less. */
  advance(milliseconds: number): Promise<void>;
  /** Lets what may run begin. */
  tick(): Promise<void>;
  /** Nothing runs, and nothing could begin. */
  isIdle(): Promise<boolean>;
  close(): Promise<void>;
}

export const CONCURRENCY = 5;

/** The queue that the model test believes in must make the same promises. */
export async function openVirtual(): Promise<Engine> {
  let now = Date.parse("2030-01-01T00:00:00Z");
  const queue = new VirtualQueue(() => now);
  let worker: Worker | null = null;
  let onDead: (job: Job, error: unknown) => Promise<void> = async () => undefined;
  let running = 0;
  const run = async (job: Job) => {
    if (worker === null) return;
    running += 1;
    try {
      queue.end(job, { kind: "outcome", outcome: await worker(job, new AbortController().signal) });
    } catch (error) {
      queue.end(job, { kind: "error", error });
    }
    for (const { job: dead, error } of queue.dead.splice(0)) await onDead(dead, error);
    running -= 1;
  };
  return {
    queue,
    store: queue,
    database: null,
    async serve(given, dead) {
      worker = given;
      onDead = dead;
    },
    async advance(milliseconds) {
      now += milliseconds;
    },
    async tick() {
      for (const key of queue.ready()) void run(queue.take(key));
      await new Promise((resolve) => setImmediate(resolve));
    },
    isIdle: async () => running === 0 && queue.ready().length === 0,
    close: async () => undefined,
  };
}

export const openPglite = async (): Promise<Engine> => openPostgres(await openEmbedded("memory://"));

export async function openRealServer(url: string): Promise<Engine> {
  const database = openServer(url);
  for (const schema of ["egress_review", "egress_review_queue"]) {
    await database.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  }
  return openPostgres(database);
}

async function openPostgres(database: Database): Promise<Engine> {
  const store = new PostgresStore(database);
  const queue = openQueue(database, store);
  await queue.prepare();
  let pokes = 0;
  return {
    queue,
    store,
    database,
    serve: (worker, onDead) => queue.start(worker, onDead),
    async advance(milliseconds) {
      await database.query(
        `UPDATE egress_review_queue.job SET start_after = start_after - $1::float8 * interval '1 millisecond'
         WHERE state < 'active'`,
        [milliseconds],
      );
      // New work wakes the workers, which then see what has become due.
      pokes += 1;
      await queue.add([{ job: { kind: "installation", installation: 1_000_000 + pokes } }]);
    },
    tick: () => new Promise((resolve) => setTimeout(resolve, 5)),
    async isIdle() {
      const rows = await database.query(
        "SELECT 1 FROM egress_review_queue.job WHERE state = 'active' OR (state < 'active' AND start_after <= now())",
      );
      return rows.length === 0;
    },
    async close() {
      await queue.stop(1_000);
      await database.close();
    },
  };
}

export function openQueue(
  database: Database,
  store: PostgresStore,
  options: { readonly jobMilliseconds?: number; readonly concurrency?: number } = {},
): PgBossQueue {
  return new PgBossQueue({
    database,
    store,
    concurrency: options.concurrency ?? CONCURRENCY,
    jobMilliseconds: options.jobMilliseconds ?? 30_000,
    onError: () => undefined,
  });
}
