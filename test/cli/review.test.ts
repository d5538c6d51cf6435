import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
