import { visible } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy, sorted } from "../layout/order.ts";
import { capped, count, name, type Phrase, place, prose } from "../layout/phrase.ts";
import type { ReviewedUnknown } from "../report.ts";
import { environmentsText } from "./subject-text.ts";

export interface UnknownLineOptions {
  /** Whether environments have to be named. */
  readonly several: boolean;
  /** One line for each target and kind of failure, where nothing depends on them; else each stands for itself. */
  readonly folded: boolean;
  /** There is only one state, of which nothing can have changed. */
  readonly oneSide?: boolean;
}

/** One source is one line, however many environments use it; what changed stands first. */
export function unknownLines(
  unknowns: readonly ReviewedUnknown[],
  options: UnknownLineOptions,
): readonly Phrase[] {
  const ordered = sorted(
    unknowns,
    ({ changed }) => (changed ? 0 : 1),
    ({ target }) => target ?? "",
    ({ reason }) => reason,
    ({ environment }) => environment,
  );
  const groups = groupBy(ordered, ({ code, target, reason, changed, location }) =>
    JSON.stringify(options.folded ? [code, target, changed] : [code, target, reason, changed, location]),
  );
  const lines = [...groups.values()].map((alike) => unknownLine(alike, options));
  return capped(lines, options.folded ? LIMITS.remarks : LIMITS.lines);
}

function unknownLine(
  alike: readonly ReviewedUnknown[],
  { several, folded, oneSide = false }: UnknownLineOptions,
): Phrase {
  const [first] = alike;
  if (first === undefined) return [];
  const { target, reason, changed, location } = first;
  const more = distinct(alike.map((unknown) => unknown.reason)).length - 1;
  const state = oneSide ? [] : [[changed ? "changed" : "the same on both sides"]];
  const remarks: readonly Phrase[] = [...state, ...(location === null ? [] : [[place(location)]])];
  const where = several ? environmentsText(distinct(alike.map(({ environment }) => environment))) : [];
  return [
    ...(target === null ? [] : [name(target), ...where, ": "]),
    prose(folded ? visible(reason, LIMITS.reasonCharacters) : reason),
    ...(more > 0 ? [`, and ${count(more)} more like it`] : []),
    ...(target === null ? where : []),
    ...remarks.flatMap((remark, index): Phrase => [index === 0 ? " (" : ", ", ...remark]),
    ...(remarks.length === 0 ? [] : [")"]),
  ];
}
