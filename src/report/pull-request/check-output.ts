import { markdownName, markdownUrl } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { type Block, essential, folded, list, page, paragraph, table } from "../layout/page.ts";
import { command, join, name, type Phrase, plural, prose } from "../layout/phrase.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { controlsInOrder, effectText, frameworkName } from "../lines/controls-text.ts";
import { inOrder } from "../lines/group-findings.ts";
import { MESH_TITLE } from "../lines/mesh-line.ts";
import type { Review } from "../report.ts";
import { controls, mark, phrasesFor, reach, texts } from "../review/blocks.ts";
import { type Outline, outline } from "../review/outline.ts";
import { annotationsOf } from "./annotations.ts";
import { checkTitle } from "./check-title.ts";
import { clearing } from "./clearing.ts";
import type { CheckAction, CheckOutput, CommentableFile, PublicationContext } from "./publication.ts";
import { renderedDiff } from "./rendered-diff.ts";
import { needsComment } from "./sticky-comment.ts";

/** Runs the evaluation of this head again. */
export const RERUN: CheckAction = {
  label: "Re-run",
  description: "Evaluate this commit again",
  identifier: "recheck",
};

/** The check run of a finished review. Annotations are for files of the pull request alone. */
export function checkOutput(
  review: Review,
  context: PublicationContext,
  files: readonly Pick<CommentableFile, "path">[] = [],
): CheckOutput & { readonly actions: readonly CheckAction[] } {
  const told = outline(review);
  const phrases = phrasesFor(review, context.link);
  return {
    title: checkTitle(review, context),
    summary: page(summary(review, told, context, phrases), LIMITS.checkCharacters, cutNotice(context)),
    text: page(details(told, phrases), LIMITS.checkCharacters - LIMITS.checkTextReserve, cutNotice(context)),
    annotations: annotationsOf(review, files),
    actions: review.verdict === "pass" && review.observed === null ? [] : [RERUN],
  };
}

function cutNotice({ reproduce }: PublicationContext): string {
  return `More was found than a check can hold; ${markdownName(`${reproduce} --format json`, LIMITS.commandCharacters)} has all of it.`;
}

function summary(
  review: Review,
  told: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): readonly Block[] {
  if (told.findings.length === 0 && isUntouched(review)) return untouched(review, told, context, phrases);
  return [
    essential(paragraph(firstLine(review, told, context, phrases))),
    essential(findingTable(told.findings, phrases)),
    paragraph(told.moreFindings === null ? "" : phrases.text(told.moreFindings)),
    ...clearing(review, told, context, phrases),
    essential(factTable(review, told, context, phrases)),
    ...inOrder(review.findings)
      .filter(({ severity, approval }) => severity === "block" && approval === null)
      .slice(0, LIMITS.explained)
      .flatMap((finding) => renderedDiff(finding) ?? []),
  ];
}

function isUntouched({ environments, proposed }: Review): boolean {
  return proposed === null && environments.every(({ changed }) => !changed);
}

function untouched(
  review: Review,
  told: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const targets = review.environments.reduce((sum, environment) => sum + environment.targets, 0);
  const where = `${plural(targets, "target")} of ${plural(review.environments.length, "environment")}`;
  return [
    essential(
      paragraph(
        `What changed is read by none of ${where}, and is no policy and no entry point. Decided from both trees, not from file names. No comment is posted.`,
      ),
    ),
    factTable(review, told, context, phrases),
  ];
}

function firstLine(
  review: Review,
  told: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): string {
  const comment =
    context.commentUrl !== null && needsComment(review, context)
      ? ` More in [the comment](${markdownUrl(context.commentUrl)}).`
      : "";
  return `**${told.headline.map((phrase) => phrases.plain(phrase)).join(" ")}**${comment}`;
}

/** Each finding with its handle, its place and its sentence. */
function findingTable(rows: Outline["findings"], phrases: PhraseMarkdown): Block {
  return table(
    ["Finding", "What"],
    rows.map((row) => {
      const verb = row.verb === "" ? " " : row.verb === ":" ? ": " : ` ${row.verb} `;
      const said = `${phrases.text(row.who)}${verb}${phrases.text(row.what)}`;
      const parts = [
        phrases.text(row.where),
        row.detail === null ? said : `${said}.`,
        ...(row.detail === null ? [] : [phrases.text(row.detail)]),
        ...(row.severity === "warn" ? [] : [phrases.text(row.why)]),
        ...(row.also === null ? [] : [`(${phrases.text(row.also)})`]),
      ];
      return [
        `${mark(row)}${phrases.text(row.handles)} ${phrases.text(row.title)}`,
        parts.filter((part) => part !== "").join(" "),
      ];
    }),
  );
}

/** What the verdict rests on, one row each; a row without anything to say is left out. */
function factTable(
  review: Review,
  told: Outline,
  context: PublicationContext,
  phrases: PhraseMarkdown,
): Block {
  const [read, ...coverage] = told.coverage;
  const rows: readonly (readonly [string, readonly Phrase[]])[] = [
    ["Undecided", told.undecided],
    ["Accepted", told.accepted],
    ["No longer accepted", told.voided],
    ["Proposed configuration", told.proposed],
    ["When", told.when],
    ["Read", [...(read === undefined ? [] : [read]), ...told.scope]],
    ["Not read, not deciding", told.notRead],
    [MESH_TITLE, told.mesh],
    ["Also", coverage],
    ["Assumed", told.assumptions],
    ["Controls", controlsInBrief(review)],
    ["Same commit", sameCommit(context)],
    ["Reproduce", reproduction(review, context)],
  ];
  return table(
    ["Rests on", ""],
    rows
      .filter(([, lines]) => lines.length > 0)
      .map(([label, lines]) => [label, texts(lines, phrases).join("<br>")]),
  );
}

function controlsInBrief({ controls: effects }: Review): readonly Phrase[] {
  const groups = groupBy(controlsInOrder(effects), ({ framework, effect }) =>
    JSON.stringify([framework, effect]),
  );
  const parts = [...groups.values()].flatMap((alike) =>
    alike
      .slice(0, 1)
      .map(
        ({ framework, effect }): Phrase => [
          prose(`${frameworkName(framework)} ${alike.map(({ id }) => id).join(", ")}`),
          ` ${effectText(effect)}`,
        ],
      ),
  );
  return parts.length === 0 ? [] : [[...join(parts, " · "), " (facts and limits below)"]];
}

const VERDICTS = { block: "blocked", undecided: "undecided", pass: "passes" } as const;

/** A run belongs to a commit, whatever branches it is to land on. */
function sameCommit({ sameCommit: others }: PublicationContext): readonly Phrase[] {
  return others.map(
    ({ pullRequest, base, verdict }): Phrase => [
      `pull request ${pullRequest} into `,
      name(base),
      `: ${VERDICTS[verdict]}; the worst counts for both`,
    ],
  );
}

function reproduction(
  { digests, evaluatedAt }: Review,
  { reproduce }: PublicationContext,
): readonly Phrase[] {
  return [
    [command(reproduce)],
    ["policy ", name(digests.policy)],
    ["engine ", name(digests.engine)],
    ["inputs ", name(digests.inputs), ", evaluated ", name(evaluatedAt)],
  ];
}

/** What decides nothing, or is long: reach, controls with their facts and limits, notes. */
function details(told: Outline, phrases: PhraseMarkdown): readonly Block[] {
  return [
    controls(told, phrases),
    list("**What this evidence cannot show**", texts(told.limits, phrases)),
    ...reach(told, phrases),
    folded(`Notes (${told.counts.note})`, texts(told.notes, phrases)),
  ];
}
