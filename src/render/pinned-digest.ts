import { parse } from "yaml";
import type { Dropped, HelmRequest, MissingDependency, Rendering } from "../engine/engine.ts";
import type { Trace } from "../engine/trace.ts";
import { directoryOf, join, nameOf } from "../tree/paths.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { digestOf } from "./digest.ts";

/**
 * What the content of something remote depends on in this repository: its pinned address and what is done to it here.
 * Equal digests on both sides mean that it did not change, whatever it is (design section 5). Where that cannot be told
 * apart, everything that the render read counts.
 */

type YamlObject = Readonly<Record<string, unknown>>;

/** A dependency of a chart: its entry, and the values that reach it. */
export async function dependencyDigest(
  tree: Tree,
  request: HelmRequest,
  dependency: MissingDependency,
  whole: string,
): Promise<string> {
  const chart = await readYaml(tree, `${request.chart}/Chart.yaml`);
  const entries = chart === null ? null : chart["dependencies"];
  if (!Array.isArray(entries)) return whole;
  const own = (entries as readonly YamlObject[]).filter((one) => one["name"] === dependency.name);
  const names = own.map((one) => String(one["alias"] ?? one["name"]));
  const sections: unknown[] = [];
  for (const layer of [{ path: `${request.chart}/values.yaml`, optional: true }, ...(request.values ?? [])]) {
    const values = "text" in layer ? parseYaml(layer.text) : await readYaml(tree, layer.path);
    if (values === null && !("optional" in layer && layer.optional === true)) return whole;
    sections.push([...names, "global"].map((name) => values?.[name] ?? null));
  }
  const settings = [request.set, request.setString, request.setFile, request.setJson, request.setLiteral];
  return digestOf([own, sections, settings, request.apiVersions, request.kubeVersion]);
}

/**
 * A remote entry of a kustomization: its address, and everything that may transform it. Of a directory that could not be
 * built because of a remote entry inside, everything that it builds on counts too.
 */
export async function remoteEntryDigest(
  tree: Tree,
  dropped: Extract<Dropped, { kind: "entry" }>,
  { trace }: Rendering,
  edits: unknown,
  whole: string,
  isDirectory: boolean,
): Promise<string> {
  const reads = new Map(filesRead(trace));
  const resources = new Set<string>();
  const transformers: unknown[] = [];
  for (const path of reads.keys()) {
    if (!KUSTOMIZATION_NAMES.has(nameOf(path))) continue;
    const kustomization = await readYaml(tree, path);
    // Replacements copy values out of resources into others: then every resource may change the remote ones.
    if (kustomization === null || "replacements" in kustomization || "vars" in kustomization) return whole;
    const { resources: local, bases, ...rest } = kustomization;
    transformers.push([path, rest]);
    // What a directory builds on belongs to it: only its neighbours in the same list do not.
    if (isDirectory && directoryOf(path) !== dropped.root) continue;
    for (const entry of [local, bases].flatMap((list) =>
      Array.isArray(list) ? (list as readonly unknown[]) : [],
    )) {
      const resource = typeof entry === "string" ? join(directoryOf(path), entry) : null;
      if (resource !== null) resources.add(resource);
    }
  }
  const others = [...reads].filter(
    ([path]) => !resources.has(path) && !KUSTOMIZATION_NAMES.has(nameOf(path)),
  );
  return digestOf([dropped.root, dropped.entry, dropped.remote, transformers, others, edits]);
}

export const KUSTOMIZATION_NAMES: ReadonlySet<string> = new Set([
  "kustomization.yaml",
  "kustomization.yml",
  "Kustomization",
]);

/** Namespaces that the kustomizations of a build give to their resources; the outermost one wins where it has one. */
export async function kustomizeNamespaces(
  tree: Tree,
  root: string,
  { trace }: Rendering,
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [path] of filesRead(trace)) {
    if (!KUSTOMIZATION_NAMES.has(nameOf(path))) continue;
    const namespace = (await readYaml(tree, path))?.["namespace"];
    if (typeof namespace !== "string" || namespace === "") continue;
    if (directoryOf(path) === root) return [namespace];
    found.add(namespace);
  }
  return [...found].sort();
}

/** Files that a render read, with their blob ids: no misses. */
function filesRead(trace: Trace): readonly (readonly [path: string, blob: string])[] {
  return trace
    .filter(([question, , answer]) => question === "read" && /^[0-9a-f]{40,}$/.test(answer))
    .map(([, path, blob]) => [path, blob] as const);
}

async function readYaml(tree: Tree, path: string): Promise<YamlObject | null> {
  const content = await tree.read(path);
  return isTreeProblem(content) ? null : parseYaml(new TextDecoder().decode(content));
}

function parseYaml(text: string): YamlObject | null {
  try {
    const value: unknown = parse(text, { uniqueKeys: false });
    if (value === null || value === undefined) return {};
    return typeof value === "object" && !Array.isArray(value) ? (value as YamlObject) : null;
  } catch {
    // Not readable here: the caller takes the digest of everything instead.
    return null;
  }
}
