import { LIMITS } from "../layout/limits.ts";
import { capped, name, type Phrase, prose } from "../layout/phrase.ts";
import type { ProposedConfiguration, Verdict } from "../report.ts";
import { handlesText, namesText } from "./subject-text.ts";

const VERDICTS: Readonly<Record<Verdict, string>> = {
  pass: "pass",
  block: "block",
  undecided: "be undecided",
};

/** What an edited configuration would say. It decides nothing: a change is held against the one of its base. */
export function proposedLines(proposed: ProposedConfiguration | null): readonly Phrase[] {
  if (proposed === null) return [];
  if (proposed.kind === "invalid") {
    const problems = proposed.problems.map(
      ({ path, line, message }): Phrase => [
        name(line === null ? path : `${path}:${line}`),
        ": ",
        prose(message),
      ],
    );
    return capped([
      ["this change makes the configuration invalid, and merged it would stop every review"],
      ...problems,
    ]);
  }
  const { path, verdict, observed, findings, weakens } = proposed;
  const would =
    verdict === "pass" && observed !== null
      ? `observe, and ${VERDICTS[observed]} if it enforced`
      : VERDICTS[verdict];
  return [
    [
      "under the ",
      name(path),
      ` of this change the review would ${would}`,
      ...(findings.length === 0 ? [] : [" (", ...handlesText(findings), ")"]),
      "; this one is held against the base's",
    ],
    ...(weakens.length === 0
      ? []
      : [["it is weaker than the base's in ", ...namesText(weakens, LIMITS.listed)]]),
  ];
}
