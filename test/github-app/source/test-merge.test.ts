import { expect, test } from "@jest/globals";
import { GitHubError } from "../../../src/github/client/github-error.ts";
import type { RepositoryClient } from "../../../src/github/client/repository-client.ts";
import type { PullRequest } from "../../../src/github/github.ts";
import { testMerge } from "../../../src/github/source/test-merge.ts";

const PULL_REQUEST: PullRequest = {
  number: 1,
  state: "open",
  draft: false,
  title: "",
  author: { id: 1, login: "ann", kind: "user" },
  head: { sha: "head", ref: "feature", fork: false },
  // As GitHub shows it: the tip when the head was pushed, not the tip now.
  base: { sha: "older tip", ref: "main" },
  mergeable: true,
  mergeCommit: "merge",
  updatedAt: "2026-01-01T00:00:00Z",
  url: "",
};

interface World {
  readonly tips?: readonly string[];
  readonly parents?: readonly string[] | "gone";
  readonly again?: Partial<PullRequest>;
  readonly asked?: Partial<PullRequest>;
}

function merged({ tips = ["tip"], parents = ["tip", "head"], again = {}, asked = {} }: World) {
  const left = [...tips];
  const client = {
    branchTip: async () => (left.length > 1 ? left.shift() : left[0]),
    commit: async () => {
      if (parents === "gone") throw new GitHubError("not-found", "no such commit");
      return { sha: "merge", parents };
    },
    pullRequest: async () => ({ ...PULL_REQUEST, ...asked, ...again }),
  };
  return testMerge(client as unknown as RepositoryClient, { ...PULL_REQUEST, ...asked });
}

const CONFLICT = { mergeable: false, mergeCommit: null };

test.each<[string, World, string]>([
  ["the tip and the head are its parents", {}, "merge"],
  ["also while GitHub says that it still computes", { asked: { mergeable: null } }, "merge"],
  ["of an older tip", { parents: ["older tip", "head"] }, "pending"],
  ["of an older head", { parents: ["tip", "older head"] }, "pending"],
  ["the other way round", { parents: ["head", "tip"] }, "pending"],
  ["with a third parent", { parents: ["tip", "head", "other"] }, "pending"],
  ["a commit that is no merge", { parents: ["tip"] }, "pending"],
  ["a commit that GitHub threw away", { parents: "gone" }, "pending"],
  ["none yet", { asked: { mergeable: null, mergeCommit: null } }, "pending"],
  ["a conflict", { asked: CONFLICT }, "conflict"],
  ["a conflict that is none any more", { asked: CONFLICT, again: { mergeable: null } }, "pending"],
  [
    "a conflict of an older head",
    { asked: CONFLICT, again: { head: { ...PULL_REQUEST.head, sha: "new head" } } },
    "pending",
  ],
  [
    "a conflict with another base",
    { asked: CONFLICT, again: { base: { sha: "", ref: "other" } } },
    "pending",
  ],
  ["a conflict while the tip moves", { asked: CONFLICT, tips: ["tip", "new tip"] }, "pending"],
  [
    "a conflict that left an older merge",
    { asked: { mergeable: false }, parents: ["older tip", "head"] },
    "conflict",
  ],
])("%s", async (_, world, kind) => {
  expect((await merged(world)).kind).toBe(kind);
});

test("names the tip that it was made with", async () => {
  expect(await merged({})).toEqual({ kind: "merge", base: "tip", merge: "merge" });
});
