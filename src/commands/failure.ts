/** What the caller can mend: wrong usage, a repository that is none, an invalid configuration. Ends with exit code 64. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes of every command; 64 and 70 as in sysexits(3). */
export const EXIT = {
  pass: 0,
  block: 1,
  undecided: 2,
  usage: 64,
  internal: 70,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
} as const;
