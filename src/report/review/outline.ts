import type { Severity } from "../../rules/finding.ts";
import { LIMITS } from "../layout/limits.ts";
import type { Phrase } from "../layout/phrase.ts";
import { acceptedLines } from "../lines/accepted-line.ts";
import { type ControlRow, controlRows, limitLines } from "../lines/control-row.ts";
import { controlsInOrder } from "../lines/controls-text.ts";
import { type FindingRow, findingRow, moreFindings, noteLines } from "../lines/finding-row.ts";
import { groupDeltas } from "../lines/group-deltas.ts";
import { groupFindings } from "../lines/group-findings.ts";
import { headline } from "../lines/headline.ts";
import { meshLines } from "../lines/mesh-line.ts";
import { proposedLines } from "../lines/proposed-line.ts";
import { moreReach, type ReachRow, reachRow, withoutTold } from "../lines/reach-row.ts";
import { assumptionLines, coverageLines, scopeLines } from "../lines/scope-line.ts";
import { asTold, onlyObserved, openFindings } from "../lines/standing.ts";
import { unknownLines } from "../lines/unknown-line.ts";
import { voidLines } from "../lines/void-line.ts";
import { whenLines } from "../lines/when-line.ts";
import { namespaceSizes } from "../lines/workload-text.ts";
import type { LocatedFinding, Review, ReviewedUnknown, Verdict } from "../report.ts";

/**
 * What a review says to people, grouped, cut to the limits and put in order, before it is laid out. Text and Markdown
 * print the same outline, so that they never differ in what they say.
 */
export interface Outline {
  readonly verdict: Verdict;
  /** What it would be if every environment were enforced, where that alone stops the change. */
  readonly observed: Verdict | null;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly headline: readonly Phrase[];
  /** Findings that are more than a note. */
  readonly findings: readonly FindingRow[];
  /** Findings that somebody accepted. */
  readonly accepted: readonly Phrase[];
  /** Approvals that no longer count. */
  readonly voided: readonly Phrase[];
  /** The change edits the configuration: what the edited one would say. */
  readonly proposed: readonly Phrase[];
  readonly moreFindings: Phrase | null;
  /** What decides the verdict and no finding names. */
  readonly undecided: readonly Phrase[];
  readonly reach: readonly ReachRow[];
  readonly moreReach: readonly Phrase[];
  /** The same without what the rows of findings tell already. */
  readonly otherReach: { readonly rows: readonly ReachRow[]; readonly more: readonly Phrase[] };
  readonly when: readonly Phrase[];
  readonly scope: readonly Phrase[];
  readonly notes: readonly Phrase[];
  /** Unread and partly read, not deciding. */
  readonly notRead: readonly Phrase[];
  /** What a mesh says: context, never proof. */
  readonly mesh: readonly Phrase[];
  readonly coverage: readonly Phrase[];
  readonly assumptions: readonly Phrase[];
  readonly controls: readonly ControlRow[];
  /** What the evidence for the controls cannot show. */
  readonly limits: readonly Phrase[];
  readonly contact: string | null;
}

export function outline(review: Review): Outline {
  const { environments, unknowns } = review;
  const findings = openFindings(review.findings);
  const told = asTold(review);
  const sizes = namespaceSizes(environments.map(({ workloadNames }) => workloadNames));
  const loud = groupFindings(
    findings.filter(({ severity }) => severity !== "note"),
    environments,
  );
  const deltas = groupDeltas(environments);
  const untold = groupDeltas(withoutTold(environments, loud.slice(0, LIMITS.findingRows)));
  const several = environments.filter(({ changed }) => changed).length > 1;
  const deciding = unknowns.filter(({ decides }) => decides);
  return {
    verdict: review.verdict,
    observed: onlyObserved(review) ? review.observed : null,
    counts: countSeverities(findings),
    headline: headline(told, loud, deltas, sizes),
    findings: loud
      .slice(0, LIMITS.findingRows)
      .map((group) => findingRow(group, { environments, sizes, several, deciding })),
    accepted: acceptedLines(review.findings),
    voided: voidLines(review.voidApprovals, review.findings),
    proposed: proposedLines(review.proposed),
    moreFindings: moreFindings(loud.slice(LIMITS.findingRows)),
    undecided: unknownLines(
      deciding.filter((unknown) => !isFound(unknown, findings)),
      { several, folded: false },
    ),
    reach: deltas.groups.map((group) => reachRow(group, sizes, several)),
    moreReach: moreReach(deltas, sizes),
    otherReach: {
      rows: untold.groups.map((group) => reachRow(group, sizes, several)),
      more: moreReach({ groups: deltas.groups, rest: untold.rest }, sizes),
    },
    when: whenLines(
      environments.flatMap((environment) => environment.deltas),
      sizes,
    ),
    scope: scopeLines(environments),
    notes: noteLines(
      findings.filter(({ severity }) => severity === "note"),
      sizes,
    ),
    notRead: unknownLines(
      unknowns.filter(({ decides }) => !decides),
      { several, folded: true },
    ),
    mesh: meshLines(environments, sizes),
    coverage: coverageLines(review.coverage),
    assumptions: assumptionLines(review.assumptions),
    controls: controlRows(
      controlsInOrder(review.controls),
      environments.some(({ changed }) => changed),
    ),
    limits: limitLines(controlsInOrder(review.controls)),
    contact: review.contact,
  };
}

function countSeverities(findings: readonly LocatedFinding[]): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { block: 0, undecided: 0, warn: 0, note: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** Handles may be short: a finding stands for an unknown only where it is undecided and of the same environment. */
function isFound({ handle, environment }: ReviewedUnknown, findings: readonly LocatedFinding[]): boolean {
  return findings.some(
    (finding) =>
      finding.handle === handle &&
      finding.severity === "undecided" &&
      finding.environments.includes(environment),
  );
}
