import type { LineRange } from "../../blame/line-range.ts";
import type { Location, Review, Verdict } from "../report.ts";

export type { LineRange };

/** What a pull request's pages need to know beside the review; everything here was looked up, nothing is text of the change. */
export interface PublicationContext {
  /** "owner/name". */
  readonly repository: string;
  readonly pullRequest: number;
  /** Whole commit ids: tip of the base branch, head of the pull request. */
  readonly base: string;
  readonly head: string;
  readonly draft: boolean;
  /** From a fork: the author may be nobody that the repository knows. */
  readonly fork: boolean;
  /** Address of a file at a line, at the side's commit. */
  readonly link: (location: Location) => string;
  /** Address of the check run, of the sticky comment where there is one, of a page of the documentation. */
  readonly checkUrl: string | null;
  readonly commentUrl: string | null;
  readonly documentation: (page: string) => string;
  /** Whether the base branch requires this check; "unknown" says nothing. */
  readonly required: boolean | "unknown";
  /** Who may clear a finding, by handle; a handle that is not here can be cleared by nobody but a change. */
  readonly clearers: ReadonlyMap<string, Clearers>;
  /** Other open pull requests of the same head commit, and what is said of them: the worst counts. */
  readonly sameCommit: readonly {
    readonly pullRequest: number;
    readonly base: string;
    readonly verdict: Verdict;
  }[];
  /** Command that repeats this review on one's own machine. */
  readonly reproduce: string;
}

/** Who may clear a finding (design section 9), and why they. */
export type Clearers =
  | {
      readonly kind: "people";
      /** Logins and teams, as configuration or CODEOWNERS writes them, without "@". */
      readonly names: readonly string[];
      readonly source: "configuration" | "codeowners";
    }
  /** Whoever has maintain or admin and neither wrote nor pushed the change. */
  | { readonly kind: "maintainers" }
  /** Nobody is eligible: `self` = an author may, recorded as such. */
  | { readonly kind: "nobody"; readonly self: boolean };

/** The output of a check run, cut to GitHub's limits; annotations in one list, whoever posts them makes the batches. */
export interface CheckOutput {
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly Annotation[];
}

export interface Annotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** label 20, description 40, identifier 20 characters at most. */
export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export type Conclusion = "success" | "failure" | "neutral" | "action_required" | "cancelled";

/** A comment at lines of the diff, and the finding it speaks of. */
export interface InlineComment {
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  readonly startLine: number;
  readonly endLine: number;
  readonly body: string;
  readonly fingerprint: string;
}

/** A file of the pull request and the lines of it that GitHub lets one comment on, per side. */
export interface CommentableFile {
  readonly path: string;
  readonly left: readonly LineRange[];
  readonly right: readonly LineRange[];
}

/** Why an evaluation ended without a verdict. Red, with the reason and a way to retry. */
export type Failure =
  | { readonly code: "conflict"; readonly base: string }
  | { readonly code: "no-test-merge" }
  | { readonly code: "deadline"; readonly seconds: number }
  | { readonly code: "crash"; readonly reference: string }
  | { readonly code: "configuration"; readonly problems: readonly ConfigurationTrouble[] }
  | { readonly code: "permission"; readonly permission: string }
  | { readonly code: "tree-unreadable"; readonly reason: string };

export interface ConfigurationTrouble {
  /** "organisation" = the policy repository's file. */
  readonly source: "repository" | "organisation";
  readonly path: string;
  readonly line: number | null;
  readonly message: string;
}

/** What GitHub's conclusion is for a verdict: "neutral" satisfies a required check, so only observation has it. */
export function conclusionOf({ verdict, observed }: Pick<Review, "verdict" | "observed">): Conclusion {
  switch (verdict) {
    case "block":
      return "failure";
    case "undecided":
      return "action_required";
    case "pass":
      return observed === null ? "success" : "neutral";
  }
}
