import type { Blamed } from "../blame/blame.ts";
import type { Deletion } from "../blame/deletions.ts";
import type { Fix } from "../report/report.ts";
import type { Finding, Severity } from "../rules/finding.ts";
import type { Judgement } from "../rules/judge.ts";

/** A finding with its place, for one that stands further up is the same one after lines above it are gone. */
export interface FindingWithPlace {
  readonly finding: Finding;
  readonly blamed: Pick<Blamed, "location">;
}

export interface JudgedWithPlaces extends Pick<Judgement, "verdict" | "observed" | "unknowns"> {
  readonly findings: readonly FindingWithPlace[];
}

/**
 * What a deletion does for one finding: a fix, where the finding is gone, nothing new blocks or is undecided and nothing is
 * read less well than before.
 */
export function fixOutcome(
  finding: Finding,
  before: JudgedWithPlaces,
  after: JudgedWithPlaces,
  deletion: Deletion,
): Fix | null {
  if (!knowsAsMuch(before, after)) return null;
  const open = after.findings.filter(({ finding: one }) => one.approval === null);
  const left = open.map((one) => ({ ...one, former: formerOf(one, before.findings, deletion) }));
  const worse = left.some(
    ({ finding: one, former }) => decides(one) && (former === null || rank(one) < rank(former)),
  );
  const gone = !left.some(({ finding: one, former }) => former === finding && decides(one));
  if (worse || !gone) return null;
  // What only observes is fixed for what it would say if it counted.
  const counted = left.filter(({ finding: one }) => finding.observed || !one.observed);
  return {
    kind: "delete-lines",
    path: deletion.path,
    first: deletion.lines.first,
    last: deletion.lines.last,
    verdict: finding.observed ? (after.observed ?? after.verdict) : after.verdict,
    left: distinct(
      counted
        .filter(({ finding: { severity } }) => severity !== "note")
        .map(({ finding: one, former }) => (former ?? one).handle),
    ),
  };
}

function knowsAsMuch(before: JudgedWithPlaces, after: JudgedWithPlaces): boolean {
  const known = new Set(before.unknowns.map(unknownKey));
  return after.unknowns.every((one) => known.has(unknownKey(one)));
}

function unknownKey({ environment, unknown, side }: JudgedWithPlaces["unknowns"][number]): string {
  return JSON.stringify([environment, side, unknown.id]);
}

function decides({ severity }: Finding): boolean {
  return severity === "block" || severity === "undecided";
}

const SEVERITIES: readonly Severity[] = ["block", "undecided", "warn", "note"];

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}

/**
 * The finding of the review that one of the edited tree is: of the same line, for causes of one object are numbered and the
 * next one moves up; else of the same fingerprint.
 */
function formerOf(
  { finding, blamed }: FindingWithPlace,
  before: readonly FindingWithPlace[],
  deletion: Deletion,
): Finding | null {
  const place = placeBefore(blamed.location, deletion);
  const alike = before.filter(
    ({ finding: one }) =>
      one.rule === finding.rule && one.environments.join() === finding.environments.join(),
  );
  const there = alike.filter((one) => place !== null && placeOf(one.blamed.location) === place);
  const same = ({ finding: one }: FindingWithPlace) => one.fingerprint === finding.fingerprint;
  const former = there.find(same) ?? there[0] ?? alike.find(same);
  return former?.finding ?? null;
}

/** null where the line is not known. */
function placeOf(location: Blamed["location"]): string | null {
  return location === null || location.line === null
    ? null
    : JSON.stringify([location.side, location.path, location.line]);
}

function placeBefore(location: Blamed["location"], { path, lines }: Deletion): string | null {
  if (location === null || location.line === null) return null;
  const below = location.side === "head" && location.path === path && location.line >= lines.first;
  const line = location.line + (below ? lines.last - lines.first + 1 : 0);
  return placeOf({ ...location, line });
}

function distinct(handles: readonly string[]): readonly string[] {
  return [...new Set(handles)];
}
