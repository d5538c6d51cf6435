import type { ControlEffect } from "../rules/finding.ts";
import { effectText, frameworkName } from "./controls-text.ts";
import { LIMITS } from "./limits.ts";
import { distinct } from "./order.ts";
import { join, type Phrase, plural, prose } from "./phrase.ts";
import { handlesText } from "./subject-text.ts";

export interface ControlRow {
  readonly control: Phrase;
  readonly effect: Phrase;
  /** The facts, what they cannot show, and the findings. */
  readonly from: Phrase;
}

export function controlRow({
  framework,
  id,
  title,
  effect,
  reason,
  findings,
  limits,
}: ControlEffect): ControlRow {
  const unnamed = findings.filter((handle) => !reason.includes(handle));
  const from: readonly Phrase[] = [
    [prose(reason.replace(/\.$/, ""))],
    ...(unnamed.length === 0 ? [] : [findingsText(unnamed)]),
    ...(limits.length === 0 ? [] : [["limits ", prose(limits.map(limitName).join(", "))]]),
  ];
  return {
    control: [`${frameworkName(framework)} ${id} `, prose(title)],
    effect: [effectText(effect)],
    from: join(from, "; "),
  };
}

/** A limit is "X1" or "X1: what the evidence cannot show"; a row names it, and all are explained once. */
function limitName(limit: string): string {
  return LIMIT.exec(limit)?.[1] ?? limit;
}

const LIMIT = /^(X\d+): /;

/** What the evidence cannot show, for every limit that the rows name. */
export function limitsText(controls: readonly ControlEffect[]): Phrase | null {
  const explained = distinct(controls.flatMap(({ limits }) => limits.filter((limit) => LIMIT.test(limit))));
  if (explained.length === 0) return null;
  return [
    "Limits, what this evidence cannot show: ",
    ...join(
      explained.map((limit) => [prose(limit)]),
      "; ",
    ),
  ];
}

function findingsText(handles: readonly string[]): Phrase {
  return handles.length > LIMITS.places ? [plural(handles.length, "finding")] : handlesText(handles);
}
