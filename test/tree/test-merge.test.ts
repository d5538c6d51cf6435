import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "@jest/globals";
import { BlobCache } from "../../src/tree/blob-cache.ts";
import { openTestMerge } from "../../src/tree/test-merge.ts";
import { good, textOf } from "./expect-tree.ts";
import { GitRepository } from "./git-repository.ts";

const repositories: GitRepository[] = [];

afterEach(() => {
  for (const made of repositories.splice(0)) made.delete();
});

/** main and branch "feature" went apart: both edited `both.yaml`, each at its own end. */
function diverged(
  feature: Readonly<Record<string, string>>,
  ...initArguments: readonly string[]
): GitRepository {
  const made = new GitRepository(...initArguments);
  repositories.push(made);
  made.commit({ "both.yaml": lines("a"), "a.yaml": "a\n" });
  made.git("switch", "--quiet", "--create", "feature");
  made.commit(feature);
  made.git("switch", "--quiet", "main");
  made.commit({ "both.yaml": lines("a").replace("a9", "main"), "main.yaml": "main\n" });
  return made;
}

function lines(text: string): string {
  return Array.from({ length: 10 }, (_, index) => `${text}${index}\n`).join("");
}

const CLEAN = { "both.yaml": lines("a").replace("a0", "feature"), "feature.yaml": "feature\n" };
const CONFLICT = { "both.yaml": lines("a").replace("a9", "feature"), "a.yaml": "b\n" };

function open(made: GitRepository, base = "main", head = "feature") {
  return openTestMerge(made.directory, base, head, new BlobCache(1024 * 1024));
}

function scratches(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("egress-review-merge-"));
}

/** Everything that git keeps, and the working tree. */
function stateOf(made: GitRepository): readonly string[] {
  const files = readdirSync(made.directory, { recursive: true, withFileTypes: true });
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}

describe("a test merge", () => {
  test("is what git would merge, and leaves the repository as it is", async () => {
    const made = diverged(CLEAN);
    const [before, scratch] = [stateOf(made), scratches()];
    const merge = good(await open(made));
    if (merge.kind !== "merged") throw new Error(merge.kind);
    const { tree } = merge;
    expect(tree.paths()).toEqual(["a.yaml", "both.yaml", "feature.yaml", "main.yaml"]);
    const both = textOf(good(await tree.read("both.yaml")));
    expect(both).toBe(lines("a").replace("a0", "feature").replace("a9", "main"));
    expect(tree.name).toBe(`merge of ${made.git("rev-parse", "feature").slice(0, 7)}`);
    expect(stateOf(made)).toEqual(before);
    await tree.close();
    expect(scratches()).toEqual(scratch);
    made.git("merge", "--quiet", "--no-edit", "feature");
    expect(textOf(Buffer.from(made.git("show", "HEAD:both.yaml")))).toBe(both.trimEnd());
  });

  test("of a branch that is already in the base is the base", async () => {
    const made = diverged(CLEAN);
    const merge = good(await open(made, "feature", "feature~1"));
    if (merge.kind !== "merged") throw new Error(merge.kind);
    expect(merge.tree.paths()).toEqual(["a.yaml", "both.yaml", "feature.yaml"]);
    await merge.tree.close();
  });

  test("works in a bare repository, in SHA-256, and under a path with signs", async () => {
    for (const options of [["--bare"], ["--object-format=sha256"]]) {
      const source = diverged(CLEAN, ...options.filter((one) => one !== "--bare"));
      const bare = join(source.directory, 'bare: "x"');
      source.git("clone", "--quiet", "--bare", source.directory, bare);
      const merge = good(await openTestMerge(bare, "main", "feature", new BlobCache(1024 * 1024)));
      if (merge.kind !== "merged") throw new Error(merge.kind);
      expect(textOf(good(await merge.tree.read("both.yaml")))).toContain("feature\na1");
      await merge.tree.close();
    }
  });

  test("that conflicts names the paths, each once, and keeps nothing", async () => {
    const made = diverged({ ...CONFLICT, "ü b.yaml": "feature\n" });
    made.commit({ "ü b.yaml": "main\n" });
    const [before, scratch] = [stateOf(made), scratches()];
    expect(await open(made)).toEqual({ kind: "conflict", paths: ["both.yaml", "ü b.yaml"] });
    expect(stateOf(made)).toEqual(before);
    expect(scratches()).toEqual(scratch);
  });

  test("runs no program that a configuration names", async () => {
    const made = diverged(CONFLICT);
    made.commit({ ".gitattributes": "*.yaml merge=theirs filter=evil\n" });
    const marker = join(made.directory, "ran");
    made.git("config", "merge.theirs.driver", `touch ${marker}; cp %B %A`);
    made.git("config", "merge.renormalize", "true");
    made.git("config", "filter.evil.clean", `touch ${marker}; cat`);
    made.git("config", "filter.evil.smudge", `touch ${marker}; cat`);
    writeFileSync(join(made.directory, ".git/hooks/post-merge"), `#!/bin/sh\ntouch ${marker}\n`, {
      mode: 0o755,
    });
    expect(await open(made)).toEqual({ kind: "conflict", paths: ["both.yaml"] });
    expect(existsSync(marker)).toBe(false);
  });

  test("with a git that cannot do it says which one can", async () => {
    const made = diverged(CLEAN);
    const folder = join(made.directory, "old git");
    const git = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
    mkdirSync(folder);
    const script = `#!/bin/sh
case " $* " in *" merge-tree "*) exit 129;; *" version "*) echo git version 2.34.1; exit;; esac
exec ${git} "$@"
`;
    writeFileSync(join(folder, "git"), script, { mode: 0o755 });
    const path = process.env["PATH"] ?? "";
    process.env["PATH"] = `${folder}:${path}`;
    try {
      const message = "--merge needs git 2.38 or newer, and this is git 2.34.1";
      expect(await open(made)).toMatchObject({ code: "git-too-old", message });
    } finally {
      process.env["PATH"] = path;
    }
  });

  test("of what does not exist, or has no common history, is a problem", async () => {
    const made = diverged(CLEAN);
    expect(await open(made, "main", "nothing")).toMatchObject({ code: "unknown-revision" });
    made.git("switch", "--quiet", "--orphan", "other");
    made.commit({ "x.yaml": "x\n" });
    expect(await open(made, "main", "other")).toMatchObject({ code: "failed" });
    expect(await openTestMerge(tmpdir(), "main", "other")).toMatchObject({ code: "not-a-repository" });
  });
});
