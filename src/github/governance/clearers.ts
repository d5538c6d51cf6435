import type { Clearers } from "../../report/pull-request/publication.ts";
import type { LocatedFinding, Review } from "../../report/report.ts";
import { type ClearingPolicy, type Requirement, requirementsOf, teamOf } from "./requirements.ts";
import type { Writers } from "./writers.ts";

/** Who may clear what a review stops, by handle; nobody was looked up for it, `mayClear` decides about one person. */
export function clearersOf(
  { findings }: Pick<Review, "findings">,
  policy: ClearingPolicy,
  writers: Writers,
): ReadonlyMap<string, Clearers> {
  return new Map(
    findings.filter(isClearable).map((finding) => [finding.handle, clearersOfOne(finding, policy, writers)]),
  );
}

/** Only what stops a change can be accepted. */
export function isClearable({ severity }: Pick<LocatedFinding, "severity">): boolean {
  return severity === "block" || severity === "undecided";
}

function clearersOfOne(finding: LocatedFinding, policy: ClearingPolicy, writers: Writers): Clearers {
  const self = policy.self === "recorded";
  const nobody: Clearers = { kind: "nobody", self };
  // Nobody is known to be somebody else than a writer who cannot be named.
  if (writers.unknown.length > 0 && !self) return nobody;
  const requirements = requirementsOf(finding, policy);
  const lists = requirements.filter((one) => one.kind !== "maintainers");
  const [first] = lists;
  if (first === undefined) return { kind: "maintainers" };
  const eligible = namesOfAll(lists).filter((name) => !writers.known.has(name.toLowerCase()));
  if (eligible.length === 0) return nobody;
  return {
    kind: "people",
    names: eligible,
    source: lists.some(({ kind }) => kind === "approvers") ? "configuration" : "codeowners",
  };
}

/** Those whom every list names, and teams of every list: a person may be in several. */
function namesOfAll(lists: readonly Exclude<Requirement, { kind: "maintainers" }>[]): readonly string[] {
  const all = [...new Set(lists.flatMap(({ names }) => names))];
  return all.filter((name) =>
    lists.every(({ names }) => names.includes(name) || names.some((other) => teamOf(other) !== null)),
  );
}
