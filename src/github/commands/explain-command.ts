import { markdownName, markdownProse } from "../../report/layout/escape.ts";
import { LIMITS } from "../../report/layout/limits.ts";
import { type Block, paragraph } from "../../report/layout/page.ts";
import { namespaceSizes } from "../../report/lines/workload-text.ts";
import { diffTable } from "../../report/pull-request/diff-table.ts";
import { explainFindings } from "../../report/pull-request/explain-finding.ts";
import type { LocatedFinding, Review } from "../../report/report.ts";
import type { EvaluatedPullRequest } from "../evaluation/evaluated.ts";
import { type Answer, text } from "./answer.ts";
import type { CommandContext } from "./command-context.ts";
import type { Command, Subject } from "./grammar.ts";
import { answerPage, type ReviewView, reviewView } from "./review-view.ts";
import { workloadNamed } from "./workload-named.ts";

type Explain = Extract<Command, { kind: "explain" }>;

/** Workloads of one finding that a question about it is asked for. */
const MAXIMUM_QUESTIONS = 3;

export async function explainCommand(
  context: Pick<CommandContext, "ask" | "link">,
  evaluated: EvaluatedPullRequest,
  command: Explain,
): Promise<Answer> {
  const view = reviewView(context, evaluated, command.environment);
  if ("kind" in view) return view;
  const { subject, destination } = command;
  if (subject !== null && destination !== null) {
    return explainFlow(context, evaluated, view, { ...command, subject, destination });
  }
  return explainCauses(view, subject);
}

async function explainFlow(
  { ask }: Pick<CommandContext, "ask">,
  evaluated: EvaluatedPullRequest,
  { review, headLine }: ReviewView,
  asked: { readonly subject: Subject; readonly destination: string; readonly environment: string | null },
): Promise<Answer> {
  const { subject, destination: to, environment } = asked;
  const sources = sourcesOf(review, subject);
  if (typeof sources === "string") return text(sources);
  const blocks: Block[] = [];
  for (const from of sources.slice(0, MAXIMUM_QUESTIONS)) {
    const answer = await ask(evaluated, { from, to, environment });
    blocks.push(
      paragraph(answer.kind === "answer" ? answer.markdown.trimEnd() : markdownProse(answer.sentence)),
    );
  }
  const rest = sources.length - blocks.length;
  if (rest > 0) blocks.push(paragraph(`The finding names ${rest} more workloads: ask for each by its name.`));
  return answerPage(headLine, blocks);
}

/** Who asks: one as typed, or those that a finding names; a sentence where there is none. */
function sourcesOf(review: Review, subject: Subject): readonly string[] | string {
  if (subject.kind === "workload") return [subject.text];
  const findings = withHandle(review, subject.handle);
  const workloads = [...new Set(findings.flatMap((finding) => finding.workloads))];
  if (findings.length === 0) return noSuchHandle(review, subject.handle);
  return workloads.length > 0
    ? workloads.map((key) => key.replace("/?", "?"))
    : `${markdownName(subject.handle)} names no workload: ask with \`namespace/Kind/name -> …\`.`;
}

function explainCauses({ review, phrases, headLine }: ReviewView, subject: Subject | null): Answer {
  const sizes = namespaceSizes(review.environments.map(({ workloadNames }) => workloadNames));
  const explained = (findings: readonly LocatedFinding[]) => explainFindings(findings, sizes, phrases);
  if (subject === null) {
    const loud = review.findings.filter(({ severity }) => severity !== "note");
    return loud.length === 0
      ? text(`${headLine} nothing blocks, is undecided or warns. \`/egress diff\` shows what changes.`)
      : answerPage(headLine, explained(loud));
  }
  if (subject.kind === "handle") {
    const findings = withHandle(review, subject.handle);
    return findings.length === 0
      ? text(noSuchHandle(review, subject.handle))
      : answerPage(headLine, explained(findings));
  }
  const named = workloadNamed(review, subject.text);
  if (named.kind === "unknown") return text(noSuchWorkload(subject.text, named.nearest));
  const { key } = named;
  const findings = review.findings.filter(({ workloads }) => workloads.includes(key));
  const environments = review.environments.map((environment) => ({
    ...environment,
    deltas: environment.deltas.filter(({ workload }) => workload === key),
  }));
  const none = findings.length === 0 ? [paragraph(`No finding names ${markdownName(key)}.`)] : [];
  return answerPage(headLine, [...none, ...explained(findings), ...diffTable(environments, phrases)]);
}

function withHandle({ findings }: Pick<Review, "findings">, handle: string): readonly LocatedFinding[] {
  return findings.filter((finding) => finding.handle.toLowerCase() === handle);
}

export function noSuchHandle({ findings }: Pick<Review, "findings">, handle: string): string {
  const handles = [
    ...new Set(findings.filter(({ severity }) => severity !== "note").map((finding) => finding.handle)),
  ];
  const known =
    handles.length === 0
      ? "It has none that blocks, is undecided or warns."
      : `It has ${handles
          .slice(0, LIMITS.lines)
          .map((one) => markdownName(one))
          .join(", ")}.`;
  return `The review of this head has no finding ${markdownName(handle)}. ${known}`;
}

function noSuchWorkload(typed: string, nearest: string | null): string {
  const hint =
    nearest === null
      ? "Write it as `namespace/Kind/name`, or `namespace?key=value` with a destination for a pod that Git does not show."
      : `Did you mean ${markdownName(nearest)}?`;
  return `No workload ${markdownName(typed)} is known here. ${hint}`;
}
