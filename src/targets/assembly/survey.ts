import type { RepositoryTree } from "../../tree/indexed-tree.ts";
import { directoryOf } from "../../tree/paths.ts";
import { isTreeProblem, type TreeProblem } from "../../tree/tree.ts";
import { ChartIndex } from "../files/charts.ts";
import { type FileFacts, factsOfFormer, fileFacts, type Held } from "../files/file-facts.ts";
import { isKustomization, type KustomizeGraph, kustomizeGraph } from "../files/kustomize-graph.ts";

/** What stands in a tree, before anybody asks who deploys it. */
export interface Survey {
  readonly tree: RepositoryTree;
  readonly charts: ChartIndex;
  /** Directories of charts that stand on their own. */
  readonly standingCharts: readonly string[];
  readonly kustomize: KustomizeGraph;
  /** YAML and JSON files that are no part of a chart, with what they hold. */
  readonly files: ReadonlyMap<string, FileFacts>;
  /** Such files that could not be read. */
  readonly unreadable: readonly TreeProblem[];
}

const DATA_FILE = /\.(yaml|yml|json)$/;

/** @param former what paths held on the other side of a change */
export async function survey(
  tree: RepositoryTree,
  former: ReadonlyMap<string, Held> = new Map(),
): Promise<Survey> {
  // Links are left out: what they point to stands in the tree under its own name, or not at all.
  const regular = tree.paths().filter((path) => tree.entries().get(path)?.kind === "file");
  const charts = new ChartIndex(regular);
  const plain = regular.filter((path) => !charts.isPart(path));
  const kustomizations = plain.filter(isKustomization);
  const data = plain.filter((path) => DATA_FILE.test(path) && !isKustomization(path));
  const [kustomize, facts] = await Promise.all([
    kustomizeGraph(tree, kustomizations),
    Promise.all(
      data.map((path) => {
        const held = former.get(path);
        return (held === undefined ? fileFacts : factsOfFormer[held]).of(tree, path);
      }),
    ),
  ]);
  const files = new Map<string, FileFacts>();
  const unreadable: TreeProblem[] = [];
  for (const [index, path] of data.entries()) {
    const found = facts[index];
    if (found === undefined) continue;
    if (isTreeProblem(found)) unreadable.push(found);
    else files.set(path, found);
  }
  return { tree, charts, standingCharts: charts.standing(), kustomize, files, unreadable };
}

const SET_ASIDE = new Set(["examples", "ci"]);

/**
 * Why nobody expects a path to be deployed unless something claims it: it lies in a dot-directory, in `examples`, `ci`,
 * `testdata` or a directory whose name begins with "test".
 */
export function isSetAside(path: string, isDirectory: boolean): boolean {
  const directory = isDirectory ? path : directoryOf(path);
  if (directory === ".") return false;
  return directory
    .split("/")
    .some((part) => part.startsWith(".") || part.startsWith("test") || SET_ASIDE.has(part));
}
