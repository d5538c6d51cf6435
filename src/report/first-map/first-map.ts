import type { RegionLine } from "../../surface/surface.ts";
import { shortestSuffixes } from "../layout/citation.ts";
import { fencedLines, markdownUrl } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy, sorted } from "../layout/order.ts";
import { type Block, essential, fence, list, page, paragraph, table } from "../layout/page.ts";
import { count, name, type Phrase, place, plural, prose } from "../layout/phrase.ts";
import { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { almostEvery } from "../lines/almost-every.ts";
import { shortRegion } from "../lines/region-text.ts";
import { namesText } from "../lines/subject-text.ts";
import { namespaceSizes, workloadsText } from "../lines/workload-text.ts";
import { firstFitting } from "../pull-request/check-title.ts";
import type { CheckOutput, PublicationContext } from "../pull-request/publication.ts";
import type { Location } from "../report.ts";
import type { ListedWorkload } from "../surface/listing.ts";
import type { MappedEnvironment, RepositoryMap, UnreadSource } from "./repository-map.ts";
import { startingConfiguration } from "./starting-configuration.ts";

export type MapContext = Pick<PublicationContext, "documentation" | "link">;

/** The check of a branch's head: what this repository holds, before anybody changes it. It judges nothing. */
export function firstMapOutput(map: RepositoryMap, context: MapContext): CheckOutput {
  const phrases = new PhraseMarkdown(context.link, shortestSuffixes(placesOf(map)));
  return {
    title: title(map),
    summary: page(summary(map, context, phrases), LIMITS.checkCharacters, MORE),
    text: page(details(map, context, phrases), LIMITS.checkCharacters - LIMITS.checkTextReserve, MORE),
  };
}

const MORE =
  "There is more than a check can hold: `egress-review surface` and `egress-review targets` list all of it.";

function placesOf({ environments, problems }: RepositoryMap): readonly Location[] {
  return [
    ...environments.flatMap(({ unread }) => unread.map(({ location }) => location)),
    ...problems.flatMap(({ location }) => location ?? []),
  ];
}

function title({ environments }: RepositoryMap): string {
  const namespaces = environments.flatMap((environment) => [...namespacesOf(environment).values()]);
  const isolated = namespaces.filter((own) => own.every(isIsolated)).length;
  const found = plural(environments.length, "environment");
  return firstFitting(
    [
      environments.length === 0
        ? "First map: nothing that this review reads was found"
        : `First map: ${found}, ${count(isolated)} of ${plural(namespaces.length, "namespace")} isolated for egress`,
    ],
    LIMITS.titleCharacters,
  );
}

function namespacesOf({ workloads }: MappedEnvironment): ReadonlyMap<string, readonly ListedWorkload[]> {
  return groupBy(workloads, ({ workload }) => workload.slice(0, workload.indexOf("/")));
}

function isIsolated({ standing }: ListedWorkload): boolean {
  return standing === "isolated";
}

function summary(map: RepositoryMap, context: MapContext, phrases: PhraseMarkdown): readonly Block[] {
  return [
    essential(
      paragraph(
        "**This is what pull requests will be compared with.** It judges nothing: what stands open today blocks nobody, only what a change opens does.",
      ),
    ),
    essential(environmentTable(map, phrases)),
    ...configurationBlocks(map, context),
  ];
}

function details(map: RepositoryMap, context: MapContext, phrases: PhraseMarkdown): readonly Block[] {
  return [
    ...wildcardBlocks(map, phrases),
    ...unreadBlocks(map, context, phrases),
    list(
      "**Problems in the files**",
      map.problems
        .slice(0, LIMITS.mapRows)
        .map(({ text, location }) =>
          phrases.text([...(location === null ? [] : [place(location), ": "]), prose(text)]),
        ),
    ),
    list(
      "**Listed, not judged** (tests, examples, dot-directories)",
      map.listed.slice(0, LIMITS.lines).map((path) => phrases.text([name(path)])),
    ),
    list(
      "**Assumed**",
      map.assumptions.map(({ text }) => phrases.text([prose(text)])),
    ),
  ];
}

function environmentTable({ environments }: RepositoryMap, phrases: PhraseMarkdown): Block {
  const ordered = sorted(
    environments,
    ({ kind }) => (kind === "cluster" ? 0 : 1),
    (environment) => environment.name,
  );
  return table(
    ["Environment", "Namespaces isolated for egress", "Not isolated", "Targets"],
    ordered.map((environment) => {
      const namespaces = [...namespacesOf(environment)];
      const open = namespaces.filter(([, own]) => !own.every(isIsolated)).map(([namespace]) => namespace);
      return [
        phrases.text([name(environment.name), ...kindText(environment)]),
        namespaces.length === 0
          ? "no workload"
          : `${count(namespaces.length - open.length)} of ${count(namespaces.length)}`,
        phrases.text(namesText(open, LIMITS.lines)),
        environment.unread.length === 0
          ? count(environment.targets)
          : `${count(environment.targets)}, ${count(environment.unread.length)} not read`,
      ];
    }),
  );
}

function kindText({ kind, observes }: MappedEnvironment): Phrase {
  const observed = observes ? [", observes"] : [];
  switch (kind) {
    case "cluster":
      return observed;
    case "unclaimed":
      return [" (nothing deploys it)", ...observed];
    case "manifests":
      return [" (loose manifests)", ...observed];
  }
}

function wildcardBlocks({ environments }: RepositoryMap, phrases: PhraseMarkdown): readonly Block[] {
  const rows = environments.flatMap((environment) => wildcardRows(environment, phrases));
  if (rows.length === 0) return [paragraph("**Standing wildcards:** none.")];
  return [
    paragraph(
      "**Standing wildcards:** what is open today. A change that adds another is told; these are not.",
    ),
    table(["Who", "May reach", "Because"], rows.slice(0, LIMITS.mapRows)),
    paragraph(rows.length > LIMITS.mapRows ? MORE : ""),
  ];
}

/** Workloads that may reach the same almost-everything for the same reason, the most first. */
function wildcardRows(
  environment: MappedEnvironment,
  phrases: PhraseMarkdown,
): readonly (readonly string[])[] {
  const sizes = namespaceSizes([environment.workloads.map(({ workload }) => workload)]);
  const wide = environment.workloads
    .map((workload) => ({ ...workload, wildcards: workload.reach.filter(isWildcard) }))
    .filter(({ wildcards }) => wildcards.length > 0);
  const groups = groupBy(wide, ({ standing, wildcards }) => JSON.stringify([standing, wildcards]));
  return sorted([...groups.values()], (group) => -group.length).flatMap((group) =>
    group.slice(0, 1).map(({ wildcards, standing }) => [
      phrases.text([
        ...workloadsText(
          group.map(({ workload }) => workload),
          sizes,
        ),
        " in ",
        name(environment.name),
      ]),
      phrases.text(shortRegion(wildcards, LIMITS.destinations)),
      phrases.text(becauseText(standing, group)),
    ]),
  );
}

/** DNS to every pod is how clusters are. */
function isWildcard({ destination, ports }: RegionLine): boolean {
  return almostEvery(destination) && !(destination.kind === "pods" && ports === "53");
}

function becauseText(standing: ListedWorkload["standing"], group: readonly ListedWorkload[]): Phrase {
  switch (standing) {
    case "isolated": {
      const policies = [...new Set(group.flatMap((workload) => workload.policies))];
      return ["rules of ", ...namesText(policies, LIMITS.names)];
    }
    case "not-isolated":
      return ["no policy isolates them"];
    case "not-governed":
      return ["host network: no policy governs them"];
    case "unknown":
      return ["as far as it was read: something unread may isolate them"];
  }
}

function unreadBlocks(
  { environments }: RepositoryMap,
  { documentation }: MapContext,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const all = environments.flatMap(({ unread }) => unread);
  const sources = [...groupBy(all, ({ source }) => source).values()];
  const broken = environments.flatMap(({ unknowns }) => unknowns.filter(({ code }) => code !== "unread"));
  const parts = broken.map(({ reason, location }) =>
    phrases.text([...(location === null ? [] : [place(location), ": "]), prose(reason)]),
  );
  if (sources.length === 0 && parts.length === 0) return [paragraph("**Not read:** nothing.")];
  const how = markdownUrl(documentation("with-your-renderer.md"));
  return [
    table(
      ["Not read", "Lands in", "What would decide it"],
      sources.slice(0, LIMITS.mapRows).map((those) => unreadCells(those, how, phrases)),
    ),
    list("**Does not render, or only in part**", [...new Set(parts)].slice(0, LIMITS.mapRows)),
  ];
}

function unreadCells(
  those: readonly UnreadSource[],
  how: string,
  phrases: PhraseMarkdown,
): readonly string[] {
  const [first] = those;
  if (first === undefined) return [];
  const namespaces = [...new Set(those.flatMap(({ namespace }) => namespace ?? []))];
  const address = repositoryOf(first.source);
  const times = those.length === 1 ? "" : ` (${count(those.length)} targets)`;
  return [
    phrases.text([prose(first.needs), times, ", by ", place(first.location)]),
    phrases.text(namespaces.length === 0 ? ["any namespace"] : namesText(namespaces, LIMITS.names)),
    address === null
      ? `no line of the configuration: commit it as it is deployed ([how](${how}))`
      : phrases.text([name(`repositories: [${address}]`), ", if that address is this repository"]),
  ];
}

/** The address of a path that lies in a repository of another address; a chart's address is none. */
function repositoryOf(source: string): string | null {
  return /^(?!chart ).* of (\w[\w+.-]*:\/\/\S+|[\w.-]+@\S+:\S+)$/.exec(source)?.[1] ?? null;
}

function configurationBlocks(map: RepositoryMap, { documentation }: MapContext): readonly Block[] {
  const lines = startingConfiguration(map);
  if (lines.length === 0) return [];
  const some = map.environments.some(({ configured }) => configured);
  const url = markdownUrl(documentation("configuration.md"));
  return [
    paragraph(
      some
        ? `**Missing in \`.egress-review.yaml\`** of this branch ([all keys](${url})):`
        : `**A \`.egress-review.yaml\` to start from**, at the root of this branch ([all keys](${url})):`,
    ),
    fence("yaml", fencedLines(lines.join("\n"), LIMITS.commandCharacters)),
  ];
}
