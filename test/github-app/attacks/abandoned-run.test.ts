import { describe, expect, test } from "@jest/globals";
import { lastWord } from "../../../src/github/app.ts";
import type { AppContext } from "../../../src/github/app-context.ts";
import { printIdentity, type RunIdentity } from "../../../src/github/publish/run-identity.ts";
import type { Job } from "../../../src/github/queue/queue.ts";
import { openShop, type Shop } from "../commands/shop.ts";

/** What a job opened, and could not finish at any attempt, ends: nothing says "in progress" that nobody works at. */
describe("a run that is in progress when its job is given up", () => {
  async function givenUp(kind: RunIdentity["kind"], job: (shop: Shop, head: string) => Job): Promise<string> {
    const shop = await openShop();
    const head = shop.fake.tip(shop.shop);
    const identity = { state: "open", question: "q", bases: [head], policy: "", engine: "e" } as const;
    const externalId = printIdentity({ ...identity, kind });
    await shop.client.createCheckRun(head, "egress-review", { status: "in_progress", externalId });
    const app = {
      clients: shop.clients,
      log: { warn: () => undefined, error: () => undefined },
      settings: { documentationUrl: null },
    } as Partial<{ [Key in keyof AppContext]: Partial<AppContext[Key]> }> as AppContext;
    await lastWord(app, job(shop, head), new Error("crashed"));
    const run = shop.fake.checkRun(shop.shop, head, "egress-review");
    return `${run?.status} ${run?.conclusion}`;
  }

  test("of the first map is red", async () => {
    expect(await givenUp("map", ({ reference }) => ({ kind: "first-map", repository: reference }))).toBe(
      "completed failure",
    );
  });

  test("of a merge group that somebody asked for again is red", async () => {
    const job = ({ reference }: Shop, head: string): Job => ({ kind: "commit", repository: reference, head });
    expect(await givenUp("merge-group", job)).toBe("completed failure");
  });

  test("of a review that another job works at is left to it", async () => {
    const job = ({ reference }: Shop, head: string): Job => ({ kind: "commit", repository: reference, head });
    expect(await givenUp("review", job)).toBe("in_progress null");
  });
});
