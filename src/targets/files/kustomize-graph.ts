import { byBytes, directoryOf, join, nameOf } from "../../tree/paths.ts";
import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import { BlobMemo } from "./blob-memo.ts";
import { at, listAt, textAt, textsAt } from "./fields.ts";
import { textOf } from "./text-of.ts";
import { parse, splitDocuments } from "./yaml-documents.ts";

/** The names under which Kustomize looks for a kustomization (konfig.RecognizedKustomizationFileNames). */
const KUSTOMIZATION_NAMES = new Set(["kustomization.yaml", "kustomization.yml", "Kustomization"]);

export function isKustomization(path: string): boolean {
  return KUSTOMIZATION_NAMES.has(nameOf(path));
}

/** A directory that Kustomize can build, with what its own file names in this tree. */
interface KustomizeRoot {
  readonly directory: string;
  readonly file: string;
  /** A component is built into other roots, never by itself. */
  readonly component: boolean;
  readonly roots: readonly string[];
  readonly files: readonly string[];
  /** Of the files those that it takes objects from; the others are patches, values, generators' inputs. */
  readonly resources: readonly string[];
  readonly charts: readonly string[];
}

export type KustomizeGraph = ReadonlyMap<string, KustomizeRoot>;

/** The Kustomize roots of a tree by directory. A scalar that happens to be a path counts as one: too much is safe here. */
export async function kustomizeGraph(tree: Tree, files: readonly string[]): Promise<KustomizeGraph> {
  const directories = new Set(files.map(directoryOf));
  const roots = await Promise.all(files.map((file) => readRoot(tree, file, directories)));
  return new Map(roots.map((root) => [root.directory, root]));
}

interface KustomizationFacts {
  readonly component: boolean;
  readonly resources: readonly string[];
  readonly scalars: readonly string[];
  /** Directories, relative to the root, of charts that it inflates. */
  readonly charts: readonly string[];
}

const kustomizationFacts = new BlobMemo((bytes): KustomizationFacts => {
  const text = textOf(bytes);
  const [first] = splitDocuments(text);
  const parsed = first === undefined ? null : parse(first);
  const value = parsed?.kind === "object" ? parsed.value : null;
  return {
    component: textAt(value, "kind") === "Component",
    resources: [...textsAt(value, "resources"), ...textsAt(value, "bases")],
    scalars: stringsIn(value),
    charts: chartsOf(value),
  };
});

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

function chartsOf(kustomization: unknown): readonly string[] {
  const home = textAt(kustomization, "helmGlobals", "chartHome") ?? "charts";
  return listAt(kustomization, "helmCharts").flatMap((chart) => {
    const name = textAt(chart, "name");
    const version = at(chart, "version");
    if (name === null) return [];
    return typeof version === "string"
      ? [`${home}/${name}`, `${home}/${name}-${version}/${name}`]
      : [`${home}/${name}`];
  });
}

async function readRoot(tree: Tree, file: string, directories: ReadonlySet<string>): Promise<KustomizeRoot> {
  const directory = directoryOf(file);
  const facts = await kustomizationFacts.of(tree, file);
  if (isTreeProblem(facts))
    return { directory, file, component: false, roots: [], files: [], resources: [], charts: [] };
  const roots = new Set<string>();
  const files = new Set<string>();
  for (const path of facts.scalars.flatMap((scalar) => pathsIn(directory, scalar))) {
    const found = tree.stat(path);
    if (isTreeProblem(found)) continue;
    if (found.kind === "file") files.add(found.path);
    else if (directories.has(found.path) && found.path !== directory) roots.add(found.path);
  }
  const charts = facts.charts.flatMap((path) => join(directory, path) ?? []);
  const resources = facts.resources.flatMap((path) => {
    const found = tree.stat(join(directory, path) ?? "..");
    return !isTreeProblem(found) && found.kind === "file" ? [found.path] : [];
  });
  return {
    directory,
    file,
    component: facts.component,
    roots: [...roots],
    files: [...files],
    resources,
    charts,
  };
}

/** The paths that a scalar of a kustomization may mean: itself, or what follows "=" in "key=path". */
function pathsIn(directory: string, scalar: string): readonly string[] {
  if (scalar.length > 4096 || scalar.includes("\n")) return [];
  const starts = [0, ...[...scalar.matchAll(/=/g)].map(({ index }) => index + 1)];
  return starts.flatMap((start) => join(directory, scalar.slice(start)) ?? []);
}

export interface Reach {
  readonly roots: ReadonlySet<string>;
  readonly files: ReadonlySet<string>;
  readonly charts: ReadonlySet<string>;
}

/** Everything that roots name, transitively, themselves included. */
export function reachOf(graph: KustomizeGraph, from: Iterable<string>): Reach {
  const roots = new Set<string>();
  const files = new Set<string>();
  const charts = new Set<string>();
  const ahead = [...from];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const root = graph.get(next);
    if (root === undefined || roots.has(next)) continue;
    roots.add(next);
    files.add(root.file);
    for (const file of root.files) files.add(file);
    for (const chart of root.charts) charts.add(chart);
    ahead.push(...root.roots);
  }
  return { roots, files, charts };
}

/**
 * Of some roots those that no other one includes. Where roots include each other in a circle, the first of the circle in
 * order stands for it, so that none is lost.
 */
export function topsOf(graph: KustomizeGraph, among: readonly string[]): readonly string[] {
  const included = new Set(among.flatMap((directory) => graph.get(directory)?.roots ?? []));
  const sorted = among.toSorted(byBytes);
  const tops = sorted.filter((directory) => !included.has(directory));
  const reached = new Set(reachOf(graph, tops).roots);
  for (const directory of sorted) {
    if (reached.has(directory)) continue;
    tops.push(directory);
    for (const root of reachOf(graph, [directory]).roots) reached.add(root);
  }
  return tops;
}
