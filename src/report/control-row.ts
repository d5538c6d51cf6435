import type { ControlEffect } from "../rules/finding.ts";
import { effectText, frameworkName } from "./controls-text.ts";
import { LIMITS } from "./limits.ts";
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
  const from: readonly Phrase[] = [
    [prose(reason)],
    ...(findings.length === 0 ? [] : [findingsText(findings)]),
    ...(limits.length === 0
      ? []
      : [
          [
            "limits: ",
            ...join(
              limits.map((limit) => [prose(limit)]),
              ", ",
            ),
          ],
        ]),
  ];
  return {
    control: [`${frameworkName(framework)} ${id} `, prose(title)],
    effect: [effectText(effect)],
    from: join(from, "; "),
  };
}

function findingsText(handles: readonly string[]): Phrase {
  return handles.length > LIMITS.places ? [plural(handles.length, "finding")] : handlesText(handles);
}
