import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { PullRequestReference } from "../../../src/github/github.ts";
import { type Delivery, type Job, jobKey, type Outcome, type Work } from "../../../src/github/queue/queue.ts";
import { type Engine, openPglite, openRealServer, openVirtual } from "./engine.ts";

const SERVER = process.env["TEST_DATABASE_URL"];
const ENGINES: readonly (readonly [string, () => Promise<Engine>])[] = [
  ["in memory", openVirtual],
  ["embedded", openPglite],
  ...(SERVER === undefined ? [] : [["a PostgreSQL server", () => openRealServer(SERVER)] as const]),
];

const DONE: Outcome = { kind: "done" };
const LATER: Outcome = { kind: "later", milliseconds: 60_000 };
const HOUR = 3_600_000;

describe.each(ENGINES)("%s", (_, open) => {
  let engine: Engine;
  /** What the worker does with a job of this key; unknown keys are done. */
  const behaviours = new Map<string, () => Promise<Outcome>>();
  const dead: { readonly key: string; readonly error: unknown }[] = [];
  let buried: (() => Promise<void>) | null = null;
  let installation = 1;

  beforeAll(async () => {
    engine = await open();
    await engine.serve(
      async (job) => (await behaviours.get(jobKey(job))?.()) ?? DONE,
      async (job, error) => {
        await buried?.();
        dead.push({ key: jobKey(job), error });
      },
    );
  }, 120_000);
  afterAll(() => engine.close());
  beforeEach(() => {
    installation += 1;
    dead.splice(0);
    buried = null;
  });

  const pullRequest = (number = 1, of = installation): PullRequestReference => ({
    repository: { installation: of, id: of, owner: "acme", name: "shop" },
    number,
  });
  const review = (number = 1, of = installation): Job => ({
    kind: "review",
    pullRequest: pullRequest(number, of),
  });
  const command = (comment: number): Job => ({ kind: "command", pullRequest: pullRequest(), comment });
  const delivery = (guid = `guid-${installation}`): Delivery => ({
    guid,
    event: "pull_request",
    action: "opened",
    installation,
    receivedAt: new Date(),
  });
  /** A test that timed out leaves no loop behind. */
  const tick = async (test: number) => {
    if (test !== installation) throw new Error("this test has ended");
    await engine.tick();
  };
  const until = async (condition: () => boolean) => {
    const own = installation;
    while (!condition()) await tick(own);
  };
  const idle = async () => {
    const own = installation;
    do await tick(own);
    while (!(await engine.isIdle()));
  };
  /** Counts how often a job ran; each of `outcomes` is one run, and the last one stays. */
  const counted = (job: Job, ...outcomes: (() => Promise<Outcome>)[]) => {
    const runs = { count: 0 };
    behaviours.set(jobKey(job), async () => {
      const outcome = outcomes[Math.min(runs.count, outcomes.length - 1)];
      runs.count += 1;
      return (await outcome?.()) ?? DONE;
    });
    return runs;
  };
  /** A job that runs until it is let go. */
  const held = (job: Job) => {
    let letGo: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const runs = counted(job, async () => {
      await gate;
      return DONE;
    });
    return { runs, letGo };
  };
  const failing = async (): Promise<Outcome> => {
    throw new Error("broken");
  };

  describe("work", () => {
    test("that was accepted is done", async () => {
      const runs = counted(review());
      await engine.queue.accept(delivery(), [{ job: review() }]);
      await idle();
      expect(runs.count).toBe(1);
    });

    test("of a repeated delivery is work again: a redelivery must heal", async () => {
      const runs = counted(review());
      for (let time = 0; time < 2; time++) {
        await engine.queue.accept(delivery("same"), [{ job: review() }]);
        await idle();
      }
      expect(runs.count).toBe(2);
    });

    test("of one key never runs twice at a time, and all that is asked for meanwhile is one more", async () => {
      const { runs, letGo } = held(review());
      await engine.queue.add([{ job: review() }]);
      await until(() => runs.count === 1);
      for (let time = 0; time < 5; time++) await engine.queue.accept(delivery(), [{ job: review() }]);
      await engine.tick();
      expect(runs.count).toBe(1);
      letGo();
      await idle();
      expect(runs.count).toBe(2);
    });

    test("of different keys runs at the same time", async () => {
      const both = [held(review(1)), held(review(2))];
      await engine.queue.add([{ job: review(1) }, { job: review(2) }]);
      await until(() => both.every(({ runs }) => runs.count === 1));
      for (const { letGo } of both) letGo();
      await idle();
    });

    test("may wait for its time", async () => {
      const runs = counted(review());
      await engine.queue.add([{ job: review() }], HOUR);
      await idle();
      expect(runs.count).toBe(0);
      await engine.advance(HOUR);
      await until(() => runs.count === 1);
    });

    test("that waits for its time runs at once when somebody asks for it", async () => {
      const runs = counted(review());
      await engine.queue.add([{ job: review() }], HOUR);
      await engine.queue.accept(delivery(), [{ job: review() }]);
      await until(() => runs.count === 1);
      await idle();
      await engine.advance(HOUR);
      await idle();
      expect(runs.count).toBe(1);
    });
  });

  describe("later", () => {
    test("is no attempt, however often", async () => {
      const runs = counted(
        review(),
        ...Array.from({ length: 12 }, () => async () => LATER),
        async () => DONE,
      );
      await engine.queue.add([{ job: review() }]);
      for (let time = 1; time <= 12; time++) {
        await until(() => runs.count === time);
        await idle();
        await engine.advance(60_000);
      }
      await until(() => runs.count === 13);
      await idle();
      expect(dead).toEqual([]);
    });

    test("gives way to an event", async () => {
      const runs = counted(
        review(),
        async () => LATER,
        async () => DONE,
      );
      await engine.queue.add([{ job: review() }]);
      await until(() => runs.count === 1);
      await idle();
      await engine.queue.accept(delivery(), [{ job: review() }]);
      await until(() => runs.count === 2);
    });
  });

  describe("failure", () => {
    test("is tried again, and after the last attempt told once with its error", async () => {
      const runs = counted(review(), failing);
      await engine.queue.add([{ job: review() }]);
      while (dead.length === 0) {
        await idle();
        await engine.advance(HOUR);
      }
      await idle();
      expect(dead).toEqual([{ key: jobKey(review()), error: new Error("broken") }]);
      expect(runs.count).toBeGreaterThan(2);
      expect(runs.count).toBeLessThan(10);
    });

    test("ends with the first success", async () => {
      const runs = counted(review(), failing, failing, async () => DONE);
      await engine.queue.add([{ job: review() }]);
      while (runs.count < 3) {
        await idle();
        await engine.advance(HOUR);
      }
      await idle();
      await engine.advance(HOUR);
      await idle();
      expect([runs.count, dead]).toEqual([3, []]);
    });
  });

  describe("a command", () => {
    test("runs once, however often its comment is delivered", async () => {
      const runs = counted(command(7));
      for (let time = 0; time < 3; time++) {
        await engine.queue.accept(delivery(), [{ job: command(7) }]);
        await idle();
      }
      expect(runs.count).toBe(1);
    });

    test("is never merged with another", async () => {
      const runs = [1, 2, 3].map((comment) => counted(command(comment)));
      await engine.queue.accept(
        delivery(),
        [1, 2, 3].map((comment) => ({ job: command(comment) })),
      );
      await idle();
      expect(runs.map(({ count }) => count)).toEqual([1, 1, 1]);
    });

    test("that failed is not answered", async () => {
      const runs = counted(command(9), failing, async () => DONE);
      await engine.queue.accept(delivery(), [{ job: command(9) }]);
      while (runs.count < 2) {
        await idle();
        await engine.advance(HOUR);
      }
    });
  });

  describe("what an event expects", () => {
    const expected = (head: string | null, updatedAt: string | null, again = false): Work => ({
      job: review(),
      expectation: { head, updatedAt, again },
    });
    const now = () => engine.store.expectation(pullRequest());

    test("is nothing without one", async () => {
      expect(await now()).toBeNull();
    });

    test.each(["in order", "the other way round"])("is the newest: %s", async (order) => {
      const events = [expected("old", "2030-01-01T00:00:00Z"), expected("new", "2030-01-01T00:00:05Z")];
      for (const event of order === "in order" ? events : events.toReversed()) {
        await engine.queue.accept(delivery(), [event]);
      }
      expect(await now()).toMatchObject({ head: "new", updatedAt: "2030-01-01T00:00:05Z", again: false });
    });

    test("stays asked for again, whatever comes after, and asking forgets no head", async () => {
      await engine.queue.accept(delivery(), [expected("new", "2030-01-01T00:00:05Z")]);
      await engine.queue.add([expected(null, null, true)]);
      await engine.queue.accept(delivery(), [expected("new", "2030-01-01T00:00:05Z")]);
      expect(await now()).toMatchObject({ head: "new", again: true });
    });

    test("is met by who saw the last of it", async () => {
      await engine.queue.accept(delivery(), [expected("a", "2030-01-01T00:00:00Z")]);
      const before = await now();
      await engine.queue.accept(delivery(), [expected("b", "2030-01-01T00:00:01Z")]);
      const after = await now();
      expect(after?.sequence).toBeGreaterThan(before?.sequence ?? Number.POSITIVE_INFINITY);
      await engine.store.met(pullRequest(), before?.sequence ?? -1);
      expect(await now()).toMatchObject({ head: "b" });
      await engine.store.met(pullRequest(), after?.sequence ?? -1);
      expect(await now()).toBeNull();
    });
  });

  describe("what is remembered", () => {
    test("last heads, by pull request", async () => {
      await engine.store.setLastHead(pullRequest(1), "a");
      await engine.store.setLastHead(pullRequest(1), "b");
      expect([
        await engine.store.lastHead(pullRequest(1)),
        await engine.store.lastHead(pullRequest(2)),
      ]).toEqual(["b", null]);
    });

    test("until when an installation is not asked", async () => {
      const until = new Date("2030-06-01T12:34:56.000Z");
      await engine.store.block(installation, until);
      expect(await engine.store.blockedUntil(installation)).toEqual(until);
      expect(await engine.store.blockedUntil(installation + 500_000)).toBeNull();
    });

    test("notes", async () => {
      expect(await engine.store.note(`cursor-${installation}`)).toBeNull();
      await engine.store.setNote(`cursor-${installation}`, "1");
      await engine.store.setNote(`cursor-${installation}`, "2");
      expect(await engine.store.note(`cursor-${installation}`)).toBe("2");
    });
  });

  describe("exclusively", () => {
    test("lets in one at a time, all of them, and others under other names", async () => {
      let inside = 0;
      let most = 0;
      let entered = 0;
      const enter = () =>
        engine.store.exclusively(`name-${installation}`, async () => {
          entered += 1;
          inside += 1;
          most = Math.max(most, inside);
          await engine.store.exclusively(`other-${installation}-${entered}`, () => engine.tick());
          inside -= 1;
        });
      await Promise.all(Array.from({ length: 5 }, enter));
      expect({ most, entered }).toEqual({ most: 1, entered: 5 });
    });

    test("goes on after an error, which its caller gets", async () => {
      const name = `error-${installation}`;
      const first = engine.store.exclusively(name, failing);
      const second = engine.store.exclusively(name, async () => "in");
      await expect(first).rejects.toThrow("broken");
      expect(await second).toBe("in");
    });
  });
});
