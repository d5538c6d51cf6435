import { beforeEach, describe, expect, test } from "@jest/globals";
import { writersOf } from "../../../src/github/governance/writers.ts";
import { clientWith, openShop, type Shop } from "../commands/shop.ts";

let here: Shop;
beforeEach(async () => {
  here = await openShop();
});

async function writers(client = here.client) {
  return writersOf(client, await here.client.pullRequest(here.pull.number));
}

describe("who made a change", () => {
  test("who opened it, wrote, committed and pushed", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "open", { a: "1" }, { author: people.wil, committer: people.max, pusher: people.mia });
    const { known, unknown } = await writers();
    expect(Object.fromEntries(known)).toEqual({
      ann: "opener",
      wil: "author",
      max: "committer",
      mia: "pusher",
    });
    expect(unknown).toEqual([]);
  });

  test("a co-author by an address under which somebody committed before", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "main", { m: "1" }, { author: people.mia, pusher: people.olga });
    fake.commit(shop, "open", { a: "1" }, { author: people.ann, coAuthors: [people.mia] });
    const { known, unknown } = await writers();
    expect(known.get("mia")).toBe("co-author");
    expect(unknown).toEqual([]);
  });

  test("an address of nobody may be anybody's", async () => {
    const { fake, shop, people } = here;
    const stranger = { name: "S", email: "s@example.com" };
    const sha = fake.commit(shop, "open", { a: "1" }, { author: stranger, pusher: people.ann });
    const other = fake.commit(shop, "open", { a: "2" }, { author: people.ann, coAuthors: [stranger] });
    const { unknown } = await writers();
    expect(unknown).toEqual([
      { kind: "commit", sha, role: "author" },
      { kind: "commit", sha, role: "committer" },
      { kind: "co-author", sha: other, name: "S" },
    ]);
  });

  test("GitHub does not say who pushed: it may be anybody", async () => {
    const client = clientWith(here.client, { lastPusher: async () => null });
    expect((await writers(client)).unknown).toMatchObject([{ kind: "pusher" }]);
  });

  test("more commits than GitHub lists: the others may be anybody's", async () => {
    const commits = await here.client.commitsOf(here.pull.number);
    const [commit] = commits;
    if (commit === undefined) throw new Error("no commit");
    const many = Array.from({ length: 250 }, (_, index) => ({ ...commit, sha: `${index}` }));
    const client = clientWith(here.client, { commitsOf: async () => many });
    expect((await writers(client)).unknown).toContainEqual({ kind: "commits" });
  });

  test("a fork: authors stand for those who pushed, which GitHub does not tell", async () => {
    const { fake, shop, people, client } = here;
    const fork = fake.fork(shop, people.eve);
    fake.commit(fork, "evil", { "policy.yaml": "x\n" }, { author: people.eve, committer: people.wil });
    const pull = fake.openPullRequest(shop, {
      head: { repository: fork, branch: "evil" },
      author: people.eve,
    });
    const { known, unknown } = await writersOf(client, await client.pullRequest(pull.number));
    expect(Object.fromEntries(known)).toEqual({ eve: "opener", wil: "committer" });
    expect(unknown).toEqual([]);
  });
});

describe("the base merged into the branch", () => {
  /** mia clicks "Update branch"; `files` = what the merge commit holds beside what a merge makes. */
  function update(files: Record<string, string> = {}) {
    const { fake, shop, people } = here;
    fake.commit(shop, "main", { "other.yaml": "moved\n", "new.yaml": "n\n" }, { author: people.olga });
    return fake.commit(
      shop,
      "open",
      { "other.yaml": "moved\n", "new.yaml": "n\n", ...files },
      {
        author: people.mia,
        parents: [fake.tip(shop, "open"), fake.tip(shop)],
        message: "Merge branch 'main' into open",
      },
    );
  }

  test("makes nobody an author or a pusher", async () => {
    update();
    expect((await writers()).known.has("mia")).toBe(false);
  });

  test("nor does the second one", async () => {
    const { fake, shop, people } = here;
    update();
    fake.commit(shop, "main", { "other.yaml": "again\n" }, { author: people.olga });
    const parents = [fake.tip(shop, "open"), fake.tip(shop)];
    fake.commit(shop, "open", { "other.yaml": "again\n" }, { author: people.mia, parents });
    expect((await writers()).known.has("mia")).toBe(false);
  });

  test("a line slipped into it makes its author one", async () => {
    update({ "policy.yaml": "slipped in\n" });
    expect((await writers()).known.get("mia")).toBe("author");
  });

  test("so does what it takes from the base back again", async () => {
    update({ "other.yaml": "b\n" });
    expect((await writers()).known.get("mia")).toBe("author");
  });

  test("an older state of the base, merged to take a newer one back, is no update", async () => {
    const { fake, shop, people } = here;
    const old = fake.tip(shop);
    update();
    const parents = [fake.tip(shop, "open"), old];
    fake.commit(shop, "open", { "other.yaml": "b\n", "new.yaml": null }, { author: people.wil, parents });
    expect((await writers()).known.get("wil")).toBe("author");
  });

  test("a file that both sides changed is merged by hand as far as anybody can tell", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "main", { "policy.yaml": "base\n" }, { author: people.olga });
    const parents = [fake.tip(shop, "open"), fake.tip(shop)];
    fake.commit(shop, "open", { "policy.yaml": "both\n" }, { author: people.mia, parents });
    expect((await writers()).known.get("mia")).toBe("author");
  });

  test("also where one side was taken whole: what the base did to that file is gone", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "main", { "policy.yaml": "base closes\n" }, { author: people.olga });
    const parents = [fake.tip(shop, "open"), fake.tip(shop)];
    fake.commit(shop, "open", { "policy.yaml": "opens\n" }, { author: people.mia, parents });
    expect((await writers()).known.get("mia")).toBe("author");
  });

  test("does not hide who pushed what lies beneath it", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "open", { a: "1" }, { author: people.ann, pusher: people.mia });
    update();
    expect((await writers()).known.get("mia")).toBe("pusher");
  });

  test("of two branches of one's own is a commit like any other", async () => {
    const { fake, shop, people } = here;
    const side = fake.commit(shop, "side", { s: "1" }, { author: people.ann });
    const parents = [fake.tip(shop, "open"), side];
    fake.commit(shop, "open", { s: "1" }, { author: people.wil, parents });
    expect((await writers()).known.get("wil")).toBe("author");
  });
});
