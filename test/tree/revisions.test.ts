import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { defaultBranch, mergeBase, remotes, resolveRevision } from "../../src/tree/revisions.ts";
import { GitRepository } from "./git-repository.ts";

const repositories: GitRepository[] = [];

function repository(): GitRepository {
  const made = new GitRepository();
  repositories.push(made);
  return made;
}

afterEach(() => {
  for (const made of repositories.splice(0)) made.delete();
});

function clone(made: GitRepository, ...options: readonly string[]): string {
  const place = repository();
  const directory = join(place.directory, "clone");
  made.git("clone", "--quiet", ...options, `file://${made.directory}`, directory);
  return directory;
}

describe("revisions", () => {
  test("a bare name falls back to origin; what is here comes first", async () => {
    const made = repository();
    const first = made.commit({ a: "1" });
    made.git("branch", "feature");
    const second = made.commit({ a: "2" });
    const directory = clone(made);
    expect(await resolveRevision(directory, "feature")).toBe(first);
    expect(await resolveRevision(directory, "main")).toBe(second);
    expect(await resolveRevision(directory, "HEAD~1")).toBe(first);
    expect(await resolveRevision(directory, "feature~1")).toMatchObject({ code: "unknown-revision" });
  });

  test("the merge base, and why there is none", async () => {
    const made = repository();
    const fork = made.commit({ a: "1" });
    made.git("switch", "--quiet", "--create", "feature");
    const feature = made.commit({ b: "1" });
    made.git("switch", "--quiet", "main");
    const main = made.commit({ a: "2" });
    expect(await mergeBase(made.directory, main, feature)).toBe(fork);
    made.git("switch", "--quiet", "--orphan", "other");
    const other = made.commit({ c: "1" });
    expect(await mergeBase(made.directory, main, other)).toMatchObject({ code: "no-merge-base" });
    const shallow = clone(made, "--depth=1", "--no-single-branch");
    expect(await mergeBase(shallow, main, feature)).toMatchObject({ code: "shallow" });
  });

  test("the default branch: origin/HEAD, main, master, else a problem", async () => {
    const made = repository();
    const commit = made.commit({ a: "1" });
    expect(await defaultBranch(made.directory)).toEqual({ kind: "branch", name: "main", commit });
    expect(await defaultBranch(clone(made))).toEqual({ kind: "branch", name: "origin/HEAD", commit });
    made.git("branch", "--move", "main", "trunk");
    expect(await defaultBranch(made.directory)).toMatchObject({ code: "no-default-branch" });
    made.git("branch", "master");
    expect(await defaultBranch(made.directory)).toMatchObject({ name: "master" });
  });

  test("remotes as configured", async () => {
    const made = repository();
    expect(await remotes(made.directory)).toEqual([]);
    made.git("remote", "add", "origin", "git@github.com:example/platform.git");
    made.git("remote", "add", "a.b", "https://example.com/x");
    expect(await remotes(made.directory)).toEqual([
      { name: "origin", url: "git@github.com:example/platform.git" },
      { name: "a.b", url: "https://example.com/x" },
    ]);
  });

  test("a caller's git variables do not lead elsewhere", async () => {
    const made = repository();
    const commit = made.commit({ a: "1" });
    const other = repository();
    other.commit({ b: "1" });
    process.env["GIT_DIR"] = join(other.directory, ".git");
    try {
      expect(await resolveRevision(made.directory, "HEAD")).toBe(commit);
    } finally {
      delete process.env["GIT_DIR"];
    }
  });
});
