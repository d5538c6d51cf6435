import { beforeEach, describe, expect, test } from "@jest/globals";
import { parseConfiguration } from "../../../src/config/parse-configuration.ts";
import { restoreApprovals } from "../../../src/github/approvals/restore-approvals.ts";
import { answerCommand } from "../../../src/github/commands/answer-command.ts";
import { replyMark } from "../../../src/github/commands/reply.ts";
import { BLOCKS, clientWith, openShop, type Shop } from "./shop.ts";

let here: Shop;
beforeEach(async () => {
  here = await openShop();
});

const REASON = "until the mirror is there";

function head(): string {
  return here.fake.head(here.pull);
}

function approve(parts: { readonly handle?: string; readonly sha?: string; readonly reason?: string } = {}) {
  const { handle = BLOCKS.handle, sha = head().slice(0, 7), reason = REASON } = parts;
  return `/egress approve ${handle} ${sha} ${reason}`;
}

async function approvals() {
  const runs = await here.client.checkRuns(head(), "egress-review");
  const place = { key: here.keys.approval, repository: here.shop.id, head: head() };
  return restoreApprovals(runs, place).approvals;
}

async function expectNothingApproved() {
  expect(await approvals()).toEqual([]);
  expect(here.added).toEqual([]);
}

describe("whoever can read", () => {
  test("gets help", async () => {
    const { text, reactions } = await here.say(here.people.rea, "/egress help");
    expect(text).toContain("`/egress approve HANDLE SHA REASON`");
    expect(text).toContain("https://docs.example.com/commands");
    expect(reactions).toEqual([]);
  });

  test("gets the causes explained", async () => {
    const { text } = await here.say(here.people.rea, "/egress explain");
    expect(text).toContain("**`203-9f3c` New in-cluster wildcard** (⛔ blocks");
    expect(text).toContain("Cause: NetworkPolicy `data/open`");
    expect(text).toContain("every pod of every namespace, every port");
  });

  test("of one finding, of one workload, of one environment", async () => {
    const { rea } = here.people;
    expect((await here.say(rea, "/egress explain 203-9f3c")).text).toContain("**`203-9f3c`");
    expect((await here.say(rea, "/egress explain data/Deployment/api")).text).toContain("Can newly reach");
    expect((await here.say(rea, "/egress explain data/api")).text).toContain("**`203-9f3c`");
    const quiet = await here.say(rea, "/egress explain web/Deployment/front");
    expect(quiet.text).toContain("No finding names `web/Deployment/front`");
    expect(quiet.text).toContain("No workload gains or loses");
    expect((await here.say(rea, "/egress explain env=clusters/production")).text).toContain(
      "in `clusters/production`",
    );
  });

  test("is told what is near where a name is wrong", async () => {
    const { rea } = here.people;
    expect((await here.say(rea, "/egress explain data/Deployment/apu")).text).toContain(
      "Did you mean `data/Deployment/api`?",
    );
    expect((await here.say(rea, "/egress explain 203-aaaa")).text).toContain("It has `203-9f3c`");
    expect((await here.say(rea, "/egress diff env=cluster/production")).text).toContain(
      "Did you mean `clusters/production`?",
    );
  });

  test("asks whether a flow is allowed", async () => {
    const { text } = await here.say(
      here.people.rea,
      "/egress explain data/Deployment/api -> dns env=clusters/production",
    );
    expect(text).toContain("data/Deployment/api → dns: allowed");
    expect(here.state.asked).toEqual([
      { from: "data/Deployment/api", to: "dns", environment: "clusters/production" },
    ]);
  });

  test("asks it of the workloads of a finding", async () => {
    await here.say(here.people.rea, "/egress explain 203-9f3c -> internet:443");
    expect(here.state.asked).toMatchObject([{ from: "data/Deployment/api", to: "internet:443" }]);
  });

  test("sees the difference", async () => {
    const { text } = await here.say(here.people.rea, "/egress diff");
    expect(text).toContain("| `data/Deployment/api` |");
  });

  test("may not have it reviewed again", async () => {
    const { reactions, text } = await here.say(here.people.rea, "/egress recheck");
    expect(reactions).toEqual(["confused"]);
    expect(text).toBe("");
    expect(here.added).toEqual([]);
    expect(here.audits).toMatchObject([{ action: "recheck", outcome: "refused", actor: { login: "rea" } }]);
  });

  test("who can not even read gets nothing but a reaction", async () => {
    for (const line of ["/egress help", "/egress explain", "/egress nonsense"]) {
      const { reactions, text } = await here.say(here.people.eve, line);
      expect([reactions, text]).toEqual([["confused"], ""]);
    }
    expect(here.audits).toHaveLength(3);
  });
});

test("who can write has it reviewed again, the same head and afresh", async () => {
  const { reactions } = await here.say(here.people.wil, "/egress recheck");
  expect(reactions).toEqual(["eyes"]);
  expect(here.added).toMatchObject([
    { job: { kind: "review", pullRequest: { number: here.pull.number } }, expectation: { again: true } },
  ]);
});

describe("an approval", () => {
  test("is written into the check run of the head, and the head is reviewed again", async () => {
    const { reactions, text, comment } = await here.say(here.people.mia, approve());
    expect([reactions, text]).toEqual([["+1"], ""]);
    expect(await approvals()).toEqual([
      {
        fingerprint: BLOCKS.fingerprint,
        policyDigest: `sha256:${"2".repeat(64)}`,
        extent: BLOCKS.extent,
        approver: "mia",
        reason: REASON,
        at: new Date(comment.createdAt).toISOString().replace(".000Z", "Z"),
        head: head(),
        self: false,
      },
    ]);
    expect(here.added).toMatchObject([
      { job: { kind: "review" }, expectation: { head: head(), again: true } },
    ]);
    expect(here.audits).toMatchObject([
      { action: "approve", outcome: "done", actor: { login: "mia" }, details: { handle: "203-9f3c" } },
    ]);
  });

  test("twice is one", async () => {
    const { comment } = await here.say(here.people.mia, approve());
    await answerCommand(here.context(comment.id));
    expect(await approvals()).toHaveLength(1);
  });

  test("with the database deleted it stands where it stood", async () => {
    await here.say(here.people.mia, approve());
    const [run] = await here.client.checkRuns(head(), "egress-review");
    expect(run?.text).toContain("accepted by `mia`");
    expect(await approvals()).toHaveLength(1);
  });

  test("keeps what an earlier head carried to one that nobody has written yet", async () => {
    await here.say(here.people.mia, approve());
    here.fake.commit(here.shop, "open", { more: "1" }, { author: here.people.ann });
    const second = { ...BLOCKS, fingerprint: "51aa".padEnd(64, "0"), handle: "204-51aa" };
    here.state.findings = [{ ...BLOCKS }, second];
    await here.say(here.people.max, approve({ handle: "204-51aa" }));
    expect((await approvals()).map(({ approver }) => approver).sort()).toEqual(["max", "mia"]);
  });

  test("of one who owns the file of the cause", async () => {
    here.state.files = { CODEOWNERS: "/charts/ @wil\n" };
    expect((await here.say(here.people.wil, approve())).reactions).toEqual(["+1"]);
    expect((await here.say(here.people.mia, approve())).reactions).toEqual(["confused"]);
  });
});

describe("an approval of the wrong person", () => {
  test.each(["rea", "wil", "eve"] as const)("%s", async (login) => {
    const { reactions, text } = await here.say(here.people[login], approve());
    expect([reactions, text]).toEqual([["confused"], ""]);
    await expectNothingApproved();
    expect(here.audits).toMatchObject([{ action: "approve", outcome: "refused", actor: { login } }]);
  });

  test("the author, also with every right", async () => {
    here.fake.setPermission(here.people.ann, here.shop, "admin");
    const { reactions } = await here.say(here.people.ann, approve());
    expect(reactions).toEqual(["confused"]);
    expect(here.audits).toMatchObject([{ why: "writer: opener" }]);
    await expectNothingApproved();
  });

  test("a co-author, a committer, the last pusher", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "main", { m: "1" }, { author: people.max, pusher: people.olga });
    fake.commit(
      shop,
      "open",
      { a: "1" },
      { author: people.ann, coAuthors: [people.max], pusher: people.mia },
    );
    for (const person of [people.max, people.mia]) {
      expect((await here.say(person, approve())).reactions).toEqual(["confused"]);
    }
    expect(here.audits).toMatchObject([{ why: "writer: co-author" }, { why: "writer: pusher" }]);
    await expectNothingApproved();
  });

  test("the author where base records it: shown as such; not where the organisation forbids it", async () => {
    const { state, fake, people, shop } = here;
    fake.setPermission(people.ann, shop, "maintain");
    state.configuration = configuration("approvals: { self: recorded }");
    state.organisation = configuration("approvals: { forbidSelf: true }");
    expect((await here.say(people.ann, approve())).reactions).toEqual(["confused"]);
    state.organisation = null;
    expect((await here.say(people.ann, approve())).reactions).toEqual(["+1"]);
    expect(await approvals()).toMatchObject([{ approver: "ann", self: true }]);
    expect(here.audits.at(-1)).toMatchObject({ why: "self-approved" });
  });

  test("where somebody who made the change cannot be named, everybody; and it is said why", async () => {
    const stranger = { name: "S", email: "s@example.com" };
    here.fake.commit(here.shop, "open", { a: "1" }, { author: stranger, pusher: here.people.ann });
    const { text } = await here.say(here.people.max, approve());
    expect(text).toContain("belongs to no account");
    await expectNothingApproved();
  });

  test("a bot, and an App in the name of a person", async () => {
    const comment = here.fake.comment(here.pull, here.people.mia, approve());
    const read = await here.client.comment(comment.id);
    const bot = { ...read.author, kind: "bot" } as const;
    for (const written of [
      { ...read, author: bot },
      { ...read, app: 12 },
    ]) {
      const client = clientWith(here.client, { comment: async () => written });
      expect(await answerCommand(here.context(comment.id, { client }))).toEqual({ kind: "done" });
    }
    expect(here.audits.map(({ why }) => why)).toEqual(["bot", "bot"]);
    expect(comment.reactions).toEqual([]);
    await expectNothingApproved();
  });
});

describe("an approval at the wrong time", () => {
  test("of a commit that is not the head: the head is named, with the command to copy", async () => {
    const old = head();
    here.fake.commit(here.shop, "open", { a: "1" }, { author: here.people.ann });
    const { text, reactions } = await here.say(here.people.mia, approve({ sha: old.slice(0, 7) }));
    expect(text).toContain(`/egress approve 203-9f3c ${head().slice(0, 7)} REASON`);
    expect(reactions).toEqual([]);
    await expectNothingApproved();
  });

  test("a push between the comment and its processing", async () => {
    const sha = head();
    const { text } = await here.say(here.people.mia, approve({ sha }), () => {
      here.fake.commit(here.shop, "open", { a: "1" }, { author: here.people.ann });
    });
    expect(text).toContain("is not the head");
    await expectNothingApproved();
  });

  test("a push while it is processed", async () => {
    const comment = here.fake.comment(here.pull, here.people.mia, approve());
    const before = here.fake.comments(here.pull).length;
    let reads = 0;
    const client = clientWith(here.client, {
      pullRequest: async (number) => {
        reads += 1;
        // The first read is before the review is looked at, the second right before the write.
        if (reads === 2) here.fake.commit(here.shop, "open", { a: "1" }, { author: here.people.ann });
        return here.client.pullRequest(number);
      },
    });
    await answerCommand(here.context(comment.id, { client }));
    expect(reads).toBe(2);
    expect(here.fake.comments(here.pull)[before]?.body).toContain("is not the head");
    await expectNothingApproved();
  });

  test("a review of another head than the one that was typed", async () => {
    const comment = here.fake.comment(here.pull, here.people.mia, approve());
    const evaluated = await here.evaluatedNow();
    const older = { ...evaluated.pullRequest, head: { ...evaluated.pullRequest.head, sha: "b".repeat(40) } };
    await answerCommand(
      here.context(comment.id, {
        evaluated: async () => ({ kind: "evaluated", evaluated: { ...evaluated, pullRequest: older } }),
      }),
    );
    await expectNothingApproved();
  });

  test("of a finding that is not there, or stops nothing", async () => {
    const { text } = await here.say(here.people.mia, approve({ handle: "203-aaaa" }));
    expect(text).toContain("no finding `203-aaaa`. It has `203-9f3c`");
    here.state.findings = [{ ...BLOCKS, severity: "warn" }];
    expect((await here.say(here.people.mia, approve())).text).toContain("nothing to accept");
    await expectNothingApproved();
  });

  test("on a closed pull request nothing but help is answered", async () => {
    here.fake.closePull(here.pull);
    for (const line of [approve(), "/egress explain", "/egress recheck", "/egress nonsense"]) {
      const { text, reactions } = await here.say(here.people.mia, line);
      expect([text, reactions]).toEqual(["", []]);
    }
    await expectNothingApproved();
    expect((await here.say(here.people.rea, "/egress help")).text).toContain("/egress explain");
  });
});

describe("comments that are not what they were", () => {
  test("edited: no command, and audited", async () => {
    const { reactions, text } = await here.say(here.people.mia, "/egress help", (comment) => {
      here.time.now += 5_000;
      here.fake.editComment(comment, approve(), here.people.wil);
    });
    expect([reactions, text]).toEqual([[], ""]);
    expect(here.audits).toMatchObject([{ outcome: "ignored", why: "edited" }]);
    await expectNothingApproved();
  });

  test("deleted: nothing to answer", async () => {
    const { outcome } = await here.say(here.people.mia, approve(), (comment) =>
      here.fake.deleteComment(comment),
    );
    expect(outcome).toEqual({ kind: "done" });
  });

  test.each([
    ["quoted", (line: string) => `> ${line}\n\nno!`],
    ["in a code block", (line: string) => `\`\`\`\n${line}\n\`\`\``],
    ["indented as code", (line: string) => `    ${line}`],
    ["on the second line", (line: string) => `I would say\n${line}`],
  ])("%s: silence", async (_name, written) => {
    const { text, reactions } = await here.say(here.people.mia, written(approve()));
    expect([text, reactions, here.audits]).toEqual(["", [], []]);
    await expectNothingApproved();
  });

  test("of another pull request: a job that names the wrong one is not believed", async () => {
    const { fake, shop, people } = here;
    fake.commit(shop, "second", { second: "1" }, { author: people.wil });
    const other = fake.openPullRequest(shop, { head: "second", author: people.wil });
    const comment = fake.comment(other, people.mia, approve());
    await answerCommand(here.context(comment.id));
    expect(here.audits).toMatchObject([{ outcome: "ignored", why: "elsewhere" }]);
    await expectNothingApproved();
  });

  test("of another repository: nothing is found with this token", async () => {
    const { fake, acme, people } = here;
    const secret = fake.createRepository(acme, "secret", { files: { a: "1" }, private: true });
    fake.commit(secret, "x", { a: "2" }, { author: people.olga });
    const pull = fake.openPullRequest(secret, { head: "x", author: people.olga });
    const comment = fake.comment(pull, people.mia, "/egress help");
    expect(await answerCommand(here.context(comment.id))).toEqual({ kind: "done" });
    expect(fake.comments(pull)).toHaveLength(1);
    const foreign = fake.calls.filter(({ repository }) => repository === secret.id);
    expect(foreign).toEqual([]);
  });
});

describe("an answer", () => {
  test("is given once, though the job ran twice", async () => {
    const { comment } = await here.say(here.people.rea, "/egress help");
    await answerCommand(here.context(comment.id));
    expect(here.fake.comments(here.pull)).toHaveLength(2);
  });

  test("is not kept back by somebody who plants its mark", async () => {
    const asked = here.fake.comment(here.pull, here.people.rea, "/egress help");
    const mark = replyMark(
      here.keys.reply,
      { repository: here.client.repository, number: here.pull.number },
      asked.id,
    );
    here.fake.comment(here.pull, here.people.eve, `hello ${mark}`);
    await answerCommand(here.context(asked.id));
    expect(here.fake.comments(here.pull)).toHaveLength(3);
  });

  test("shows what was typed, and nothing of it works", async () => {
    const { text } = await here.say(here.people.rea, "/egress @acme/all<img/src=x>#1");
    expect(text).toContain("`@acme/all<img/src=x>#1`");
    // Outside code, where it would be read.
    expect(text.replace(/`[^`]*`/g, "")).not.toMatch(/@acme|<img|#1/);
  });

  test("waits where GitHub has no test merge, and says so in the end", async () => {
    const comment = here.fake.comment(here.pull, here.people.rea, "/egress explain");
    const pending = here.context(comment.id, {
      evaluated: async () => ({ kind: "pending", milliseconds: 1500 }),
    });
    expect(await answerCommand(pending)).toEqual({ kind: "later", milliseconds: 1500 });
    here.time.now += 11 * 60_000;
    expect(await answerCommand(pending)).toEqual({ kind: "done" });
    expect(here.fake.comments(here.pull)[1]?.body).toContain("no test merge");
  });

  test("points to the check where there is no review", async () => {
    const comment = here.fake.comment(here.pull, here.people.mia, approve());
    await answerCommand(
      here.context(comment.id, {
        evaluated: async () => ({ kind: "failed", failure: { code: "no-test-merge" } }),
      }),
    );
    expect(here.fake.comments(here.pull)[1]?.body).toContain("the check `egress-review` says why");
    await expectNothingApproved();
  });
});

function configuration(text: string) {
  const parsed = parseConfiguration(text, ".egress-review.yaml");
  if (!("environments" in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed;
}
