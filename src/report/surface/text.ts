import { groupBy, sorted } from "../layout/order.ts";
import { count, type Phrase, place, plural, prose } from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN, type Style } from "../layout/style.ts";
import { hanging, labelled, readableWidth, tableText, wrapped } from "../layout/terminal-layout.ts";
import { MESH_TITLE, meshListing } from "../lines/mesh-line.ts";
import { shortRegion } from "../lines/region-text.ts";
import { namesText } from "../lines/subject-text.ts";
import { unknownLines } from "../lines/unknown-line.ts";
import { type NamespaceSizes, namespaceSizes, workloadsText } from "../lines/workload-text.ts";
import { policiesInOrder } from "./json.ts";
import type { IdlePolicy, ListedEnvironment, ListedWorkload, SurfaceListing } from "./listing.ts";

export interface PageOptions {
  readonly columns?: number;
  readonly style?: Style;
}

/** A listing for a terminal: workloads that may reach the same are one row, the most open first. */
export function surfaceText(
  listing: SurfaceListing,
  { columns = 100, style = PLAIN }: PageOptions = {},
): string {
  const page = { style, phrases: new PhraseText(style), width: readableWidth(columns) };
  const environments = sorted(listing.environments, ({ name }) => name);
  const assumed = listing.assumptions.map(({ text }) => page.phrases.text([prose(text)]));
  const blocks = [
    wrapped(summary(listing), page.width),
    ...environments.map((environment) => environmentText(environment, page)),
    assumed.length === 0 ? "" : labelled(style.strong("Assumed "), assumed, page.width),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

interface Page {
  readonly style: Style;
  readonly phrases: PhraseText;
  readonly width: number;
}

/** More than a report would print: this command is asked for all of it. */
const DESTINATIONS = 24;

function summary({ environments }: SurfaceListing): string {
  const workloads = environments.flatMap((environment) => environment.workloads);
  const open = workloads.filter(({ standing }) => standing !== "isolated");
  const all = `${plural(workloads.length, "workload")} in ${plural(environments.length, "environment")}`;
  if (workloads.length === 0) return `${all}.`;
  if (open.length === 0) return `${all}, isolated for egress without exception.`;
  return `${all}; ${count(open.length)} ${open.length === 1 ? "is" : "are"} not known to be isolated for egress.`;
}

function environmentText(
  { name, workloads, idlePolicies, unknowns, mesh = [] }: ListedEnvironment,
  page: Page,
): string {
  const { style, phrases, width } = page;
  const sizes = namespaceSizes([workloads.map(({ workload }) => workload)]);
  const groups = [...groupBy(workloads, ({ standing, reach }) => JSON.stringify([standing, reach])).values()];
  const ordered = sorted(
    groups,
    ([first]) => STANDINGS.indexOf(first?.standing ?? "isolated"),
    (group) => -group.length,
    ([first]) => first?.workload ?? "",
  );
  const rows = ordered.map((group) => rowOf(group, sizes).map((phrase) => phrases.text(phrase)));
  const head = ["Who", "May reach"].map((title) => style.strong(title));
  return [
    style.strong(phrases.text([{ kind: "name", text: name }])),
    rows.length === 0 ? "No workload." : tableText([head, ...rows], [0.4, 0.6], width),
    ...listing("Policies that select no workload in Git", policiesInOrder(idlePolicies).map(idleText), page),
    ...listing(MESH_TITLE, meshListing(mesh), page),
    ...listing("Not read", unknownLines(unknowns, { several: false, folded: true, oneSide: true }), page),
  ].join("\n");
}

const STANDINGS: readonly ListedWorkload["standing"][] = [
  "not-governed",
  "not-isolated",
  "unknown",
  "isolated",
];

function rowOf(group: readonly ListedWorkload[], sizes: NamespaceSizes): readonly Phrase[] {
  const [first] = group;
  if (first === undefined) return [];
  const who = workloadsText(
    group.map(({ workload }) => workload),
    sizes,
  );
  return [who, [...shortRegion(first.reach, DESTINATIONS), ...standingText(first.standing)]];
}

function standingText(standing: ListedWorkload["standing"]): Phrase {
  switch (standing) {
    case "isolated":
      return [];
    case "not-isolated":
      return [" (no policy isolates it)"];
    case "not-governed":
      return [" (host network: no policy governs it)"];
    case "unknown":
      return [" (as far as it was read: something unread may isolate it)"];
  }
}

function idleText({ kind, namespace, name, location }: IdlePolicy): Phrase {
  const policy = namesText([namespace === null ? `${kind} ${name}` : `${kind} ${namespace}/${name}`], 1);
  return location === null ? policy : [...policy, " at ", place(location)];
}

function listing(
  title: string,
  lines: readonly Phrase[],
  { style, phrases, width }: Page,
): readonly string[] {
  if (lines.length === 0) return [];
  return [style.strong(title), ...lines.map((line) => hanging(" ·", phrases.text(line), width))];
}
