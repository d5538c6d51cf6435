import { closest } from "../config/suggestion.ts";
import { UsageError } from "./failure.ts";

const SHOWN = 8;

/** Refuses names of environments that nobody has: a filter that matches nothing would pass everything. */
export function checkEnvironments(asked: readonly string[], known: readonly string[]): void {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const meant = closest(unknown, known);
  const hint = meant === null ? "" : ` (did you mean "${meant}"?)`;
  const names = [...new Set(known)].sort();
  const rest = names.length > SHOWN ? ` and ${names.length - SHOWN} more (egress-review targets)` : "";
  const list = names.length === 0 ? "there are none" : `there are ${names.slice(0, SHOWN).join(", ")}${rest}`;
  throw new UsageError(`--env: no environment is called "${unknown}"${hint}; ${list}`);
}
