import type { ControlEffect } from "../../rules/finding.ts";
import { LIMITS } from "../layout/limits.ts";
import { distinct, groupBy } from "../layout/order.ts";
import { join, type Phrase, plural, prose } from "../layout/phrase.ts";
import { effectText, frameworkName } from "./controls-text.ts";
import { handlesText } from "./subject-text.ts";

export interface ControlRow {
  readonly control: Phrase;
  readonly effect: Phrase;
  /** The facts and the findings. */
  readonly from: Phrase;
}

/**
 * One row for each control; those of a framework that say the same share one. Where nothing was compared, because no input
 * differs, there is nothing to count ("0 of 0 namespaces").
 */
export function controlRows(controls: readonly ControlEffect[], compared = true): readonly ControlRow[] {
  const alike = groupBy(controls, ({ framework, effect, facts, findings }) =>
    JSON.stringify([framework, effect, facts, findings]),
  );
  return [...alike.values()].flatMap((those) => controlRow(those, compared));
}

function controlRow(alike: readonly ControlEffect[], compared: boolean): readonly ControlRow[] {
  const [first] = alike;
  if (first === undefined) return [];
  const { framework, effect, facts, findings } = first;
  const shown = facts.slice(0, LIMITS.facts);
  const unnamed = findings.filter((handle) => !shown.some((fact) => fact.includes(handle)));
  const titles = alike.map(({ id, title }): Phrase => [`${id} `, prose(title)]);
  const from: readonly Phrase[] = [
    ...shown.map((fact): Phrase => [prose(fact)]),
    ...(unnamed.length === 0 ? [] : [findingsText(unnamed, unnamed.length < findings.length)]),
  ];
  return [
    {
      control: [`${frameworkName(framework)} `, ...join(titles, "; ")],
      effect: [effectText(effect)],
      from: compared || effect !== "unchanged" ? join(from, "; ") : [NOTHING_DIFFERS],
    },
  ];
}

const NOTHING_DIFFERS = "nothing that the evidence rests on differs";

/** A limit is "X1: what the evidence cannot show": which control has which, and what each means. */
export function limitLines(controls: readonly ControlEffect[]): readonly Phrase[] {
  const limited = controls.filter(({ limits }) => limits.length > 0);
  if (limited.length === 0) return [];
  const alike = groupBy(limited, ({ limits }) => limits.map(limitCode).join(", "));
  const owners = [...alike].map(
    ([codes, those]): Phrase => [`${those.map(({ id }) => id).join(" and ")} `, prose(codes)],
  );
  const explained = distinct(limited.flatMap(({ limits }) => limits)).map(
    (limit): Phrase => [prose(limit.replace(LIMIT, "$1 "))],
  );
  return [["Limits of the evidence: ", ...join(owners, "; "), "."], join(explained, "; ")];
}

const LIMIT = /^(\w+): /;

function limitCode(limit: string): string {
  return LIMIT.exec(limit)?.[1] ?? limit;
}

function findingsText(handles: readonly string[], more: boolean): Phrase {
  if (handles.length > LIMITS.places) return [plural(handles.length, more ? "more finding" : "finding")];
  return [more ? "also " : handles.length === 1 ? "finding " : "findings ", ...handlesText(handles)];
}
