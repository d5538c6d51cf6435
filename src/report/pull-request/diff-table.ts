import { type Block, paragraph, table } from "../layout/page.ts";
import { count, join, type Phrase } from "../layout/phrase.ts";
import type { PhraseMarkdown } from "../layout/phrase-markdown.ts";
import { groupDeltas } from "../lines/group-deltas.ts";
import { regionText } from "../lines/region-text.ts";
import { environmentsText } from "../lines/subject-text.ts";
import { namespaceSizes, workloadsText } from "../lines/workload-text.ts";
import type { ReviewedEnvironment } from "../report.ts";

/** Rows of the table, after workloads that change alike were put together. */
const MAXIMUM_ROWS = 60;
/** Destinations of one cell: the rows of a review show fewer. */
const MAXIMUM_DESTINATIONS = 20;

/** What each workload gains and loses, as a table. Environments that did not change have nothing in it. */
export function diffTable(
  environments: readonly ReviewedEnvironment[],
  phrases: PhraseMarkdown,
): readonly Block[] {
  const sizes = namespaceSizes(environments.map(({ workloadNames }) => workloadNames));
  const several = environments.filter(({ changed }) => changed).length > 1;
  const { groups, rest } = groupDeltas(environments, MAXIMUM_ROWS);
  const rows = groups.map(({ workloads, environments: names, added, removed, before, after }) => [
    phrases.text([...workloadsText(workloads, sizes), ...(several ? environmentsText(names) : [])]),
    before === null ? `(new) ${cell(added, phrases)}` : cell(added, phrases),
    after === null ? `(gone) ${cell(removed, phrases)}` : cell(removed, phrases),
  ]);
  if (rows.length === 0) return [paragraph("No workload gains or loses a destination.")];
  const left = rest.widened.length + rest.narrowed.length;
  return [
    table(["Who", "Can newly reach", "No longer reaches"], rows),
    ...(left === 0
      ? []
      : [
          paragraph(
            `${count(left)} more workloads change, each in another way; \`env=NAME\` shows one environment.`,
          ),
        ]),
  ];
}

type Lines = Parameters<typeof regionText>[0];

function cell(lines: Lines, phrases: PhraseMarkdown): string {
  const texts = regionText(lines);
  if (texts.length === 0) return "–";
  const rest = texts.length - MAXIMUM_DESTINATIONS;
  const shown: Phrase = join(texts.slice(0, MAXIMUM_DESTINATIONS), "; ");
  return phrases.text([...shown, ...(rest > 0 ? [`; ${count(rest)} more`] : [])]);
}
