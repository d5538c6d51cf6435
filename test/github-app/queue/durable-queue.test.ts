import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Database, openEmbedded } from "../../../src/github/queue/database.ts";
import {
  type JobEnd,
  PgBossQueue,
  type PgBossQueueOptions,
} from "../../../src/github/queue/pg-boss-queue.ts";
import { PostgresStore } from "../../../src/github/queue/postgres-store.ts";
import { type Delivery, type Job, jobKey, type Outcome, type Work } from "../../../src/github/queue/queue.ts";

const DONE: Outcome = { kind: "done" };

function review(number: number, installation = 1): Work {
  const repository = { installation, id: installation, owner: "acme", name: "shop" };
  return { job: { kind: "review", pullRequest: { repository, number } } };
}

function command(comment: number): Work {
  const repository = { installation: 1, id: 1, owner: "acme", name: "shop" };
  return { job: { kind: "command", pullRequest: { repository, number: 1 }, comment } };
}

function delivery(guid: string): Delivery {
  return { guid, event: "pull_request", action: "opened", installation: 1, receivedAt: new Date() };
}

/** Jobs run until the test lets them, or until they are told to stop. */
class Gate {
  readonly started: string[] = [];
  readonly ended: string[] = [];
  readonly running = new Set<string>();
  #let: (() => void)[] = [];

  readonly worker = async (job: Job, signal: AbortSignal): Promise<Outcome> => {
    const key = jobKey(job);
    this.started.push(key);
    this.running.add(key);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#let.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    } finally {
      this.running.delete(key);
    }
    this.ended.push(key);
    return DONE;
  };

  open(): void {
    for (const go of this.#let.splice(0)) go();
  }
}

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  const started = Date.now();
  while (!(await so())) {
    if (Date.now() - started > 25_000) throw new Error(`still not so: ${so}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("the embedded queue", () => {
  let database: Database;
  let open: PgBossQueue[] = [];

  beforeAll(async () => {
    database = await openEmbedded("memory://");
    const { queue } = await opened();
    await queue.stop(1_000);
    open = [];
  }, 60_000);

  beforeEach(async () => {
    for (const table of ["delivery", "expectation", "answered", "gate", "lease", "note"]) {
      await database.query(`DELETE FROM egress_review.${table}`);
    }
    await database.query("DELETE FROM egress_review_queue.job");
  });

  afterEach(async () => {
    for (const queue of open.splice(0)) await queue.stop(1_000);
  });

  afterAll(() => database.close());

  async function opened(options: Partial<PgBossQueueOptions> = {}) {
    const errors: unknown[] = [];
    const store = new PostgresStore(database);
    const queue = new PgBossQueue({
      database,
      store,
      concurrency: 8,
      jobMilliseconds: 30_000,
      onError: (error) => errors.push(error),
      ...options,
    });
    await queue.prepare();
    open.push(queue);
    return { queue, store, errors };
  }

  const never = async (job: Job, error: unknown) => {
    throw new Error(`${jobKey(job)} is dead: ${String(error)}`);
  };

  async function count(from: string): Promise<number> {
    const [row] = await database.query(`SELECT count(*) AS many FROM ${from}`);
    return Number(row?.["many"]);
  }

  const left = () => count("egress_review_queue.job WHERE state < 'completed'");

  describe("a delivery", () => {
    test("that resolved is written: itself, what it expects, its work; any process can do it", async () => {
      const { queue, store } = await opened();
      const expectation = { head: "h1", updatedAt: "2026-01-01T00:00:00Z", again: false };
      await queue.accept(delivery("a"), [{ ...review(1), expectation }]);
      expect(await count("egress_review.delivery WHERE guid = 'a'")).toBe(1);
      const { job } = review(1);
      expect(job.kind === "review" && (await store.expectation(job.pullRequest))).toMatchObject({
        head: "h1",
      });
      const other = await opened();
      const ran: string[] = [];
      await other.queue.start(async (one) => {
        ran.push(jobKey(one));
        return DONE;
      }, never);
      await until(() => ran.length === 1);
      expect(ran).toEqual([jobKey(job)]);
    });

    test("is written whole or not at all, and spoils none that came with it", async () => {
      const { queue } = await opened();
      // PostgreSQL has no text with a zero in it.
      const expectation = { head: "\u0000", updatedAt: null, again: false };
      const outcomes = await Promise.allSettled([
        queue.accept(delivery("good-1"), [review(2)]),
        queue.accept(delivery("bad"), [review(3), { ...review(1), expectation }]),
        queue.accept(delivery("good-2"), [review(4)]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect(await count("egress_review.delivery")).toBe(2);
      expect(await count("egress_review_queue.job")).toBe(2);
    });

    test("among very many is written like one, and none waits after", async () => {
      const { queue } = await opened();
      const given = Array.from({ length: 450 }, (_, at) =>
        queue.accept(delivery(`g${at}`), [review(at % 50)]),
      );
      expect(queue.oldestArrival(new Date(Date.now() + 5_000))).toBeGreaterThanOrEqual(5_000);
      await Promise.all(given);
      expect(await count("egress_review.delivery")).toBe(450);
      expect(await count("egress_review_queue.job")).toBe(50);
      expect(queue.oldestArrival(new Date(Date.now() + 5_000))).toBe(0);
      expect(await queue.backlog()).toMatchObject({ jobs: 50, oldestSeconds: expect.any(Number) });
    });
  });

  describe("work", () => {
    test("that a command waits behind is none: commands have places of their own", async () => {
      const { queue } = await opened({ concurrency: 1 });
      const gate = new Gate();
      await queue.start(gate.worker, never);
      await queue.add([review(1)]);
      await until(() => gate.running.size === 1);
      await queue.accept(delivery("c"), [command(1)]);
      await until(() => gate.running.size === 2);
      gate.open();
      await until(async () => (await left()) === 0);
    });

    test("is told to operators by its end, with the time that it waited and took", async () => {
      const ends: (JobEnd & { readonly job: string })[] = [];
      const { queue } = await opened({ onEnd: (job, end) => ends.push({ job: job.kind, ...end }) });
      await queue.add([review(1), command(1)]);
      await database.query(
        "UPDATE egress_review_queue.job SET start_after = start_after - interval '1 hour'",
      );
      await queue.start(async ({ kind }) => {
        if (kind === "command") throw new Error("no");
        return DONE;
      }, never);
      await until(() => ends.length === 2);
      expect(ends.map(({ job, kind }) => `${job} ${kind}`).sort()).toEqual(["command failed", "review done"]);
      for (const { milliseconds, waitedMilliseconds } of ends) {
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(waitedMilliseconds).toBeGreaterThanOrEqual(3_600_000);
      }
    });
  });

  describe("what is due every so often", () => {
    test("is due for one of those who ask, and again when its time has passed", async () => {
      const [one, other] = [new PostgresStore(database), new PostgresStore(database)];
      const first = await Promise.all([one.isDue("look", 60_000), other.isDue("look", 60_000)]);
      expect(first.filter(Boolean)).toHaveLength(1);
      expect(await one.isDue("look", 60_000)).toBe(false);
      expect(await one.isDue("another look", 60_000)).toBe(true);
      await database.query("UPDATE egress_review.lease SET until = until - interval '1 minute'");
      expect(await other.isDue("look", 60_000)).toBe(true);
    });
  });

  test("installations that are blocked are counted until it is over", async () => {
    const { store } = await opened();
    await store.block(1, new Date(Date.now() + 60_000));
    await store.block(2, new Date(Date.now() - 60_000));
    expect(await store.blockedInstallations()).toBe(1);
    // Only forward.
    await store.block(1, new Date(Date.now() + 1_000));
    expect((await store.blockedUntil(1))?.getTime()).toBeGreaterThan(Date.now() + 50_000);
  });

  describe("a process that was killed", () => {
    const diedIn = (attempt: string) =>
      database.query(
        `UPDATE egress_review_queue.job SET state = 'active', started_on = now(), heartbeat_on = now(), retry_count = ${attempt}
       WHERE state = 'created'`,
      );

    test("leaves its work to the next at once: nobody else has the database open", async () => {
      const { queue: dead } = await opened();
      await dead.add([review(1), review(2)]);
      await diedIn("0");
      await dead.add([review(2)]);
      await dead.stop(1_000);
      const { queue: next } = await opened();
      const ran: string[] = [];
      await next.start(
        async (job) => {
          ran.push(jobKey(job));
          return DONE;
        },
        async () => undefined,
      );
      await until(() => ran.length >= 2);
      expect(new Set(ran)).toEqual(new Set([review(1), review(2)].map(({ job }) => jobKey(job))));
    });

    test("in every attempt at one job does not try it for ever: the job has its last word", async () => {
      const { queue: dead } = await opened();
      await dead.add([review(3)]);
      await diedIn("retry_limit");
      await dead.stop(1_000);
      const { queue: next } = await opened();
      const buried: string[] = [];
      await next.start(
        async () => DONE,
        async (job, error) => void buried.push(`${jobKey(job)}: ${String(error)}`),
      );
      await until(() => buried.length === 1);
      expect(buried).toEqual([`${jobKey(review(3).job)}: Error: the process ended`]);
    });
  });
});
