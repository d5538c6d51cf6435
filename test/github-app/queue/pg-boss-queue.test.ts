import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Database, openEmbedded, openServer } from "../../../src/github/queue/database.ts";
import type { PgBossQueue } from "../../../src/github/queue/pg-boss-queue.ts";
import { PostgresStore } from "../../../src/github/queue/postgres-store.ts";
import type { Delivery, Job, Outcome, Worker } from "../../../src/github/queue/queue.ts";
import { CONCURRENCY, openQueue } from "./engine.ts";

/** Who comes first, how a process stops, what has no last word yet, and several processes on one server. */
const SERVER = process.env["TEST_DATABASE_URL"];
const DONE: Outcome = { kind: "done" };
const nobodyDies = async (): Promise<void> => undefined;

let database: Database;
let store: PostgresStore;
let queues: PgBossQueue[] = [];
let installation = 0;

beforeAll(async () => {
  database = SERVER === undefined ? await openEmbedded("memory://") : openServer(SERVER);
  store = new PostgresStore(database);
  const queue = openQueue(database, store);
  await queue.prepare();
  await queue.stop(1_000);
}, 120_000);
beforeEach(() => {
  installation += 1;
});
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop(1_000)));
  queues = [];
  await database.query("DELETE FROM egress_review_queue.job");
});
afterAll(() => database.close());

async function started(worker: Worker): Promise<PgBossQueue> {
  const queue = await prepared();
  await queue.start(worker, nobodyDies);
  return queue;
}

async function prepared(options?: Parameters<typeof openQueue>[2]): Promise<PgBossQueue> {
  const queue = openQueue(database, store, options);
  queues.push(queue);
  await queue.prepare();
  return queue;
}

const review = (number: number, of = installation): Job => ({
  kind: "review",
  pullRequest: { repository: { installation: of, id: of, owner: "acme", name: "shop" }, number },
});
const delivery = (receivedAt = new Date()): Delivery => ({
  guid: `guid-${installation}`,
  event: "push",
  action: null,
  installation,
  receivedAt,
});
const numberOf = (job: Job): number => (job.kind === "review" ? job.pullRequest.number : 0);
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const own = installation;
  while (!(await condition())) {
    if (own !== installation) throw new Error("this test has ended");
    await turn();
  }
}

function gate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

async function rows(condition: string): Promise<number> {
  const [row] = await database.query(`SELECT count(*)::int AS n FROM ${condition}`);
  return Number(row?.["n"]);
}

describe("a delivery", () => {
  test("is as old as the oldest that waits, also while that one is being written", async () => {
    const { passed, open } = gate();
    const slow: Database = {
      ...database,
      transaction: async (action) => {
        await passed;
        return database.transaction(action);
      },
    };
    const queue = openQueue(slow, store);
    queues.push(queue);
    await queue.prepare();
    const received = new Date();
    const age = () => queue.oldestArrival(new Date(received.getTime() + 4_000));
    const written = queue.accept(delivery(received), [{ job: review(1) }]);
    expect(age()).toBe(4_000);
    for (let time = 0; time < 5; time++) await turn();
    expect(age()).toBe(4_000);
    open();
    await written;
    await turn();
    expect(age()).toBe(0);
  });
});

describe("whose turn it is", () => {
  test("one installation never takes every place, and what it leaves is another's", async () => {
    const { passed, open } = gate();
    const running = new Map<number, number>();
    const queue = await started(async (job) => {
      const of = job.kind === "review" ? job.pullRequest.repository.installation : 0;
      running.set(of, (running.get(of) ?? 0) + 1);
      await passed;
      return DONE;
    });
    await queue.add(Array.from({ length: 20 }, (_, number) => ({ job: review(number, 900_001) })));
    await until(() => running.get(900_001) === CONCURRENCY - 1);
    await queue.add([{ job: review(1, 900_002) }]);
    await until(() => running.get(900_002) === 1);
    expect(running.get(900_001)).toBe(CONCURRENCY - 1);
    open();
  });

  test("what somebody waits for comes before what a look around found", async () => {
    const order: number[] = [];
    // One place: what begins in the same moment has no order.
    const queue = await prepared({ concurrency: 1 });
    await queue.add([1, 2, 3].map((number) => ({ job: review(number) })));
    await queue.accept(delivery(), [{ job: review(4) }]);
    // Waits already, and is asked for now.
    await queue.accept(delivery(), [{ job: review(3) }]);
    await queue.add([
      { job: review(2), expectation: { head: null, updatedAt: null, again: true } },
      { job: review(5) },
    ]);
    await queue.start(async (job) => {
      order.push(numberOf(job));
      return DONE;
    }, nobodyDies);
    await until(() => order.length === 5);
    expect([...order.slice(0, 3)].sort()).toEqual([2, 3, 4]);
  });
});

describe("a process that stops", () => {
  test("hands back what runs, as it was, and another does it", async () => {
    const begun = gate();
    const first = await started(async (_job, signal) => {
      begun.open();
      await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return DONE;
    });
    await first.add([{ job: review(1) }]);
    await begun.passed;
    await first.stop(1_000);
    expect(await rows("egress_review_queue.job WHERE state = 'created' AND retry_count = 0")).toBe(1);
    const done = gate();
    await started(async () => {
      done.open();
      return DONE;
    });
    await done.passed;
  });

  test("does not hand back what ends in time", async () => {
    const begun = gate();
    const end = gate();
    const first = await started(async () => {
      begun.open();
      await end.passed;
      return DONE;
    });
    await first.add([{ job: review(1) }]);
    await begun.passed;
    const stopped = first.stop(10_000);
    end.open();
    await stopped;
    expect(await rows("egress_review_queue.job WHERE state <> 'completed'")).toBe(0);
  });
});

describe("a job", () => {
  test("that takes too long is told so", async () => {
    const queue = await prepared({ jobMilliseconds: 50 });
    let reason: unknown;
    await queue.start(
      (_job, signal) =>
        new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            resolve(DONE);
          }),
        ),
      nobodyDies,
    );
    await queue.add([{ job: review(1) }]);
    await until(() => reason !== undefined);
    expect(reason).toEqual(new Error("the job takes too long"));
  });

  test("whose last word cannot be said has it said later", async () => {
    const words: unknown[] = [];
    const queue = await prepared();
    await queue.add([{ job: review(1) }]);
    await database.query("UPDATE egress_review_queue.job SET retry_limit = 0");
    await queue.start(
      async () => {
        throw new Error("broken");
      },
      async (job, error) => {
        words.push([job, error]);
        if (words.length === 1) throw new Error("GitHub does not answer");
      },
    );
    await until(() => words.length === 2);
    expect(words[1]).toEqual([review(1), new Error("broken")]);
  });

  test("that is asked for again has no last word yet", async () => {
    const queue = await prepared();
    const dead: Job[] = [];
    await queue.add([{ job: review(1) }]);
    await database.query("UPDATE egress_review_queue.job SET state = 'active', started_on = now()");
    await queue.add([{ job: review(1) }], 3_600_000);
    await database.query(
      `INSERT INTO egress_review_queue.job (name, data, singleton_key, source_name)
       SELECT 'egress-review-dead', data, singleton_key, name FROM egress_review_queue.job WHERE state = 'active'`,
    );
    await queue.start(
      async () => DONE,
      async (job) => void dead.push(job),
    );
    await until(
      async () =>
        (await rows("egress_review_queue.job WHERE name = 'egress-review-dead' AND state = 'completed'")) ===
        1,
    );
    expect(dead).toEqual([]);
  });
});

describe("what is old", () => {
  test("is forgotten, and commands only when GitHub can no longer redeliver them", async () => {
    const age = (days: number) => new Date(Date.now() - days * 86_400_000);
    const queue = await prepared();
    await queue.accept({ ...delivery(age(4)), guid: "old" }, []);
    await queue.accept({ ...delivery(), guid: "new" }, []);
    await database.query(
      "INSERT INTO egress_review.answered (key, at) VALUES ('old', $1), ('redeliverable', $2)",
      [age(32), age(30)],
    );
    await store.forgetOld();
    expect(await rows("egress_review.delivery WHERE guid = 'old'")).toBe(0);
    expect(await rows("egress_review.delivery WHERE guid = 'new'")).toBe(1);
    expect([await store.isAnswered("old"), await store.isAnswered("redeliverable")]).toEqual([false, true]);
  });
});

// A server does this by itself.
if (SERVER === undefined) {
  test("the embedded database does not grow with what was forgotten", async () => {
    const old = new Date(Date.now() - 4 * 86_400_000);
    const queue = await prepared();
    const sizes: number[] = [];
    for (let round = 0; round < 4; round++) {
      const given = Array.from({ length: 400 }, (_, at) =>
        queue.accept({ ...delivery(old), guid: `${round}/${at}` }, []),
      );
      await Promise.all(given);
      await store.forgetOld();
      const [row] = await database.query("SELECT pg_relation_size('egress_review.delivery')::int AS size");
      sizes.push(Number(row?.["size"]));
    }
    expect(sizes.at(-1)).toBe(sizes[0]);
  });
}

/** An embedded database has one process. `npm run test:postgres` runs these, and says so where it cannot. */
function severalProcesses(): void {
  test("one name, one of them at a time; a holder that died loses it", async () => {
    const other = new PostgresStore(database);
    const order: string[] = [];
    const { passed, open } = gate();
    const first = store.exclusively("name", async () => {
      order.push("first in");
      await passed;
      order.push("first out");
    });
    await until(() => order.length === 1);
    const second = other.exclusively("name", async () => void order.push("second in"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    open();
    await Promise.all([first, second]);
    expect(order).toEqual(["first in", "first out", "second in"]);

    await database.query(
      "INSERT INTO egress_review.lease VALUES ('dead', 'somebody', now() - interval '1 s')",
    );
    await other.exclusively("dead", async () => void order.push("taken"));
    expect(order.at(-1)).toBe("taken");
  });

  test("what a process held that gives no sign of life is done by another", async () => {
    const queue = await prepared();
    await queue.add([{ job: review(1) }]);
    await database.query(
      `UPDATE egress_review_queue.job
       SET state = 'active', started_on = now(), heartbeat_on = now() - interval '1 hour'`,
    );
    const done = gate();
    await queue.start(async () => {
      done.open();
      return DONE;
    }, nobodyDies);
    await done.passed;
  }, 30_000);

  test("prepare at the same time", async () => {
    await Promise.all([prepared(), prepared(), prepared()]);
  });
}

if (SERVER !== undefined) describe("several processes", severalProcesses);
