import type { Severity } from "../../rules/finding.ts";
import type { RegionLine } from "../../surface/surface.ts";
import { distinct, groupBy, sorted } from "../layout/order.ts";
import type { LocatedFinding, Location, ReviewedDelta, ReviewedEnvironment } from "../report.ts";
import { asReached } from "./as-reached.ts";
import { saidOf } from "./saying.ts";

/** Findings that a reader meets as one: one region is one row, its strongest rule leads. */
export interface FindingGroup {
  readonly lead: LocatedFinding;
  /** What it opens, said as what its workloads reach after the change. */
  readonly opened: readonly RegionLine[];
  /** Every finding by the leading rule. */
  readonly leading: readonly LocatedFinding[];
  /** Other rules that speak of the same region, strongest first. */
  readonly also: readonly LocatedFinding[];
  readonly severity: Severity;
  readonly workloads: readonly string[];
  readonly environments: readonly string[];
  readonly locations: readonly Location[];
  /** Handles of findings by the leading rule. */
  readonly handles: readonly string[];
  readonly messages: readonly string[];
  readonly remedies: readonly string[];
}

/** Strongest first, then by rule: 201 (everything) stands before 203 and 204. */
export function groupFindings(
  findings: readonly LocatedFinding[],
  environments: readonly ReviewedEnvironment[] = [],
): readonly FindingGroup[] {
  const topics = [...groupBy(inOrder(findings), topicOf).values()].map(topic);
  const alike = [...groupBy(topics, (one) => one.key).values()].map(findingsOf);
  const afters = aftersOf(environments);
  return sorted(
    alike.map((group) => groupOf(group, afters)),
    ({ severity }) => severityRank(severity),
    ({ lead }) => lead.rule,
    ({ workloads }) => -workloads.length,
    ({ lead }) => lead.fingerprint,
  );
}

export function inOrder(findings: readonly LocatedFinding[]): readonly LocatedFinding[] {
  return sorted(
    findings,
    ({ severity }) => severityRank(severity),
    ({ rule }) => rule,
    ({ fingerprint }) => fingerprint,
    ({ environments }) => environments.join(),
    ({ message }) => message,
  );
}

function severityRank(severity: Severity): number {
  return ["block", "undecided", "warn", "note"].indexOf(severity);
}

/** Rules 1xx to 3xx judge regions that a change adds; the others speak of something else (rule catalogue). */
export function opens(finding: LocatedFinding): boolean {
  return /^EGR-[123]/.test(finding.rule) && finding.destinations.length > 0;
}

interface Topic {
  readonly key: string;
  readonly lead: LocatedFinding;
  readonly findings: readonly LocatedFinding[];
}

/** What several rules, or one rule in several environments, say of one thing. */
function topicOf(finding: LocatedFinding): string {
  const { rule, document, location, workloads, message } = finding;
  if (!opens(finding) || (document === null && location === null))
    return JSON.stringify([rule, message, workloads]);
  return JSON.stringify([document, location, workloads]);
}

function topic(findings: readonly LocatedFinding[]): Topic {
  const [lead] = findings;
  if (lead === undefined) throw new RangeError("a topic has a finding");
  const rules = distinct(findings.map(({ rule }) => rule));
  return {
    key: JSON.stringify([lead.severity, lead.rule, lead.destinations, rules, ...sayingOf(lead)]),
    lead,
    findings,
  };
}

/**
 * What a finding says, apart from the object that its sentence begins with: two that say the same of two policies are one
 * group. Openings are told apart by what they open. What a maintainer has to decide is never folded into something else.
 */
function sayingOf(finding: LocatedFinding): readonly string[] {
  if (finding.severity === "undecided") return [finding.message];
  if (opens(finding)) return [];
  const { about, rest } = saidOf(finding);
  // Of workloads each is one row, unless another says it of the same: rows are about whom they name.
  return about === "object" ? [about, rest] : [finding.message, ...finding.workloads];
}

/** The findings of topics that say the same, the leading one first. */
function findingsOf(topics: readonly Topic[]): readonly LocatedFinding[] {
  const leads = inOrder(topics.map((one) => one.lead));
  const others = inOrder(
    topics.flatMap(({ lead, findings }) => findings.filter((finding) => finding !== lead)),
  );
  return [...leads, ...others];
}

function groupOf(findings: readonly LocatedFinding[], afters: Afters): FindingGroup {
  const [lead] = findings;
  if (lead === undefined) throw new RangeError("a group has a finding");
  const leading = findings.filter(({ rule }) => rule === lead.rule);
  const others = findings.filter(({ rule }) => rule !== lead.rule);
  return {
    lead,
    opened: opens(lead)
      ? asReached(
          leading.flatMap((finding) => openedBy(finding, afters)),
          [],
        )
      : [],
    leading,
    also: [...groupBy(others, ({ rule }) => rule).values()].flatMap((alike) => alike.slice(0, 1)),
    severity: lead.severity,
    workloads: distinct(findings.flatMap(({ workloads }) => workloads)),
    environments: distinct(findings.flatMap(({ environments }) => environments)),
    locations: locationsOf(leading),
    handles: distinct(leading.map(({ handle }) => handle)),
    messages: [...new Set(leading.map(({ message }) => message))],
    remedies: [...new Set(leading.map(({ remediation }) => remediation).filter((text) => text !== ""))],
  };
}

/** What workloads gain and what they reach after, by environment and workload. */
type Afters = ReadonlyMap<string, ReviewedDelta>;

function aftersOf(environments: readonly ReviewedEnvironment[]): Afters {
  return new Map(
    environments.flatMap(({ name, deltas }) =>
      deltas.map((delta) => [subjectKey(name, delta.workload), delta] as const),
    ),
  );
}

/** What a finding opens, said as what each of its workloads reaches now. */
function openedBy(
  { environments, workloads, regions }: LocatedFinding,
  afters: Afters,
): readonly RegionLine[] {
  const deltas = environments.flatMap((name) =>
    workloads.map((workload) => afters.get(subjectKey(name, workload)) ?? null),
  );
  return asReached(regions, commonLines(deltas));
}

/** More different surfaces are not compared: what was added is then said as it was added, which is as true. */
const MOST_SURFACES = 32;
const NOTHING: readonly RegionLine[] = [];

/** What all of them reach after. Workloads that the same rules govern share one list. */
function commonLines(deltas: readonly (ReviewedDelta | null)[]): readonly RegionLine[] {
  const surfaces = new Set<readonly RegionLine[]>();
  for (const delta of deltas) {
    surfaces.add(delta?.after ?? NOTHING);
    if (surfaces.size > MOST_SURFACES) return NOTHING;
  }
  const [first = NOTHING, ...others] = surfaces;
  const keys = others.map((lines) => new Set(lines.map(lineKey)));
  return first.filter((line) => keys.every((known) => known.has(lineKey(line))));
}

function lineKey(line: RegionLine): string {
  return JSON.stringify(line);
}

function subjectKey(environment: string, workload: string): string {
  return JSON.stringify([environment, workload]);
}

export function locationsOf(findings: readonly LocatedFinding[]): readonly Location[] {
  const places = findings.flatMap(({ location }) => (location === null ? [] : [location]));
  const unique = [
    ...new Map(places.map((place) => [JSON.stringify([place.side, place.path, place.line]), place])).values(),
  ];
  return sorted(
    unique,
    ({ path }) => path,
    ({ side }) => side,
    ({ line }) => line ?? 0,
  );
}
