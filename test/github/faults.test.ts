import { describe, expect, test } from "@jest/globals";
import type { Fault } from "./faults.ts";
import { at, POLICY, scene } from "./scene.ts";

const ROUTE = "/repos/{owner}/{repo}/issues/{issue_number}/comments";

describe("what goes wrong with a request", () => {
  test.each([
    [{ kind: "status", status: 502, effect: "before" }, 502, 0],
    [{ kind: "status", status: 502, effect: "after" }, 502, 1],
    [{ kind: "reset", effect: "before" }, "fetch failed", 0],
    [{ kind: "reset", effect: "after" }, "fetch failed", 1],
    [{ kind: "secondary-limit", retryAfterSeconds: 30 }, 403, 0],
    [{ kind: "secondary-limit", retryAfterSeconds: null }, 403, 0],
    [{ kind: "too-many-requests", retryAfterSeconds: 1 }, 429, 0],
    [{ kind: "primary-exhausted", resetInSeconds: 60 }, 403, 0],
    [{ kind: "bad-credentials" }, 401, 0],
    [{ kind: "truncated" }, 201, 1],
  ] as const satisfies readonly (readonly [Fault, number | string, number])[])(
    "%j",
    async (fault, outcome, comments) => {
      const { fake, ask, pull, time } = scene();
      fake.faults.add({ method: "POST", route: ROUTE, from: 2, fault });
      await ask("POST ~/issues/1/comments", { body: "the first is well" });
      const second = await ask("POST ~/issues/1/comments", { body: "b" }).catch((error: unknown) => error);
      expect(second instanceof Error ? second.message : at(second, "status")).toBe(outcome);
      expect(fake.comments(pull)).toHaveLength(1 + comments);
      expect(fake.calls.at(-1)?.fault).toBe(fault.kind);
      if (fault.kind === "truncated") expect(typeof at(second, "body")).toBe("string");
      if (fault.kind === "secondary-limit") {
        const given = (at(second, "headers") as Headers).get("retry-after");
        expect(given).toBe(fault.retryAfterSeconds === null ? null : "30");
      }
      if (fault.kind === "primary-exhausted") {
        const headers = at(second, "headers") as Headers;
        const told = [headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-reset")];
        expect(told).toEqual(["0", String(time.now / 1_000 + 60)]);
      }
      expect((await ask("POST ~/issues/1/comments", { body: "the third is well" })).status).toBe(201);
    },
  );

  test("slow: until the caller gives up, or as long as the clock says", async () => {
    const { fake, token } = scene();
    fake.faults.add({ fault: { kind: "slow", milliseconds: 5_000 }, times: 2 });
    const headers = { authorization: `token ${token}` };
    const url = "https://api.github.com/repos/acme/shop";
    const given = fake.fetch(url, { headers, signal: AbortSignal.timeout(1) });
    await expect(given).rejects.toMatchObject({ name: "TimeoutError" });
    const waited: number[] = [];
    fake.world.clock.wait = async (milliseconds) => {
      waited.push(milliseconds);
    };
    expect((await fake.fetch(url, { headers })).status).toBe(200);
    expect(waited).toEqual([5_000]);
  });

  test("a function may decide, on installation, route and count", async () => {
    const { fake, ask, installation } = scene();
    const asked: unknown[] = [];
    fake.faults.decide = ({ installation: by, route, method }) => {
      asked.push([by, `${method} ${route}`]);
      return null;
    };
    await ask("GET ~/pulls/1/files");
    expect(asked).toEqual([[installation.id, "GET /repos/{owner}/{repo}/pulls/{pull_number}/files"]]);
    expect(fake.calls.at(-1)).toMatchObject({
      number: 1,
      foreign: false,
      tokenRepositories: "all",
      status: 200,
    });
  });
});

describe("reads that lag", () => {
  test("an older head and no new objects, until the time is over", async () => {
    const { fake, ask, time, shop, ann, head } = scene();
    fake.faults.readLagMilliseconds = 5_000;
    time.now += 10_000;
    const pushed = fake.commit(shop, "open", { "k8s/policy.yaml": `${POLICY}# new\n` }, { author: ann });
    const read = async () => at((await ask("GET ~/pulls/1")).body, "head", "sha");
    const tree = async () => (await ask(`GET ~/git/trees/${pushed}`)).status;
    const tip = async () => at((await ask("GET ~/git/ref/heads/open")).body, "object", "sha");
    expect([await read(), await tip(), await tree()]).toEqual([head, head, 404]);
    expect((await ask("POST ~/check-runs", { name: "x", head_sha: pushed })).status).toBe(422);
    time.now += 5_000;
    expect([await read(), await tip(), await tree()]).toEqual([pushed, pushed, 200]);
  });

  test("what the App wrote is not listed yet", async () => {
    const { fake, ask, time, head } = scene();
    fake.faults.listLagMilliseconds = 2_000;
    await ask("POST ~/check-runs", { name: "x", head_sha: head });
    await ask("POST ~/issues/1/comments", { body: "b" });
    const counts = async () => [
      at((await ask(`GET ~/commits/${head}/check-runs`)).body, "total_count"),
      at((await ask("GET ~/issues/1/comments")).body, "length"),
    ];
    expect(await counts()).toEqual([0, 0]);
    time.now += 2_000;
    expect(await counts()).toEqual([1, 1]);
  });
});
