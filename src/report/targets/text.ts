import type {
  Discovery,
  DiscoveryProblem,
  EntryPoint,
  Environment,
  Target,
  UnreadTarget,
} from "../../targets/targets.ts";
import { problemText } from "../discovery-problem-text.ts";
import { shortNames } from "../layout/citation.ts";
import { LIMITS } from "../layout/limits.ts";
import { sorted } from "../layout/order.ts";
import { name, type Phrase, place, plural, prose } from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN, type Style } from "../layout/style.ts";
import { hanging, readableWidth, tableText, wrapped } from "../layout/terminal-layout.ts";
import { namesText } from "../lines/subject-text.ts";
import type { Location } from "../report.ts";
import type { PageOptions } from "../surface/text.ts";
import { problemsInOrder, sourcePath } from "./json.ts";

/** What was discovered, for a terminal: what lands where and because of what, and what nobody can read here. */
export function targetsText(
  discovery: Discovery,
  revision: string,
  { columns = 100, style = PLAIN }: PageOptions = {},
): string {
  const page = {
    style,
    phrases: new PhraseText(style, shortNames(placesOf(discovery))),
    width: readableWidth(columns),
  };
  const environments = sorted(discovery.environments, (environment) => environment.name);
  const claimed = environments.filter(({ kind }) => kind === "cluster");
  const unclaimed = environments.filter(({ kind }) => kind !== "cluster");
  const listed = namesText(
    discovery.listed.map(({ path }) => path),
    LIMITS.lines,
  );
  const blocks = [
    summary(discovery, revision, page),
    ...claimed.map((environment) => environmentText(environment, page)),
    section("No entry point claims", unclaimed.map(unclaimedText), page),
    section("Listed, not judged", listed.length === 0 ? [] : [listed], page),
    section("Problems", problemsInOrder(discovery.problems).map(problemLine), page),
  ];
  // Last, because only now every citation is known.
  blocks.push(page.phrases.legend().join("\n"));
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function placesOf({ environments, problems }: Discovery): readonly Location[] {
  const entryPoints = environments.flatMap(({ targets, unread }) => [
    ...targets.flatMap(({ declaredBy }) => declaredBy ?? []),
    ...unread.map(({ declaredBy }) => declaredBy),
  ]);
  const places = [
    ...entryPoints.map((entry) => entry.place),
    ...problems.flatMap(({ place }) => place ?? []),
  ];
  return places.map((where) => ({ side: "head", ...where }));
}

interface Page {
  readonly style: Style;
  readonly phrases: PhraseText;
  readonly width: number;
}

function summary(
  { environments, problems, repository }: Discovery,
  revision: string,
  { phrases, width }: Page,
): string {
  const targets = environments.flatMap((environment) => environment.targets).length;
  const unread = environments.flatMap((environment) => environment.unread).length;
  const counts = `${plural(environments.length, "environment")}, ${plural(targets, "target")}, ${unread} not readable here, ${plural(problems.length, "problem")}`;
  return wrapped(phrases.text([`${counts} (`, name(revision), "). ", ...repositoryText(repository)]), width);
}

const EVIDENCE = {
  configured: "as configured",
  remotes: "by its remotes",
  "most-named": "as most entry points name it",
} as const;

function repositoryText({ urls, evidence }: Discovery["repository"]): Phrase {
  if (evidence === "none" || urls.length === 0)
    return ["Nothing says under which address this repository is known."];
  return ["This repository is ", ...namesText(urls, LIMITS.names), `, ${EVIDENCE[evidence]}.`];
}

function environmentText(environment: Environment, page: Page): string {
  const { phrases, style, width } = page;
  const { targets, unread, destination, marks } = environment;
  const where: Phrase = destination === null ? [] : [", ", name(destination)];
  const production = marks.production ? "" : ", not production";
  const head = phrases.text([
    name(environment.name),
    `: ${plural(targets.length, "target")}${production}`,
    ...where,
  ]);
  const rows = sorted(targets, ({ id }) => id).map((target) =>
    targetRow(target).map((cell) => phrases.text(cell)),
  );
  const titles = ["Target", "Source", "Namespace", "Claimed by"].map((title) => style.strong(title));
  return [
    style.strong(head),
    ...(rows.length === 0 ? [] : [tableText([titles, ...rows], [0.22, 0.29, 0.17, 0.32], width)]),
    ...sorted(unread, ({ id }) => id).map((target) =>
      hanging("  not read", phrases.text(unreadText(target)), width),
    ),
  ].join("\n");
}

function targetRow({ id, source, namespace, declaredBy, delivery }: Target): readonly Phrase[] {
  // Automatic delivery with pruning is how it should be, and not said.
  const how = [
    ...(delivery.automated ? [] : ["manual"]),
    ...(delivery.prune ? [] : ["no pruning"]),
    ...(delivery.suspended ? ["suspended"] : []),
  ];
  return [
    [name(id)],
    [`${SOURCES[source.kind]} `, name(sourcePath(source))],
    namespace === null ? ["(none)"] : [name(namespace)],
    declaredBy === null
      ? ["nothing"]
      : [...entryPointText(declaredBy, id), ...how.map((word) => `, ${word}`)],
  ];
}

const SOURCES = { helm: "chart", kustomize: "overlay", directory: "directory" } as const;

/** Most targets are called like the entry point that declares them. */
function entryPointText({ kind, name: object, place: where }: EntryPoint, target: string): Phrase {
  return [`${kind} `, ...(object === target ? [] : [name(object), " "]), place({ side: "head", ...where })];
}

function unreadText({ id, needs, namespace, declaredBy }: UnreadTarget): Phrase {
  const into: Phrase = namespace === null ? [] : [" into ", name(namespace)];
  return [name(id), ...into, ": ", prose(needs), ", by ", ...entryPointText(declaredBy, id)];
}

function unclaimedText({ name: environment, kind, targets, unread }: Environment): Phrase {
  const what = kind === "manifests" ? ": loose manifests" : "";
  const not = unread.length === 0 ? "" : `, ${unread.length} not readable here`;
  return [name(environment), `${what} (${plural(targets.length, "target")}${not})`];
}

function problemLine(problem: DiscoveryProblem): Phrase {
  const { environment, target, place: where } = problem;
  const owners = [environment, target].flatMap((owner) => (owner === null ? [] : [owner]));
  return [
    ...(where === null ? [] : [place({ side: "head", ...where }), ": "]),
    prose(problemText(problem)),
    ...(owners.length === 0 ? [] : [" (", ...namesText(owners, owners.length), ")"]),
  ];
}

function section(title: string, lines: readonly Phrase[], { style, phrases, width }: Page): string {
  if (lines.length === 0) return "";
  return [style.strong(title), ...lines.map((line) => hanging(" ·", phrases.text(line), width))].join("\n");
}
