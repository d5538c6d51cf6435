import type { LocatedFinding, Review } from "../report.ts";

/**
 * The review as its pages tell it: where environments only observe, and nothing else stops the change, as if they were
 * enforced; whoever rolls out wants to read what would happen.
 */
export function asTold(review: Review): Review {
  const { verdict, observed } = review;
  return verdict === "pass" && observed !== null ? { ...review, verdict: observed } : review;
}

/** Whether everything that stops this change is only observed. */
export function onlyObserved({ verdict, observed }: Pick<Review, "verdict" | "observed">): boolean {
  return verdict === "pass" && observed !== null;
}

/** Findings that nobody accepted. */
export function openFindings(findings: readonly LocatedFinding[]): readonly LocatedFinding[] {
  return findings.filter(({ approval }) => approval === null);
}

export function stops({ severity, approval }: LocatedFinding): boolean {
  return approval === null && (severity === "block" || severity === "undecided");
}
