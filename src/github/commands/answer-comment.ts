import type { AppContext } from "../app-context.ts";
import { partitionedScope } from "../evaluation/base-branch.ts";
import { evaluatePullRequest } from "../evaluation/evaluate-pull-request.ts";
import type { PullRequestReference } from "../github.ts";
import { documentationUrl, fileUrl } from "../publish/publication-context.ts";
import type { Outcome } from "../queue/queue.ts";
import { answerCommand } from "./answer-command.ts";
import type { CommandContext } from "./command-context.ts";

/** How soon a question is looked at again whose pull request GitHub has not merged for testing yet. */
const PENDING_MILLISECONDS = 2_000;

/** Answers a comment of a pull request with what the App has at hand. */
export async function answerComment(
  app: AppContext,
  pullRequest: PullRequestReference,
  comment: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const client = await app.clients.repository(pullRequest.repository);
  const evaluated: CommandContext["evaluated"] = async () => {
    const current = await client.pullRequest(pullRequest.number);
    const result = await evaluatePullRequest(app, client, current, signal);
    return result.kind === "pending" ? { kind: "pending", milliseconds: PENDING_MILLISECONDS } : result;
  };
  const linkFor: CommandContext["link"] =
    ({ base, pullRequest: { head } }) =>
    (location) =>
      fileUrl(client, location, location.side === "base" ? base : head.sha);
  return answerCommand({
    client,
    pullRequest,
    comment,
    evaluated,
    ask: (one, question) =>
      app.evaluator.ask(one, question, {
        ...partitionedScope(client, one.pullRequest.head.fork ? "fork" : "change", one, signal),
        link: linkFor(one),
      }),
    store: app.store,
    queue: app.queue,
    keys: { approval: app.settings.approvalKey, reply: app.settings.replyKey },
    link: linkFor,
    documentation: (page) => documentationUrl(app, client, `${page}.md`),
    clock: app.clock.now,
    audit: (entry) => app.log.audit(entry, "a command"),
  });
}
