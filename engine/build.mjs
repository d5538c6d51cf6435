// Builds the rendering engine: Go sources -> engine.wasm -> engine.wasm.br, engine.sha256, engine.json, LICENSES.txt.
//
//   node engine/build.mjs          build and write the artefact
//   node engine/build.mjs --check  build in a temporary folder and compare with the committed artefact; with --if-go
//                                  nothing is done, successfully, where the pinned Go is not installed
//   node engine/build.mjs --fast   build only build/engine.wasm (no compression), for work on the Go sources
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";

import { GO, HELM, sourceDigest } from "./sources.mjs";

const engine = dirname(fileURLToPath(import.meta.url));

/** Module, not local, settings decide: the same sources give the same bytes on every machine. */
const environment = {
  ...process.env,
  GOOS: "wasip1",
  GOARCH: "wasm",
  CGO_ENABLED: "0",
  GOFLAGS: "",
  GOWORK: "off",
  GOTOOLCHAIN: "local",
  GOEXPERIMENT: "",
  GOWASM: "",
};

function go(folder, ...argumentsOfGo) {
  return execFileSync("go", argumentsOfGo, { cwd: folder, env: environment, encoding: "utf8", maxBuffer: 2 ** 28, stdio: ["ignore", "pipe", "inherit"] });
}

/** Copies kustomize/api from the module cache and puts our hooks in; a release with other text fails here. */
function patchKustomize(folder) {
  const patch = JSON.parse(fs.readFileSync(join(folder, "kustomize-patch/replacements.json"), "utf8"));
  const module = JSON.parse(go(tmpdir(), "mod", "download", "-json", `${patch.module}@${patch.version}`));
  if (module.Sum !== patch.sum) throw new Error(`${patch.module} ${patch.version}: sum ${module.Sum}, expected ${patch.sum}`);
  const copy = join(folder, ".kustomize-api");
  fs.rmSync(copy, { recursive: true, force: true });
  fs.cpSync(module.Dir, copy, { recursive: true, filter: (path) => !/_test\.go$|\/testdata(\/|$)/.test(path) });
  execFileSync("chmod", ["-R", "u+w", copy]);
  for (const { file, find, replace } of patch.replacements) {
    const path = join(copy, file);
    const parts = fs.readFileSync(path, "utf8").split(find);
    if (parts.length !== 2) throw new Error(`${file}: expected one match, found ${parts.length - 1}: ${find}`);
    fs.writeFileSync(path, parts.join(replace));
  }
  for (const [to, from] of Object.entries(patch.added)) {
    fs.mkdirSync(dirname(join(copy, to)), { recursive: true });
    fs.copyFileSync(join(folder, "kustomize-patch", from), join(copy, to));
  }
}

function compile(folder, output) {
  const version = go(folder, "env", "GOVERSION").trim();
  if (version !== GO) throw new Error(`this artefact is built with ${GO}, here is ${version}`);
  go(
    folder,
    "build",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    `-ldflags=-s -w -buildid= -X helm.sh/helm/v4/internal/version.version=${HELM}`,
    "-buildmode=c-shared",
    "-o",
    output,
    ".",
  );
}

const isLicence = (name) => /^(licen[cs]e|notice|copying|patents)/i.test(name) && !name.endsWith(".go");

/** The licence files of every module that is linked in, and of the package folders that carry their own. */
function licences(folder) {
  const packages = go(folder, "list", "-deps", "-json=ImportPath,Dir,Standard,Module", ".")
    .split(/^(?=\{)/m)
    .map((text) => JSON.parse(text));
  const texts = new Map();
  const add = (title, path) => texts.set(title, fs.readFileSync(path, "utf8").replaceAll("\r\n", "\n").trimEnd());
  const goRoot = go(folder, "env", "GOROOT").trim();
  add(`Go standard library ${GO}: LICENSE`, join(goRoot, "LICENSE"));
  for (const { Dir, Standard, Module } of packages) {
    if (Standard || Module === undefined || Module.Main) continue;
    // The stubs are this project's own text.
    if (Module.Replace?.Path.startsWith("./stubs/")) continue;
    const root = Module.Replace?.Dir ?? Module.Dir;
    for (let place = Dir; place.startsWith(root); place = dirname(place)) {
      for (const name of fs.readdirSync(place).filter(isLicence)) {
        const path = join(place, name);
        if (fs.statSync(path).isFile()) add(`${Module.Path} ${Module.Version}: ${relative(root, path)}`, path);
      }
      if (place === root) break;
    }
  }
  const modules = new Set(packages.flatMap(({ Module }) => (Module === undefined || Module.Main ? [] : [Module.Path])));
  for (const path of modules) {
    const own = packages.find(({ Module }) => Module?.Path === path).Module.Replace?.Path.startsWith("./stubs/");
    if (!own && ![...texts.keys()].some((title) => title.startsWith(`${path} `))) throw new Error(`${path}: no licence found`);
  }
  const sections = [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([title, text]) => `==== ${title}\n\n${text}\n`);
  return `Licences of the software contained in engine.wasm.br\n\n${sections.join("\n")}`;
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

function build() {
  patchKustomize(engine);
  fs.mkdirSync(join(engine, "build"), { recursive: true });
  const output = join(engine, "build/engine.wasm");
  compile(engine, output);
  return fs.readFileSync(output);
}

function write(wasm) {
  const compressed = brotliCompressSync(wasm, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
    },
  });
  fs.writeFileSync(join(engine, "engine.wasm.br"), compressed);
  fs.writeFileSync(join(engine, "engine.sha256"), `${sha256(wasm)}  engine.wasm\n`);
  fs.writeFileSync(join(engine, "LICENSES.txt"), licences(engine));
  const facts = { module: sha256(wasm), bytes: wasm.length, sources: sourceDigest(engine), go: GO, helm: HELM };
  fs.writeFileSync(join(engine, "engine.json"), `${JSON.stringify(facts, null, 2)}\n`);
  console.log(`engine.wasm ${wasm.length} bytes, compressed ${compressed.length}, sha256 ${sha256(wasm)}`);
}

function check() {
  const folder = fs.mkdtempSync(join(tmpdir(), "engine-check-"));
  try {
    fs.cpSync(engine, folder, {
      recursive: true,
      filter: (path) => !/\/(\.kustomize-api|build)(\/|$)|\.br$/.test(path.slice(engine.length)),
    });
    patchKustomize(folder);
    const output = join(folder, "engine.wasm");
    compile(folder, output);
    const built = fs.readFileSync(output);
    const committed = brotliDecompressSync(fs.readFileSync(join(engine, "engine.wasm.br")));
    const recorded = fs.readFileSync(join(engine, "engine.sha256"), "utf8").split(" ")[0];
    if (!built.equals(committed)) throw new Error(`built ${sha256(built)}, committed ${sha256(committed)}`);
    if (recorded !== sha256(built)) throw new Error(`engine.sha256 says ${recorded}, the module is ${sha256(built)}`);
    if (licences(folder) !== fs.readFileSync(join(engine, "LICENSES.txt"), "utf8")) throw new Error("LICENSES.txt is out of date");
    console.log(`engine.wasm.br is byte for byte what these sources give: ${recorded}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function hasPinnedGo() {
  try {
    return go(engine, "env", "GOVERSION").trim() === GO;
  } catch {
    return false;
  }
}

if (process.argv.includes("--if-go") && !hasPinnedGo()) console.log(`${GO} is not installed: the module is not built`);
else if (process.argv.includes("--check")) check();
else if (process.argv.includes("--fast")) console.log(`build/engine.wasm ${build().length} bytes`);
else write(build());
