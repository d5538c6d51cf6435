import type { Answer } from "./answer.ts";
import { text } from "./answer.ts";
import type { CommandContext, Evaluation } from "./command-context.ts";

/** A comment that waits longer is told so. */
const PATIENCE_MILLISECONDS = 10 * 60 * 1000;

/** What is answered where there is no review. */
export function unevaluated(
  evaluation: Exclude<Evaluation, { kind: "evaluated" }>,
  { clock }: Pick<CommandContext, "clock">,
  askedAt: string,
): Answer {
  if (evaluation.kind === "failed") {
    return text("There is no review of this head to answer from: the check `egress-review` says why.");
  }
  if (clock().getTime() - Date.parse(askedAt) < PATIENCE_MILLISECONDS) {
    return { kind: "later", milliseconds: evaluation.milliseconds };
  }
  return text(
    "GitHub has made no test merge of this head yet, so there is nothing to answer from. Ask again later.",
  );
}
