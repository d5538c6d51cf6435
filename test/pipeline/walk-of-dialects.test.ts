import { describe, expect, test } from "@jest/globals";
import type { Profile } from "../../src/config/config.ts";
import { ask } from "../../src/pipeline/ask.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "../../src/pipeline/question.ts";
import { answerText } from "../../src/report/answer-text.ts";
import { defaultConfiguration } from "../../src/review.ts";
import { treeOf } from "../targets/tree-of.ts";
import { namespace, pod, policy } from "./small-cluster.ts";

/** What a terminal shows of one question, without what was assumed. */
async function told(text: string, to: string, profile: Profile, direction: "egress" | "both" = "egress") {
  const from = parseFrom("shop/Pod/web");
  const destination = parseDestination(to);
  if (isQuestionProblem(from) || isQuestionProblem(destination)) throw new Error(to);
  const answer = await ask(
    { tree: treeOf({ "all.yaml": text }) },
    { from, ...destination, direction },
    { config: defaultConfiguration, profile },
  );
  if (isQuestionProblem(answer)) throw new Error(answer.sentence);
  return answerText(answer, { columns: 160 });
}

/** The lines of the walk that decide, pass or come too late, and the sentences above and below. */
async function lines(...asked: Parameters<typeof told>): Promise<readonly string[]> {
  const text = await told(...asked);
  return text
    .slice(0, text.indexOf("\n\nAssumed"))
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trim())
    .filter((line) => /^(Egress|Ingress|Nearest|It |Who |A )|yes, |is for addresses/.test(line));
}
