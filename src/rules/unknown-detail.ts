import type { Unknown } from "../targets/unknown.ts";

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
