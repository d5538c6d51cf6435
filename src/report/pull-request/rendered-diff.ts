import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { fencedLines, htmlName } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { type Block, fence, under } from "../layout/page.ts";
import type { LocatedFinding } from "../report.ts";

/** What the change makes of the object of a finding, folded; null where no side has one that may be shown. */
export function renderedDiff({ handle, document, rendered }: LocatedFinding): Block | null {
  if (rendered === null || rendered.base === rendered.head) return null;
  const lines = fencedLines(patchOf(rendered.base ?? "", rendered.head ?? ""), LIMITS.diffLineCharacters);
  const rest = lines.length - LIMITS.diffLines;
  const shown = rest > 0 ? [...lines.slice(0, LIMITS.diffLines), `… ${rest} more lines`] : lines;
  const object =
    document === null
      ? "the object"
      : htmlName(
          `${document.kind} ${document.namespace === null ? "" : `${document.namespace}/`}${document.name}`,
        );
  return under(`${htmlName(handle)} as rendered: ${object}`, fence("diff", shown));
}

/** Two texts that have next to nothing in common are shown one after the other: to compare them would cost time for nothing. */
function patchOf(base: string, head: string): string {
  const patch = createTwoFilesPatch("base", "head", base, head, undefined, undefined, {
    context: CONTEXT_LINES,
    headerOptions: FILE_HEADERS_ONLY,
    maxEditLength: MAXIMUM_EDITS,
  });
  const marked = (mark: string, text: string) => text.replace(/^/gm, mark);
  return patch ?? `--- base\n+++ head\n${marked("-", base)}\n${marked("+", head)}`;
}

const CONTEXT_LINES = 3;
const MAXIMUM_EDITS = 1_000;
