import { clusterOf } from "../../cluster/cluster-of.ts";
import { DEFAULT_MARKS, defaultConfiguration, type Profile } from "../../config/config.ts";
import type { JsonValue, RenderedDocument } from "../../engine/engine.ts";
import { readDocuments } from "../../render/documents.ts";
import { KUSTOMIZATION_NAMES } from "../../render/pinned-digest.ts";
import { type DocumentText, parse, splitDocuments } from "../../targets/files/yaml-documents.ts";
import type { Environment, Target } from "../../targets/targets.ts";
import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { nameOf } from "../../tree/paths.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import { AskedCluster } from "./asked-cluster.ts";

/**
 * The cluster that a directory of plain manifests declares, without an engine: a directory that was written to be asked holds
 * what a renderer, or a cluster, printed. YAML is read here as YAML 1.2 (the engine reads what Go reads: `yes` is true there).
 *
 * @returns null where something in it has to be rendered first: a chart, a kustomization, an entry point
 */
export async function plainCluster(
  tree: RepositoryTree,
  profile: Profile = "kubernetes",
): Promise<AskedCluster | null> {
  const paths = tree.paths();
  if (paths.some(isRendered)) return null;
  const files = paths.filter((path) => /\.(ya?ml|json)$/.test(path));
  const documents = (await Promise.all(files.map((path) => documentsOf(tree, path)))).flat();
  const { manifests, unknowns } = readDocuments(target(files), documents, "");
  if (manifests.some(({ object }) => ENTRY_POINTS.test(`${object.apiVersion}/${object.kind}`))) return null;
  const own = target(files);
  const rendered = [{ target: own, manifests, unknowns, remarks: [], digest: "" }];
  const stated = { name: profile, source: "option", evidence: [] } as const;
  return new AskedCluster(clusterOf(environment(own), rendered, defaultConfiguration, [], stated), manifests);
}

function isRendered(path: string): boolean {
  const name = nameOf(path);
  return name === "Chart.yaml" || KUSTOMIZATION_NAMES.has(name);
}

const ENTRY_POINTS =
  /^(argoproj\.io\/[^/]+\/Application(Set)?|[a-z]+\.toolkit\.fluxcd\.io\/[^/]+\/(Kustomization|HelmRelease))$/;

async function documentsOf(tree: RepositoryTree, path: string): Promise<readonly RenderedDocument[]> {
  const content = await tree.read(path);
  if (isTreeProblem(content))
    return [document(path, { text: "", line: 1 }, { error: `it cannot be read: ${content.code}` })];
  const text = new TextDecoder().decode(content);
  if (path.endsWith(".json")) return [json(path, text)];
  return splitDocuments(text).flatMap((one) => {
    const parsed = parse(one);
    if (parsed.kind === "invalid") return [document(path, one, { error: parsed.message })];
    // A comment alone is no document.
    return parsed.value === null ? [] : [document(path, one, { object: parsed.value })];
  });
}

function json(path: string, text: string): RenderedDocument {
  const whole = { text, line: 1 };
  try {
    return document(path, whole, { object: JSON.parse(text) as unknown });
  } catch (error) {
    return document(path, whole, { error: error instanceof Error ? error.message : String(error) });
  }
}

function document(
  path: string,
  { text, line }: DocumentText,
  read: { readonly object?: unknown; readonly error?: string },
): RenderedDocument {
  return {
    source: path,
    archive: null,
    name: null,
    group: "manifest",
    line,
    object: (read.object ?? null) as Readonly<Record<string, JsonValue>> | null,
    text,
    duplicateKeys: [],
    error: read.error ?? null,
  };
}

function target(files: readonly string[]): Target {
  return {
    id: "manifests",
    source: { kind: "directory", path: ".", files },
    namespace: null,
    declaredBy: null,
    delivery: {
      automated: false,
      prune: false,
      suspended: false,
      createsNamespace: false,
      namespaceLabels: {},
    },
  };
}

function environment(own: Target): Environment {
  return {
    name: "manifests",
    kind: "manifests",
    roots: ["."],
    destination: null,
    marks: DEFAULT_MARKS,
    targets: [own],
    unread: [],
  };
}
