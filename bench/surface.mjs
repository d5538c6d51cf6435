/**
 * node bench/surface.mjs DIR      (after npm run build)
 *
 * The core alone on plain manifests: DIR/base and DIR/head, as a generator of sizes writes them. Documents with equal text
 * are parsed once. Prints milliseconds of CPU for each step, and peak memory; asserts nothing.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { clusterOf } from "../dist/cluster/cluster-of.js";
import { DEFAULT_MARKS, defaultConfiguration } from "../dist/config/config.js";
import { diff } from "../dist/diff/environment-delta.js";
import { reach } from "../dist/surface/reach.js";
import { surfaceOf } from "../dist/surface/surface-of.js";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node bench/surface.mjs DIR   (DIR holds base/ and head/)");
  process.exit(64);
}

const steps = [];
function step(name, run) {
  const before = process.cpuUsage();
  const started = process.hrtime.bigint();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  steps.push({
    step: name,
    "cpu ms": Math.round((user + system) / 1000),
    "wall ms": Math.round(Number(process.hrtime.bigint() - started) / 1e6),
  });
  return result;
}

const parsed = new Map();

function manifestsOf(side) {
  return readdirSync(join(folder, side)).flatMap((name) =>
    readFileSync(join(folder, side, name), "utf8")
      .split(/^---\n/m)
      .filter((text) => text.trim() !== "")
      .map((text) => {
        const known = parsed.get(text);
        if (known !== undefined) return known;
        const object = parseDocument(text, { version: "1.1" }).toJS();
        const manifest = {
          object,
          namespace: object.metadata.namespace ?? null,
          origin: {
            target: "all",
            path: name,
            source: name,
            text,
            item: null,
            hook: false,
            duplicateKeys: [],
          },
          digest: createHash("sha256").update(text).digest("hex"),
        };
        parsed.set(text, manifest);
        return manifest;
      }),
  );
}

const environment = {
  name: "all",
  kind: "manifests",
  roots: [],
  destination: null,
  marks: DEFAULT_MARKS,
  targets: [],
  unread: [],
};

function clusterOfManifests(manifests) {
  const target = { target: null, manifests, unknowns: [], remarks: [], digest: "", fromCache: false };
  return clusterOf(environment, [target], defaultConfiguration);
}

const base = step("parse base", () => manifestsOf("base"));
const head = step("parse head", () => manifestsOf("head"));
const before = step("cluster base", () => clusterOfManifests(base));
const after = step("cluster head", () => clusterOfManifests(head));
const delta = step("diff", () => diff(before, after, { environment: "all" }));
const lines = step("lines of the delta", () =>
  delta.workloads.reduce((sum, { added, removed }) => sum + added.lines().length + removed.lines().length, 0),
);
step("lines of every workload at head", () => {
  const surface = surfaceOf(after);
  for (const workload of after.workloads.values()) reach(surface, workload).lines();
});
console.table(steps);
console.log(
  `${after.workloads.size} workloads, ${after.policies.length} policies; delta: ` +
    `${delta.workloads.length} workloads (${delta.workloads.filter(({ added }) => !added.isEmpty).length} gain), ` +
    `${lines} lines, ${delta.unknowns.length} unknowns`,
);
const usage = process.resourceUsage();
console.log(
  `whole process: ${((usage.userCPUTime + usage.systemCPUTime) / 1e6).toFixed(2)} s CPU, ` +
    `${Math.round(usage.maxRSS / 1024)} MB at its peak`,
);
