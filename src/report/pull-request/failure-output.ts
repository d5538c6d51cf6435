import { markdownName, markdownProse, markdownUrl } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { essential, list, page, paragraph } from "../layout/page.ts";
import { plural } from "../layout/phrase.ts";
import { RERUN } from "./check-output.ts";
import { firstFitting } from "./check-title.ts";
import type {
  CheckAction,
  CheckOutput,
  ConfigurationTrouble,
  Failure,
  PublicationContext,
} from "./publication.ts";

export type FailureContext = Pick<
  PublicationContext,
  "base" | "documentation" | "head" | "link" | "required"
>;

/** The check run of an evaluation that ended without a verdict: what happened, who can clear it, and how to try again. */
export function failureOutput(
  failure: Failure,
  context: FailureContext,
): CheckOutput & { readonly actions: readonly CheckAction[] } {
  const { title, happened, clear } = explanation(failure, context);
  const after = context.required === false ? " (not required here)" : "";
  const troubles = failure.code === "configuration" ? failure.problems : [];
  const blocks = [
    essential(paragraph(`**No verdict.** ${happened} ${clear}`)),
    list(
      "",
      troubles.map((trouble) => troubleText(trouble, context)),
    ),
    paragraph(`Nothing is known about this change until then; the check stays red. ${again(context)}`),
  ];
  return {
    title: `${firstFitting([title], LIMITS.titleCharacters - after.length)}${after}`,
    summary: page(blocks, LIMITS.checkCharacters, "There is more than a check can hold."),
    actions: [RERUN],
  };
}

function again({ documentation }: FailureContext): string {
  return `To try again: "Re-run" here, or \`/egress recheck\` in a comment. [What a red check means](${markdownUrl(documentation("verdicts.md"))}).`;
}

interface Explanation {
  readonly title: string;
  readonly happened: string;
  /** Who can clear it, and how. */
  readonly clear: string;
}

function explanation(failure: Failure, { head }: FailureContext): Explanation {
  const commit = markdownName(head.slice(0, 7));
  switch (failure.code) {
    case "conflict":
      return {
        title: `Not evaluated: conflicts with ${failure.base}`,
        happened: `${commit} conflicts with ${markdownName(failure.base)}, so there is no merge of the two to look at.`,
        clear:
          "Whoever can push to this branch clears it by resolving the conflict; the push starts a new review.",
      };
    case "no-test-merge":
      return {
        title: "Not evaluated: GitHub has made no test merge yet",
        happened: `GitHub has not merged ${commit} with its base branch for testing within the time that was waited, and only that merge is what would land.`,
        clear: "Anybody with write access can ask again; it mostly takes minutes.",
      };
    case "deadline":
      return {
        title: `Not evaluated: took longer than ${failure.seconds} seconds`,
        happened: `The evaluation was ended after ${plural(failure.seconds, "second")}.`,
        clear:
          "Asking again is often enough, as what was rendered is kept. If not, whoever runs this service can raise the limit, or the change can be made smaller.",
      };
    case "crash":
      return {
        title: "Not evaluated: the evaluation failed",
        happened: `The evaluation of ${commit} ended with an error of this service, not of the change.`,
        clear: `Whoever runs the service finds it in its log under ${markdownName(failure.reference)}.`,
      };
    case "configuration":
      return {
        title: `Not evaluated: ${placeOf(failure.problems)} is not valid`,
        happened: `The configuration says what this review is held against, and ${plural(failure.problems.length, "line")} of it cannot be read. An older one is not used in its place.`,
        clear: `${ownersOf(failure.problems)} it there, in a change of its own; this pull request need not change.`,
      };
    case "permission":
      return {
        title: `Not evaluated: permission ${failure.permission} is missing`,
        happened: `GitHub refused a request because this App has no permission ${markdownName(failure.permission)} here.`,
        clear:
          "An owner of the organisation grants it: Settings → GitHub Apps → egress-review → Configure, and accepts the new permission; if none is offered, the App's registration lacks it.",
      };
    case "tree-unreadable":
      return {
        title: "Not evaluated: the files could not be read from GitHub",
        happened: `The files of this change could not be read: ${markdownProse(failure.reason)}.`,
        clear: "Anybody with write access can ask again; if it stays, it is for whoever runs the service.",
      };
  }
}

function placeOf(problems: readonly ConfigurationTrouble[]): string {
  const [first] = problems;
  if (first === undefined) return "the configuration";
  const where = first.line === null ? first.path : `${first.path}:${first.line}`;
  return first.source === "organisation" ? `${where} of the organisation` : where;
}

function ownersOf(problems: readonly ConfigurationTrouble[]): string {
  const sources = new Set(problems.map(({ source }) => source));
  if (!sources.has("organisation")) return "Whoever can merge into the base branch corrects";
  const owners = "Whoever owns the organisation's policy repository";
  return sources.has("repository") ? `${owners}, and whoever can merge here, corrects` : `${owners} corrects`;
}

function troubleText(
  { source, path, line, message }: ConfigurationTrouble,
  { link }: FailureContext,
): string {
  const label = `${path}${line === null ? "" : `:${line}`}`;
  const where =
    source === "organisation"
      ? `${markdownName(label)} of the organisation's policy repository`
      : `[${markdownProse(label)}](${markdownUrl(link({ side: "base", path, line }))})`;
  return `${where}: ${markdownProse(message)}`;
}

/** The check run while its evaluation goes on. */
export function inProgressOutput(): CheckOutput {
  return {
    title: "Reading what this change lets workloads reach",
    summary:
      "Both sides are rendered and compared. The verdict follows here; nothing is known about this change until then.",
  };
}

/** For the run of a commit that is the head of nothing any more. */
export function supersededOutput(newer: string): CheckOutput {
  return {
    title: `Superseded by ${newer.slice(0, 7)}`,
    summary: `This commit is no head any more; ${markdownName(newer.slice(0, 7))} is reviewed instead.`,
  };
}
