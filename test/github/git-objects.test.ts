import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { extract } from "tar-stream";
import { FakeGitHub } from "./fake-github.ts";
import { GitObjects } from "./git-objects.ts";
import { hunksOf, mergeTexts, patchText } from "./line-changes.ts";
import { START } from "./scene.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "git-objects-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function git(where: string, ...given: readonly string[]): string {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_AUTHOR_NAME: "ann",
    GIT_AUTHOR_EMAIL: "ann@example.com",
    GIT_AUTHOR_DATE: `${START / 1_000} +0000`,
    GIT_COMMITTER_NAME: "bob",
    GIT_COMMITTER_EMAIL: "bob@example.com",
    GIT_COMMITTER_DATE: `${START / 1_000} +0000`,
  };
  return execFileSync("git", given, { cwd: where, env, encoding: "utf8" }).trim();
}

describe("objects have the names that git gives them", () => {
  test("files, folders that sort as git sorts, links, executables, and the commit", () => {
    const where = join(folder, "names");
    const files = { a: "1", "a.b/c": "2", "a/b": "3", ab: "4", "é.txt": "5\n", "x/y/z.yaml": "" };
    // "a" is a file and a folder: two trees.
    const { a: _, ...first } = files;
    for (const [path, content] of Object.entries(first)) {
      mkdirSync(dirname(join(where, path)), { recursive: true });
      writeFileSync(join(where, path), content);
    }
    symlinkSync("../ab", join(where, "x/link"));
    writeFileSync(join(where, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(where, "run.sh"), 0o755);
    git(where, "init", "-q");
    git(where, "add", "-A");
    git(where, "commit", "-q", "--cleanup=verbatim", "-m", "Message\n\nWith a body");
    const objects = new GitObjects(() => START);
    const tree = objects.edit(objects.emptyTree, {
      ...first,
      "x/link": { symlink: "../ab" },
      "run.sh": { content: "#!/bin/sh\n", executable: true },
    });
    expect(tree).toBe(git(where, "rev-parse", "HEAD^{tree}"));
    const commit = objects.storeCommit({
      tree,
      parents: [],
      author: { name: "ann", email: "ann@example.com", at: START },
      committer: { name: "bob", email: "bob@example.com", at: START },
      message: "Message\n\nWith a body\n",
    });
    expect(commit).toBe(git(where, "rev-parse", "HEAD"));
    expect(objects.emptyTree).toBe("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    const deleted = objects.edit(tree, { "x/link": null, "x/y/z.yaml": null });
    expect(objects.files(deleted).map(({ path }) => path)).toEqual(["a.b/c", "a/b", "ab", "run.sh", "é.txt"]);
  });

  const text = fc
    .array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 12 })
    .map((lines) => `${lines.join("\n")}\n`);

  test("a merge of lines is the one that git makes, or a conflict", () => {
    const where = join(folder, "merge");
    mkdirSync(where);
    const gitMerge = (base: string, ours: string, theirs: string) => {
      for (const [name, content] of Object.entries({ base, ours, theirs }))
        writeFileSync(join(where, name), content);
      try {
        return execFileSync("git", ["merge-file", "-p", "ours", "base", "theirs"], {
          cwd: where,
          encoding: "utf8",
          stdio: ["ignore", "pipe", "ignore"],
        });
      } catch {
        return null;
      }
    };
    // Lines that repeat can be lined up in more than one way, and git may choose another.
    const different = fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 12 })
      .map((lines) => `${lines.join("\n")}\n`);
    const edited = fc.tuple(different, fc.nat(11), fc.nat(11)).map(([base, mine, other]) => {
      const at = (index: number, line: string) => {
        const lines = base.split("\n");
        lines.splice(index % lines.length, 1, line);
        return lines.join("\n");
      };
      return [base, at(mine, "mine"), at(other, "other")] as const;
    });
    fc.assert(
      fc.property(edited, ([base, ours, theirs]) => {
        const merged = mergeTexts(base, ours, theirs);
        // Ours may see a conflict where git does not, never the other way round.
        if (merged !== null) expect(merged).toBe(gitMerge(base, ours, theirs));
      }),
      { numRuns: 60 },
    );
    expect(mergeTexts("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n")).toBe("A\nb\nc\nD\n");
    expect(mergeTexts("a\nb\n", "a\nB\n", "a\nX\n")).toBeNull();
    expect(mergeTexts("a\nb\n", "a\nB\n", "a\nB\n")).toBe("a\nB\n");
  });

  test("a patch applied gives the new text", () => {
    const where = join(folder, "patch");
    mkdirSync(where);
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== after);
        writeFileSync(join(where, "file"), before);
        const patch = `--- a/file\n+++ b/file\n${patchText(hunksOf(before, after))}\n`;
        execFileSync("git", ["apply", "-"], { cwd: where, input: patch, stdio: ["pipe", "ignore", "pipe"] });
        expect(execFileSync("cat", ["file"], { cwd: where, encoding: "utf8" })).toBe(after);
      }),
      { numRuns: 25 },
    );
  });
});

describe("an archive", () => {
  test("is what git makes: links, submodules, executables, and nothing that export-ignore names", async () => {
    const fake = new FakeGitHub({ clock: { now: () => START } });
    const ann = fake.createUser("ann");
    const repository = fake.createRepository(ann, "shop", {
      files: {
        ".gitattributes": "hidden.yaml export-ignore\nfolder/ export-ignore\n*.tmp export-ignore\n",
        "hidden.yaml": "x",
        "deep/hidden.yaml": "x",
        "folder/a": "x",
        "deep/a.tmp": "x",
        "deep/run.sh": { content: "#!/bin/sh\n", executable: true },
        [`deep/${"long".repeat(60)}.yaml`]: "long name",
        link: { symlink: "deep/run.sh" },
        module: { submodule: "a".repeat(40) },
      },
    });
    const installation = fake.install(
      fake.registerApp({ permissions: { contents: "read" }, events: [] }),
      ann,
    );
    const tip = fake.tip(repository);
    const address = `https://api.github.com/repos/ann/shop/tarball/${tip}`;
    const headers = { authorization: `token ${fake.token(installation)}` };
    const elsewhere = await fake.fetch(address, { headers, redirect: "manual" });
    expect(elsewhere.status).toBe(302);
    const archive = await fake.fetch(address, { headers });
    const entries: string[] = [];
    const reader = extract();
    reader.on("entry", ({ name, type, mode, linkname }, stream, next) => {
      entries.push([name.replace(/long/g, ""), type, mode?.toString(8), linkname].filter(Boolean).join(" "));
      stream.on("end", () => next());
      stream.resume();
    });
    const done = new Promise((resolve) => reader.on("finish", () => resolve(null)));
    const bytes = gunzipSync(Buffer.from(await archive.arrayBuffer()));
    expect(bytes.subarray(0, 1_024).toString("latin1")).toContain(`comment=${tip}\n`);
    reader.end(bytes);
    await done;
    const root = `ann-shop-${tip.slice(0, 7)}`;
    expect(entries.sort()).toEqual(
      [
        `${root}/ directory 775`,
        `${root}/.gitattributes file 664`,
        `${root}/deep/ directory 775`,
        `${root}/deep/.yaml file 664`,
        `${root}/deep/run.sh file 775`,
        `${root}/link symlink 777 deep/run.sh`,
        `${root}/module/ directory 775`,
      ].sort(),
    );
    const location = elsewhere.headers.get("location") ?? "";
    expect((await fake.fetch(location.replace(/token=.*/, "token=none"))).status).toBe(404);
  });
});
