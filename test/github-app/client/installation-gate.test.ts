import { describe, expect, test } from "@jest/globals";
import { type GateOptions, InstallationGate } from "../../../src/github/client/installation-gate.ts";

/** A gate whose time passes only by waiting. */
function gate(options: Partial<GateOptions> = {}) {
  let time = 0;
  const made = new InstallationGate({
    burst: 3,
    writesPerSecond: 1,
    maximumWaitMilliseconds: 5_000,
    now: () => time,
    wait: async (milliseconds) => {
      time += milliseconds;
    },
    ...options,
  });
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { gate: made, at: () => time, pass };
}

describe("writes", () => {
  test("go out at once up to the burst, then one a second", async () => {
    const { gate: made, at } = gate();
    const times: number[] = [];
    await Promise.all(Array.from({ length: 6 }, () => made.write(async () => times.push(at()))));
    expect(times).toEqual([0, 0, 0, 1_000, 2_000, 3_000]);
  });

  test("that a quiet time brings back are never more than the burst", async () => {
    const { gate: made, at, pass } = gate();
    for (let count = 0; count < 3; count++) await made.write(async () => undefined);
    pass(3_600_000);
    const times: number[] = [];
    for (let count = 0; count < 4; count++) await made.write(async () => times.push(at() - 3_600_000));
    expect(times).toEqual([0, 0, 0, 1_000]);
  });

  test("never overlap, and one that fails does not stop the next", async () => {
    const { gate: made } = gate();
    let running = 0;
    let most = 0;
    const write = (fails: boolean) =>
      made.write(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (fails) throw new Error("refused");
      });
    const results = await Promise.allSettled([write(true), write(false), write(true)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected"]);
    expect(most).toBe(1);
  });

  test("that would have to wait long are given back with the time", async () => {
    const { gate: made } = gate({ writesPerSecond: 0.1 });
    for (let count = 0; count < 3; count++) await made.write(async () => undefined);
    let sent = false;
    const late = made.write(async () => {
      sent = true;
    });
    await expect(late).rejects.toMatchObject({ code: "rate-limited", until: new Date(10_000) });
    expect(sent).toBe(false);
  });
});

test("nothing passes before the time that GitHub named, and a shorter time does not open the gate", async () => {
  const { gate: made, pass } = gate();
  made.block(new Date(30_000));
  made.block(new Date(10_000));
  pass(29_999);
  await expect(made.read(async () => 1)).rejects.toMatchObject({ code: "rate-limited" });
  await expect(made.write(async () => 1)).rejects.toMatchObject({ code: "rate-limited" });
  pass(1);
  expect(await made.read(async () => 1)).toBe(1);
  expect(await made.write(async () => 1)).toBe(1);
});

test("a write that waited while the gate was closed is not sent", async () => {
  let time = 0;
  const made: InstallationGate = new InstallationGate({
    burst: 1,
    now: () => time,
    wait: async (milliseconds) => {
      time += milliseconds;
      made.block(new Date(60_000));
    },
  });
  await made.write(async () => 1);
  await expect(made.write(async () => 2)).rejects.toMatchObject({ until: new Date(60_000) });
});
