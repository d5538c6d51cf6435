import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { changedPaths } from "../../src/tree/changed-paths.ts";
import { openCommit } from "../../src/tree/commit-tree.ts";
import type { RepositoryTree } from "../../src/tree/indexed-tree.ts";
import { openWorkingTree } from "../../src/tree/working-tree.ts";
import { good, textOf } from "./expect-tree.ts";
import { GitRepository } from "./git-repository.ts";

const repositories: GitRepository[] = [];
const trees: RepositoryTree[] = [];

function repository(): GitRepository {
  const made = new GitRepository();
  repositories.push(made);
  return made;
}

function keep<T extends RepositoryTree>(tree: T): T {
  trees.push(tree);
  return tree;
}

afterEach(async () => {
  for (const tree of trees.splice(0)) await tree.close();
  for (const made of repositories.splice(0)) made.delete();
});

async function identities(tree: RepositoryTree): Promise<Readonly<Record<string, string>>> {
  const found: [string, string][] = [];
  for (const path of tree.paths()) {
    const entry = tree.entries().get(path);
    if (entry?.kind === "file")
      found.push([path, `${entry.executable ? "x " : ""}${good(await tree.blobId(path))}`]);
    else found.push([path, entry?.kind === "link" ? `link ${entry.target}` : (entry?.kind ?? "")]);
  }
  return Object.fromEntries(found);
}

describe("the working tree", () => {
  test("is what would be committed if everything were added", async () => {
    const made = repository();
    made.commit({
      ".gitignore": "ignored/\n*.log\n",
      changed: "old",
      staged: "old",
      deleted: "x",
      "directory/inside": "x",
      "becomes-directory": "x",
      executable: "x",
      "staged-then-changed": "old",
      "deleted-in-index": "x",
      same: "x",
    });
    made.write("changed", "new");
    made.write("staged", "new");
    made.write("added", "new");
    made.write("staged-then-changed", "staged");
    made.git("add", "staged", "added", "staged-then-changed");
    made.write("staged-then-changed", "later");
    made.remove("deleted");
    made.git("rm", "--quiet", "deleted-in-index");
    made.remove("directory");
    made.write("directory", "now a file");
    made.remove("becomes-directory");
    made.write("becomes-directory/inside", "x");
    made.write("untracked/a b\tc\nd", "name with everything");
    made.write("untracked/ü", "x");
    made.write("ignored/x", "x");
    made.write("noise.log", "x");
    made.link("link", "changed");
    chmodSync(join(made.directory, "executable"), 0o755);
    const seen = await identities(keep(good(await openWorkingTree(made.directory))));

    made.commit();
    expect(seen).toEqual(await identities(keep(good(await openCommit(made.directory, "HEAD")))));
  });

  test("of a clean checkout has no changed path", async () => {
    const made = repository();
    made.commit({ a: "x", "b/c": "y" });
    const head = keep(good(await openCommit(made.directory, "HEAD")));
    const tree = keep(good(await openWorkingTree(join(made.directory, "b"))));
    expect(await changedPaths(head, tree)).toEqual([]);
    expect(tree.name).toBe("working tree");
  });

  test("without any commit has what is untracked and staged", async () => {
    const made = repository();
    made.write("a", "x");
    made.write("b", "y");
    made.git("add", "a");
    expect(keep(good(await openWorkingTree(made.directory))).paths()).toEqual(["a", "b"]);
  });

  test("names submodules and repositories inside", async () => {
    const made = repository();
    const inner = repository();
    const commit = inner.commit({ x: "1" });
    made.commit({ a: "x" });
    made.git("clone", "--quiet", inner.directory, join(made.directory, "inner"));
    const tree = keep(good(await openWorkingTree(made.directory)));
    expect(tree.list(".")).toContainEqual({ name: "inner", kind: "submodule" });
    expect(tree.entries().get("inner")).toEqual({ kind: "submodule", commit });
  });

  test("runs nothing that the repository's configuration or attributes name", async () => {
    const made = repository();
    made.commit({ ".gitattributes": "* filter=evil diff=evil\n", a: "x", b: "y" });
    const marker = join(made.directory, ".git", "ran");
    const program = join(made.directory, ".git", "program");
    writeFileSync(program, `#!/bin/sh\ntouch '${marker}'\ncat\n`, { mode: 0o755 });
    for (const key of ["filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "core.fsmonitor"]) {
      made.git("config", key, program);
    }
    made.git("config", "diff.evil.textconv", program);
    made.git("config", "core.pager", program);
    made.git("config", "core.sshCommand", program);
    mkdirSync(join(made.directory, ".git/hooks"), { recursive: true });
    for (const hook of ["post-index-change", "post-checkout", "pre-auto-gc"]) {
      writeFileSync(join(made.directory, ".git/hooks", hook), `#!/bin/sh\ntouch '${marker}'\n`, {
        mode: 0o755,
      });
    }
    made.write("a", "changed");
    const tree = keep(good(await openWorkingTree(made.directory)));
    const head = keep(good(await openCommit(made.directory, "HEAD")));
    expect(textOf(good(await tree.read("a")))).toBe("changed");
    expect(await changedPaths(head, tree)).toEqual(["a"]);
    expect(existsSync(marker)).toBe(false);
  });

  test("of a bare repository is a problem that says what to do", async () => {
    const made = repository();
    const bare = join(made.directory, "bare.git");
    made.git("init", "--quiet", "--bare", bare);
    expect(await openWorkingTree(bare)).toMatchObject({ code: "bare-repository" });
  });
});
