import { ownNamespaces } from "../report/assumptions.ts";
import { problemText } from "../report/discovery-problem-text.ts";
import type { MappedEnvironment, RepositoryMap } from "../report/first-map/repository-map.ts";
import type { SurfaceListing } from "../report/surface/listing.ts";
import { possiblyOneCluster } from "../targets/one-cluster.ts";
import type { Discovery, Environment } from "../targets/targets.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { discoverSide } from "./discover-side.ts";
import { isAsked, type ReadOptions } from "./options.ts";
import { surface } from "./surface.ts";
import { withEngine } from "./with-engine.ts";

/**
 * A repository as it stands: what was found, what is open, what is not read. What is rendered for the one half is
 * remembered for the other.
 */
export function firstMap(tree: RepositoryTree, options: ReadOptions): Promise<RepositoryMap> {
  return withEngine(options, async (engine) => {
    const { discovery } = await discoverSide(engine, tree, options);
    const listing = await surface(tree, { ...options, engine });
    return repositoryMap(discovery, listing, options);
  });
}

function repositoryMap(discovery: Discovery, listing: SurfaceListing, options: ReadOptions): RepositoryMap {
  const pairs = possiblyOneCluster(discovery.environments, options.config, ownNamespaces).map(
    ({ environments }) => environments,
  );
  const listed = new Map(listing.environments.map((environment) => [environment.name, environment]));
  return {
    revision: listing.revision,
    environments: discovery.environments
      .filter(({ name }) => isAsked(name, options))
      .map((environment) => ({
        ...(listed.get(environment.name) ?? {
          name: environment.name,
          workloads: [],
          idlePolicies: [],
          unknowns: [],
        }),
        ...discovered(environment, options),
        perhapsSameAs: pairs
          .filter((pair) => pair.includes(environment.name))
          .flatMap((pair) => pair.filter((name) => name !== environment.name)),
      })),
    listed: discovery.listed.map(({ path }) => path),
    problems: discovery.problems.map((problem) => ({
      text: problemText(problem),
      location: problem.place === null ? null : { side: "head", ...problem.place },
    })),
    repository: discovery.repository,
    assumptions: listing.assumptions,
  };
}

function discovered(
  { name, kind, roots, marks, targets, unread }: Environment,
  { config }: ReadOptions,
): Pick<MappedEnvironment, "kind" | "roots" | "configured" | "observes" | "targets" | "unread"> {
  return {
    kind,
    roots,
    configured: config.environments.has(name),
    observes: marks.mode === "observe",
    targets: targets.length + unread.length,
    unread: unread.map(({ needs, sourceName, namespace, declaredBy }) => ({
      needs,
      source: sourceName,
      namespace,
      location: { side: "head", ...declaredBy.place },
    })),
  };
}
