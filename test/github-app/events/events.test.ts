import { describe, expect, test } from "@jest/globals";
import { EVENTS, workOf } from "../../../src/github/events/events.ts";

const SHA = "a".repeat(40);
const OTHER = "b".repeat(40);

const repository = {
  id: 42,
  name: "platform",
  owner: { login: "acme" },
  default_branch: "main",
};
const envelope = { installation: { id: 7 }, repository, sender: { type: "User" } };
const reference = { installation: 7, id: 42, owner: "acme", name: "platform" };

function pullRequest(action: string, more: object = {}) {
  const pull_request = { number: 5, updated_at: "2026-01-31T12:00:00Z", head: { sha: SHA } };
  return workOf("pull_request", { ...envelope, action, pull_request, ...more });
}

const review = {
  job: { kind: "review", pullRequest: { repository: reference, number: 5 } },
  expectation: { head: SHA, updatedAt: "2026-01-31T12:00:00Z", again: false },
};

describe("a pull request", () => {
  test.each(["opened", "synchronize", "reopened", "ready_for_review", "converted_to_draft", "closed"])(
    "%s is reviewed",
    (action) => expect(pullRequest(action)).toEqual([review]),
  );

  test("is reviewed again when its base changed, not when its title did", () => {
    expect(pullRequest("edited", { changes: { base: { ref: { from: "main" } } } })).toEqual([review]);
    expect(pullRequest("edited", { changes: { title: { from: "x" } } })).toEqual([]);
  });

  test("carries keys alone: its title and branch are not believed", () => {
    expect(JSON.stringify(pullRequest("opened", { title: "<script>" }))).not.toContain("script");
  });
});

describe("a push", () => {
  const push = (ref: string, more: object = {}) => workOf("push", { ...envelope, ref, ...more });

  test("to the default branch moves pull requests on it and draws its map", () => {
    expect(push("refs/heads/main")).toEqual([
      { job: { kind: "branch", repository: reference, branch: "main" } },
      { job: { kind: "first-map", repository: reference } },
    ]);
  });

  test("to another branch moves pull requests on it", () => {
    expect(push("refs/heads/release/1.2")).toEqual([
      { job: { kind: "branch", repository: reference, branch: "release/1.2" } },
    ]);
  });

  test.each([
    ["a tag", "refs/tags/v1", {}],
    ["a deleted branch", "refs/heads/main", { deleted: true }],
  ])("of %s is nothing", (_, ref, more) => expect(push(ref, more)).toEqual([]));
});

test("a merge group is reviewed from its base to its head; a destroyed one is not", () => {
  const merge_group = {
    base_sha: OTHER,
    head_sha: SHA,
    head_ref: "refs/heads/gh-readonly-queue/main/pr-5-bb",
  };
  expect(workOf("merge_group", { ...envelope, action: "checks_requested", merge_group })).toEqual([
    {
      job: { kind: "merge-group", repository: reference, base: OTHER, head: SHA, ref: merge_group.head_ref },
    },
  ]);
  expect(workOf("merge_group", { ...envelope, action: "destroyed", merge_group })).toEqual([]);
});

describe("a check", () => {
  const commit = [{ job: { kind: "commit", repository: reference, head: SHA } }];
  const run = (action: string, more: object = {}, name = "egress-review") =>
    workOf("check_run", {
      ...envelope,
      action,
      check_run: { name, head_sha: SHA, pull_requests: [] },
      ...more,
    });

  test("is run again though a fork's payload names no pull request", () => {
    expect(run("rerequested")).toEqual(commit);
    expect(
      workOf("check_suite", { ...envelope, action: "rerequested", check_suite: { head_sha: SHA } }),
    ).toEqual(commit);
  });

  test("is run again by its button, by no other", () => {
    expect(run("requested_action", { requested_action: { identifier: "recheck" } })).toEqual(commit);
    expect(run("requested_action", { requested_action: { identifier: "other" } })).toEqual([]);
  });

  test.each(["created", "completed"])("%s is our own doing", (action) => expect(run(action)).toEqual([]));

  test("of another name is not ours", () => expect(run("rerequested", {}, "lint")).toEqual([]));
});

describe("a comment", () => {
  const comment = (body: string, more: object = {}) =>
    workOf("issue_comment", {
      ...envelope,
      action: "created",
      issue: { number: 5, pull_request: { url: "" } },
      comment: { id: 99, body },
      ...more,
    });

  test("with a command is answered once: the work has the comment's id", () => {
    expect(comment("/egress explain shop/web -> dns")).toEqual([
      { job: { kind: "command", pullRequest: { repository: reference, number: 5 }, comment: 99 } },
    ]);
  });

  test.each<[string, string, object]>([
    ["without a command", "what does /egress do?", {}],
    ["that quotes one", "> /egress recheck", {}],
    ["in code", "    /egress recheck", {}],
    ["that was edited", "/egress recheck", { action: "edited" }],
    ["of a bot", "/egress recheck", { sender: { type: "Bot" } }],
    ["on an issue", "/egress recheck", { issue: { number: 5 } }],
  ])("%s is nothing", (_, body, more) => expect(comment(body, more)).toEqual([]));
});

test.each([
  ["installation", "created"],
  ["installation", "unsuspend"],
  ["installation", "new_permissions_accepted"],
  ["installation_repositories", "added"],
])("%s %s looks at the installation", (event, action) => {
  expect(workOf(event, { action, installation: { id: 7 } })).toEqual([
    { job: { kind: "installation", installation: 7 } },
  ]);
});

test.each([...EVENTS])("a payload of %s of an unknown shape is found by looking at GitHub", (event) => {
  for (const payload of [null, [], "x", {}, { action: 1, installation: "7" }]) {
    expect(workOf(event, payload)).toEqual([{ job: { kind: "reconcile", scope: "recent" } }]);
  }
});

test("events that nobody listens to are nothing", () => {
  expect(workOf("star", { action: "created" })).toEqual([]);
  expect(workOf("constructor", {})).toEqual([]);
});
