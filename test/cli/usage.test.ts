import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Installation, policy, Repository, WEB } from "./installation.ts";

let command: Installation;
let repository: Repository;

beforeAll(() => {
  command = new Installation();
  repository = new Repository({ "shop.yaml": policy("[]"), "web.yaml": WEB });
}, 120_000);

afterAll(() => {
  command.remove();
  repository.remove();
});

describe("help", () => {
  test.each([[["--help"]], [["review", "--help"]], [["surface", "--help"]], [["targets", "--help"]]])(
    "%j goes to stdout and ends well",
    (args) => {
      const { status, stdout, stderr } = command.run(args);
      expect(status).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^Usage: egress-review /);
      if (args.length > 1) expect(stdout).toMatch(/\nExamples:\n[\s\S]*\$ egress-review /);
    },
  );

  test("without a command is shown as a mistake", () => {
    const { status, stdout, stderr } = command.run([]);
    expect(status).toBe(64);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^Usage: egress-review /);
  });

  test("the version is that of the package", () => {
    expect(command.run(["--version"])).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
  });
});

describe("wrong usage is one line with a hint, and exit code 64", () => {
  test.each([
    [
      "an unknown command",
      ["revew"],
      /unknown command 'revew' \(Did you mean review\?\) — see egress-review --help/,
    ],
    [
      "an unknown option",
      ["review", "--bse", "x"],
      /unknown option '--bse' \(Did you mean --base\?\) — see egress-review review --help/,
    ],
    ["an argument too many", ["review", "x"], /too many arguments/],
    ["a value that is missing", ["review", "--base"], /argument missing/],
    ["an unknown format", ["review", "--format", "xml"], /Allowed choices are text, markdown, json — see/],
    [
      "a format of another command",
      ["surface", "--format", "markdown"],
      /Allowed choices are text, json — see/,
    ],
    ["an unknown profile", ["review", "--profile", "celium"], /Allowed choices are kubernetes, cilium/],
    ["a time that is none", ["review", "--now", "yesterday"], /--now <time>.* 2026-01-31T12:00:00Z/],
    ["a time that does not exist", ["review", "--now", "2026-13-01"], /--now <time>/],
    ["one directory of two", ["review", "--base-dir", "."], /--head-dir is missing/],
    [
      "a repository and directories",
      ["review", "--repo", ".", "--base-dir", ".", "--head-dir", "."],
      /--repo cannot be used with --base-dir/,
    ],
    [
      "a revision and directories",
      ["review", "--head", "x", "--base-dir", ".", "--head-dir", "."],
      /--head cannot be used with --base-dir/,
    ],
    [
      "a merge of directories",
      ["review", "--merge", "--base-dir", ".", "--head-dir", "."],
      /--merge cannot be used with --base-dir/,
    ],
    [
      "a repository and a directory",
      ["targets", "--repo", ".", "--dir", "."],
      /--dir cannot be used with --repo/,
    ],
    [
      "a directory that is missing",
      ["targets", "--dir", "/nonexistent"],
      /--dir: \/nonexistent does not exist/,
    ],
    ["a file as directory", ["surface", "--dir", "package.json"], /--dir: package\.json is no directory/],
    [
      "a configuration that is missing",
      ["review", "--repo", ".", "--config", "/nonexistent"],
      /--config: cannot read \/nonexistent/,
    ],
    ["no repository", ["review", "--repo", "/"], /\/ is not a git repository/],
  ])("%s", (_, args, expected) => {
    const { status, stdout, stderr } = command.run(args);
    expect(stderr).toMatch(expected);
    expect(stderr).toMatch(/^egress-review: [^\n]+\n$/);
    expect(stdout).toBe("");
    expect(status).toBe(64);
  });

  test("an unknown revision", () => {
    const { status, stderr } = command.run(["review", "--repo", repository.folder, "--base", "nope"]);
    expect(stderr).toMatch(/^egress-review: .* has no revision "nope"\n$/);
    expect(status).toBe(64);
  });

  test("no default branch to compare with", () => {
    const other = new Repository({ "shop.yaml": policy("[]") });
    other.git("branch", "--move", "main", "trunk");
    const { status, stderr } = command.run(["review", "--repo", other.folder]);
    other.remove();
    expect(stderr).toMatch(
      /^egress-review: no default branch was found \(origin\/HEAD, main, master\): name --base\n$/,
    );
    expect(status).toBe(64);
  });

  test("an unknown environment, with the known ones", () => {
    const { status, stderr } = command.run([
      "review",
      "--repo",
      repository.folder,
      "--base",
      "main",
      "--env",
      "manifest",
    ]);
    expect(stderr).toMatch(
      /^egress-review: --env: no environment is called "manifest" \(did you mean "manifests"\?\); there are manifests\n$/,
    );
    expect(status).toBe(64);
  });

  test("a file that cannot be written", () => {
    const args = [
      "review",
      "--repo",
      repository.folder,
      "--base",
      "main",
      "--output",
      "/nonexistent/review.txt",
    ];
    const { status, stderr } = command.run(args);
    expect(stderr).toMatch(/^egress-review: cannot write \/nonexistent\/review\.txt: ENOENT[^\n]*\n$/);
    expect(status).toBe(64);
  });
});

describe("an invalid configuration", () => {
  test("is exit code 64, each problem with path, line and what was meant", () => {
    const other = new Repository({
      ".egress-review.yaml": "namespaces:\n  shop:\n    baselin: true\ninternalRanges: [10.0.0.5/8]\n",
      "shop.yaml": policy("[]"),
    });
    const { status, stdout, stderr } = command.run(["review", "--repo", other.folder, "--base", "main"]);
    other.remove();
    expect(stderr).toMatch(/^egress-review: \.egress-review\.yaml:3: .*baseline/m);
    expect(stderr).toMatch(/^egress-review: \.egress-review\.yaml:4: /m);
    expect(stdout).toBe("");
    expect(status).toBe(64);
  });
});

describe("streams", () => {
  test("a reader that stops reading changes nothing and is not complained about", () => {
    const script = `"${process.execPath}" "${command.cli}" targets --repo "${repository.folder}" | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      env: command.environment,
    });
    expect(stdout).toBe("0\n");
    expect(stderr).toBe("");
  });
});
