/**
 * The oracles at length.
 *
 * `npm run oracles`: every point oracle of the project, dialect by dialect, on many random clusters; PROPERTY_RUNS says how
 * many of each kind (else 2,000).
 *
 * `npm run oracles -- FOLDER`: what another engine answered (np-guard/netpol-analyzer). Each folder in FOLDER holds
 * `manifests/` and `connlist.txt`, its list of allowed connections: one line for each allowed pair,
 * "ns/name[Kind] => ns/name[Kind] : TCP 80,443", no line = no connection. First as sets
 * (test/oracle/connections.test.ts, where differences are known one by one), then point by point through `can --batch`.
 * That engine lets an ipBlock match no pod and knows no host network: where a case has such pods, or such policies and a
 * question is about two pods, what differs is counted apart; so is what rests on a policy that the API server refuses. Cases
 * of what is not modelled (networks that users define) are skipped and counted.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { builtCommand } from "./built-command.mjs";

const OTHER_KINDS =
  /"?kind"?:\s*"?((Cluster)?UserDefinedNetwork|NetworkAttachmentDefinition|MultiNetworkPolicy|VirtualMachine)\b/;
const PORTS = { TCP: [1, 80, 443, 8080, 65535], UDP: [53, 80], SCTP: [80] };

const [folder] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "egress-review-oracles-"));
try {
  process.exitCode =
    folder === undefined
      ? tests(["test/oracle"], { PROPERTY_RUNS: process.env.PROPERTY_RUNS ?? "2000" })
      : tests(["test/oracle/connections.test.ts"], { ORACLE_FOLDER: resolve(folder) }) || compare(folder);
} finally {
  rmSync(work, { recursive: true });
}

/** @param {string[]} paths @param {Record<string, string>} environment @returns {number} its exit code */
function tests(paths, environment) {
  const jest = join("node_modules", "jest", "bin", "jest.js");
  const hours = 3 * 3600 * 1000;
  const { status } = spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--no-warnings", jest, `--testTimeout=${hours}`, ...paths],
    { cwd: join(import.meta.dirname, ".."), stdio: "inherit", env: { ...process.env, ...environment } },
  );
  return status ?? 1;
}

/** @param {string} folder */
function compare(folder) {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "connlist.txt")));
  const cases = names.map((name) => readCase(name, join(folder, name)));
  const asked = cases.filter(({ skipped }) => !skipped);
  const lines = asked.map(({ name, manifests, questions }) => {
    const queries = join(work, `${name}.jsonl`);
    writeFileSync(queries, questions.map(({ query }) => `${JSON.stringify(query)}\n`).join(""));
    return JSON.stringify({ dir: manifests, queries, profile: "kubernetes" });
  });
  const batch = join(work, "batch.jsonl");
  writeFileSync(batch, `${lines.join("\n")}\n`);
  const { stdout, status, stderr } = spawnSync(
    process.execPath,
    [builtCommand(), "can", "--batch", batch, "--format", "jsonl"],
    { encoding: "utf8", maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(stderr);
  const answers = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return report(cases, asked, answers);
}

/** @param {string} name @param {string} dir */
function readCase(name, dir) {
  const manifests = join(dir, "manifests");
  const text = readdirSync(manifests, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(ya?ml|json)$/.test(path))
    .map((path) => readFileSync(join(manifests, path), "utf8"))
    .join("\n");
  const connections = readFileSync(join(dir, "connlist.txt"), "utf8").split("\n").flatMap(parseConnection);
  return {
    name,
    manifests,
    skipped: OTHER_KINDS.test(text),
    blocks: /ipBlock/.test(text),
    hosts: /hostNetwork"?: true/.test(text),
    questions: questionsOf(connections),
  };
}

/** @param {string} line */
function parseConnection(line) {
  const match = /^(\S+)\[(\w+)\] => (\S+)\[(\w+)\] : (.*)$/.exec(line);
  if (match === null) return [];
  const [, from = "", fromKind, to = "", toKind, ports = ""] = match;
  return [{ from: end(from, fromKind), to: end(to, toKind), ports: parsePorts(ports) }];
}

/** @param {string} name @param {string | undefined} kind */
function end(name, kind) {
  if (kind !== "External") return { pod: name.replace("/", `/${kind}/`) };
  const [first = "", last = first] = name.split("-");
  return { first: number(first), last: number(last) };
}

/** @param {string} address */
function number(address) {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

/** "SCTP 1-65535,TCP 1-79,81-65535": tokens without a protocol belong to the one before. @param {string} text */
function parsePorts(text) {
  if (text === "All Connections") return null;
  let protocol = "";
  return text.split(",").map((token) => {
    const [, named, range = ""] = /^(?:(TCP|UDP|SCTP) )?(.*)$/.exec(token) ?? [];
    protocol = named ?? protocol;
    const [first = 0, last = first] = range.split("-").map(Number);
    return { protocol, first, last };
  });
}

/** Every pair of workloads, and every workload to an address of each block, at every bound of a port that is named. */
function questionsOf(connections) {
  const pods = [...new Set(connections.flatMap(({ from, to }) => [from.pod, to.pod]))].filter(
    (pod) => pod !== undefined,
  );
  const blocks = connections.flatMap(({ to }) => (to.first === undefined ? [] : [to.first, to.last]));
  const addresses = [...new Set(blocks.length > 0 ? blocks : [number("198.51.100.7")])];
  const ports = portsOf(connections);
  const questions = [];
  for (const from of pods) {
    const ends = [
      ...pods
        .filter((to) => to !== from)
        .map((pod) => ({ to: { pod }, direction: "both", holds: (one) => one.pod === pod })),
      ...addresses.map((address) => ({
        to: { ip: dotted(address) },
        direction: "egress",
        holds: (one) => one.first <= address && address <= one.last,
      })),
    ];
    for (const { to, direction, holds } of ends) {
      const own = connections.filter((one) => one.from.pod === from && holds(one.to));
      for (const { protocol, port } of ports) {
        const expected = own.some(
          (one) =>
            one.ports === null ||
            one.ports.some(
              (range) => range.protocol === protocol && range.first <= port && port <= range.last,
            ),
        );
        questions.push({
          query: { id: String(questions.length), from, to, protocol, port, direction },
          expected: expected ? "allow" : "deny",
        });
      }
    }
  }
  return questions;
}

function portsOf(connections) {
  const found = new Map();
  const add = (protocol, port) => {
    if (port >= 1 && port <= 65_535) found.set(`${protocol}/${port}`, { protocol, port });
  };
  for (const [protocol, list] of Object.entries(PORTS)) for (const port of list) add(protocol, port);
  for (const { ports } of connections) {
    for (const { protocol, first, last } of ports ?? []) {
      for (const port of [first - 1, first, last, last + 1]) add(protocol, port);
    }
  }
  return [...found.values()];
}

/** @param {number} address */
function dotted(address) {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function report(cases, asked, answers) {
  let next = 0;
  let agreed = 0;
  let apart = 0;
  let wrong = 0;
  for (const { name, questions, blocks, hosts } of asked) {
    const different = questions
      .map((question) => ({ ...question, answer: answers[next++] }))
      .filter(({ expected, answer }) => answer.verdict !== expected);
    agreed += questions.length - different.length;
    const known = different.filter(
      ({ query, answer }) =>
        hosts ||
        (blocks && query.to.pod !== undefined) ||
        /the API server would reject it/.test(answer.reason),
    );
    apart += known.length;
    wrong += different.length - known.length;
    if (known.length > 0)
      console.log(`${name}: ${known.length} of ${questions.length} differ: ipBlock, host network or refused`);
    for (const { query, expected, answer } of different.filter((one) => !known.includes(one)).slice(0, 5)) {
      console.log(
        `${name}: ${JSON.stringify(query)} expected ${expected}, answered ${answer.verdict}: ${answer.reason}`,
      );
    }
  }
  const skipped = cases.length - asked.length;
  console.log(
    `${asked.length} cases (${skipped} of other kinds skipped), ${agreed + apart + wrong} questions: ${agreed} agree, ${apart} differ by ipBlock, host network or refused policies, ${wrong} differ`,
  );
  return wrong === 0 ? 0 : 1;
}
