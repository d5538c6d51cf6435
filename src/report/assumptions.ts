import type { Configuration } from "../config/config.ts";
import type { RegionLine } from "../surface/surface.ts";
import { possiblyOneCluster } from "../targets/one-cluster.ts";
import type { Discovery, Environment } from "../targets/targets.ts";
import { distinct, groupBy, sorted } from "./layout/order.ts";
import type { Assumption } from "./report.ts";
import type { ToldProfile } from "./told-profile.ts";

/** What a review, or a listing, takes for granted; each is said wherever it is taken. */
export function assumptionsOf(input: {
  /** Every environment of the newer side. */
  readonly environments: readonly Environment[];
  /** Those that were rendered. */
  readonly evaluated: readonly Environment[];
  /** Who enforces policies in each of them. */
  readonly profiles: readonly ToldProfile[];
  readonly configuration: Configuration;
  readonly repository: Discovery["repository"];
  /** Every line that is printed. */
  readonly lines: Iterable<RegionLine>;
}): readonly Assumption[] {
  return [
    ...enforcement(input.profiles),
    ...notEnforced(input.profiles),
    { code: "live-objects-not-seen", text: "live objects were not seen: what runs is what Git declares" },
    ...unreadTargets(input.evaluated),
    ...sharedClusters(input),
    ...undeclaredLabels(input.lines),
    ...recognised(input.repository),
  ];
}

/** Environments whose profile is known in the same way share a sentence. */
function enforcement(profiles: readonly ToldProfile[]): readonly Assumption[] {
  const texts = groupBy(profiles, profileText);
  return sorted([...(texts.size === 0 ? [[ASSUMED, []] as const] : texts)], ([text]) => text).map(
    ([text, told]) => {
      const names =
        texts.size < 2
          ? ""
          : `in ${cut(told.map(({ environment }) => environment).sort(), MAXIMUM_SOURCES)} `;
      return { code: "cni-enforces", text: `${names}${text}` };
    },
  );
}

const ASSUMED =
  "the CNI enforces NetworkPolicy (profile kubernetes, by default or configuration, not inferred)";

function profileText({ name, source, evidence, judgedAs, notAsked }: ToldProfile): string {
  const others =
    judgedAs.length === 0 ? "" : `; judged as ${judgedAs.join(", ")} too, and the worse answer counts`;
  switch (source) {
    case "assumed":
      return `${ASSUMED}${others}`;
    case "option":
      return `the CNI enforces policies as profile ${name} does, as --profile says`;
    case "configured":
      return `the CNI enforces policies as profile ${name} does, as the configuration says`;
    case "inferred": {
      const found = evidence.map(({ subject, at }) => (at === null ? subject : `${subject} at ${at}`));
      const declared =
        notAsked.length === 0
          ? ""
          : `; ${notAsked.join(", ")} is declared as well, and --profile asks for it`;
      const say = `"profile" of the environment in .egress-review.yaml says it for good`;
      return `the CNI enforces policies (profile ${name}: inferred from ${cut(found, MAXIMUM_SOURCES)})${others}${declared}; ${say}`;
    }
  }
}

/** What protects nothing is said wherever it stands, changed or not. */
function notEnforced(profiles: readonly ToldProfile[]): readonly Assumption[] {
  return sorted(
    profiles.filter(({ unenforced }) => unenforced.length > 0),
    ({ environment }) => environment,
  ).map(({ environment, name, unenforced }) => ({
    code: "kinds-not-enforced",
    text: `profile ${name} does not read ${cut(distinct(unenforced), MAXIMUM_SOURCES)}${profiles.length < 2 ? "" : ` in ${environment}`}: they protect nothing`,
  }));
}

function unreadTargets(environments: readonly Environment[]): readonly Assumption[] {
  const unread = environments.flatMap(({ unread: targets }) => targets);
  if (unread.length === 0) return [];
  const sources = distinct(unread.map(({ sourceName }) => sourceName));
  return [
    {
      code: "unread-writes-in-its-namespace",
      text: `targets that were not read write policies only in their own namespace: ${cut(sources, MAXIMUM_SOURCES)}`,
    },
  ];
}

const MAXIMUM_SOURCES = 5;
const MAXIMUM_NAMESPACES = 4;

function cut(texts: readonly string[], maximum: number, separator = ", "): string {
  const rest = texts.length - maximum;
  return `${texts.slice(0, maximum).join(separator)}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** Roots that may be one cluster, as far as one of them was evaluated. */
function sharedClusters({
  environments,
  evaluated,
  configuration,
}: Parameters<typeof assumptionsOf>[0]): readonly Assumption[] {
  const names = new Set(evaluated.map(({ name }) => name));
  const pairs = possiblyOneCluster(environments, configuration, ownNamespaces).filter(
    ({ environments: pair }) => pair.some((name) => names.has(name)),
  );
  if (pairs.length === 0) return [];
  const shared = pairs.map(
    ({ environments: [one, other], namespaces }) =>
      `${one} and ${other} (${cut(namespaces, MAXIMUM_NAMESPACES)})`,
  );
  return [
    {
      code: "environments-may-be-one-cluster",
      text: `environments that share namespaces may be one cluster: ${cut(shared, MAXIMUM_SOURCES, "; ")}. If two are, list both as roots of one environment in .egress-review.yaml; if not, give each its own entry there`,
    },
  ];
}

/** Every cluster has these: sharing them says nothing. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set([
  "default",
  "kube-system",
  "kube-public",
  "kube-node-lease",
]);

export function ownNamespaces({ targets, unread }: Environment): readonly string[] {
  const named = [...targets, ...unread].flatMap(({ namespace }) => (namespace === null ? [] : [namespace]));
  return distinct(named).filter((name) => !SYSTEM_NAMESPACES.has(name));
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
      text: `no namespace in Git carries ${cut(distinct(labels), MAXIMUM_SOURCES)}: where the cluster sets such labels, the answer differs`,
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
