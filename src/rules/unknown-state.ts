import type { Unknown, UnknownCode } from "../targets/unknown.ts";

/** What is the matter with something that could not be decided, to go on after its name: "does not render (…)". */
export function unknownState(unknown: Unknown): string {
  const detail = unknownDetail(unknown);
  return `${STATES[unknown.code]}${detail === "" ? "" : ` (${detail})`}`;
}

const STATES: Readonly<Record<UnknownCode, string>> = {
  unread: "was not read",
  "render-failed": "does not render",
  "part-dropped": "was left out of what rendered",
  "invalid-document": "is no document that can be read",
  "invalid-policy": "would be refused by the API server",
  "unmodelled-policy": "is of a kind that is not modelled yet",
  generator: "writes objects at run time",
  "resource-limit": "was not finished",
  "unreadable-input": "holds content that is not in the repository",
  "rule-undecided": "could not be decided",
};

/** Why something could not be read, beside a sentence that names what: one line, "" where there is nothing to add. */
export function unknownDetail({ code, subject, detail }: Unknown): string {
  if (code === "unmodelled-policy") return "";
  if (code === "unreadable-input") return INPUTS[detail] ?? detail;
  return withoutSubject(firstSentence(detail), subject);
}

const INPUTS: Readonly<Record<string, string>> = {
  submodule: "it lies in a submodule",
  outside: "it leads out of the repository",
  unreadable: "it cannot be opened",
  "too-large": "it is too large",
  "lfs-pointer": "it is a Git LFS pointer",
};

/** The first line, and the next one where it ends with what it is about to say. */
function firstSentence(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const kept = lines.slice(0, lines.findIndex((line) => !line.endsWith(":")) + 1);
  return (kept.length === 0 ? lines : kept).join(" ").replace(/:$/, "");
}

/** Tools name the file that the sentence has named already: "error on FILE: …", "at (FILE:7:2)". */
function withoutSubject(detail: string, subject: string): string {
  const [first = "", ...parts] = detail.replaceAll(` on ${subject}`, "").split(`(${subject}:`);
  return [first, ...parts.map((part) => part.replace(/^(\d+)[:\d]*\)/, "line $1"))].join("");
}
