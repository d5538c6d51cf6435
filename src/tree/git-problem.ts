/** Why git could not answer. */
export interface GitProblem {
  readonly kind: "git-problem";
  readonly code: GitProblemCode;
  /** What was asked for: a directory, a revision. */
  readonly subject: string;
  /** One sentence for a person. */
  readonly message: string;
}

export type GitProblemCode =
  | "git-missing"
  | "not-a-repository"
  /** git refuses a repository that another user owns (safe.directory). */
  | "not-trusted"
  | "unknown-revision"
  | "no-default-branch"
  | "no-merge-base"
  /** Like no-merge-base, and the clone is shallow. */
  | "shallow"
  | "bare-repository"
  | "git-too-old"
  | "failed";

export function isGitProblem(value: unknown): value is GitProblem {
  return typeof value === "object" && value !== null && (value as { kind?: unknown }).kind === "git-problem";
}

export function gitProblem(code: GitProblemCode, subject: string, message: string): GitProblem {
  return { kind: "git-problem", code, subject, message };
}
