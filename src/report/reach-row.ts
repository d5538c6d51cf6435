import type { RegionLine } from "../surface/surface.ts";
import type { DeltaGroup, DeltaGroups, Reach } from "./group-deltas.ts";
import { LIMITS } from "./limits.ts";
import { count, join, type Phrase, strong } from "./phrase.ts";
import { regionText } from "./region-text.ts";
import { environmentsText } from "./subject-text.ts";
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
  return listed(keptLast(regionText(before), linesOf(after)));
}

/** What is new stands first and strong, what stays stands last. */
function afterText({ before, after, added }: DeltaGroup): Phrase {
  if (after === null) return ["(gone)"];
  const news = signed("+ ", added).map((text): Phrase => [strong(...text)]);
  if (after === "differs") return news.length === 0 ? ["the rest"] : listed(news);
  const addedKeys = keys(regionText(added));
  const others = regionText(after).filter((text) => !addedKeys.has(textKey(text)));
  return listed([...news, ...keptLast(others, linesOf(before))]);
}

function signed(sign: string, lines: readonly RegionLine[]): readonly Phrase[] {
  return regionText(lines).map((text) => [sign, ...text]);
}

function linesOf(reach: Reach): readonly RegionLine[] {
  return reach === null || reach === "differs" ? [] : reach;
}

function keptLast(texts: readonly Phrase[], other: readonly RegionLine[]): readonly Phrase[] {
  const kept = keys(regionText(other));
  const isKept = (text: Phrase) => kept.has(textKey(text));
  return [...texts.filter((text) => !isKept(text)), ...texts.filter(isKept)];
}

function keys(texts: readonly Phrase[]): ReadonlySet<string> {
  return new Set(texts.map(textKey));
}

function textKey(text: Phrase): string {
  return JSON.stringify(text);
}

function listed(texts: readonly Phrase[]): Phrase {
  if (texts.length === 0) return ["nothing"];
  const shown = join(texts.slice(0, LIMITS.destinations), "; ");
  const rest = texts.length - LIMITS.destinations;
  return rest > 0 ? [...shown, `; ${count(rest)} more`] : shown;
}

/** What the rows leave out. */
export function moreReach(
  { widened, narrowed }: DeltaGroups["rest"],
  sizes: NamespaceSizes,
): readonly Phrase[] {
  const line = (workloads: readonly string[], words: string): readonly Phrase[] =>
    workloads.length === 0 ? [] : [[...workloadsText(workloads, sizes), words]];
  return [
    ...line(widened, " gain other destinations; each is in the JSON"),
    ...line(narrowed, " lose other destinations; each is in the JSON"),
  ];
}
