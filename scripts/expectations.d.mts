/** What a review is expected to say; everything left out is not looked at. */
export interface Expectation {
  readonly verdict?: "pass" | "block" | "undecided";
  readonly findings?: readonly ExpectedFinding[];
  /** Rules that may block, be undecided or warn without being listed. */
  readonly also?: readonly string[];
  /** false: findings that are not listed are no disagreement. */
  readonly onlyListed?: boolean;
  /** Rules that must not speak, not even in a note. */
  readonly absent?: readonly string[];
  /** Findings that must not be there. */
  readonly neverFinds?: readonly ExpectedFinding[];
  readonly noDelta?: boolean;
  /** Exactly the workloads that gain a region. */
  readonly added?: readonly string[];
  readonly deltas?: readonly ExpectedDelta[];
  /** Holds for each delta whose workload starts with `workload`, and there is at least one. */
  readonly everyDelta?: readonly ExpectedDelta[];
  /** Starts of workload keys that have no delta. */
  readonly neverDelta?: readonly string[];
  /** Lists are given as their length. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, boolean | number>>>>;
  /** Environments that are unchanged and so are not rendered. */
  readonly unchanged?: readonly string[];
  readonly unknowns?: readonly object[];
  readonly controls?: readonly object[];
  /** Any part of the JSON. */
  readonly review?: object;
  /** Words that the JSON holds somewhere, and words that it must not hold. */
  readonly mentions?: readonly string[];
  readonly neverMentions?: readonly string[];
}

export interface ExpectedDelta {
  readonly environment?: string;
  readonly workload: string;
  readonly added?: readonly object[];
  readonly removed?: readonly object[];
  readonly nothingAdded?: boolean;
  readonly onlyAdded?: readonly object[];
  readonly takesEffect?: object;
}

export interface ExpectedFinding {
  readonly rule: string;
  readonly severity?: "block" | "undecided" | "warn" | "note";
  readonly workloads?: readonly string[];
  readonly environments?: readonly string[];
  readonly side?: "base" | "head";
  readonly path?: string;
  /** Where several lines are as good an answer, all of them. */
  readonly line?: number | readonly number[];
  readonly document?: object;
  /** Words in its title, message, remediation or destinations, whatever their case. */
  readonly says?: readonly string[];
}

/** One sentence for each disagreement of a review, as the command line prints it in JSON, with what was expected. */
export function disagreements(review: unknown, expected: Expectation): string[];
