import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  type CacheProblem,
  type DiskCacheOptions,
  defaultCacheDirectory,
  diskCache,
  memoryCache,
} from "../../src/engine/cache.ts";
import type { Engine, Rendering } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { memoryTree } from "./memory-tree.ts";

let directory: string;
let problems: CacheProblem[];
let engines: Engine[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "render-cache-"));
  problems = [];
  engines = [];
});

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** A new engine with the same cache directory, as another process would have. */
async function open(options: DiskCacheOptions = {}): Promise<Engine> {
  const cache = diskCache({ directory, onProblem: (problem) => problems.push(problem), ...options });
  const engine = await openEngine({ renderers: 1, cache });
  engines.push(engine);
  return engine;
}

function files(): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const tree = (text: string) => memoryTree({ "a.yaml": text, "b.yaml": "kind: B\n" });
const read = (engine: Engine, text: string, deadline?: number) =>
  engine.manifests(tree(text), { paths: ["a.yaml"] }, { deadline });

/** A renderer takes longer than this to start, so only a stored result arrives in time. */
const AT_ONCE = 1;

test("results outlive the process, one for each state of the inputs", async () => {
  const first = await open();
  const [one, two] = [await read(first, "kind: A\n"), await read(first, "kind: Z\n")];
  const second = await open();
  expect(await read(second, "kind: A\n", AT_ONCE)).toEqual(one);
  expect(await read(second, "kind: Z\n", AT_ONCE)).toEqual(two);
  expect(files()).toHaveLength(2);
});

test("within a process a hit is the same object", async () => {
  const engine = await open();
  expect(await read(engine, "kind: A\n")).toBe(await read(engine, "kind: A\n"));
});

test("a damaged entry is said, removed and rendered again", async () => {
  const expected = await read(await open(), "kind: A\n");
  const [path = ""] = files();
  const whole = readFileSync(path);
  const altered = gunzipSync(whole);
  altered.write("kind: B", altered.indexOf("kind: A"));
  for (const damage of [Buffer.from("nonsense"), whole.subarray(0, 40), gzipSync(altered)]) {
    writeFileSync(path, damage);
    problems = [];
    expect(await read(await open(), "kind: A\n")).toEqual(expected);
    expect(problems).toMatchObject([{ kind: "corrupt-entry", path }]);
  }
});

test("what another process is still writing is no entry", async () => {
  const expected = await read(await open(), "kind: A\n");
  const [path = ""] = files();
  writeFileSync(`${path}.1234.unfinished`, "half");
  expect(await read(await open(), "kind: A\n", AT_ONCE)).toEqual(expected);
  expect(await read(await open(), "kind: Z\n")).not.toEqual(expected);
  expect(problems).toEqual([]);
});

test("partitions do not see each other's entries", async () => {
  await read(await open({ partition: "fork" }), "kind: A\n");
  await read(await open({ partition: "base" }), "kind: A\n");
  expect(files()).toHaveLength(2);
});

test("a directory that cannot be written costs a message, not the render", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  const rendering = await read(await open({ directory: join(file, "below") }), "kind: A\n");
  expect(rendering.error).toBeNull();
  expect(problems).toMatchObject([{ kind: "unwritable" }]);
});

test("the oldest entries go when there are too many bytes", async () => {
  const engine = await open();
  for (const name of ["A", "B", "C"]) await read(engine, `kind: ${name}\n`);
  const [oldest = "", ...others] = files();
  utimesSync(oldest, 1, 1);
  const size = files().reduce((sum, path) => sum + statSync(path).size, 0);
  await read(await open({ maximumBytes: Math.ceil(size * 1.25) }), "kind: D\n");
  expect(existsSync(oldest)).toBe(false);
  expect(others.every((path) => existsSync(path))).toBe(true);
});

describe("nothing is stored", () => {
  test("that a limit ended", async () => {
    const engine = await open();
    await engine.manifests(tree("kind: A\n"), { paths: ["a.yaml"] }, { outputBytes: 1 });
    await engine.manifests(tree("kind: A\n"), { paths: ["a.yaml"] }, { questions: 0 });
    expect(files()).toEqual([]);
  });

  test("in place of an error of the input", async () => {
    const engine = await open();
    const rendering = await engine.helm(tree("kind: A\n"), { chart: "gone" });
    expect(rendering.error?.kind).toBe("not-found");
    expect(files()).toHaveLength(1);
  });
});

test("many engines may write the same entry at once", async () => {
  const several = await Promise.all([open(), open(), open()]);
  const renderings = await Promise.all(several.map((engine) => read(engine, "kind: A\n")));
  expect(new Set(renderings.map(({ documents }) => JSON.stringify(documents))).size).toBe(1);
  expect(files()).toHaveLength(1);
  expect(problems).toEqual([]);
});

test("the directory follows the XDG base directory specification", () => {
  expect(defaultCacheDirectory({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/egress-review/renders");
  expect(defaultCacheDirectory({ XDG_CACHE_HOME: "relative" })).toMatch(/\/\.cache\/egress-review\/renders$/);
});

test("in memory the results of keys that were unused for longest go first", async () => {
  const cache = memoryCache(250);
  const put = (key: string) => cache.put(key, { rendering: RENDERING, response: new Uint8Array(100) });
  const has = async (key: string) => (await cache.get(key, async () => true)) !== null;
  put("a");
  put("b");
  expect(await has("a")).toBe(true);
  put("c");
  expect([await has("a"), await has("b"), await has("c")]).toEqual([true, false, true]);
});

const RENDERING: Rendering = {
  documents: [],
  dropped: [],
  missing: [],
  warnings: [],
  error: null,
  trace: [],
};
