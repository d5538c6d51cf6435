/** Where something stands in a tree. A wrong line is worse than none: `line` is null unless it is certain. */
export interface Place {
  /** Path relative to the repository's root. */
  readonly path: string;
  /** One-based. */
  readonly line: number | null;
}
