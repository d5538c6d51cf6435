import type { Severity } from "../rules/finding.ts";
import type { RegionLine } from "../surface/surface.ts";
import { distinct, groupBy, sorted } from "./order.ts";
import type { LocatedFinding, Location, ReviewedEnvironment } from "./report.ts";

/** Findings that a reader meets as one: one region is one row, its strongest rule leads. */
export interface FindingGroup {
  readonly lead: LocatedFinding;
  /** Everything that all of its workloads gain, where it is the same and no other group speaks of it; else null. */
  readonly gained: readonly RegionLine[] | null;
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
  const gains = new Gains(
    environments,
    alike.filter(([lead]) => lead !== undefined && opens(lead)),
  );
  return sorted(
    alike.map((group) => groupOf(group, gains)),
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
    key: JSON.stringify([lead.severity, lead.rule, lead.destinations, rules, sayingOf(lead)]),
    lead,
    findings,
  };
}

/**
 * What a finding says, apart from whom it names: two that say the same of two policies are one group. Openings are told
 * apart by what they open. What a maintainer has to decide is never folded into something else.
 */
function sayingOf(finding: LocatedFinding): string {
  const { document, message, severity } = finding;
  if (severity === "undecided") return message;
  if (opens(finding)) return "";
  return document === null ? message : message.replaceAll(document.name, "");
}

/** The findings of topics that say the same, the leading one first. */
function findingsOf(topics: readonly Topic[]): readonly LocatedFinding[] {
  const leads = inOrder(topics.map((one) => one.lead));
  const others = inOrder(
    topics.flatMap(({ lead, findings }) => findings.filter((finding) => finding !== lead)),
  );
  return [...leads, ...others];
}

function groupOf(findings: readonly LocatedFinding[], gains: Gains): FindingGroup {
  const [lead] = findings;
  if (lead === undefined) throw new RangeError("a group has a finding");
  const leading = findings.filter(({ rule }) => rule === lead.rule);
  const others = findings.filter(({ rule }) => rule !== lead.rule);
  return {
    lead,
    gained: opens(lead) ? gains.of(findings) : null,
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

/** What workloads gain, and how many groups of findings speak of it. */
class Gains {
  readonly #added = new Map<string, readonly RegionLine[]>();
  readonly #groups = new Map<string, number>();

  constructor(environments: readonly ReviewedEnvironment[], groups: readonly (readonly LocatedFinding[])[]) {
    for (const { name, deltas } of environments) {
      for (const { workload, added } of deltas) this.#added.set(subjectKey(name, workload), added);
    }
    for (const findings of groups) {
      for (const key of subjectKeys(findings)) this.#groups.set(key, (this.#groups.get(key) ?? 0) + 1);
    }
  }

  of(findings: readonly LocatedFinding[]): readonly RegionLine[] | null {
    const keys = [...subjectKeys(findings)];
    const [first] = keys;
    const added = first === undefined ? undefined : this.#added.get(first);
    if (added === undefined || added.length === 0) return null;
    const text = JSON.stringify(added);
    const alone = keys.every(
      (key) => this.#groups.get(key) === 1 && JSON.stringify(this.#added.get(key)) === text,
    );
    return alone ? added : null;
  }
}

function subjectKeys(findings: readonly LocatedFinding[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { environments, workloads } of findings) {
    for (const environment of environments)
      for (const workload of workloads) keys.add(subjectKey(environment, workload));
  }
  return keys;
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
