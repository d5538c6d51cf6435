import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Installation, policy, Repository, WEB } from "./installation.ts";

const NOW = ["--now", "2026-01-31T12:00:00Z"];
const CLOSED = policy("[]");
const OPEN = policy("[{}]");

let command: Installation;
/** main: everything is denied; branch "open": everything is allowed; the working tree is clean and on main. */
let repository: Repository;

beforeAll(() => {
  command = new Installation();
  repository = new Repository({ "shop.yaml": CLOSED, "web.yaml": WEB });
  repository.git("switch", "--quiet", "--create", "open");
  repository.write({ "shop.yaml": OPEN });
  repository.commit("Let the shop reach the internet");
  repository.git("switch", "--quiet", "main");
}, 120_000);

afterAll(() => {
  command.remove();
  repository.remove();
});

function review(...args: readonly string[]) {
  return command.run(["review", "--repo", repository.folder, ...NOW, ...args]);
}

function valid(name: string, text: string): unknown {
  const ajv = new Ajv2020({ strict: true });
  addFormats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8")));
  const document: unknown = JSON.parse(text);
  validate(document);
  expect(validate.errors).toBeNull();
  return document;
}

describe("review", () => {
  test("blocks a change that opens everything: exit code 1, the verdict first, nothing on stderr", () => {
    const { status, stdout, stderr } = review("--base", "main", "--head", "open");
    expect(stdout).toMatch(/^BLOCKED: shop\/Deployment\/web could reach /);
    expect(stdout).toContain("egress-review review --repo");
    expect(stderr).toBe("");
    expect(status).toBe(1);
  });

  test("passes the reverse: exit code 0", () => {
    const { status, stdout } = review("--base", "open", "--head", "main");
    expect(stdout).toMatch(/^PASS/);
    expect(status).toBe(0);
  });

  test("tries edits where that is asked for, and for a comment always", () => {
    const demo = ["--base-dir", resolve("demo/base"), "--head-dir", resolve("demo/head"), ...NOW];
    const tried = (...args: readonly string[]) =>
      command.run(["review", ...demo, ...args]).stdout.includes("Checked: this review");
    expect([tried(), tried("--fixes"), tried("--format", "markdown")]).toEqual([false, true, true]);
  });

  test("prints JSON of the published shape, the same bytes again", () => {
    const args = ["--base", "main", "--head", "open", "--format", "json"];
    const first = review(...args);
    expect(first.status).toBe(1);
    expect(valid("review", first.stdout)).toMatchObject({
      verdict: "block",
      evaluatedAt: "2026-01-31T12:00:00.000Z",
      tool: { name: "egress-review", version: "0.1.0" },
    });
    expect(review(...args, "--no-cache").stdout).toBe(first.stdout);
  });

  test("prints Markdown", () => {
    const { stdout } = review("--base", "main", "--head", "open", "--format", "markdown");
    expect(stdout).toMatch(/^### ⛔ egress-review: blocked\n/);
  });

  test("compares what is not committed with the merge base when no revision is named", () => {
    repository.write({ "shop.yaml": OPEN });
    const { status, stdout } = review();
    repository.write({ "shop.yaml": CLOSED });
    expect(stdout).toContain("working tree");
    expect(status).toBe(1);
  });

  test("finds a branch that only the remote has, in a bare clone and in an ordinary one", () => {
    const bare = join(command.folder, "bare.git");
    const clone = join(command.folder, "clone");
    repository.git("clone", "--quiet", "--bare", repository.folder, bare);
    repository.git("clone", "--quiet", repository.folder, clone);
    for (const folder of [bare, clone]) {
      const { status, stderr } = command.run([
        "review",
        "--repo",
        folder,
        "--base",
        "main",
        "--head",
        "open",
      ]);
      expect(stderr).toBe("");
      expect(status).toBe(1);
    }
  });

  test("compares two plain directories", () => {
    const [base, head] = ["base", "head"].map((side) => join(command.folder, side));
    for (const [folder, text] of [
      [base, CLOSED],
      [head, OPEN],
    ]) {
      mkdirSync(folder ?? "");
      writeFileSync(join(folder ?? "", "all.yaml"), `${text}---\n${WEB}`);
    }
    const { status, stdout } = command.run(["review", "--base-dir", base ?? "", "--head-dir", head ?? ""]);
    expect(stdout).toMatch(/^BLOCKED/);
    expect(status).toBe(1);
  });

  test("writes the report to a file, and keeps stdout empty", () => {
    const file = join(command.folder, "review.txt");
    const { status, stdout } = review("--base", "main", "--head", "open", "--output", file);
    expect(readFileSync(file, "utf8")).toMatch(/^BLOCKED/);
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  test("reviews the environments that were asked for", () => {
    const { status, stdout } = review(
      "--base",
      "main",
      "--head",
      "open",
      "--env",
      "manifests",
      "--format",
      "json",
    );
    expect(JSON.parse(stdout).environments.map(({ name }: { readonly name: string }) => name)).toEqual([
      "manifests",
    ]);
    expect(status).toBe(1);
  });

  test("colours only where it is told to, and never against NO_COLOR", () => {
    const args = ["review", "--repo", repository.folder, "--base", "main", "--head", "open"];
    const colour = "\u001b[";
    expect(command.run(args).stdout).not.toContain(colour);
    expect(command.run(args, { FORCE_COLOR: "1" }).stdout).toContain(colour);
    expect(command.run(args, { FORCE_COLOR: "1", NO_COLOR: "1" }).stdout).not.toContain(colour);
  });

  test("keeps its exit code when nobody reads the report", () => {
    const args = `review --repo "${repository.folder}" --base main --head open`;
    const script = `"${process.execPath}" "${command.cli}" ${args} | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script], {
      encoding: "utf8",
      env: command.environment,
    });
    expect(stderr).toBe("");
    expect(stdout).toBe("1\n");
  });

  test("ends at once when it is interrupted: exit code 130", async () => {
    const child = spawn(
      process.execPath,
      [command.cli, "review", "--repo", repository.folder, "--base", "main", "--no-cache"],
      {
        env: { ...command.environment, EGRESS_REVIEW_TIMINGS: "1" },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stderr.once("data", () => child.kill("SIGINT"));
    expect(await ended).toBe(130);
  });
});

describe("what would land", () => {
  let diverging: Repository;

  beforeAll(() => {
    diverging = new Repository({
      "shop.yaml": `${CLOSED}---\n${OPEN.replace("name: default", "name: wide")}`,
      "web.yaml": WEB,
    });
    diverging.git("switch", "--quiet", "--create", "feature");
    diverging.write({ "feature.yaml": WEB.replaceAll("web", "worker") });
    diverging.commit("A worker");
    diverging.git("switch", "--quiet", "main");
    diverging.write({ "shop.yaml": CLOSED });
    diverging.commit("Deny again");
  });

  afterAll(() => diverging.remove());

  test("is compared with the tip of the base: what landed since counts", () => {
    const args = ["review", "--repo", diverging.folder, ...NOW, "--base", "main", "--head", "feature"];
    const short = (branch: string) => diverging.git("rev-parse", branch).slice(0, 7);
    const apart = command.run([...args, "--format", "json"]);
    const { status, stdout, stderr } = command.run([...args, "--merge", "--format", "json"]);
    expect(stderr).toBe("");
    expect(JSON.parse(apart.stdout)).toMatchObject({ verdict: "block" });
    expect(valid("review", stdout)).toMatchObject({
      verdict: "pass",
      base: short("main"),
      head: `merge of ${short("feature")}`,
    });
    expect(status).toBe(0);
  });

  test("is said again by the command that reproduces it, and defaults to HEAD and the default branch", () => {
    diverging.git("switch", "--quiet", "feature");
    const { status, stdout } = command.run(["review", "--repo", diverging.folder, "--merge", ...NOW]);
    diverging.git("switch", "--quiet", "main");
    expect(stdout).toMatch(/review --repo \S+\s+--merge\s+--base \w{7}\s+--head \w{7}/);
    expect(status).toBe(0);
  });

  test("is undecided where it conflicts: one line with the paths, nothing on stdout, exit code 2", () => {
    diverging.git("switch", "--quiet", "--create", "other", "feature");
    diverging.write({ "shop.yaml": OPEN });
    diverging.commit("Everything");
    diverging.git("switch", "--quiet", "main");
    const { status, stdout, stderr } = command.run([
      "review",
      "--repo",
      diverging.folder,
      "--merge",
      "--base",
      "main",
      "--head",
      "other",
    ]);
    expect(stderr).toMatch(
      /^egress-review: undecided: \w{7} cannot be merged into \w{7}, shop\.yaml conflicts\n$/,
    );
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});

describe("an organisation's policy", () => {
  const folder = (text: string) => {
    const path = mkdtempSync(join(command.folder, "policy-"));
    writeFileSync(join(path, ".egress-review.yaml"), text);
    return path;
  };

  test("observes: exit code 0, and the first words say what would happen", () => {
    const args = ["--base", "main", "--head", "open", "--policy-dir"];
    const path = folder("environments: {shop: {roots: [.], mode: observe}}\n");
    const { status, stdout, stderr } = review(...args, path);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^OBSERVE, WOULD BLOCK: /);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(`--policy-dir ${path}`);
    expect(status).toBe(0);
  });

  test("counts for surface and targets, too", () => {
    const path = folder("environments: {shop: {roots: [.]}}\n");
    for (const name of ["surface", "targets"]) {
      const args = [name, "--repo", repository.folder, "--format", "json", "--policy-dir", path];
      expect(JSON.parse(command.run(args).stdout)).toMatchObject({ environments: [{ name: "shop" }] });
    }
  });

  test.each([
    [
      "that does not parse",
      "environmets: {}\n",
      /^egress-review: --policy-dir .*: \.egress-review\.yaml:1: unknown key/,
    ],
    [
      "that is not there",
      null,
      /^egress-review: --policy-dir .*: \.egress-review\.yaml: this configuration file does not exist/,
    ],
  ])("%s ends it: exit code 64, one line", (_, text, line) => {
    const path = text === null ? mkdtempSync(join(command.folder, "policy-")) : folder(text);
    const { status, stdout, stderr } = review("--base", "main", "--head", "open", "--policy-dir", path);
    expect(stderr).toMatch(line);
    expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({
      status: 64,
      stdout: "",
      lines: 2,
    });
  });
});

describe("surface and targets", () => {
  test("surface says what each workload may reach", () => {
    const { status, stdout, stderr } = command.run(["surface", "--repo", repository.folder, "--rev", "open"]);
    expect(stdout).toMatch(/shop\/Deployment\/web +every destination, every port/);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("surface as JSON has the published shape", () => {
    const { stdout } = command.run(["surface", "--repo", repository.folder, "--format", "json"]);
    expect(valid("surface", stdout)).toMatchObject({
      revision: "working tree",
      environments: [
        {
          name: "manifests",
          workloads: [{ workload: "shop/Deployment/web", standing: "isolated", reach: [] }],
        },
      ],
    });
  });

  test("targets as JSON has the published shape", () => {
    const { status, stdout } = command.run(["targets", "--repo", repository.folder, "--format", "json"]);
    expect(valid("targets", stdout)).toMatchObject({
      environments: [{ name: "manifests", kind: "manifests" }],
    });
    expect(status).toBe(0);
  });

  test("targets as text names what there is", () => {
    const { stdout } = command.run(["targets", "--repo", repository.folder]);
    expect(stdout).toMatch(/^1 environment, 1 target, 0 not readable here, 0 problems/);
  });
});

describe("an internal error", () => {
  test("is one line, says how to report it, and shows no stack: exit code 70", () => {
    const broken = new Installation({ engine: false });
    const args = ["review", "--repo", repository.folder, "--base", "main", "--head", "open"];
    const { status, stdout, stderr } = broken.run(args);
    const debugged = broken.run(args, { EGRESS_REVIEW_DEBUG: "1" });
    broken.remove();
    expect(stderr).toMatch(/^egress-review: internal error: [^\n]+\nPlease report it [^\n]+\n$/);
    expect(debugged.stderr).toMatch(/^at .*review-command/m);
    expect(stdout).toBe("");
    expect(status).toBe(70);
  });
});
