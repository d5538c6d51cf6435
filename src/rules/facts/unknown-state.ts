import type { Unknown, UnknownCode } from "../../targets/unknown.ts";

/** What is the matter with something that could not be decided, to go on after its name: "does not render (…)". */
export function unknownState(unknown: Unknown): string {
  const detail = said(unknown, firstSentence(unknown.detail));
  return `${STATES[unknown.code]}${detail === "" ? "" : ` (${detail})`}`;
}

const STATES: Readonly<Record<UnknownCode, string>> = {
  unread: "was not read",
  "render-failed": "does not render",
  "part-dropped": "was left out of what rendered",
  "invalid-document": "is no document that can be read",
  "invalid-policy": "would be refused by the API server",
  "unmodelled-policy": "is of a kind that is not modelled yet",
  "open-policy": "rests on what does not stand in Git",
  generator: "writes objects at run time",
  "resource-limit": "was not finished",
  "unreadable-input": "holds content that is not in the repository",
  "rule-undecided": "could not be decided",
};

/** Why something could not be decided, beside its name: all that was said, "" where there is nothing to add. */
export function unknownDetail(unknown: Unknown): string {
  return said(unknown, linesOf(unknown.detail).join(" "));
}

function said({ code, subject }: Unknown, detail: string): string {
  if (code === "unmodelled-policy") return "";
  if (code === "unreadable-input") return INPUTS[detail] ?? detail;
  return withoutSubject(detail, subject);
}

const INPUTS: Readonly<Record<string, string>> = {
  submodule: "it lies in a submodule",
  outside: "it leads out of the repository",
  unreadable: "it cannot be opened",
  "too-large": "it is too large",
  "lfs-pointer": "it is a Git LFS pointer",
};

function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The first line that is not merely the beginning of the next one: a place, or words that end with a colon. */
function firstSentence(text: string): string {
  const lines = linesOf(text);
  const end = lines.findIndex((line) => !line.endsWith(":") && !/:\d+$/.test(line));
  return (end < 0 ? lines : lines.slice(0, end + 1)).join(" ").replace(/:$/, "");
}

/** Tools name the file that the sentence has named already: "error on FILE: …", "at (FILE:7:2)", "FILE:7:2 …". */
function withoutSubject(detail: string, subject: string): string {
  const [first = "", ...parts] = detail.replaceAll(` on ${subject}`, "").split(`${subject}:`);
  return parts.reduce((text, part) => {
    const position = /^(\d+)[:\d]*/.exec(part);
    if (position === null) return `${text}${subject}:${part}`;
    const rest = part.slice(position[0].length);
    const bracketed = text.endsWith("(") && rest.startsWith(")");
    return `${bracketed ? text.slice(0, -1) : text}line ${position[1]}${bracketed ? rest.slice(1) : rest}`;
  }, first);
}
