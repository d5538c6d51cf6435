import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { directoryOf, join, nameOf } from "../tree/paths.ts";
import { pathsBelow } from "../tree/paths-below.ts";
import { isTreeProblem, type Stat } from "../tree/tree.ts";
import { BlobMemo } from "./files/blob-memo.ts";
import { isKustomization } from "./files/kustomize-graph.ts";
import { asciiOf, isBinary, textOf } from "./files/text-of.ts";
import { scalarsOf } from "./files/yaml-documents.ts";
import type { Environment, Target } from "./targets.ts";

/**
 * A superset of what a target, or an environment, reads: paths, each with everything at and below it, whether it exists
 * or not.
 */
export class InputSet {
  readonly #everything: boolean;
  readonly #paths: ReadonlySet<string>;
  readonly #above: ReadonlySet<string>;

  constructor(paths: Iterable<string>, everything: boolean) {
    this.#paths = new Set(paths);
    this.#everything = everything || this.#paths.has(".");
    this.#above = new Set([...this.#paths].flatMap(directoriesAbove));
  }

  /** Whether a change at a path may be seen: at, below or above an input (a file may replace a directory). */
  touches(path: string): boolean {
    if (this.#everything || this.#paths.has(path) || this.#above.has(path)) return true;
    for (let above = directoryOf(path); above !== "."; above = directoryOf(above)) {
      if (this.#paths.has(above)) return true;
    }
    return false;
  }

  /** Sorted; null = everything. */
  paths(): readonly string[] | null {
    return this.#everything ? null : [...this.#paths].sort();
  }

  union(other: InputSet): InputSet {
    return new InputSet([...this.#paths, ...other.#paths], this.#everything || other.#everything);
  }
}

function directoriesAbove(path: string): readonly string[] {
  const found: string[] = [];
  for (let above = directoryOf(path); above !== "."; above = directoryOf(above)) found.push(above);
  return found;
}

/** The inputs of one target on both sides. */
export async function inputsOf(target: Target, ...trees: readonly RepositoryTree[]): Promise<InputSet> {
  return inputsOfSeeds(seedsOf(target), trees);
}

/** The inputs of everything in an environment; unread targets read what they claim. */
export async function inputsOfEnvironment(environment: Environment, tree: RepositoryTree): Promise<InputSet> {
  const seeds = [
    ...environment.targets.flatMap(seedsOf),
    ...environment.unread.flatMap(({ claims }) => claims),
  ];
  return inputsOfSeeds(seeds, [tree]);
}

async function inputsOfSeeds(seeds: readonly string[], trees: readonly RepositoryTree[]): Promise<InputSet> {
  const sets = await Promise.all(trees.map((tree) => closure(tree, seeds)));
  return sets.reduce((all, set) => all.union(set), new InputSet([], false));
}

/** What a target names itself. Patterns and directories were resolved by discovery; their result is its definition. */
export function seedsOf({ source }: Target): readonly string[] {
  if (source.kind === "directory") return source.files;
  if (source.kind === "kustomize") {
    const components = (source.edits.components ?? []).flatMap((path) => join(source.path, path) ?? []);
    // Patches of an Application may name files of the root, and only there.
    return [source.path, ...components];
  }
  const { request } = source;
  const layers = (request.values ?? []).flatMap((layer) => ("path" in layer ? [layer.path] : []));
  const files = (request.setFile ?? []).map((assignment) => assignment.slice(assignment.indexOf("=") + 1));
  return [request.chart, ...layers, ...files.map((file) => file.replaceAll("\\,", ","))];
}

/**
 * Everything that the seeds name, transitively: directories with all below them; what a file anywhere in them names
 * above itself ("../…"); `file://` dependencies of charts; links, hop by hop. A path without ".." stays inside the
 * directory that names it, which is taken as a whole.
 */
export async function closure(tree: RepositoryTree, seeds: readonly string[]): Promise<InputSet> {
  const links = linksOf(tree);
  const found = new Set<string>();
  const visited = new Set<string>();
  const ahead: Reference[] = seeds.map((path) => ({ path, from: null }));
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { path, from } = next;
    const key = `${path}\0${from ?? ""}`;
    if (visited.has(key)) continue;
    visited.add(key);
    found.add(path);
    if (path === ".") return new InputSet(found, true);
    for (const target of throughLinks(path, links)) ahead.push({ path: target, from });
    for (const reference of await namedFrom(tree, path, from)) ahead.push(reference);
  }
  return new InputSet(found, false);
}

/**
 * A path with the directory from which it was named: a file outside of a root is read by that root, and the paths in it
 * count from there.
 */
interface Reference {
  readonly path: string;
  readonly from: string | null;
}

interface Link {
  readonly path: string;
  /** The path it points to as it stands; null = outside of the tree, where nothing can be read. */
  readonly target: string | null;
}

const linksByTree = new WeakMap<RepositoryTree, readonly Link[]>();

function linksOf(tree: RepositoryTree): readonly Link[] {
  const known = linksByTree.get(tree);
  if (known !== undefined) return known;
  const links = [...tree.entries()].flatMap(([path, entry]) =>
    entry.kind === "link" ? [{ path, target: join(directoryOf(path), entry.target) }] : [],
  );
  linksByTree.set(tree, links);
  return links;
}

/** Where one hop of a link leads from a path: links above it, at it, and (it is a directory) below it. */
function throughLinks(path: string, links: readonly Link[]): readonly string[] {
  return links.flatMap((link) => {
    if (link.target === null) return [];
    if (link.path === path || link.path.startsWith(`${path}/`)) return [link.target];
    if (!path.startsWith(`${link.path}/`)) return [];
    return [join(link.target, path.slice(link.path.length + 1)) ?? "."];
  });
}

const namedByTree = new WeakMap<RepositoryTree, Map<string, Promise<readonly Reference[]>>>();

/** What the files at and below a path name outside of it. Remembered: many targets share their bases. */
async function namedFrom(
  tree: RepositoryTree,
  path: string,
  from: string | null,
): Promise<readonly Reference[]> {
  const known = namedByTree.get(tree) ?? new Map<string, Promise<readonly Reference[]>>();
  namedByTree.set(tree, known);
  const stands = tree.stat(path);
  if (isTreeProblem(stands)) return [];
  const base = stands.kind === "file" ? from : null;
  const key = `${stands.path}\0${base ?? ""}`;
  const answer = known.get(key) ?? readNamed(tree, stands, base);
  known.set(key, answer);
  return answer;
}

async function readNamed(
  tree: RepositoryTree,
  stands: Stat,
  from: string | null,
): Promise<readonly Reference[]> {
  const files = stands.kind === "file" ? [stands.path] : pathsBelow(tree, stands.path);
  const named = new Map<string, Reference>();
  await Promise.all(
    files.map(async (file) => {
      const bases = [...basesOf(tree, file, stands.path), ...(from === null ? [] : [from])];
      // Most files (templates, values) name no path from anywhere, and are not even read.
      if (bases.length === 0) return;
      for (const scalar of await upwardOf(tree, file)) {
        for (const base of bases) {
          for (const path of pathsOf(base, scalar)) named.set(`${path}\0${base}`, { path, from: base });
        }
      }
    }),
  );
  return [...named.values()];
}

/**
 * The directories from which paths in a file count: its own for a kustomization or a chart's file, else those of the
 * Kustomize roots that hold it.
 */
function basesOf(tree: RepositoryTree, file: string, top: string): readonly string[] {
  const own = directoryOf(file);
  if (isKustomization(file) || CHART_FILES.has(nameOf(file))) return [own];
  const bases: string[] = [];
  for (let base = own; ; base = directoryOf(base)) {
    if (kustomizeDirectories(tree).has(base)) bases.push(base);
    if (base === top || base === ".") return bases;
  }
}

const CHART_FILES = new Set(["Chart.yaml", "requirements.yaml"]);

const kustomizeByTree = new WeakMap<RepositoryTree, ReadonlySet<string>>();

function kustomizeDirectories(tree: RepositoryTree): ReadonlySet<string> {
  const known = kustomizeByTree.get(tree);
  if (known !== undefined) return known;
  const found = new Set(tree.paths().filter(isKustomization).map(directoryOf));
  kustomizeByTree.set(tree, found);
  return found;
}

/** A scalar as a path: itself, what follows "=" ("key=path"), without "file://". */
function pathsOf(base: string, scalar: string): readonly string[] {
  if (scalar === ROOT) return ["."];
  const starts = [0, ...[...scalar.matchAll(/=/g)].map(({ index }) => index + 1)];
  return starts.flatMap((start) => join(base, scalar.slice(start).replace(/^file:\/\//, "")) ?? []);
}

async function upwardOf(tree: RepositoryTree, file: string): Promise<readonly string[]> {
  const scalars = await upwardScalars.of(tree, file);
  if (isTreeProblem(scalars)) return [];
  if (scalars.kind === "scalars") return scalars.found;
  // A kustomization that does not parse here and does for Kustomize could name anything: the root of the tree.
  return isKustomization(file) || CHART_FILES.has(nameOf(file)) ? [ROOT] : scalars.words;
}

/** From any directory this leads to the root of the tree: it begins again there (see `pathsOf`). */
const ROOT = "/";

type Upward =
  | { readonly kind: "scalars"; readonly found: readonly string[] }
  | { readonly kind: "unparsed"; readonly words: readonly string[] };

/** Two dots, or an escape that could spell a dot (YAML: \x2e, \u002e, \U0000002e). */
const DOTS = /\.\.|\\(x2e|u002e|U0000002e)/i;

/** The scalars of a file in which two dots stand. Files without are the rule and are not parsed. */
const upwardScalars = new BlobMemo((bytes): Upward => {
  if (!DOTS.test(asciiOf(bytes)) || isBinary(bytes)) return { kind: "scalars", found: [] };
  const decoded = textOf(bytes);
  const scalars = scalarsOf(decoded);
  const upward = (found: readonly string[]) => found.filter((scalar) => isUpward(scalar));
  if (scalars !== null) return { kind: "scalars", found: upward(scalars) };
  return { kind: "unparsed", words: upward(decoded.split(/[\s"'`,;()[\]{}]+/)) };
});

/** Whether a scalar can be a path that leaves its directory: one of its parts is "..". */
function isUpward(scalar: string): boolean {
  return scalar.length <= 4096 && /(^|[/=])\.\.(\/|$)/.test(scalar);
}
