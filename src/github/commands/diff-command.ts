import { diffTable } from "../../report/pull-request/diff-table.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";
import type { Answer } from "./answer.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command } from "./grammar.ts";
import { answerPage, reviewView } from "./review-view.ts";

export function diffCommand(
  context: Pick<CommandContext, "link">,
  evaluated: EvaluatedPullRequest,
  { environment }: Extract<Command, { kind: "diff" }>,
): Answer {
  const view = reviewView(context, evaluated, environment);
  if ("kind" in view) return view;
  return answerPage(view.headLine, diffTable(view.review.environments, view.phrases));
}
