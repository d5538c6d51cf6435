import { isGitProblem } from "../../src/tree/git-problem.ts";
import { isTreeProblem } from "../../src/tree/tree.ts";

/** The value, or a failing test where it is a problem. */
export function good<T>(
  value: T,
): Exclude<T, { readonly kind: "problem" } | { readonly kind: "git-problem" }> {
  if (isGitProblem(value) || isTreeProblem(value)) throw new Error(JSON.stringify(value));
  return value as Exclude<T, { readonly kind: "problem" } | { readonly kind: "git-problem" }>;
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
