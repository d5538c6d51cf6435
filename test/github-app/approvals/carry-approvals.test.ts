import { beforeEach, describe, expect, test } from "@jest/globals";
import { withApprovals } from "../../../src/github/approvals/approval-section.ts";
import {
  approvalsToWrite,
  carryApprovals,
  sortedOut,
} from "../../../src/github/approvals/carry-approvals.ts";
import { mergeGroupApprovals } from "../../../src/github/approvals/merge-group-approvals.ts";
import { writeApprovals } from "../../../src/github/approvals/write-approvals.ts";
import type { RepositoryClient } from "../../../src/github/client/repository-client.ts";
import { type Writers, writersOf } from "../../../src/github/governance/writers.ts";
import type { Approval } from "../../../src/rules/approval.ts";
import { everyPod } from "../../report/reviews.ts";
import { clientWith, openShop, type Shop } from "../commands/shop.ts";

let here: Shop;
beforeEach(async () => {
  here = await openShop();
});

const NOBODY: Writers = { known: new Map(), unknown: [] };

function approvalAt(head: string, parts: Partial<Approval> = {}): Approval {
  return {
    fingerprint: "9f3c",
    policyDigest: "p",
    extent: { kind: "regions", declared: [], workloads: { "data/Deployment/api": [everyPod()] } },
    approver: "mia",
    reason: "until the mirror is there",
    at: "2026-03-01T10:00:00Z",
    head,
    self: false,
    ...parts,
  };
}

const store = { exclusively: <T>(_name: string, action: () => Promise<T>) => action() };

async function approve(parts: Partial<Approval> = {}): Promise<string> {
  const head = here.fake.head(here.pull);
  const change = { pullRequest: here.pull.number, head, approvals: [approvalAt(head, parts)] };
  expect(await writeApprovals(here.client, store, here.keys.approval, change)).toMatchObject({
    kind: "written",
  });
  return head;
}

async function carried(options: { readonly lastHead?: string; readonly writers?: Writers } = {}) {
  const { client, pull, keys } = here;
  const pullRequest = await client.pullRequest(pull.number);
  return carryApprovals(client, pullRequest, options.writers ?? NOBODY, {
    key: keys.approval,
    self: "off",
    lastHead: options.lastHead ?? null,
  });
}

function push(author = here.people.ann): string {
  return here.fake.commit(here.shop, "open", { more: `${here.time.now}${author.login}` }, { author });
}

describe("an approval of a head", () => {
  test("is restored from its check run alone", async () => {
    await approve();
    expect((await carried()).valid).toMatchObject([{ approver: "mia" }]);
    // No store remembers anything: `lastHead` is null above.
  });

  test("carries to later heads, from the newest that says what it has", async () => {
    await approve();
    push();
    push();
    expect((await carried()).valid).toHaveLength(1);
  });

  test("does not come back once a head in between dropped it", async () => {
    const { fake, pull, client, keys, shop } = here;
    await approve();
    push();
    const head = fake.head(pull);
    const text = withApprovals("", [], { key: keys.approval, repository: shop.id, head }) ?? "";
    await client.createCheckRun(head, "egress-review", { output: { title: "t", summary: "s", text } });
    push();
    expect((await carried()).valid).toEqual([]);
  });

  test("carries over a force-push where the last head is remembered", async () => {
    const { fake, shop, people } = here;
    const old = await approve();
    const base = fake.tip(shop);
    const rebased = fake.commit(
      shop,
      "open",
      { "policy.yaml": "opens\n" },
      { author: people.ann, message: "Rebased", parents: [base], push: false },
    );
    fake.forcePush(shop, "open", rebased, people.ann);
    expect((await carried()).valid).toEqual([]);
    expect((await carried({ lastHead: old })).valid).toHaveLength(1);
  });

  test("looks at no more than twenty earlier heads", async () => {
    await approve();
    for (let count = 0; count < 21; count += 1) {
      here.fake.commit(here.shop, "open", { more: `${count}` }, { author: here.people.ann });
    }
    const before = here.fake.calls.length;
    expect((await carried()).valid).toEqual([]);
    const asked = here.fake.calls.slice(before).filter(({ path }) => path.includes("/check-runs"));
    expect(asked).toHaveLength(21);
  });

  test("in a run of another App is none", async () => {
    const { fake, shop, pull, clients, keys, reference } = here;
    const head = fake.head(pull);
    const other = fake.registerApp({
      name: "other",
      permissions: { checks: "write", contents: "read" },
      events: [],
    });
    const installation = fake.install(other, here.acme, [shop]);
    const text =
      withApprovals("", [approvalAt(head)], { key: keys.approval, repository: shop.id, head }) ?? "";
    await fake.fetch(`https://api.github.com/repos/acme/shop/check-runs`, {
      method: "POST",
      headers: { authorization: `token ${fake.token(installation)}`, "content-type": "application/json" },
      body: JSON.stringify({
        name: "egress-review",
        head_sha: head,
        output: { title: "t", summary: "s", text },
      }),
    });
    expect(fake.checkRuns(shop, head)).toHaveLength(1);
    expect(await clients.repository(reference)).toBeDefined();
    expect((await carried()).valid).toEqual([]);
  });

  test("copied from another head is refused, and told", async () => {
    const { client, fake, pull } = here;
    const old = await approve();
    push();
    const [run] = await client.checkRuns(old, "egress-review");
    const head = fake.head(pull);
    const output = { title: "t", summary: "s", text: run?.text ?? "" };
    await client.createCheckRun(head, "egress-review", { output });
    const found = await carried();
    expect(found.refused).toMatchObject([{ why: "head", head }]);
  });
});

describe("once the approver made a part of the change", () => {
  test("it is void for good", async () => {
    await approve();
    push(here.people.mia);
    const writers = await writersOf(here.client, await here.client.pullRequest(here.pull.number));
    const found = await carried({ writers });
    expect(found.valid).toEqual([]);
    expect(found.void).toMatchObject([{ why: { code: "writer", role: "author" } }]);
    expect(approvalsToWrite(found, [], here.fake.head(here.pull))).toEqual([]);
  });

  test("perhaps, because somebody cannot be named: it waits, and is not lost", async () => {
    await approve();
    const unknown: Writers = { known: new Map(), unknown: [{ kind: "pusher", sha: "a" }] };
    const found = await carried({ writers: unknown });
    expect(found.valid).toEqual([]);
    expect(approvalsToWrite(found, [], "b")).toHaveLength(1);
    expect((await carried()).valid).toHaveLength(1);
  });

  test("and said so from the start it counts as long as base records it", () => {
    const self = approvalAt("a", { self: true });
    const writers: Writers = { known: new Map([["mia", "author"]]), unknown: [] };
    expect(sortedOut([self], writers, "recorded").valid).toEqual([self]);
    expect(sortedOut([self], writers, "off").valid).toEqual([]);
    expect(sortedOut([{ ...self, self: false }], writers, "recorded").valid).toEqual([]);
  });
});

describe("what the run of a head is to hold", () => {
  test("what was accepted with it, and what was given on this head", () => {
    const used = approvalAt("a");
    const grown = approvalAt("a", { fingerprint: "51aa" });
    const here = approvalAt("b", { fingerprint: "41be" });
    expect(approvalsToWrite({ valid: [used, grown, here], held: [] }, [used], "b")).toEqual([used, here]);
  });
});

describe("writing", () => {
  test("keeps what the run said, and what others accepted", async () => {
    const { client, fake, pull } = here;
    const head = fake.head(pull);
    const run = await client.createCheckRun(head, "egress-review", {
      status: "completed",
      conclusion: "failure",
      output: { title: "Blocked", summary: "Because", text: "Details" },
    });
    await approve();
    await approve({ fingerprint: "51aa", approver: "max" });
    const [now] = await client.checkRuns(head, "egress-review");
    expect(now).toMatchObject({ id: run.id, title: "Blocked", summary: "Because", conclusion: "failure" });
    expect(now?.text.endsWith("Details")).toBe(true);
    expect((await carried()).valid.map(({ approver }) => approver).sort()).toEqual(["max", "mia"]);
  });

  test("a push right before it is seen, and nothing is written", async () => {
    const { client, fake, pull, shop, keys } = here;
    const head = fake.head(pull);
    const late = clientWith(client, {
      pullRequest: async (number) => {
        push();
        return client.pullRequest(number);
      },
    });
    const change = { pullRequest: pull.number, head, approvals: [approvalAt(head)] };
    expect(await writeApprovals(late, store, keys.approval, change)).toMatchObject({ kind: "moved" });
    expect(fake.checkRuns(shop, head)).toEqual([]);
  });

  test("a closed pull request takes none", async () => {
    const { client, fake, pull, keys } = here;
    const head = fake.head(pull);
    fake.closePull(pull);
    const change = { pullRequest: pull.number, head, approvals: [approvalAt(head)] };
    expect(await writeApprovals(client, store, keys.approval, change)).toMatchObject({ kind: "moved" });
  });
});

describe("a merge group", () => {
  test("has the approvals of each of its pull requests", async () => {
    const { fake, shop, people, pull, client, keys } = here;
    await approve();
    fake.commit(shop, "second", { second: "1" }, { author: people.wil });
    const other = fake.openPullRequest(shop, { head: "second", author: people.wil });
    const head = fake.head(other);
    const given = approvalAt(head, { fingerprint: "51aa", approver: "max" });
    await writeApprovals(client, store, keys.approval, {
      pullRequest: other.number,
      head,
      approvals: [given],
    });
    fake.setRuleset(shop, { mergeQueue: true });
    const base = fake.tip(shop);
    fake.enqueue(pull);
    const [group] = fake.enqueue(other);
    if (group === undefined) throw new Error("no group");
    const options = { key: keys.approval, self: "off" } as const;
    const approvers = async (from: string, changes: Partial<RepositoryClient> = {}) => {
      const asked = { base: from, head: group.headSha, ref: `refs/heads/${group.headRef}` };
      const found = await mergeGroupApprovals(clientWith(client, changes), asked, options);
      return found.approvals.map(({ approver }) => approver).sort();
    };
    expect(await approvers(base)).toEqual(["max", "mia"]);
    expect(await approvers(group.baseSha)).toEqual(["max"]);
    // A queue that squashes has no head of a pull request among its commits: its groups name them.
    expect(await approvers(base, { openPullRequests: async () => [] })).toEqual(["max", "mia"]);
  });
});
