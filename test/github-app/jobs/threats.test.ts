import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { CHECK_NAME } from "../../../src/github/check-name.ts";
import { builtInRules } from "../../../src/rules/catalogue/load-rules.ts";
import type { PullRequest } from "../../github/entities.ts";
import { Model } from "../model/model.ts";

/** Ways to be green without being so, one by one; the schedules beside it find those that nobody thought of. */

let model: Model;

beforeAll(async () => {
  await builtInRules();
});

beforeEach(async () => {
  model = new Model(1, { faults: false });
  await model.settle();
});

const OPEN = "open\n";

function change(branch: string, files: Readonly<Record<string, string>>, base = "main"): PullRequest {
  const [ann] = model.people;
  if (ann === undefined) throw new Error("nobody is here");
  const at = model.fake.tip(model.repository, base);
  const sha = model.fake.commit(model.repository, branch, files, { author: ann, parents: [at], push: false });
  model.fake.createBranch(model.repository, branch, sha, ann);
  return model.fake.openPullRequest(model.repository, { head: branch, author: ann, base });
}

function push(branch: string, files: Readonly<Record<string, string>>): string {
  return model.fake.commit(model.repository, branch, files, { author: model.repository.owner });
}

/** What a person sees of a pull request's check. */
function shown(pull: PullRequest): string {
  const run = model.fake.checkRun(model.repository, model.fake.head(pull), CHECK_NAME);
  return run === null ? "none" : `${run.status} ${run.conclusion ?? ""}`.trim();
}

function runs(pull: PullRequest): number {
  return model.fake.checkRuns(model.repository, model.fake.head(pull), CHECK_NAME).length;
}

function comments(pull: PullRequest): readonly string[] {
  return model.fake.comments(pull).map(({ body }) => body);
}

describe("T8: a stale success", () => {
  test("a push to the base that touches what a change rests on turns it red", async () => {
    const pull = change("b", { "b.txt": OPEN });
    await model.settle();
    expect(shown(pull)).toBe("completed success");
    push("main", { "a.txt": OPEN });
    await model.settle();
    expect(shown(pull)).toBe("completed failure");
    const [states] = model.fake
      .checkRuns(model.repository, model.fake.head(pull), CHECK_NAME)
      .slice(-1)
      .map(({ seen }) => seen.map(({ status }) => status));
    expect(states).toEqual(["in_progress", "completed"]);
  });

  test("a push that touches nothing of it leaves the verdict, and writes nothing", async () => {
    const pull = change("b", { "b.txt": OPEN });
    await model.settle();
    push("main", { "README.md": "new" });
    const before = model.fake.calls.length;
    await model.settle();
    expect(runs(pull)).toBe(1);
    const written = model.fake.calls
      .slice(before)
      .filter(({ method, path }) => method !== "GET" && path.includes(model.fake.head(pull)));
    expect(written).toEqual([]);
  });

  test("two that are clean alone are red as a group", async () => {
    const [a, b] = [change("a", { "a.txt": OPEN }), change("b", { "b.txt": OPEN })];
    await model.settle();
    expect([shown(a), shown(b)]).toEqual(["completed success", "completed success"]);
    model.fake.setRuleset(model.repository, { requiredChecks: [{ context: CHECK_NAME }], mergeQueue: true });
    const groups = model.fake.enqueue(a, b);
    await model.settle();
    const verdicts = groups.map(
      ({ headSha }) => model.fake.checkRun(model.repository, headSha, CHECK_NAME)?.conclusion,
    );
    expect(verdicts).toEqual(["success", "failure"]);
  });
});

describe("T9: one commit, two bases", () => {
  test("the worst of all pull requests with this head is what the commit says", async () => {
    push("release", { "a.txt": OPEN });
    const [ann] = model.people;
    if (ann === undefined) throw new Error("nobody is here");
    const green = change("b", { "b.txt": OPEN });
    await model.settle();
    expect(shown(green)).toBe("completed success");
    const red = model.fake.openPullRequest(model.repository, { head: "b", author: ann, base: "release" });
    await model.settle();
    expect([shown(green), shown(red)]).toEqual(["completed failure", "completed failure"]);
    model.fake.closePull(red);
    await model.settle();
    expect(shown(green)).toBe("completed success");
  });

  test("retargeted to a base where it opens, it is red", async () => {
    push("release", { "a.txt": OPEN });
    const pull = change("b", { "b.txt": OPEN });
    await model.settle();
    expect(shown(pull)).toBe("completed success");
    model.fake.retarget(pull, "release");
    await model.settle();
    expect(shown(pull)).toBe("completed failure");
  });
});

test("a configuration of the base that does not parse is red, with file and line; an older one does not take its place", async () => {
  const pull = change("b", { "b.txt": OPEN });
  await model.settle();
  expect(shown(pull)).toBe("completed success");
  push("main", { ".egress-review.yaml": "contact: [\n" });
  await model.settle();
  expect(shown(pull)).toBe("completed failure");
  const run = model.fake.checkRun(model.repository, model.fake.head(pull), CHECK_NAME);
  expect(`${run?.title} ${run?.summary}`).toMatch(/\.egress-review\.yaml:\d/);
});

test("a conflict is red and says so", async () => {
  const pull = change("b", { "b.txt": OPEN });
  push("main", { "b.txt": "closed here\n" });
  await model.settle();
  expect(shown(pull)).toBe("completed failure");
  expect(model.fake.checkRun(model.repository, model.fake.head(pull), CHECK_NAME)?.title).toContain(
    "conflicts",
  );
});

test("re-run is a new run, because a completed one may refuse to be opened", async () => {
  const pull = change("b", { "b.txt": OPEN });
  await model.settle();
  const run = model.fake.checkRun(model.repository, model.fake.head(pull), CHECK_NAME);
  const [ann] = model.people;
  if (run === null || ann === undefined) throw new Error("no run");
  model.fake.rerequest(run, ann);
  await model.settle();
  expect([runs(pull), shown(pull)]).toEqual([2, "completed success"]);
});

describe("the comment", () => {
  test("comes with a block, shrinks to a line when it is cleared, and is one", async () => {
    const pull = change("ab", { "a.txt": OPEN, "b.txt": OPEN });
    await model.settle();
    expect(comments(pull)).toHaveLength(1);
    expect(comments(pull)[0]).toContain("blocked");
    push("ab", { "a.txt": "closed\n" });
    await model.settle();
    expect(shown(pull)).toBe("completed success");
    expect(comments(pull)).toHaveLength(1);
    expect(
      comments(pull)[0]
        ?.trim()
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("<!--")),
    ).toHaveLength(1);
  });

  test("of a draft waits until it is ready; the check does not", async () => {
    const pull = change("ab", { "a.txt": OPEN, "b.txt": OPEN });
    model.fake.toDraft(pull);
    await model.settle();
    expect([shown(pull), comments(pull).length]).toEqual(["completed failure", 0]);
    model.fake.ready(pull);
    await model.settle();
    expect(comments(pull)).toHaveLength(1);
  });

  test("with a marker that somebody else wrote is not ours", async () => {
    const pull = change("ab", { "a.txt": OPEN, "b.txt": OPEN });
    await model.settle();
    const [ours = ""] = comments(pull);
    const other = change("ab2", { "a.txt": OPEN, "b.txt": OPEN });
    const [ann] = model.people;
    if (ann === undefined) throw new Error("nobody is here");
    const planted = model.fake.comment(other, ann, ours);
    await model.settle();
    expect(planted.body).toBe(ours);
    expect(comments(other)).toHaveLength(2);
  });
});

test("the first map leaves a commit alone that an open pull request has as its head", async () => {
  const pull = change("ab", { "a.txt": OPEN, "b.txt": OPEN });
  await model.settle();
  const [ann] = model.people;
  if (ann === undefined) throw new Error("nobody is here");
  model.fake.forcePush(model.repository, "main", model.fake.head(pull), ann);
  await model.settle();
  const run = model.fake.checkRun(model.repository, model.fake.head(pull), CHECK_NAME);
  expect(run?.title).not.toContain("First map");
});
