import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { CHECK_NAME } from "../../src/github/check-name.ts";
import type { PullRequest } from "../github/entities.ts";
import {
  BASE,
  CONFIGURATION,
  type Held,
  OPENS,
  OPENS_NOTHING,
  OPENS_ONCE,
  POLICIES,
  Stage,
  type Team,
  textOf,
  VALUES,
} from "./end-to-end-stage.ts";
import { SECRET, statusOf, until } from "./service/service-process.ts";
import { signedDelivery } from "./service/signed-delivery.ts";

/** The whole product: the service as a process, its real queue on its disk, and GitHub over HTTP. */

let stage: Stage;

// Each ends when what it waits for is there; this is for a machine on which it never is.
jest.setTimeout(60_000);

beforeAll(async () => {
  stage = new Stage();
  await stage.open();
}, 120_000);

afterAll(() => stage.close());

const sticky = (pull: PullRequest) =>
  stage.fake.comments(pull).filter(({ body }) => body.includes("egress-review sticky:"));

const mergeable = (pull: PullRequest) => stage.fake.mergeBox(pull).reasons.length === 0;

function requireCheck({ repository }: Team, mergeQueue = false): void {
  const requiredChecks = [{ context: CHECK_NAME, integrationId: stage.app.id }];
  stage.fake.setRuleset(repository, { requiredChecks, mergeQueue });
}

describe("a pull request that opens egress", () => {
  let team: Team;
  let pull: PullRequest;

  beforeAll(() => {
    team = stage.team("harbour", BASE);
    requireCheck(team);
  });

  test("the head of the default branch gets a map", async () => {
    const map = await stage.finished(team.repository, stage.fake.tip(team.repository));
    expect([map.conclusion, map.title]).toEqual([
      "success",
      expect.stringMatching(/^First map: 1 environment/),
    ]);
  });

  test("is blocked, and told where", async () => {
    pull = stage.change(team, "spark-packages", OPENS);
    const run = await stage.reviewed(pull);
    expect([run.conclusion, run.seen.map(({ status }) => status)]).toEqual([
      "failure",
      ["in_progress", "completed"],
    ]);
    expect(run.title).toContain("could reach every destination: TCP 443");
    expect(mergeable(pull)).toBe(false);
    expect(sticky(pull)).toHaveLength(1);
    expect(sticky(pull)[0]?.body).toContain("/egress approve 201-");
    const inline = pull.reviewComments.map(({ path, body }) => [path, body.includes("every pod of every")]);
    expect(inline).toEqual([[POLICIES, true]]);
  });

  test("a question about one flow has both sides in its answer", async () => {
    const question = "/egress explain data-platform/Deployment/notebooks -> internet:443";
    const answer = await stage.answer(pull, stage.ann, question);
    expect(answer).toContain("was allowed in part, will be allowed");
    expect(answer).toContain("notebooks-to-partners");
  });

  test("once it is mended the check is green, and the comment is one line", async () => {
    stage.fake.commit(team.repository, "spark-packages", OPENS_NOTHING, { author: stage.ann });
    expect((await stage.reviewed(pull)).conclusion).toBe("success");
    expect(mergeable(pull)).toBe(true);
    const [comment, ...others] = sticky(pull);
    const shown = comment?.body.replace(/<!--.*-->/s, "").trim() ?? "";
    expect([others, shown.split("\n")]).toEqual([[], [expect.stringMatching(/is gone since/)]]);
    expect(pull.reviewComments.map(({ body }) => body.includes("Gone since"))).toEqual([true]);
  });
});

test("who may accepts a finding, and nobody who made the change; what is accepted stays so for the next head", async () => {
  const { fake, ann, mia } = stage;
  // Who wrote it is an approver, too.
  const configuration = textOf(BASE, CONFIGURATION).replace("[mia]", "[ann, mia]");
  const team = stage.team("accepting", { ...BASE, [CONFIGURATION]: configuration });
  requireCheck(team);
  const pull = stage.change(team, "packages", OPENS_ONCE);
  await stage.reviewed(pull);
  const [, handle = "none"] = /\/egress approve (\S+)/.exec(sticky(pull)[0]?.body ?? "") ?? [];
  const command = `/egress approve ${handle} ${fake.head(pull).slice(0, 7)} the mirrors are pods of ours`;

  const own = fake.comment(pull, ann, command);
  await until(() => own.reactions.length > 0);
  expect(own.reactions.map(({ content }) => content)).toEqual(["confused"]);
  expect(mergeable(pull)).toBe(false);

  const accepted = fake.comment(pull, mia, command);
  await until(() => mergeable(pull));
  expect(accepted.reactions.map(({ content }) => content)).toEqual(["+1"]);
  expect((await stage.reviewed(pull)).text).toContain("mia");

  fake.commit(team.repository, "packages", { "README.md": "Packages\n" }, { author: ann });
  expect((await stage.reviewed(pull)).conclusion).toBe("success");
});

test("a head that was pushed away while it was evaluated gets no verdict of its own, the new one does", async () => {
  const { fake, ann } = stage;
  const team = stage.team("pushing", BASE);
  await stage.finished(team.repository, fake.tip(team.repository));
  const evaluating = stage.hold(team.repository, ({ path }) => path.includes("/git/trees/"));
  const pull = stage.change(team, "packages", { ...OPENS_NOTHING, "README.md": "Packages\n" });
  const before = fake.head(pull);
  await until(() => evaluating.reached);
  const after = fake.commit(team.repository, "packages", OPENS_ONCE, {
    author: ann,
    parents: [fake.tip(team.repository)],
    push: false,
  });
  fake.forcePush(team.repository, "packages", after, ann);
  evaluating.release();
  expect((await stage.reviewed(pull)).conclusion).toBe("failure");
  const old = await until(() => {
    const run = fake.checkRun(team.repository, before, CHECK_NAME);
    return run?.status === "completed" ? run : null;
  });
  expect(old.conclusion).toBe("cancelled");
  expect(sticky(pull)).toHaveLength(1);
});

test("two that are clean alone and open together: the merge queue stops the second", async () => {
  const guarded = textOf(BASE, POLICIES).replace(
    /---\n(# Notebooks read[\s\S]*)$/,
    "{{- if .Values.partnerAddresses }}\n---\n$1{{- end }}\n",
  );
  const { fake } = stage;
  const team = stage.team("queueing", { ...BASE, [POLICIES]: guarded });
  requireCheck(team, true);
  const unguarded = stage.change(team, "unguarded", { [POLICIES]: textOf(BASE, POLICIES) });
  const empty = stage.change(team, "empty", {
    [VALUES]: textOf(BASE, VALUES).replace(/partnerAddresses:\n.*\n/, "partnerAddresses: []\n"),
  });
  expect((await stage.reviewed(unguarded)).conclusion).toBe("success");
  expect((await stage.reviewed(empty)).conclusion).toBe("success");
  const [first, second] = fake.enqueue(unguarded, empty);
  const heads = [first?.headSha ?? "", second?.headSha ?? ""];
  const runs = await Promise.all(heads.map((head) => stage.finished(team.repository, head)));
  expect(runs.map(({ conclusion }) => conclusion)).toEqual(["success", "failure"]);
  fake.settleQueue(team.repository);
  expect([unguarded.merged, empty.merged]).toEqual([true, false]);
});

test("a change from a fork gets the same review", async () => {
  const { fake } = stage;
  const team = stage.team("forked", BASE);
  const eve = fake.createUser("eve");
  const fork = fake.fork(team.repository, eve);
  fake.commit(fork, "packages", OPENS_ONCE, { author: eve });
  const head = { repository: fork, branch: "packages" };
  const pull = fake.openPullRequest(team.repository, { head, author: eve });
  expect((await stage.reviewed(pull)).conclusion).toBe("failure");
  expect([sticky(pull).length, pull.reviewComments.length]).toEqual([1, 1]);
});

describe("bad input", () => {
  test("deliveries that are not GitHub's, or larger than any of GitHub's, are refused", async () => {
    const hook = stage.app.webhookUrl;
    const delivery = signedDelivery({ body: "{}", secret: `${SECRET}-of-another` });
    expect((await fetch(hook, delivery)).status).toBe(401);
    const { headers } = signedDelivery({ body: "{}", secret: SECRET });
    const status = await new Promise((resolve, reject) => {
      const large = request(hook, {
        method: "POST",
        headers: { ...headers, "content-length": 27 * 1024 * 1024 },
      });
      large.on("response", (response) => resolve(response.resume().statusCode)).on("error", reject);
      large.flushHeaders();
    });
    expect(status).toBe(413);
    const metrics = await stage.metrics();
    expect(metrics).toContain('egress_review_deliveries_total{result="forged"} 1');
    expect(metrics).toContain('egress_review_deliveries_total{result="oversized"} 1');
  });

  test("a configuration that does not parse is named with its line, and red until it is corrected", async () => {
    const broken = `${textOf(BASE, CONFIGURATION)}contact: [\n`;
    const team = stage.team("misconfigured", { ...BASE, [CONFIGURATION]: broken });
    const pull = stage.change(team, "clean", { "README.md": "Clean\n" });
    const run = await stage.reviewed(pull);
    expect([run.conclusion, run.title]).toEqual([
      "failure",
      expect.stringMatching(/^Not evaluated: \.egress-review\.yaml:\d+ is not valid/),
    ]);
    const corrected = { [CONFIGURATION]: textOf(BASE, CONFIGURATION) };
    stage.fake.commit(team.repository, "main", corrected, { author: stage.mia });
    await until(async () => (await stage.reviewed(pull)).conclusion === "success");
  });

  test("a repository that vanishes while it is read keeps nobody else waiting", async () => {
    const team = stage.team("vanishing", BASE);
    await stage.finished(team.repository, stage.fake.tip(team.repository));
    const reading = stage.hold(team.repository, ({ path }) => path.includes("/git/trees/"));
    stage.change(team, "packages", OPENS_ONCE);
    await until(() => reading.reached);
    stage.fake.deleteRepository(team.repository);
    reading.release();
    const other = stage.team("staying", BASE);
    expect((await stage.reviewed(stage.change(other, "packages", OPENS_ONCE))).conclusion).toBe("failure");
    expect(await statusOf(`${stage.url}/readyz`)).toBe(200);
  });

  test("a permission that was not granted is named where people look, and reviews go on once it is", async () => {
    const { contents: _, ...granted } = stage.app.permissions;
    const team = stage.team("ungranted", BASE, granted);
    const pull = stage.change(team, "packages", OPENS_ONCE);
    const run = await until(() => {
      const found = stage.fake.checkRun(team.repository, stage.fake.head(pull), CHECK_NAME);
      return found?.status === "completed" ? found : null;
    });
    expect([run.conclusion, run.title]).toEqual([
      "failure",
      "Not evaluated: permission contents=read is missing",
    ]);
    expect(run.summary).toContain("An owner of the organisation grants it");
    stage.fake.acceptPermissions(team.installation);
    await until(async () => sticky(pull).length === 1);
    expect((await stage.reviewed(pull)).title).toContain("new in-cluster wildcard");
  });
});

describe("kill -9", () => {
  /** Writes of one review: in progress, conclusion, comment, comments at lines, the note that all of it stands. */
  const POINTS = [
    "before the first write",
    "after in progress",
    "after the conclusion",
    "after the comment",
    "after the comment at the line",
    "after the last write",
  ];

  test("between any two writes, and the same stands there in the end", async () => {
    const { fake } = stage;
    const teams = POINTS.map((_, index) => stage.team(`killed-${index}`, BASE));
    for (const { repository } of teams) await stage.finished(repository, fake.tip(repository));
    const held = teams.map(({ repository }, index): Held => {
      let writes = 0;
      return stage.hold(repository, ({ method, path }) => {
        if (method !== "GET") writes += 1;
        return index === 0 ? path.endsWith("/check-runs") : method !== "GET" && writes === index;
      });
    });
    // A question whose answer was written, and nobody noted that it was.
    const asking = stage.team("asking", BASE);
    const asked = stage.change(asking, "packages", OPENS_ONCE);
    await stage.reviewed(asked);
    held.push(stage.hold(asking.repository, ({ method }) => method === "POST"));
    fake.comment(asked, stage.ann, "/egress explain");

    const pulls = teams.map((team) => stage.change(team, "packages", OPENS_ONCE));
    await until(() => held.every(({ reached }) => reached));
    const died = pulls.map((pull) => [
      fake.checkRuns(pull.repository, fake.head(pull)).map(({ status }) => status),
      sticky(pull).length,
      pull.reviewComments.length,
    ]);
    expect(died).toEqual([
      [[], 0, 0],
      [["in_progress"], 0, 0],
      [["completed"], 0, 0],
      [["completed"], 1, 0],
      [["completed"], 1, 1],
      [["completed"], 1, 1],
    ]);
    await stage.kill();
    await stage.start();
    const runs = await Promise.all(pulls.map((pull) => stage.reviewed(pull)));
    const ended = pulls.map((pull, index) => [
      POINTS[index],
      fake.checkRuns(pull.repository, fake.head(pull)).map(({ conclusion }) => conclusion),
      runs[index]?.title,
      sticky(pull).map(({ body }) => body.includes("blocked")),
      pull.reviewComments.map(({ path }) => path),
    ]);
    const [title] = runs.map((run) => run.title);
    expect(ended).toEqual(POINTS.map((point) => [point, ["failure"], title, [true], [POLICIES]]));
    await until(async () => /job_seconds_count\{kind="command",end="done"\} 1/.test(await stage.metrics()));
    expect(fake.comments(asked)).toHaveLength(3);
  });
});
