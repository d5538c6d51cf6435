export type GitHubErrorCode =
  /** The repository, pull request, object: gone, renamed beyond recognition, or not ours to see. */
  | "not-found"
  /** A permission is missing; `permission` names it where GitHub does. */
  | "forbidden"
  /** The token is refused: suspended, uninstalled, a clock that is wrong. */
  | "unauthorised"
  /** Nothing may be asked before `until`. */
  | "rate-limited"
  /** GitHub or the network failed; a write may have worked all the same. */
  | "unavailable"
  /** GitHub refused what was sent. */
  | "invalid";

/** What went wrong at GitHub. Its message holds no token, no header and no body of a request. */
export class GitHubError extends Error {
  readonly code: GitHubErrorCode;
  readonly status: number | null;
  /** For "rate-limited". */
  readonly until: Date | null;
  /** For "forbidden": "checks=write". */
  readonly permission: string | null;

  constructor(
    code: GitHubErrorCode,
    message: string,
    facts: {
      readonly status?: number;
      readonly until?: Date;
      readonly permission?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: facts.cause });
    this.name = "GitHubError";
    this.code = code;
    this.status = facts.status ?? null;
    this.until = facts.until ?? null;
    this.permission = facts.permission ?? null;
  }
}
