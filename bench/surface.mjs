/**
 * npm run bench:surface -- GENERATOR | DIR
 *
 * GENERATOR: a program that writes DIR/base and DIR/head when it is called with `--workloads W --policies P --out DIR`, and
 * understands `--namespaces N`. DIR: such a folder. Prints a table of CPU, wall time and peak memory of whole processes, and
 * beside each what the `yaml` package alone takes for the same bytes. Asserts nothing; CPU seconds are the figure to keep.
 */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { measure, median } from "./process.mjs";

const RUNS = Number(process.env.BENCH_RUNS ?? 3);
const [given] = process.argv.slice(2);
if (given === undefined) {
  console.error("usage: npm run bench:surface -- GENERATOR | DIR");
  process.exit(64);
}
const here = (name) => join(import.meta.dirname, name);
const folder = mkdtempSync(join(tmpdir(), "egress-review-surface-"));

function generated(workloads, policies, extra = []) {
  const out = join(folder, `${workloads}-${policies}${extra.join("")}`);
  const sizes = ["--workloads", `${workloads}`, "--policies", `${policies}`, "--out", out, ...extra];
  execFileSync(resolve(given), sizes, { stdio: "ignore" });
  return out;
}

/** The same base; at head every NetworkPolicy says something else: in turn one more address, other ports, a rule less. */
function everyPolicyChanged(from) {
  const out = `${from}-every`;
  mkdirSync(join(out, "head"), { recursive: true });
  cpSync(join(from, "base"), join(out, "base"), { recursive: true });
  let index = 0;
  for (const name of readdirSync(join(from, "base"))) {
    const documents = readFileSync(join(from, "base", name), "utf8").split(/^---\n/m);
    const changed = documents.map((text) =>
      /^kind: "?NetworkPolicy"?$/m.test(text) ? stringify(changedPolicy(parse(text), index++)) : text,
    );
    writeFileSync(join(out, "head", name), changed.join("---\n"));
  }
  return out;
}

function changedPolicy(policy, index) {
  const rules = policy.spec.egress ?? [];
  const [first, ...others] = rules;
  const address = { ipBlock: { cidr: `203.0.113.${index % 256}/32` } };
  const more = [...rules, { to: [address], ports: [{ protocol: "TCP", port: 443 }] }];
  const egress =
    first === undefined || index % 3 === 0
      ? more
      : index % 3 === 1
        ? [{ ...first, ports: [{ protocol: "TCP", port: 1024 + (index % 1000), endPort: 9000 }] }, ...others]
        : others;
  return { ...policy, spec: { ...policy.spec, egress } };
}

function row(name, from) {
  const sides = [join(from, "base"), join(from, "head")];
  const runs = Array.from({ length: RUNS }, () => measure([from], {}, here("surface-run.mjs")));
  const yaml = median(Array.from({ length: RUNS }, () => measure(sides, {}, here("parse-yaml.mjs"))));
  const failed = runs.find(({ status }) => status !== 0);
  if (failed !== undefined) throw new Error(failed.stderr);
  const own = median(runs);
  const { steps, figures } = JSON.parse(runs[0].stdout);
  const cells = [
    name,
    own.cpu.toFixed(2),
    own.wall.toFixed(2),
    own.peakMegabytes.toFixed(0),
    yaml.cpu.toFixed(2),
    (own.cpu / yaml.cpu).toFixed(2),
    figures.widened,
    figures.unknowns,
    Object.values(steps).join(", "),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

try {
  console.log(`Base and head parsed, resolved and compared; median of ${RUNS} processes\n`);
  console.log(
    "| workloads x policies | CPU s | wall s | peak MB | yaml alone, CPU s | ratio | widened | unknowns | CPU ms: parse base, head, resolve base, head, diff |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|");
  if (statSync(given).isDirectory()) {
    const copy = join(folder, "given");
    cpSync(given, copy, { recursive: true });
    row("as given", copy);
    row("every policy changed", everyPolicyChanged(copy));
  } else {
    const sizes = [
      [500, 200],
      [1000, 500],
      [2000, 1000],
      [5000, 2000],
      [10_000, 2000],
    ];
    for (const [workloads, policies] of sizes)
      row(`${workloads} x ${policies}`, generated(workloads, policies));
    row("5000 x 2000, every policy changed", everyPolicyChanged(join(folder, "5000-2000")));
    const one = generated(1000, 2000, ["--namespaces", "1"]);
    row("1000 x 2000, one namespace", one);
    row("1000 x 2000, one namespace, every policy changed", everyPolicyChanged(one));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
