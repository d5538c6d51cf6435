import type { RegionLine } from "../../surface/surface.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, sorted } from "../layout/order.ts";
import { count, join, type Phrase, strong } from "../layout/phrase.ts";
import type { ReviewedDelta, ReviewedEnvironment } from "../report.ts";
import { asReached } from "./as-reached.ts";
import { type DeltaGroup, type DeltaGroups, groupDeltas, type Reach } from "./group-deltas.ts";
import { type FindingGroup, opens } from "./group-findings.ts";
import { regionText } from "./region-text.ts";
import { environmentsText, namesText } from "./subject-text.ts";
import { type NamespaceSizes, workloadsText } from "./workload-text.ts";

export interface ReachRow {
  readonly who: Phrase;
  readonly before: Phrase;
  readonly after: Phrase;
}

export function reachRow(group: DeltaGroup, sizes: NamespaceSizes, several: boolean): ReachRow {
  const who = workloadsText(group.workloads, sizes);
  return {
    who: several ? [...who, ...environmentsText(group.environments)] : who,
    before: beforeText(group),
    after: afterText(group),
  };
}

function beforeText({ before, after, removed }: DeltaGroup): Phrase {
  if (before === null) return ["(new)"];
  if (before === "differs") return removed.length === 0 ? ["various"] : listed(signed("− ", removed));
  return listed(keptLast(standing(before), standing(linesOf(after))), before);
}

/** What is new stands first and strong, what stays stands last. */
function afterText({ before, after, added }: DeltaGroup): Phrase {
  if (after === null) return ["(gone)"];
  const gained = asReached(added, linesOf(after));
  const news = signed("+ ", gained).map((text): Phrase => [strong(...text)]);
  if (after === "differs") return news.length === 0 ? ["the rest"] : listed(news);
  const addedKeys = keys(regionText(gained));
  const others = standing(after).filter((text) => !addedKeys.has(textKey(text)));
  return listed([...news, ...keptLast(others, standing(linesOf(before)))], after);
}

function signed(sign: string, lines: readonly RegionLine[]): readonly Phrase[] {
  return regionText(lines).map((text) => [sign, ...text]);
}

function linesOf(reach: Reach): readonly RegionLine[] {
  return reach === null || reach === "differs" ? [] : reach;
}

/** What is reached of namespaces that Git declares. The others are one mark: their names are long and rarely the point. */
function standing(lines: readonly RegionLine[]): readonly Phrase[] {
  return regionText(lines.filter((line) => undeclaredLabels(line).length === 0));
}

const MARK = "¹";

function undeclaredLabels({ destination }: RegionLine): readonly string[] {
  if (destination.kind !== "pods" || destination.namespaces.kind !== "undeclared") return [];
  return destination.namespaces.labels;
}

/** What the mark in the rows stands for; null where no row has it. */
function reachFootnote(groups: readonly DeltaGroup[]): Phrase | null {
  const lines = groups.flatMap(({ before, after }) => [...linesOf(before), ...linesOf(after)]);
  const labels = distinct(lines.flatMap(undeclaredLabels));
  if (labels.length === 0) return null;
  return [
    `${MARK} and pods of namespaces with labels that no namespace in Git carries, if the cluster sets them: `,
    ...namesText(
      sorted(
        labels,
        ({ length }) => length,
        (label) => label,
      ),
      LIMITS.names,
    ),
  ];
}

function keptLast(texts: readonly Phrase[], other: readonly Phrase[]): readonly Phrase[] {
  const kept = keys(other);
  const isKept = (text: Phrase) => kept.has(textKey(text));
  return [...texts.filter((text) => !isKept(text)), ...texts.filter(isKept)];
}

function keys(texts: readonly Phrase[]): ReadonlySet<string> {
  return new Set(texts.map(textKey));
}

function textKey(text: Phrase): string {
  return JSON.stringify(text);
}

function listed(texts: readonly Phrase[], whole: readonly RegionLine[] = []): Phrase {
  const marked = whole.some((line) => undeclaredLabels(line).length > 0);
  if (texts.length === 0) return [marked ? `nothing in Git ${MARK}` : "nothing"];
  const shown = join(texts.slice(0, LIMITS.destinations), "; ");
  const rest = texts.length - LIMITS.destinations;
  return [...shown, ...(rest > 0 ? [`; ${count(rest)} more`] : []), ...(marked ? [` ${MARK}`] : [])];
}

/** What the rows leave out, and what a mark in them stands for. */
export function moreReach(
  { groups, rest: { widened, narrowed } }: DeltaGroups,
  sizes: NamespaceSizes,
): readonly Phrase[] {
  const footnote = reachFootnote(groups);
  const line = (workloads: readonly string[], words: string): readonly Phrase[] =>
    workloads.length === 0 ? [] : [[...workloadsText(workloads, sizes), words]];
  return [
    ...line(widened, " gain other destinations; each is in the JSON"),
    ...line(narrowed, " lose other destinations; each is in the JSON"),
    ...(footnote === null ? [] : [footnote]),
  ];
}

/** What the workloads of a finding reached before, for a row that says what they reach then. */
export interface BeforePart {
  readonly who: Phrase;
  readonly before: Phrase;
}

/** The workloads of an opening by what they reached before; one part where it would take too many. */
export function beforeParts(
  group: FindingGroup,
  environments: readonly ReviewedEnvironment[],
  sizes: NamespaceSizes,
): readonly BeforePart[] {
  const workloads = new Set(group.workloads);
  const own = environments
    .filter(({ name }) => group.environments.includes(name))
    .map((environment) => ({
      ...environment,
      deltas: environment.deltas.filter(({ workload }) => workloads.has(workload)),
    }));
  const { groups, rest } = groupDeltas(own, LIMITS.befores);
  const known = distinct(groups.flatMap(({ workloads }) => workloads));
  const all = known.length === distinct(group.workloads).length;
  if (!all || rest.widened.length > 0 || rest.narrowed.length > 0)
    return [
      { who: workloadsText(group.workloads, sizes), before: [groups.length === 0 ? "not known" : "various"] },
    ];
  return groups.map((one) => ({ who: workloadsText(one.workloads, sizes), before: beforeText(one) }));
}

/** The environments without changes that the rows of openings tell whole: who, before, and all that is new. */
export function withoutTold(
  environments: readonly ReviewedEnvironment[],
  groups: readonly FindingGroup[],
): readonly ReviewedEnvironment[] {
  const openings = groups.flatMap(({ lead, environments: names, workloads, opened }) =>
    opens(lead) ? [{ names, workloads: new Set(workloads), opened: regionKey(opened) }] : [],
  );
  const isTold = (name: string, delta: ReviewedDelta) =>
    delta.removed.length === 0 &&
    openings.some(
      ({ names, workloads, opened }) =>
        names.includes(name) &&
        workloads.has(delta.workload) &&
        (regionKey(asReached(delta.added, [])) === opened ||
          regionKey(asReached(delta.added, delta.after ?? [])) === opened),
    );
  return environments.map((environment) => ({
    ...environment,
    deltas: environment.deltas.filter((delta) => !isTold(environment.name, delta)),
  }));
}

function regionKey(lines: readonly RegionLine[]): string {
  return textKey(regionText(lines).flat());
}
