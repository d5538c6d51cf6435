import { distinct, groupBy, sorted } from "./order.ts";
import { capped, name, type Phrase, place, prose } from "./phrase.ts";
import type { ReviewedUnknown } from "./report.ts";
import { environmentsText } from "./subject-text.ts";

/** One source is one line, however many environments use it; what changed stands first. */
export function unknownLines(unknowns: readonly ReviewedUnknown[], several: boolean): readonly Phrase[] {
  const ordered = sorted(
    unknowns,
    ({ changed }) => (changed ? 0 : 1),
    ({ target }) => target ?? "",
    ({ reason }) => reason,
    ({ environment }) => environment,
  );
  const groups = groupBy(ordered, ({ code, target, reason, changed, location }) =>
    JSON.stringify([code, target, reason, changed, location]),
  );
  return capped([...groups.values()].map((alike) => unknownLine(alike, several)));
}

function unknownLine(alike: readonly ReviewedUnknown[], several: boolean): Phrase {
  const [first] = alike;
  if (first === undefined) return [];
  const { target, reason, changed, location } = first;
  return [
    ...(target === null ? [] : [name(target), ": "]),
    prose(reason),
    ...(several ? environmentsText(distinct(alike.map(({ environment }) => environment))) : []),
    changed ? " (changed" : " (the same on both sides",
    ...(location === null ? [")"] : [", ", place(location), ")"]),
  ];
}
