import wrapAnsi from "wrap-ansi";
import { newestRuns, runsOf } from "./check-suites.ts";
import type { CheckRun, IssueComment, PullRequest, Reaction, ReviewComment } from "./entities.ts";
import { type Hunk, headerOf } from "./line-changes.ts";
import { markdownText } from "./markdown-text.ts";
import { mergeBox } from "./merge-box.ts";
import { filesOf } from "./pull-requests.ts";
import { lineNow } from "./review-lines.ts";
import { headOf } from "./test-merge.ts";
import { type FileChange, hunksOfChange } from "./tree-changes.ts";
import type { World } from "./world.ts";

export interface ViewOptions {
  /** What stands behind "Details" of each check. */
  readonly details?: boolean;
  /** The tab "Files changed". */
  readonly files?: boolean;
  /** Of what was said before this time, and not changed since, one line each. */
  readonly since?: number;
}

const WIDTH = 100;

/** A pull request as a person reads it: the conversation, the checks, the box under them, and the diff with its comments. */
export function personView(world: World, pull: PullRequest, options: ViewOptions = {}): string {
  const { details = true, files = true, since = 0 } = options;
  const { repository } = pull;
  const state = pull.merged ? "merged" : pull.state === "closed" ? "closed" : pull.draft ? "draft" : "open";
  const source = pull.headRepository === repository ? "" : `${pull.headRepository.owner.login}:`;
  return [
    `${repository.owner.login}/${repository.name} #${pull.number}  ${pull.title}`,
    `${state} · ${pull.author.login} wants to merge ${source}${pull.headRef} (${headOf(pull).slice(0, 7)}) into ${pull.baseRef}`,
    ...section("Conversation", conversation(pull, since)),
    ...section("Checks", checks(pull, details)),
    ...section("Merge", mergeLines(world, pull)),
    ...(files ? section("Files changed", changedFiles(pull)) : []),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ["", `${title} ${"─".repeat(WIDTH - 1 - title.length)}`, ...lines];
}

const indented = (text: string, by: string) => text.split("\n").map((line) => `${by}${line}`.trimEnd());

/** As a browser shows it: hidden parts are gone, what can be unfolded is folded. */
const shown = (markdown: string, by: string) =>
  markdownText(markdown, WIDTH - by.length).map((line) => `${by}${line}`.trimEnd());

const clock = (at: number) => new Date(at).toISOString().slice(11, 19);

function conversation(pull: PullRequest, since: number): readonly string[] {
  const comments = (pull.repository.issues.get(pull.number)?.comments ?? []).map((comment) => ({
    at: comment.createdAt,
    lines: commentLines(comment, since),
  }));
  const reviews = pull.reviews
    .filter(({ state }) => state !== "PENDING")
    .map(({ author, body, submittedAt, id }) => {
      const count = pull.reviewComments.filter(({ review }) => review === id).length;
      const inline = count === 0 ? "" : `, ${count} ${count === 1 ? "comment" : "comments"} in the diff`;
      const head = `${author.login} reviewed at ${clock(submittedAt)}${inline}`;
      return { at: submittedAt, lines: submittedAt < since ? [head] : [head, ...shown(body, "  │ ")] };
    });
  const all = [...comments, ...reviews].sort((one, other) => one.at - other.at);
  return all.length === 0 ? ["  nobody said anything"] : all.flatMap(({ lines }) => lines);
}

function commentLines(comment: IssueComment, since: number): readonly string[] {
  const { author, body, createdAt, updatedAt, reactions } = comment;
  const edited = updatedAt > createdAt ? `, edited at ${clock(updatedAt)}` : "";
  const head = `${author.login} commented at ${clock(createdAt)}${edited}`;
  if (updatedAt < since) return [head, ...reactionLine(reactions)];
  return [head, ...shown(body, "  │ "), ...reactionLine(reactions)];
}

const FACES: Readonly<Record<string, string>> = {
  "+1": "👍",
  "-1": "👎",
  laugh: "😄",
  confused: "😕",
  heart: "❤️",
  hooray: "🎉",
  rocket: "🚀",
  eyes: "👀",
};

function reactionLine(reactions: readonly Reaction[]): readonly string[] {
  if (reactions.length === 0) return [];
  return [
    `  ${reactions.map(({ content, author }) => `${FACES[content] ?? content} ${author.login}`).join("  ")}`,
  ];
}

const MARKS: Readonly<Record<string, string>> = {
  success: "✓",
  failure: "✗",
  neutral: "□",
  skipped: "□",
  action_required: "!",
};

function checks(pull: PullRequest, details: boolean): readonly string[] {
  const runs = newestRuns(runsOf(pull.repository, headOf(pull)));
  return runs.length === 0 ? ["  none was reported"] : runs.flatMap((run) => checkLines(run, details));
}

function checkLines(run: CheckRun, details: boolean): readonly string[] {
  const done = run.status === "completed";
  const mark = done ? (MARKS[run.conclusion ?? ""] ?? "✗") : "●";
  const state = done ? (run.conclusion ?? "") : run.status;
  const title = run.title === null ? "" : `  ${run.title}`;
  const first = `${mark} ${run.name} (${run.app.slug})  ${state}${title}`;
  if (!details) return [first];
  return [
    first,
    ...(run.summary === null ? [] : shown(run.summary, "  │ ")),
    ...(run.text === null ? [] : ["  │", ...shown(run.text, "  │ ")]),
    ...run.annotations.flatMap(({ path, startLine, level, title: heading, message }) => [
      `  ${level} ${path}:${startLine}${heading === null ? "" : `  ${heading}`}`,
      ...indented(wrapAnsi(message, WIDTH - 4, { hard: true }), "    "),
    ]),
    ...(done && run.actions.length > 0
      ? [`  ${run.actions.map(({ label }) => `[${label}]`).join(" ")}`]
      : []),
  ];
}

const STATES = {
  satisfied: "passed",
  failing: "failing",
  running: "in progress",
  missing: "expected: waiting for it to be reported",
} as const;

function mergeLines(world: World, pull: PullRequest): readonly string[] {
  if (pull.merged) return [`merged by ${pull.mergedBy?.login ?? "nobody"}`];
  const box = mergeBox(world, pull);
  const required = box.checks.map(
    ({ requirement, state }) => `  required: ${requirement.context}  ${STATES[state]}`,
  );
  if (box.reasons.length === 0) return [box.queue ? "can be queued" : "can be merged", ...required];
  return ["blocked", ...box.reasons.map((reason) => `  because ${reason}`), ...required];
}

function changedFiles(pull: PullRequest): readonly string[] {
  return filesOf(pull).flatMap((change) => fileLines(pull, change));
}

function fileLines(pull: PullRequest, change: FileChange): readonly string[] {
  const moved = change.previousPath === null ? "" : `${change.previousPath} → `;
  const hunks = hunksOfChange(pull.repository.objects, change);
  const comments = pull.reviewComments.filter(({ path }) => path === change.path);
  const placed = comments.map((comment) => ({ comment, line: lineNow(comment) }));
  return [
    `${change.status} ${moved}${change.path}`,
    ...(hunks ?? []).flatMap((hunk) => hunkLines(hunk, placed)),
    ...(hunks === null ? ["  (not shown)"] : []),
    ...placed
      .filter(({ line }) => line === null)
      .flatMap(({ comment }) => inlineLines(comment, `outdated, was line ${comment.line}`)),
  ];
}

function hunkLines(
  hunk: Hunk,
  comments: readonly { readonly comment: ReviewComment; readonly line: number | null }[],
): readonly string[] {
  let [old, now] = [hunk.oldStart, hunk.newStart];
  const shown = hunk.lines.flatMap((line) => {
    const [isOld, isNew] = [/^[- ]/.test(line), /^[+ ]/.test(line)];
    const here = comments.filter(
      ({ comment, line: at }) =>
        at !== null && (comment.side === "LEFT" ? isOld && !isNew && at === old : isNew && at === now),
    );
    const number = isNew ? now : old;
    if (isOld) old += 1;
    if (isNew) now += 1;
    const text = isOld || isNew ? `${String(number).padStart(6)} ${line}` : `${" ".repeat(7)}${line}`;
    return [text, ...here.flatMap(({ comment }) => inlineLines(comment, linesOf(comment)))];
  });
  return [`  ${headerOf(hunk)}`, ...shown];
}

function linesOf({ startLine, line }: ReviewComment): string {
  return startLine === null ? `line ${line}` : `lines ${startLine} to ${line}`;
}

function inlineLines({ author, body, reactions }: ReviewComment, where: string): readonly string[] {
  return [
    `       ┌ ${author.login} (${where})`,
    ...shown(body, "       │ "),
    ...reactionLine(reactions).map((line) => `       ${line.trim()}`),
  ];
}
