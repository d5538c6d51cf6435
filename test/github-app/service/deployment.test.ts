import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { EVENTS } from "../../../src/github/events/events.ts";
import { WEBHOOK_PATH } from "../../../src/github/setup/manifest.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const text = (path: string) => readFileSync(`${ROOT}${path}`, "utf8");

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** One instruction a line, continued lines joined, without comments. */
function instructions(): readonly Instruction[] {
  return text("Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", ...rest] = line.trim().split(/\s+/);
      return { name, rest: rest.join(" ") };
    });
}

/** What a `.dockerignore` of this shape lets in: all is out, lines with ! are in. */
function isSent(path: string): boolean {
  const [all, ...kept] = text(".dockerignore").trim().split("\n");
  expect(all).toBe("**");
  return kept.some((line) => line === `!${path}` || path.startsWith(`${line.slice(1)}/`));
}

describe("the image", () => {
  const all = instructions();
  const last = all.findLastIndex(({ name }) => name === "FROM");
  const final = all.slice(last);
  const one = (name: string) => final.filter((instruction) => instruction.name === name);

  test("copies nothing but what stands here and is sent to the builder", () => {
    const sources = all
      .filter(({ name, rest }) => name === "COPY" && !rest.startsWith("--from="))
      .flatMap(({ rest }) => rest.split(" ").slice(0, -1));
    expect(sources.length).toBeGreaterThan(8);
    for (const source of sources) {
      expect([source, existsSync(`${ROOT}${source}`), isSent(source)]).toEqual([source, true, true]);
    }
  });

  test("has what the package has and reads: rules, engine, manifest", () => {
    const { files } = JSON.parse(text("package.json")) as { readonly files: readonly string[] };
    const copied = one("COPY").flatMap(({ rest }) => rest.split(" ").slice(0, -1));
    const pages = /^(docs|.*\.md)$/;
    const needed = files.filter((file) => !pages.test(file) && file !== "dist");
    expect(needed.filter((file) => !copied.includes(file))).toEqual([]);
    expect(copied).toEqual(expect.arrayContaining(["package.json", "/app/node_modules", "/app/dist"]));
  });

  test("is built in one stage and run in another, both of one line of Node that is tested", () => {
    const bases = all.filter(({ name }) => name === "FROM").map(({ rest }) => rest.replace(/ AS .*/, ""));
    expect(bases).toEqual([bases[0], bases[0]]);
    const [, major = ""] = /^node:(\d+)-/.exec(bases[0] ?? "") ?? [];
    expect(text(".github/workflows/ci.yaml")).toContain(`"${major}"`);
  });

  test("runs the service as no root, keeps its data in a volume, asks it for its health without a tool", () => {
    expect(one("USER").map(({ rest }) => rest)).toEqual(["node"]);
    expect(one("VOLUME").map(({ rest }) => rest)).toEqual(["/data"]);
    const environment = one("ENV")
      .map(({ rest }) => rest)
      .join(" ");
    for (const setting of ["NODE_ENV=production", "HOST=0.0.0.0", "DATA_DIR=/data", "PORT=3000"]) {
      expect(environment.split(" ")).toContain(setting);
    }
    expect(JSON.parse(one("CMD")[0]?.rest ?? "null")).toEqual(["node", "dist/server.js"]);
    // Signals reach the process itself, not a shell.
    expect(JSON.parse(text("package.json")).scripts.start).toBe("node dist/server.js");
    const [health] = one("HEALTHCHECK");
    expect(health?.rest).toContain('CMD ["node"');
    expect(health?.rest).toContain("/healthz");
    // What comes after the last instruction that needs root is not root.
    const user = final.findIndex(({ name }) => name === "USER");
    expect(final.slice(user).some(({ name }) => name === "RUN" || name === "COPY")).toBe(false);
  });

  test("holds no secret and fetches nothing but packages of the lock file", () => {
    const file = text("Dockerfile");
    expect(file).not.toMatch(/ARG|SECRET|PRIVATE_KEY|APP_ID|TOKEN|curl|wget|ADD /);
    expect(file).toMatch(/npm ci/);
    for (const kept of ["!.env", "!private-key.pem", "!.git", "!data"]) {
      expect(text(".dockerignore").split("\n")).not.toContain(kept);
    }
  });
});

describe("app.yml", () => {
  const manifest = parse(text("app.yml")) as {
    readonly public: boolean;
    readonly hook_attributes: { readonly url: string; readonly active: boolean };
    readonly default_permissions: Readonly<Record<string, string>>;
    readonly default_events: readonly string[];
  };

  test("asks for what the page says, and no more", () => {
    const rows = [...text("docs/github-app.md").matchAll(/^\| ([a-z ]+): (read|write) \|/gm)];
    const said = Object.fromEntries(rows.map(([, name = "", level]) => [name.replaceAll(" ", "_"), level]));
    expect(manifest.default_permissions).toEqual(said);
    expect(manifest.default_permissions["contents"]).toBe("read");
  });

  test("every permission has a reason beside it", () => {
    const lines = text("app.yml").split("\n");
    for (const name of Object.keys(manifest.default_permissions)) {
      const at = lines.findIndex((line) => line.trim().startsWith(`${name}:`));
      expect(lines[at - 1]).toMatch(/^\s+# \S/);
    }
  });

  test("listens to what the service takes; GitHub sends installations unasked", () => {
    const unasked = ["installation", "installation_repositories"];
    expect(new Set([...manifest.default_events, ...unasked])).toEqual(EVENTS);
  });

  test("is for its owner alone, and its events arrive where the service listens", () => {
    expect(manifest.public).toBe(false);
    expect(new URL(manifest.hook_attributes.url).pathname).toBe(WEBHOOK_PATH);
    expect(manifest.hook_attributes.active).toBe(true);
  });
});
