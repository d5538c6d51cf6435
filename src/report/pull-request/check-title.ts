import { visible } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct } from "../layout/order.ts";
import {
  count,
  enumerate,
  name,
  type Phrase,
  plural,
  prose,
  sentence,
  uncapitalised,
} from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN } from "../layout/style.ts";
import { acceptedLines } from "../lines/accepted-line.ts";
import { asReached } from "../lines/as-reached.ts";
import { destinationsText } from "../lines/finding-row.ts";
import { changesReach, groupDeltas } from "../lines/group-deltas.ts";
import { type FindingGroup, groupFindings, opens } from "../lines/group-findings.ts";
import { changeText, staysInside } from "../lines/headline.ts";
import { shortRegion } from "../lines/region-text.ts";
import { asTold, onlyObserved, openFindings } from "../lines/standing.ts";
import { namespaceSizes, workloadsText } from "../lines/workload-text.ts";
import type { Review } from "../report.ts";
import type { PublicationContext } from "./publication.ts";

/** The comment's first sentence in short: the line of the merge box, at most 80 characters of plain text. */
export function checkTitle(review: Review, { required }: Pick<PublicationContext, "required">): string {
  const told = asTold(review);
  const before = onlyObserved(review)
    ? `observe: would ${told.verdict === "block" ? "block" : "be undecided"}: `
    : "";
  const after = required === false ? " (not required here)" : "";
  const room = LIMITS.titleCharacters - before.length - after.length;
  return `${before}${firstFitting(sentences(told), room)}${after}`;
}

/** The first that fits; else the last one, cut. */
export function firstFitting(candidates: readonly string[], room: number): string {
  const fitting = candidates.find((candidate) => candidate !== "" && visible(candidate, 1000).length <= room);
  return visible(fitting ?? candidates.at(-1) ?? "", room);
}

/** The same in ever fewer words. */
function sentences(review: Review): readonly string[] {
  const groups = groupFindings(openFindings(review.findings), review.environments);
  const [lead] = groups.filter(({ severity }) => severity === review.verdict);
  if (review.verdict === "pass") return passSentences(review, groups);
  if (lead === undefined) return [review.verdict === "block" ? "Blocked" : "Undecided"];
  return review.verdict === "block" ? leadSentences(lead, review) : undecidedSentences(lead, review);
}

function leadSentences(lead: FindingGroup, review: Review): readonly string[] {
  const whos = whoTexts(lead.workloads, review);
  const title = plain([prose(uncapitalised(lead.lead.title))]);
  if (!opens(lead.lead)) {
    return [
      plain([prose(lead.messages[0] ?? lead.lead.title)]).replace(/\.$/, ""),
      ...whos.map((who) => `${lead.lead.title}: ${who}`),
      lead.lead.title,
    ];
  }
  const whole = plain(destinationsText(lead));
  const short = plain(destinationsText({ ...lead, opened: lead.opened.slice(0, 1) }));
  const more = lead.opened.length > 1 ? ` and ${count(lead.opened.length - 1)} more` : "";
  return [
    ...whos.map((who) => `${who} could reach ${whole}`),
    ...whos.map((who) => `${who} could reach ${short}${more}`),
    ...whos.map((who) => `${who}: ${title}`),
    lead.lead.title,
  ];
}

/** All of them, their namespaces, how many they are. */
function whoTexts(workloads: readonly string[], { environments }: Review): readonly string[] {
  const sizes = namespaceSizes(environments.map(({ workloadNames }) => workloadNames));
  const namespaces = distinct(workloads.map((key) => key.slice(0, key.indexOf("/"))));
  return [
    ...(namespaces.length === 1 && workloads.length > 1
      ? []
      : [plain(sentence(workloadsText(workloads, sizes)))]),
    plain(
      enumerate(
        namespaces.map((text): Phrase => [name(text)]),
        LIMITS.names,
      ),
    ),
    plain([plural(workloads.length, "workload")]),
  ];
}

function undecidedSentences(lead: FindingGroup, review: Review): readonly string[] {
  const { decided, partlyRead, notRead } = review.coverage.targets;
  const targets = distinct(
    review.unknowns
      .filter(({ decides }) => decides)
      .flatMap(({ environment, target }) => (target === null ? [] : [JSON.stringify([environment, target])])),
  );
  const of =
    targets.length === 0
      ? "Undecided"
      : `${count(targets.length)} of ${plural(decided + partlyRead + notRead, "target")} undecided`;
  const what = plain([prose(lead.messages[0] ?? lead.lead.title)]);
  const [first = what] = what.split(". ");
  const source = first.replace(/\.$/, "").replace(/ of \w+:\/\/\S+/, "");
  const short = source.replace(/ \(was [^)]*\)/, "");
  const shorter = short.replace(/\S+\/(\S+)/, "$1");
  return [...[source, short, shorter].map((text) => `${of}: ${text}`), of];
}

function passSentences(review: Review, groups: readonly FindingGroup[]): readonly string[] {
  const edits = review.proposed === null ? "" : "; edits the configuration";
  if (review.environments.every(({ changed }) => !changed)) return [`No egress input changed${edits}`];
  const warnings = groups.filter(({ severity }) => severity === "warn").length;
  const accepted = acceptedLines(review.findings).length;
  const also = [
    ...(warnings === 0 ? [] : [`; ${plural(warnings, "warning")}`]),
    ...(accepted === 0 ? [] : [`; ${count(accepted)} accepted`]),
    edits,
  ].join("");
  const [change = []] = changeText(review);
  const texts = [plain(change), ...gainSentences(review), ...inNumbers(review)];
  return texts.map((text) => `${text.replace(/\.$/, "")}${also}`);
}

/** Where all that is gained is the same: who gains it, shorter each time. */
function gainSentences(review: Review): readonly string[] {
  const { groups, rest } = groupDeltas(review.environments);
  const [first, ...others] = groups;
  const same = others.every(({ added }) => JSON.stringify(added) === JSON.stringify(first?.added));
  if (first === undefined || first.added.length === 0 || !same || rest.widened.length > 0) return [];
  const after = first.after === "differs" ? [] : (first.after ?? []);
  const gained = plain(shortRegion(asReached(first.added, after), 1));
  const whos = whoTexts(distinct(groups.flatMap(({ workloads }) => workloads)), review);
  return whos.map((who) => `${who} can ${first.before === null ? "" : "also "}reach ${gained}`);
}

/** What narrows and what widens, by name where it is one workload; then by number alone. */
function inNumbers(review: Review): readonly string[] {
  const { environments } = review;
  const deltas = environments.flatMap((environment) => environment.deltas.filter(changesReach));
  const wider = distinct(deltas.filter(({ added }) => added.length > 0).map(({ workload }) => workload));
  const narrower = distinct(deltas.filter(({ added }) => added.length === 0).map(({ workload }) => workload));
  const named = (keys: readonly string[]) => keys[0] ?? "";
  const counted = (keys: readonly string[]) => plural(keys.length, "workload");
  const inside = staysInside(review) ? " inside the cluster" : "";
  return [named, counted].map((words) => {
    const amount = (keys: readonly string[]) => (keys.length === 1 ? words(keys) : counted(keys));
    const own = wider.length === 1 && words === named ? named(wider) : count(wider.length);
    const widened = narrower.length === 0 ? `egress of ${amount(wider)}` : `that of ${own}`;
    const parts = [
      ...(narrower.length === 0 ? [] : [`narrows egress of ${amount(narrower)}`]),
      ...(wider.length === 0 ? [] : [`widens ${widened}${inside}`]),
    ];
    return plain(sentence([parts.join(", ")]));
  });
}

function plain(phrase: Phrase): string {
  return new PhraseText(PLAIN).text(phrase);
}
