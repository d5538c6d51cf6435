import type { RefusedRecord } from "../approvals/restore-approvals.ts";
import { GitHubError } from "../client/github-error.ts";
import type { RepositoryClient } from "../client/repository-client.ts";
import type { Comment, PullRequest, Role } from "../github.ts";
import type { Outcome } from "../queue/queue.ts";
import { type Answer, reaction, text } from "./answer.ts";
import { approveCommand, movedLine } from "./approve-command.ts";
import type { AuditEntry, CommandContext } from "./command-context.ts";
import { diffCommand } from "./diff-command.ts";
import { explainCommand } from "./explain-command.ts";
import { type Command, type ParsedComment, parseComment } from "./grammar.ts";
import { helpText, problemLine } from "./help.ts";
import { replyOnce } from "./reply.ts";
import { unevaluated } from "./unevaluated.ts";

/**
 * Answers one comment, if it is a command: with a comment, or a reaction. The comment is read again, so what decides is what
 * GitHub has; running twice answers once.
 */
export async function answerCommand(context: CommandContext): Promise<Outcome> {
  const asked = await askedIn(context);
  if (asked === null) return DONE;
  const answer = await answerOf(context, asked);
  if (answer === null) return DONE;
  if (answer.kind === "later") return answer;
  const { client, keys, pullRequest } = context;
  if (answer.kind === "reaction") await client.react(asked.comment.id, answer.content);
  else {
    const replied = { number: pullRequest.number, comment: asked.comment.id };
    await replyOnce(client, keys.reply, replied, answer.body);
  }
  return DONE;
}

const DONE: Outcome = { kind: "done" };

interface Asked {
  readonly comment: Comment;
  readonly parsed: Exclude<ParsedComment, { kind: "none" }>;
}

/** null = nothing that is answered, and nobody is told. */
async function askedIn(context: CommandContext): Promise<Asked | null> {
  const comment = await readComment(context.client, context.comment);
  if (comment === null) return null;
  const parsed = parseComment(comment.body);
  if (parsed.kind === "none") return null;
  const ignored = ignoredBecause(comment, context);
  if (ignored === null) return { comment, parsed };
  audited(context, comment, { action: "comment", outcome: "ignored", why: ignored });
  return null;
}

async function readComment(client: RepositoryClient, id: number): Promise<Comment | null> {
  try {
    return await client.comment(id);
  } catch (error) {
    // Deleted since.
    if (error instanceof GitHubError && error.code === "not-found") return null;
    throw error;
  }
}

function ignoredBecause(
  { author, app, createdAt, updatedAt, url }: Comment,
  { pullRequest }: CommandContext,
): string | null {
  if (author.kind !== "user" || app !== null) return "bot";
  // What stands there is not what was there when people read it.
  if (updatedAt !== createdAt) return "edited";
  const number = /\/(?:pull|issues)\/(\d+)#/.exec(url)?.[1];
  return number !== undefined && Number(number) !== pullRequest.number ? "elsewhere" : null;
}

const WRITERS: ReadonlySet<Role> = new Set(["admin", "maintain", "write"]);

async function answerOf(context: CommandContext, { comment, parsed }: Asked): Promise<Answer | null> {
  const { client, documentation } = context;
  const action = parsed.kind === "command" ? parsed.command.kind : "comment";
  const pullRequest = await client.pullRequest(context.pullRequest.number);
  if (pullRequest.state === "closed" && action !== "help") return null;
  const role = await client.role(comment.author.login);
  if (role === "none") return unauthorised(context, comment, action, "no-access");
  if (parsed.kind === "wrong") return text(problemLine(parsed.problem));
  const { command } = parsed;
  switch (command.kind) {
    case "help":
      return text(helpText(documentation));
    case "recheck":
      if (!WRITERS.has(role)) return unauthorised(context, comment, "recheck", "not-a-writer");
      return recheck(context, comment, pullRequest);
    case "approve":
      return approve(context, comment, pullRequest, command);
    case "explain":
    case "diff":
      return told(context, comment, command);
  }
}

function unauthorised(
  context: CommandContext,
  comment: Comment,
  action: AuditEntry["action"],
  why: string,
): Answer {
  audited(context, comment, { action, outcome: "refused", why });
  return reaction("confused");
}

async function recheck(context: CommandContext, comment: Comment, { head }: PullRequest): Promise<Answer> {
  const { queue, pullRequest } = context;
  const expectation = { head: head.sha, updatedAt: null, again: true };
  await queue.add([{ job: { kind: "review", pullRequest }, expectation }]);
  audited(context, comment, { action: "recheck", outcome: "done", why: "asked" });
  return reaction("eyes");
}

async function told(
  context: CommandContext,
  comment: Comment,
  command: Extract<Command, { kind: "explain" | "diff" }>,
): Promise<Answer> {
  const evaluation = await context.evaluated();
  if (evaluation.kind !== "evaluated") return unevaluated(evaluation, context, comment.createdAt);
  return command.kind === "diff"
    ? diffCommand(context, evaluation.evaluated, command)
    : explainCommand(context, evaluation.evaluated, command);
}

async function approve(
  context: CommandContext,
  comment: Comment,
  pullRequest: PullRequest,
  command: Extract<Command, { kind: "approve" }>,
): Promise<Answer> {
  const head = pullRequest.head.sha;
  if (!head.startsWith(command.sha)) {
    audited(context, comment, { action: "approve", outcome: "refused", why: "not-the-head" });
    return movedLine(command, head);
  }
  const evaluation = await context.evaluated();
  if (evaluation.kind !== "evaluated") return unevaluated(evaluation, context, comment.createdAt);
  const { evaluated } = evaluation;
  if (evaluated.pullRequest.head.sha !== head) {
    audited(context, comment, { action: "approve", outcome: "refused", why: "head-moved" });
    return movedLine(command, evaluated.pullRequest.head.sha);
  }
  const onForged = ({ run, why }: RefusedRecord) =>
    audited(context, comment, {
      action: "restore",
      outcome: "refused",
      why,
      details: { run: `${run}`, head },
    });
  const asked = { pullRequest, comment };
  const result = await approveCommand({ ...context, onForged }, evaluated, asked, command);
  const details = { handle: command.handle, head, reason: command.reason };
  audited(context, comment, { action: "approve", outcome: result.outcome, why: result.why, details });
  return result.answer;
}

function audited(
  { client, pullRequest, audit }: CommandContext,
  { id, author }: Comment,
  entry: Pick<AuditEntry, "action" | "outcome" | "why" | "details">,
): void {
  const { id: actor, login } = author;
  audit({
    ...entry,
    repository: client.repository.id,
    pullRequest: pullRequest.number,
    comment: id,
    actor: { id: actor, login },
  });
}
