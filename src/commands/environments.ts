import { closest } from "../config/suggestion.ts";
import { UsageError } from "./failure.ts";

/** Refuses names of environments that nobody has: a filter that matches nothing would pass everything. */
export function checkEnvironments(asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = closest(unknown, known);
  const hint = meant === null ? "" : ` (did you mean "${meant}"?)`;
  const names = [...new Set(known)].sort();
  const list = names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
  throw new UsageError(`--env: no environment is called "${unknown}"${hint}; ${list}`);
}
