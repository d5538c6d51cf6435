import type { RegionLine } from "../surface/surface.ts";
import type { Discovery, Environment } from "../targets/targets.ts";
import { distinct } from "./order.ts";
import type { Assumption } from "./report.ts";

/** What a review, or a listing, takes for granted; each is said wherever it is taken. */
export function assumptionsOf(input: {
  /** Every environment of the newer side. */
  readonly environments: readonly Environment[];
  /** Those that were rendered. */
  readonly evaluated: readonly Environment[];
  /** Names of environments that the configuration declares. */
  readonly configured: ReadonlySet<string>;
  readonly repository: Discovery["repository"];
  /** Every line that is printed. */
  readonly lines: Iterable<RegionLine>;
}): readonly Assumption[] {
  return [
    ...enforcement(input.evaluated),
    { code: "live-objects-not-seen", text: "live objects were not seen: what runs is what Git declares" },
    ...unreadTargets(input.evaluated),
    ...sharedClusters(input),
    ...undeclaredLabels(input.lines),
    ...recognised(input.repository),
  ];
}

function enforcement(environments: readonly Environment[]): readonly Assumption[] {
  const profiles = distinct(environments.map(({ marks }) => marks.profile));
  const names = profiles.length === 0 ? ["kubernetes"] : profiles;
  return [
    {
      code: "cni-enforces",
      text: `the CNI enforces NetworkPolicy (profile ${names.join(", ")}, by default or configuration, not inferred)`,
    },
  ];
}

function unreadTargets(environments: readonly Environment[]): readonly Assumption[] {
  const unread = environments.flatMap(({ unread: targets }) => targets);
  if (unread.length === 0) return [];
  const sources = distinct(unread.map(({ sourceName }) => sourceName));
  const listed = sources.slice(0, MAXIMUM_SOURCES).join(", ");
  const rest = sources.length > MAXIMUM_SOURCES ? ` and ${sources.length - MAXIMUM_SOURCES} more` : "";
  return [
    {
      code: "unread-writes-in-its-namespace",
      text: `targets that were not read write policies only in their own namespace: ${listed}${rest}`,
    },
  ];
}

const MAXIMUM_SOURCES = 5;

/** Roots that may be one cluster: none names another cluster than the other, and they share namespaces. */
function sharedClusters({
  environments,
  evaluated,
  configured,
}: Parameters<typeof assumptionsOf>[0]): readonly Assumption[] {
  const clusters = environments.filter(({ kind, name }) => kind === "cluster" && !configured.has(name));
  const texts = evaluated.flatMap((environment) =>
    clusters.flatMap((other) => {
      if (environment.kind !== "cluster" || configured.has(environment.name)) return [];
      if (other === environment || other.destination !== environment.destination) return [];
      if (evaluated.includes(other) && other.name > environment.name) return [];
      const shared = namespacesOf(other).filter((name) => namespacesOf(environment).includes(name));
      if (shared.length === 0) return [];
      return [
        `${other.name} shares namespaces with ${environment.name} (${shared.join(", ")}): if they are one cluster, list both as roots of one environment in .egress-review.yaml; if not, give each its own entry`,
      ];
    }),
  );
  return texts.map((text) => ({ code: "environments-may-be-one-cluster", text }));
}

function namespacesOf({ targets, unread }: Environment): readonly string[] {
  return distinct(
    [...targets, ...unread].flatMap(({ namespace }) => (namespace === null ? [] : [namespace])),
  );
}

function undeclaredLabels(lines: Iterable<RegionLine>): readonly Assumption[] {
  const labels = new Set<string>();
  for (const { destination } of lines) {
    if (destination.kind === "pods" && destination.namespaces.kind === "undeclared") {
      for (const label of destination.namespaces.labels) labels.add(label);
    }
  }
  if (labels.size === 0) return [];
  return [
    {
      code: "undeclared-namespace-labels",
      text: `no namespace in Git carries ${distinct(labels).join(", ")}; where the cluster adds such labels, the answer differs`,
    },
  ];
}

function recognised({ evidence, urls }: Discovery["repository"]): readonly Assumption[] {
  if (evidence !== "most-named") return [];
  return [
    {
      code: "repository-recognised",
      text: `this repository is ${urls.join(", ")}, which most entry points name; "repositories" in .egress-review.yaml says it for good`,
    },
  ];
}
