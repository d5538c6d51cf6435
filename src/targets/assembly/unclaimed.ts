import { byBytes } from "../../tree/paths.ts";
import { readChart, withDependencies } from "../files/charts.ts";
import { reachOf, topsOf } from "../files/kustomize-graph.ts";
import type { Claims } from "./claims.ts";
import type { ConfiguredRoots } from "./configured-roots.ts";
import { isSetAside, type Survey } from "./survey.ts";

/** What no entry point deploys. Each path belongs to one of the lists, or to something that does belong to one. */
export interface Unclaimed {
  /** Kustomize roots that no other root includes. */
  readonly tops: readonly string[];
  readonly charts: readonly string[];
  /** Files with objects that neither a chart, nor a Kustomize root, nor an entry point reads. */
  readonly files: readonly string[];
  /** Said, not judged: what is set aside, library charts, components that nobody includes. */
  readonly listed: readonly string[];
}

export async function unclaimedOf(
  survey: Survey,
  claims: Claims,
  configured: ConfiguredRoots,
): Promise<Unclaimed> {
  const isJudged = (path: string, isDirectory: boolean) =>
    configured.nameOf(path) !== null || !isSetAside(path, isDirectory);
  const roots = [...survey.kustomize.keys()].filter((root) => !claims.hasRoot(root));
  const buildable = roots.filter((root) => survey.kustomize.get(root)?.component === false);
  const judgedRoots = buildable.filter((root) => isJudged(root, true));
  const configuredRoots = judgedRoots.filter((root) => configured.isRoot(root));
  const tops = [...new Set([...topsOf(survey.kustomize, judgedRoots), ...configuredRoots])].sort(byBytes);
  const reach = reachOf(survey.kustomize, tops);

  const charts = survey.standingCharts.filter((chart) => !claims.hasChart(chart) && !reach.charts.has(chart));
  const judgedCharts = charts.filter((chart) => isJudged(chart, true));
  const standing = await installable(survey, judgedCharts);

  const objects = [...survey.files].flatMap(([path, facts]) => (facts.others ? [path] : []));
  const tooLarge = survey.unreadable.flatMap(({ path }) => (/\.ya?ml$/.test(path) ? [path] : []));
  const loose = [...objects, ...tooLarge].filter(
    (path) => !survey.charts.owns(path) && !claims.hasFile(path) && !reach.files.has(path),
  );
  const setAsideRoots = topsOf(
    survey.kustomize,
    buildable.filter((root) => !isJudged(root, true)),
  );
  const lonely = roots.filter(
    (root) => survey.kustomize.get(root)?.component === true && !reach.roots.has(root),
  );
  const listed = [
    ...setAsideRoots,
    ...lonely,
    ...charts.filter((chart) => !isJudged(chart, true)),
    ...standing.libraries,
    ...loose.filter((path) => !isJudged(path, false)),
  ];
  const aside = reachOf(survey.kustomize, setAsideRoots).files;
  return {
    tops,
    charts: standing.charts.toSorted(byBytes),
    files: loose.filter((path) => isJudged(path, false)).toSorted(byBytes),
    listed: [...new Set(listed)].filter((path) => !aside.has(path)).sort(byBytes),
  };
}

/** Of some charts those that can be installed and that none of the others takes in. */
async function installable(survey: Survey, charts: readonly string[]) {
  const read = await Promise.all(charts.map((directory) => readChart(survey.tree, directory)));
  const among = new Set(charts);
  const included = new Set(
    read.flatMap(({ directory, dependencies }) => dependencies.filter((it) => it !== directory)),
  );
  const tops = charts.filter((chart) => !included.has(chart));
  // Charts that take each other in have no top: the first one in order stands for them.
  const reached = new Set(await withDependencies(survey.tree, tops));
  for (const chart of charts.toSorted(byBytes)) {
    if (reached.has(chart) || !among.has(chart)) continue;
    tops.push(chart);
    for (const other of await withDependencies(survey.tree, [chart])) reached.add(other);
  }
  const libraries = new Set(read.flatMap(({ directory, library }) => (library ? [directory] : [])));
  return {
    charts: tops.filter((chart) => !libraries.has(chart)),
    libraries: tops.filter((chart) => libraries.has(chart)),
  };
}
