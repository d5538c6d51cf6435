// Renders every chart and every Kustomize root of the given folders with this engine and with the real helm and
// kustomize of the same module versions, and compares the parsed objects.
//
//   npm run fidelity -- DIR...          needs Go, which builds the two programs once into the cache folder
//   npm run fidelity -- --if-go DIR...  does nothing, successfully, where there is no Go
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

import { openEngine } from "../dist/engine/open-engine.js";
import { openDirectory } from "../dist/tree/directory-tree.js";
import { GO, HELM, KUSTOMIZE } from "./sources.mjs";

const known = JSON.parse(readFileSync(new URL("fidelity-known.json", import.meta.url), "utf8"));
const RELEASE = { releaseName: "rel", namespace: "ns-x" };

function goVersion() {
  try {
    return execFileSync("go", ["env", "GOVERSION"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}

/** The folder with the native programs, built where they are not yet there. */
function nativePrograms() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), `egress-review/native/${HELM}-${KUSTOMIZE}-${GO}`);
  mkdirSync(folder, { recursive: true });
  const present = readdirSync(folder);
  const environment = { ...process.env, GOBIN: folder, GOFLAGS: "", GOTOOLCHAIN: "local", CGO_ENABLED: "0" };
  const install = (name, ...rest) => {
    if (present.includes(name)) return;
    console.error(`building ${name}`);
    execFileSync("go", ["install", "-trimpath", ...rest], { cwd: tmpdir(), env: environment, stdio: "inherit" });
  };
  // Releases of Helm set their version at link time; templates can print it.
  install("helm", `-ldflags=-X helm.sh/helm/v4/internal/version.version=${HELM}`, `helm.sh/helm/v4/cmd/helm@${HELM}`);
  install("kustomize", `sigs.k8s.io/kustomize/kustomize/v5@${KUSTOMIZE}`);
  return folder;
}

/** Runs a native program without a network: every proxy is a closed port. */
function run(program, options, cwd) {
  const closed = "http://127.0.0.1:9";
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    GIT_TERMINAL_PROMPT: "0",
    HTTP_PROXY: closed,
    HTTPS_PROXY: closed,
    http_proxy: closed,
    https_proxy: closed,
    HELM_CACHE_HOME: join(home, "cache"),
  };
  return new Promise((done) => {
    execFile(program, options, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 29 }, (error, stdout, stderr) => {
      done(error === null ? { output: stdout } : { error: stderr });
    });
  });
}

function findTargets(folder, tree) {
  const charts = [];
  const roots = [];
  for (const path of tree.paths()) {
    const directory = dirname(path);
    const name = path.slice(directory === "." ? 0 : directory.length + 1);
    if (name === "Chart.yaml") charts.push(directory);
    if (/^(kustomization\.ya?ml|Kustomization)$/.test(name)) roots.push(directory);
  }
  return { charts, roots };
}

/** The objects of a stream, as the engine reads plain files; empty documents are left out. */
async function objectsOf(text) {
  const bytes = new TextEncoder().encode(text);
  const tree = {
    name: "native output",
    paths: () => ["output"],
    stat: (path) => ({ kind: "file", path }),
    list: () => [],
    blobId: async () => "0",
    read: async () => bytes,
    close: async () => {},
  };
  const { documents } = await engine.manifests(tree, { paths: ["output"] }, { outputBytes: 2 ** 30 });
  return documents.map(({ object, error }) => object ?? { error });
}

/** Whether two values are equal wherever two native runs agree with each other. */
function agree(ours, native, other) {
  if (isDeepStrictEqual(ours, native)) return true;
  if (typeof native !== "object" || native === null || typeof other !== "object" || other === null) {
    return !isDeepStrictEqual(native, other);
  }
  if (typeof ours !== "object" || ours === null || Array.isArray(ours) !== Array.isArray(native)) return false;
  const keys = new Set([...Object.keys(ours), ...Object.keys(native)]);
  return [...keys].every((key) => agree(ours[key], native[key], other[key]));
}

async function compareChart(folder, tree, chart) {
  const ours = await engine.helm(tree, { chart, ...RELEASE, includeCRDs: true });
  const options = (path) => ["template", RELEASE.releaseName, path, "--namespace", RELEASE.namespace, "--include-crds"];
  let place = folder;
  let native = await run(helm, options(chart), place);
  let built = false;
  const localDependencies = native.error?.includes("missing in charts/ directory") && ours.missing.length === 0;
  if (localDependencies) {
    // What Argo CD does: build the file:// dependencies, here in a copy.
    place = mkdtempSync(join(home, "copy-"));
    cpSync(folder, place, { recursive: true, filter: (path) => !path.includes("/.git/") });
    await run(helm, ["dependency", "build", chart], place);
    native = await run(helm, options(chart), place);
    built = true;
  }
  const result = await verdict(ours, native, () => run(helm, options(chart), place));
  if (built) rmSync(place, { recursive: true, force: true });
  return built && result.kind === "equal" ? { kind: "equal after dependency build" } : result;
}

async function compareRoot(folder, tree, root) {
  const ours = await engine.kustomize(tree, { root });
  const options = ["build", "--load-restrictor", "LoadRestrictionsNone", "--enable-helm", "--helm-command", helm, root];
  const again = () => run(kustomize, options, folder);
  return verdict(ours, await again(), again);
}

async function verdict(ours, native, again) {
  const whole = ours.error === null && ours.dropped.length === 0 && ours.missing.length === 0;
  if (native.error !== undefined) {
    if (whole) return { kind: "only native fails", message: native.error };
    return { kind: ours.error === null ? "native fails, ours partly readable" : "both fail" };
  }
  if (!whole) {
    return { kind: "only ours fails", message: ours.error?.message ?? ours.dropped[0]?.message ?? ours.missing[0]?.name };
  }
  const objects = ours.documents.map(({ object, error }) => object ?? { error });
  const expected = await objectsOf(native.output);
  if (isDeepStrictEqual(objects, expected)) return { kind: "equal" };
  // Helm itself is random in places: functions, and the order of subcharts that stand twice.
  for (let attempt = 0; attempt < 5; attempt++) {
    const other = await objectsOf((await again()).output ?? "");
    if (isDeepStrictEqual(objects, other)) return { kind: "equal to one of several native outputs" };
    if (other.length === expected.length && agree(objects, expected, other)) return { kind: "equal but for random values" };
  }
  return { kind: "different", message: firstDifference(objects, expected) };
}

function firstDifference(ours, native) {
  const index = ours.findIndex((object, at) => !isDeepStrictEqual(object, native[at]));
  return `document ${index} of ${ours.length}, ${native.length}: ${JSON.stringify(ours[index])?.slice(0, 300)} | ${JSON.stringify(native[index])?.slice(0, 300)}`;
}

const FAILURES = new Set(["different", "only native fails", "only ours fails"]);

async function compareFolder(folder) {
  const tree = await openDirectory(folder);
  const { charts, roots } = findTargets(folder, tree);
  const work = [
    ...charts.map((path) => ({ tool: "helm", path, compare: () => compareChart(folder, tree, path) })),
    ...roots.map((path) => ({ tool: "kustomize", path, compare: () => compareRoot(folder, tree, path) })),
  ];
  const counts = {};
  let failures = 0;
  const one = async () => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const { tool, path } = next;
      const { kind, message = "" } = await next.compare();
      const explained = known.find((difference) => difference.tool === tool && message.includes(difference.when));
      const label = `${tool}: ${FAILURES.has(kind) && explained ? "known difference" : kind}`;
      counts[label] = (counts[label] ?? 0) + 1;
      if (FAILURES.has(kind) && !explained) {
        failures += 1;
        console.log(`${label}: ${join(folder, path)}: ${message.trim().slice(0, 800)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, one));
  await tree.close();
  console.log(`${folder}:`);
  for (const [label, count] of Object.entries(counts).sort()) console.log(`  ${String(count).padStart(5)} ${label}`);
  return failures;
}

const folders = process.argv.slice(2).filter((argument) => argument !== "--if-go");
const go = goVersion();
if (go === null) {
  console.log("no Go here: the native programs cannot be built, nothing is compared");
  process.exit(process.argv.includes("--if-go") ? 0 : 1);
}
if (folders.length === 0) {
  console.log(`usage: npm run fidelity -- [--if-go] DIR...   (${fileURLToPath(import.meta.url)})`);
  process.exit(64);
}
const programs = nativePrograms();
const helm = join(programs, "helm");
const kustomize = join(programs, "kustomize");
const home = mkdtempSync(join(tmpdir(), "fidelity-"));
const engine = await openEngine();
try {
  let failures = 0;
  for (const folder of folders) failures += await compareFolder(resolve(folder));
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  await engine.close();
  rmSync(home, { recursive: true, force: true });
}
