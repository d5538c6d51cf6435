import { directoryOf, join, nameOf, relativeTo } from "../../tree/paths.ts";
import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import { BlobMemo } from "./blob-memo.ts";
import { listAt, textAt } from "./fields.ts";
import { textOf } from "./text-of.ts";
import { parse, splitDocuments } from "./yaml-documents.ts";

/** A chart that stands on its own: not one that another chart vendors in its `charts/`. */
export interface Chart {
  readonly directory: string;
  /** A library chart only helps others; Helm refuses to install it. */
  readonly library: boolean;
  /** Directories of this tree that its `file://` dependencies name. */
  readonly dependencies: readonly string[];
}

interface ChartFacts {
  readonly library: boolean;
  /** Relative to the chart. */
  readonly dependencies: readonly string[];
}

const chartFacts = new BlobMemo((bytes): ChartFacts => {
  const text = textOf(bytes);
  const [first] = splitDocuments(text);
  const parsed = first === undefined ? null : parse(first);
  const value = parsed?.kind === "object" ? parsed.value : null;
  const repositories = listAt(value, "dependencies").flatMap(
    (dependency) => textAt(dependency, "repository") ?? [],
  );
  return {
    library: textAt(value, "type") === "library",
    dependencies: repositories.flatMap((url) =>
      url.startsWith("file://") ? [url.slice("file://".length)] : [],
    ),
  };
});

/** Paths in which a chart keeps what is not plain YAML of the repository. */
const PARTS = new Set(["templates", "charts", "crds"]);

/** Which directories are charts, and whose territory a path is. */
export class ChartIndex {
  readonly #directories: ReadonlySet<string>;
  readonly #nearest = new Map<string, string | null>();

  constructor(paths: readonly string[]) {
    this.#directories = new Set(paths.filter((path) => nameOf(path) === "Chart.yaml").map(directoryOf));
  }

  has(directory: string): boolean {
    return this.#directories.has(directory);
  }

  /** Charts that no other chart vendors. */
  standing(): readonly string[] {
    return [...this.#directories].filter((directory) => directory === "." || !this.isPart(directory));
  }

  /** Whether a path is part of a chart that tools read only through Helm: a template, a CRD, a vendored chart. */
  isPart(path: string): boolean {
    const chart = this.#chartAbove(path);
    if (chart === null) return false;
    const [first = ""] = relativeTo(path, chart).split("/");
    return PARTS.has(first) || this.isPart(chart);
  }

  /** Whether a file belongs to a chart; a chart at the root of the repository only owns what is part of it. */
  owns(path: string): boolean {
    const chart = this.#chartAbove(path);
    return chart !== null && (chart !== "." || this.isPart(path));
  }

  /** The nearest chart strictly above a path. */
  #chartAbove(path: string): string | null {
    if (path === ".") return null;
    const directory = directoryOf(path);
    const known = this.#nearest.get(directory);
    if (known !== undefined) return known;
    const found = this.#directories.has(directory) ? directory : this.#chartAbove(directory);
    this.#nearest.set(directory, found);
    return found;
  }
}

export async function readChart(tree: Tree, directory: string): Promise<Chart> {
  const dependencies: string[] = [];
  let library = false;
  // Charts of API version v1 name their dependencies in a file of its own.
  for (const name of ["Chart.yaml", "requirements.yaml"]) {
    const facts = await chartFacts.of(tree, directory === "." ? name : `${directory}/${name}`);
    if (isTreeProblem(facts)) continue;
    library ||= facts.library;
    dependencies.push(...facts.dependencies.flatMap((path) => join(directory, path) ?? []));
  }
  return { directory, library, dependencies };
}

/** `charts` and everything that they take in by `file://`, transitively. */
export async function withDependencies(tree: Tree, charts: Iterable<string>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const ahead = [...charts];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    ahead.push(...(await readChart(tree, next)).dependencies);
  }
  return found;
}
