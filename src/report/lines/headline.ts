import { LIMITS } from "../layout/limits.ts";
import {
  count,
  join,
  type Phrase,
  plural,
  prose,
  sentence,
  strong,
  uncapitalised,
} from "../layout/phrase.ts";
import type { Review, ReviewedDelta } from "../report.ts";
import { asReached } from "./as-reached.ts";
import { destinationsText } from "./finding-row.ts";
import { changesReach, type DeltaGroup, type DeltaGroups, groupDeltas } from "./group-deltas.ts";
import { type FindingGroup, opens } from "./group-findings.ts";
import { reachesOutside } from "./outside.ts";
import { shortRegion } from "./region-text.ts";
import { openFindings } from "./standing.ts";
import { type NamespaceSizes, namespaceSizes, workloadsInBrief, workloadsText } from "./workload-text.ts";

/** What a reader with ten seconds takes away, most important first. Each sentence follows from the review alone. */
export function headline(
  review: Review,
  groups: readonly FindingGroup[],
  deltas: DeltaGroups,
  sizes: NamespaceSizes,
): readonly Phrase[] {
  const worst = groups.filter(
    ({ severity }) => severity === (review.verdict === "pass" ? "warn" : review.verdict),
  );
  switch (review.verdict) {
    case "block":
      return [...leading(worst, sizes, "finding blocks", "findings block"), ...outsideFact(review)];
    case "undecided":
      return [
        ...leading(worst, sizes, "thing is undecided", "things are undecided"),
        ...whatIsDecided(review),
      ];
    case "pass":
      return [...whatChanges(review, deltas, sizes), ...warnings(worst)];
  }
}

/** What a change does, in one sentence, whatever is to be said against it. */
export function changeText(review: Review): readonly Phrase[] {
  const { environments } = review;
  const sizes = namespaceSizes(environments.map(({ workloadNames }) => workloadNames));
  return whatChanges(review, groupDeltas(environments), sizes).slice(0, 1);
}

function leading(
  groups: readonly FindingGroup[],
  sizes: NamespaceSizes,
  one: string,
  several: string,
): readonly Phrase[] {
  const [lead, ...others] = groups;
  if (lead === undefined) return [];
  const first: Phrase = opens(lead.lead)
    ? [...sentence(workloadsText(lead.workloads, sizes)), " could reach ", ...destinationsText(lead), "."]
    : [prose(capitalised(lead.messages[0] ?? lead.lead.title))];
  if (others.length === 0) return [first];
  const more = plural(others.length, `more ${one}`, `more ${several}`);
  const otherTitles = others.some((group) => group.lead.title !== lead.lead.title);
  return [first, otherTitles ? [`${more}: `, ...titles(others), "."] : [`${more}.`]];
}

/** Whether all that was added is known, and none of it lies outside the cluster. */
export function staysInside(review: Review): boolean {
  const added = changed(review).flatMap((delta) => delta.added);
  return (
    !reachesOutside(added, review.internalRanges) &&
    !opensUnderCondition(review) &&
    !reachesMetadata(review) &&
    review.unknowns.every(({ decides }) => !decides)
  );
}

/** A claim about all that was added is made only where all that was added is known. */
function outsideFact(review: Review): readonly Phrase[] {
  const added = changed(review).flatMap((delta) => delta.added);
  if (reachesOutside(added, review.internalRanges) || opensUnderCondition(review)) return [];
  if (opensWhatNobodyListed(review)) return [];
  if (review.unknowns.some(({ decides }) => decides))
    return [["Nothing that could be read opens an address outside the cluster."]];
  return reachesMetadata(review)
    ? [["Apart from the metadata service, nothing outside the cluster opens."]]
    : [["Nothing outside the cluster opens."]];
}

/** What switches enforcement off opens more than any delta of policies shows. */
function opensWhatNobodyListed({ findings }: Review): boolean {
  return openFindings(findings).some(({ rule, severity }) => rule === "EGR-105" && severity === "block");
}

/** The metadata service has a private address, and whoever reads of it does not call it inside. */
function reachesMetadata({ findings }: Review): boolean {
  return openFindings(findings).some(({ rule, severity }) => rule === "EGR-301" && severity !== "note");
}

/** Whether a finding speaks of an opening that no delta shows: it depends on something that was not read (threat T1). */
function opensUnderCondition({ environments, findings }: Review): boolean {
  const gaining = new Set(
    environments.flatMap(({ name, deltas }) =>
      deltas.flatMap(({ workload, added }) => (added.length === 0 ? [] : [`${name}\0${workload}`])),
    ),
  );
  return findings
    .filter(opens)
    .some(({ environments: names, workloads }) =>
      names.some((name) => workloads.some((workload) => !gaining.has(`${name}\0${workload}`))),
    );
}

function whatIsDecided(review: Review): readonly Phrase[] {
  const { decided, partlyRead, notRead } = review.coverage.targets;
  const all = decided + partlyRead + notRead;
  if (all === 0) return [];
  const quiet = changed(review).length === 0 && !opensUnderCondition(review);
  const wrong = review.findings.some(({ severity }) => severity === "warn") || opensUnderCondition(review);
  return [
    ...(wrong ? [] : [["Nothing is known to be wrong."]]),
    decided === 0
      ? [
          all === 1
            ? "The only target could not be read in full."
            : `None of ${count(all)} targets could be read in full.`,
        ]
      : [
          `${count(decided)} of ${plural(all, "target")} ${decided === 1 ? "is" : "are"} decided${quiet ? ": no change" : ""}.`,
        ],
  ];
}

function whatChanges(review: Review, { groups }: DeltaGroups, sizes: NamespaceSizes): readonly Phrase[] {
  if (review.environments.every((environment) => !environment.changed)) {
    return [["No egress input changed: no environment reads anything that differs."]];
  }
  const deltas = changed(review);
  const certain = !opensUnderCondition(review);
  if (deltas.length === 0) {
    return [
      [
        certain
          ? "No workload gains or loses a destination."
          : "No workload is known to gain or lose a destination.",
      ],
    ];
  }
  const wider = deltas.filter(({ added }) => added.length > 0).map(({ workload }) => workload);
  const narrower = deltas.filter(({ added }) => added.length === 0).map(({ workload }) => workload);
  const narrows: Phrase = ["narrows egress of ", ...workloadsInBrief(narrower, sizes)];
  if (wider.length === 0) return [[...sentence(narrows), certain ? "; opens nothing." : "."]];
  const who = workloadsInBrief(wider, sizes);
  const added = new Set(
    groups.flatMap((group) => (group.added.length === 0 ? [] : [JSON.stringify(group.added)])),
  );
  const [first] = groups;
  const widens: Phrase =
    first !== undefined && added.size === 1
      ? [
          first.before === null ? "lets the new " : "lets ",
          ...who,
          first.before === null ? " reach " : " also reach ",
          strong(...gainedText(first)),
        ]
      : ["widens egress of ", ...who];
  const both = narrower.length === 0 ? widens : join([narrows, widens], "; ");
  return [[...sentence(both), "."], ...outsideFact(review)];
}

function gainedText({ added, after }: DeltaGroup): Phrase {
  return shortRegion(asReached(added, after === "differs" ? [] : (after ?? [])), LIMITS.names);
}

function warnings(groups: readonly FindingGroup[]): readonly Phrase[] {
  if (groups.length === 0) return [];
  return [[`${plural(groups.length, "warning")}: `, ...titles(groups), "."]];
}

/** Sentences of rules begin with names, which keep their case, or with words. */
function capitalised(text: string): string {
  return /^[a-z]+ /.test(text) ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
}

function titles(groups: readonly FindingGroup[]): Phrase {
  const distinct = [...new Set(groups.map(({ lead: { title } }) => title))];
  const shown = join(
    distinct.slice(0, LIMITS.listed).map((title) => [prose(uncapitalised(title))]),
    ", ",
  );
  return distinct.length > LIMITS.listed ? [...shown, " and others"] : shown;
}

function changed({ environments }: Review): readonly ReviewedDelta[] {
  return environments.flatMap(({ deltas }) => deltas.filter(changesReach));
}
