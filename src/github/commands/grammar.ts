import { closest } from "../../config/suggestion.ts";

/** What somebody asks for in the first line of a comment. Texts in it are as typed; nothing was looked up. */
export type Command =
  | {
      readonly kind: "explain";
      readonly subject: Subject | null;
      /** As typed: `pipeline/question/question.ts` reads it. */
      readonly destination: string | null;
      readonly environment: string | null;
    }
  | { readonly kind: "diff"; readonly environment: string | null }
  | { readonly kind: "recheck" }
  | { readonly kind: "approve"; readonly handle: string; readonly sha: string; readonly reason: string }
  | { readonly kind: "help" };

export type Subject =
  | { readonly kind: "handle"; readonly handle: string }
  /** "namespace/Kind/name", "namespace?key=value", as typed. */
  | { readonly kind: "workload"; readonly text: string };

export type ParsedComment =
  /** Not for us. */
  | { readonly kind: "none" }
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "wrong"; readonly problem: CommandProblem };

export type CommandProblem =
  | { readonly code: "unknown-command"; readonly word: string; readonly nearest: CommandName | null }
  | { readonly code: "missing"; readonly command: CommandName; readonly what: Part }
  | { readonly code: "invalid"; readonly command: CommandName; readonly what: Part; readonly text: string }
  | { readonly code: "unexpected"; readonly command: CommandName; readonly text: string }
  | { readonly code: "reason-length"; readonly characters: number }
  | { readonly code: "too-long" };

export type CommandName = Command["kind"];
export type Part = "workload" | "destination" | "environment" | "handle" | "commit" | "reason";

const COMMANDS: readonly CommandName[] = ["explain", "diff", "recheck", "approve", "help"];

/** Reasons are read later by people who were not there. */
export const REASON_CHARACTERS = { minimum: 10, maximum: 500 };

const LONGEST_LINE = 2000;
/** Four spaces or a tab would be code to Markdown, ">" a quote. */
const COMMAND_LINE = /^ {0,3}\/egress(?:\s+(.*))?$/su;
const HANDLE = /^(?:EGR-)?(\d{3}-[0-9a-f]{4,64})$/i;
const COMMIT = /^[0-9a-f]{7,64}$/i;

/** The whole first line is the command; what follows it is for people. */
export function parseComment(body: string): ParsedComment {
  const end = body.search(/[\r\n]/);
  const line = end === -1 ? body : body.slice(0, end);
  if (!/^ {0,3}\/egress(?:\s|$)/u.test(line)) return { kind: "none" };
  if (line.length > LONGEST_LINE) return wrong({ code: "too-long" });
  const words = (COMMAND_LINE.exec(line)?.[1] ?? "").trim();
  const [name = "", ...rest] = words.split(/\s+/u);
  return parseCommand(name, words.slice(name.length).trim(), rest);
}

function parseCommand(name: string, text: string, words: readonly string[]): ParsedComment {
  switch (name.toLowerCase()) {
    case "explain":
      return parseExplain(text);
    case "diff":
      return parseDiff(words);
    case "approve":
      return parseApprove(text);
    case "recheck":
      return words.length === 0
        ? command({ kind: "recheck" })
        : wrong({ code: "unexpected", command: "recheck", text: words.join(" ") });
    case "help":
    case "":
      return command({ kind: "help" });
    default: {
      const nearest = closest(name, COMMANDS);
      return wrong({
        code: "unknown-command",
        word: name,
        nearest: COMMANDS.find((known) => known === nearest) ?? null,
      });
    }
  }
}

const ARROW = /->|→/u;

function parseExplain(text: string): ParsedComment {
  const arrow = ARROW.exec(text);
  const before = wordsOf(arrow === null ? text : text.slice(0, arrow.index));
  const after = wordsOf(arrow === null ? "" : text.slice(arrow.index + arrow[0].length));
  const environments = [...before, ...after].filter(isEnvironment);
  const [subject, ...more] = before.filter((word) => !isEnvironment(word));
  const [destination, ...others] = after.filter((word) => !isEnvironment(word));
  const [unexpected] = [...more, ...others, ...environments.slice(1)];
  if (unexpected !== undefined) return wrong({ code: "unexpected", command: "explain", text: unexpected });
  if (arrow !== null && destination === undefined) {
    return wrong({ code: "missing", command: "explain", what: "destination" });
  }
  if (arrow !== null && subject === undefined) {
    return wrong({ code: "missing", command: "explain", what: "workload" });
  }
  const environment = environmentOf(environments);
  if (environment === "") return wrong({ code: "missing", command: "explain", what: "environment" });
  return command({
    kind: "explain",
    subject: subject === undefined ? null : subjectOf(subject),
    destination: destination ?? null,
    environment,
  });
}

function subjectOf(text: string): Subject {
  const handle = HANDLE.exec(text)?.[1];
  return handle === undefined ? { kind: "workload", text } : { kind: "handle", handle: handle.toLowerCase() };
}

function parseDiff(words: readonly string[]): ParsedComment {
  const [unexpected] = [
    ...words.filter((word) => !isEnvironment(word)),
    ...words.filter(isEnvironment).slice(1),
  ];
  if (unexpected !== undefined) return wrong({ code: "unexpected", command: "diff", text: unexpected });
  const environment = environmentOf(words);
  if (environment === "") return wrong({ code: "missing", command: "diff", what: "environment" });
  return command({ kind: "diff", environment });
}

function parseApprove(text: string): ParsedComment {
  const [written = "", commit = ""] = wordsOf(text);
  const missing = (what: Part) => wrong({ code: "missing", command: "approve", what });
  const invalid = (what: Part, text: string) => wrong({ code: "invalid", command: "approve", what, text });
  if (written === "") return missing("handle");
  const handle = HANDLE.exec(written)?.[1];
  if (handle === undefined) return invalid("handle", written);
  if (commit === "") return missing("commit");
  if (!COMMIT.test(commit)) return invalid("commit", commit);
  const reason = text
    .replace(/^\S+\s+\S+\s*/u, "")
    .replace(/\s+/gu, " ")
    .trim();
  if (reason === "") return missing("reason");
  const characters = [...reason].length;
  const { minimum, maximum } = REASON_CHARACTERS;
  if (characters < minimum || characters > maximum) return wrong({ code: "reason-length", characters });
  return command({ kind: "approve", handle: handle.toLowerCase(), sha: commit.toLowerCase(), reason });
}

/** Words as people paste them: what a review shows as code may come with its backquotes. */
function wordsOf(text: string): readonly string[] {
  return text
    .split(/\s+/u)
    .map((word) => /^`([^`]+)`$/.exec(word)?.[1] ?? word)
    .filter((word) => word !== "");
}

const ENVIRONMENT = "env=";

function isEnvironment(word: string): boolean {
  return word.startsWith(ENVIRONMENT);
}

function environmentOf(words: readonly string[]): string | null {
  return words[0]?.slice(ENVIRONMENT.length) ?? null;
}

function command(command: Command): ParsedComment {
  return { kind: "command", command };
}

function wrong(problem: CommandProblem): ParsedComment {
  return { kind: "wrong", problem };
}
