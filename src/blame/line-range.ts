/** Lines of a text, one-based, both of them included. */
export interface LineRange {
  readonly first: number;
  readonly last: number;
}
