import { unknownDetail } from "../rules/facts/unknown-state.ts";
import type { Unknown, UnknownCode } from "../targets/unknown.ts";

/** What an unknown is about and why nobody knows, as one sentence without an end. */
export function unknownReason(unknown: Unknown): string {
  const { code, subject } = unknown;
  const words = unknownDetail(unknown);
  return words === "" ? `${subject} ${WORDS[code]}` : `${subject} ${WORDS[code]}: ${words}`;
}

const WORDS: Readonly<Record<UnknownCode, string>> = {
  unread: "was not read",
  "render-failed": "does not render",
  "part-dropped": "was left out",
  "invalid-document": "cannot be read",
  "invalid-policy": "enforces nothing, the API server would reject it",
  "unmodelled-policy": "is a policy of a dialect that is not modelled yet",
  "open-policy": "rests on what does not stand in Git",
  generator: "writes policies in the cluster",
  "resource-limit": "ended at a limit",
  "unreadable-input": "holds an input that cannot be read",
  "rule-undecided": "could not be evaluated",
};
