import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import type { Diagnosis } from "../github/setup/diagnosis.ts";
import { visible } from "../report/layout/escape.ts";
import type { Style } from "../report/layout/style.ts";

const MARKS = { well: "✔", ill: "✘", unknown: "?" } as const;

const MAXIMUM_CHARACTERS = 2_000;

/** A line for each thing that was looked at, and under what is not well what to do about it. */
export function doctorText(diagnoses: readonly Diagnosis[], style: Style, width: number): string {
  const paint = { well: style.good, ill: style.bad, unknown: style.caution };
  const lines = diagnoses.flatMap(({ state, text, remedy }) => [
    hanging(paint[state](MARKS[state]), text, width),
    ...(remedy === "" ? [] : [hanging("  →", remedy, width)]),
  ]);
  return `${[...lines, "", conclusion(diagnoses)].join("\n")}\n`;
}

function conclusion(diagnoses: readonly Diagnosis[]): string {
  const many = diagnoses.filter(({ state }) => state !== "well").length;
  if (many === 0) return "All is well.";
  return many === 1 ? "1 thing is not well." : `${many} things are not well.`;
}

/** Addresses are never broken, however long: a terminal opens them as a whole. */
function hanging(mark: string, text: string, width: number): string {
  const indent = stringWidth(mark) + 1;
  const shown = visible(text, MAXIMUM_CHARACTERS);
  return `${mark} ${wrapAnsi(shown, width - indent).replaceAll("\n", `\n${" ".repeat(indent)}`)}`;
}
