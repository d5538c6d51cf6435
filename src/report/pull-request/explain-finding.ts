import { fencedLines } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { type Block, fence, list, paragraph } from "../layout/page.ts";
import { count, enumerate, join, name, type Phrase, place, prose, strong } from "../layout/phrase.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { approvalText } from "../lines/accepted-line.ts";
import { explanationFacts } from "../lines/explanation-text.ts";
import { fixText } from "../lines/fix-text.ts";
import { inOrder } from "../lines/group-findings.ts";
import { regionText } from "../lines/region-text.ts";
import { environmentsText } from "../lines/subject-text.ts";
import { type NamespaceSizes, workloadsText } from "../lines/workload-text.ts";
import type { LocatedFinding } from "../report.ts";

/** Findings that one answer explains. */
const MAXIMUM_FINDINGS = 8;
/** Destinations of one finding; a list here is what the rows of a review cut. */
const MAXIMUM_DESTINATIONS = 20;

/** Why a review says what it says: one part of a page for each finding, the strongest first. */
export function explainFindings(
  findings: readonly LocatedFinding[],
  sizes: NamespaceSizes,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const ordered = inOrder(findings);
  const rest = ordered.slice(MAXIMUM_FINDINGS);
  const handles = enumerate(
    rest.map(({ handle }): Phrase => [name(handle)]),
    MAXIMUM_DESTINATIONS,
  );
  return [
    ...ordered.slice(0, MAXIMUM_FINDINGS).flatMap((finding) => explanation(finding, sizes, phrases)),
    ...(rest.length === 0
      ? []
      : [paragraph(phrases.text([`${count(rest.length)} more, ask for each by its handle: `, ...handles]))]),
  ];
}

const SAID = {
  block: "⛔ blocks",
  undecided: "⏸ undecided",
  warn: "⚠ warning",
  note: "note",
} as const;

function explanation(
  finding: LocatedFinding,
  sizes: NamespaceSizes,
  phrases: PhraseMarkdown,
): readonly Block[] {
  const { handle, title, severity, environments, observed } = finding;
  const head: Phrase = [
    strong(name(handle), " ", prose(title)),
    ` (${SAID[severity]}${observed ? ", only observed" : ""}`,
    ...environmentsText(environments),
    ")",
  ];
  const edit = finding.explanation?.edit ?? null;
  return [
    list(
      phrases.text(head),
      factsOf(finding, sizes).map((fact) => phrases.text(fact)),
    ),
    ...(edit?.kind === "add" ? [fence("yaml", fencedLines(edit.yaml, LIMITS.diffLineCharacters))] : []),
  ];
}

function factsOf(finding: LocatedFinding, sizes: NamespaceSizes): readonly Phrase[] {
  const { message, workloads, regions, why, remediation, fix, approval, explanation } = finding;
  const cause = causeText(finding);
  const destinations = regionText(regions);
  return [
    [prose(message)],
    ...(workloads.length === 0 ? [] : [["Who: ", ...workloadsText(workloads, sizes)]]),
    ...(destinations.length === 0 ? [] : [["Opens: ", ...destinationsText(destinations)]]),
    ...(cause.length === 0 ? [] : [["Cause: ", ...cause]]),
    ...(explanation === null ? [] : explanationFacts(explanation)),
    ["Why it matters: ", prose(why)],
    ...(remediation === "" ? [] : [["What to do: ", prose(remediation)]]),
    ...(fix === null ? [] : [["Tried: ", ...fixText(fix)]]),
    ...(approval === null ? [] : [approvalText(approval)]),
  ];
}

function destinationsText(destinations: readonly Phrase[]): Phrase {
  const rest = destinations.length - MAXIMUM_DESTINATIONS;
  return [
    ...join(destinations.slice(0, MAXIMUM_DESTINATIONS), "; "),
    ...(rest > 0 ? [`; ${count(rest)} more`] : []),
  ];
}

/** The object and the lines that a finding rests on; what is not certain is left out. */
function causeText({ document, location, lines }: LocatedFinding): Phrase {
  const object: Phrase =
    document === null
      ? []
      : [
          prose(document.kind),
          " ",
          name(document.namespace === null ? document.name : `${document.namespace}/${document.name}`),
        ];
  const where: Phrase = location === null ? [] : [place(location, lines?.last ?? null)];
  return join(
    [object, where].filter((part) => part.length > 0),
    ", ",
  );
}
