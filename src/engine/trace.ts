import { createHash } from "node:crypto";
import { isTreeProblem, type ListEntry, type Tree, type TreeProblemCode } from "../tree/tree.ts";

/** What a render may ask of a tree. */
export type Question = "stat" | "read" | "list";

/**
 * One question and its answer: for `stat` "f" or "d" and, where a link was followed, ":" and the real path; for
 * `read` the git blob id; for `list` a digest of names and kinds; else a code of `TreeProblem`.
 */
export type Observation = readonly [question: Question, path: string, answer: string];

/** Everything that a render looked at, misses and listings included, in the order in which it asked. */
export type Trace = readonly Observation[];

/** Codes of the host call; engine/repository.go has the same list. */
const CODES: Readonly<Record<TreeProblemCode, number>> = {
  missing: -1,
  "wrong-kind": -2,
  outside: -3,
  unreadable: -4,
  "too-large": -5,
  submodule: -6,
};

/** An answer for the trace, and what the module gets: bytes, or a negative code. */
export interface Answer {
  readonly recorded: string;
  readonly given: Uint8Array | number;
}

/** For a tree that fails instead of answering. */
export const UNREADABLE: Answer = { recorded: "unreadable", given: CODES.unreadable };

const encoder = new TextEncoder();

/** Answers a question of the module. */
export async function answerFrom(tree: Tree, question: Question, path: string): Promise<Answer> {
  if (question === "read") {
    const [id, content] = await Promise.all([tree.blobId(path), tree.read(path)]);
    if (isTreeProblem(content)) return problem(content.code);
    if (isTreeProblem(id)) return problem(id.code);
    return { recorded: id, given: content };
  }
  if (question === "list") {
    const entries = tree.list(path);
    if (isTreeProblem(entries)) return problem(entries.code);
    const bytes = listingBytes(entries);
    return { recorded: digest(bytes), given: bytes };
  }
  const recorded = statAnswer(tree, path);
  return recorded in CODES
    ? problem(recorded as TreeProblemCode)
    : { recorded, given: encoder.encode(recorded.replace(":", "")) };
}

function problem(code: TreeProblemCode): Answer {
  return { recorded: code, given: CODES[code] };
}

function statAnswer(tree: Tree, path: string): string {
  const stat = tree.stat(path);
  if (isTreeProblem(stat)) return stat.code;
  const kind = stat.kind === "directory" ? "d" : "f";
  return stat.path === path ? kind : `${kind}:${stat.path}`;
}

const KIND_LETTERS: Readonly<Record<ListEntry["kind"], string>> = {
  file: "f",
  directory: "d",
  broken: "!",
  submodule: "m",
};

function listingBytes(entries: readonly ListEntry[]): Uint8Array {
  return encoder.encode(entries.map(({ kind, name }) => `${KIND_LETTERS[kind]}${name}\0`).join(""));
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Whether every observation of a trace has the same answer on this tree: then a render would see the same, and its
 * result is the stored one.
 *
 * @param known answers that this tree has given already, by question and path; filled further
 */
export async function holds(trace: Trace, tree: Tree, known: Map<string, string>): Promise<boolean> {
  for (const [question, path, answer] of trace) {
    const key = `${question} ${path}`;
    let current = known.get(key);
    if (current === undefined) {
      current = await currentAnswer(tree, question, path);
      known.set(key, current);
    }
    if (current !== answer) return false;
  }
  return true;
}

async function currentAnswer(tree: Tree, question: Question, path: string): Promise<string> {
  if (question === "stat") return statAnswer(tree, path);
  if (question === "list") {
    const entries = tree.list(path);
    return isTreeProblem(entries) ? entries.code : digest(listingBytes(entries));
  }
  const id = await tree.blobId(path);
  return isTreeProblem(id) ? id.code : id;
}
