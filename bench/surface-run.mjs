/**
 * One process of `npm run bench:surface`: reads DIR/base and DIR/head (plain manifests), compares them, and prints what each
 * step took as one line of JSON. Documents with equal text are parsed once, as a renderer that caches by content gives them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clusterOf } from "../dist/cluster/cluster-of.js";
import { DEFAULT_MARKS, defaultConfiguration } from "../dist/config/config.js";
import { diff } from "../dist/diff/environment-delta.js";
import { digestOf } from "../dist/render/digest.js";
import { parse, splitDocuments } from "../dist/targets/files/yaml-documents.js";

const [folder = ""] = process.argv.slice(2);
const steps = {};

function step(name, run) {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  steps[name] = Math.round((user + system) / 1000);
  return result;
}

const shared = new Map();

function manifestsOf(side) {
  return readdirSync(join(folder, side))
    .sort()
    .flatMap((name) => splitDocuments(readFileSync(join(folder, side, name), "utf8")).map(manifestOf(name)));
}

function manifestOf(path) {
  return (document) => {
    const known = shared.get(document.text);
    if (known !== undefined) return known;
    const { value: object } = parse(document);
    const manifest = {
      object,
      namespace: object.metadata.namespace ?? null,
      origin: {
        target: "all",
        path,
        source: path,
        text: document.text,
        item: null,
        hook: false,
        duplicateKeys: [],
      },
      digest: digestOf(document.text),
    };
    shared.set(document.text, manifest);
    return manifest;
  };
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
const before = step("resolve base", () => clusterOfManifests(base));
const after = step("resolve head", () => clusterOfManifests(head));
const delta = step("diff", () => diff(before, after, { environment: "all" }));
const figures = {
  workloads: after.workloads.size,
  policies: after.policies.length,
  changed: delta.workloads.length,
  widened: delta.workloads.filter(({ added }) => !added.isEmpty).length,
  unknowns: delta.unknowns.length,
};
console.log(JSON.stringify({ steps, figures }));
