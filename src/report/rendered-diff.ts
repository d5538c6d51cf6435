import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { fencedLines, markdownName } from "./escape.ts";
import { LIMITS } from "./limits.ts";
import { type Block, fence, under } from "./page.ts";
import type { LocatedFinding } from "./report.ts";

/** What the change makes of the object of a finding, folded; null where no side has one that may be shown. */
export function renderedDiff({ handle, document, rendered }: LocatedFinding): Block | null {
  if (rendered === null || rendered.base === rendered.head) return null;
  const patch = createTwoFilesPatch(
    "base",
    "head",
    rendered.base ?? "",
    rendered.head ?? "",
    undefined,
    undefined,
    {
      context: CONTEXT_LINES,
      headerOptions: FILE_HEADERS_ONLY,
      // A pathological pair of texts costs a bound, not the review.
      maxEditLength: MAXIMUM_EDITS,
    },
  );
  if (patch === undefined) return null;
  const lines = fencedLines(patch, LIMITS.diffLineCharacters);
  const rest = lines.length - LIMITS.diffLines;
  const shown = rest > 0 ? [...lines.slice(0, LIMITS.diffLines), `… ${rest} more lines`] : lines;
  const object =
    document === null
      ? "the object"
      : markdownName(
          `${document.kind} ${document.namespace === null ? "" : `${document.namespace}/`}${document.name}`,
        );
  return under(`${markdownName(handle)} as rendered: ${object}`, fence("diff", shown));
}

const CONTEXT_LINES = 3;
const MAXIMUM_EDITS = 2_000;
