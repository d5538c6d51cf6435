import { visible } from "../layout/escape.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { prose } from "../layout/phrase.ts";
import { PhraseText } from "../layout/phrase-text.ts";
import { PLAIN } from "../layout/style.ts";
import { inOrder } from "../lines/group-findings.ts";
import { openFindings } from "../lines/standing.ts";
import type { LocatedFinding, Review } from "../report.ts";
import type { Annotation, CommentableFile } from "./publication.ts";

/**
 * What warns or is undecided, at its lines: at head, in files of the pull request, and only where the line is known; the
 * summary names the others by file. What blocks has a comment of its own, unless it is only observed; notes have none.
 */
export function annotationsOf(
  review: Review,
  files: readonly Pick<CommentableFile, "path">[],
): readonly Annotation[] {
  const paths = new Set(files.map(({ path }) => path));
  const placed = inOrder(openFindings(review.findings)).flatMap((finding) => {
    const lines = isAnnotated(finding) ? linesOf(finding) : null;
    return lines === null || !paths.has(lines.path) ? [] : [{ finding, ...lines }];
  });
  const alike = groupBy(placed, ({ finding: { rule, message }, ...lines }) =>
    JSON.stringify([rule, message, lines]),
  );
  return [...alike.values()]
    .flatMap((those) => those.slice(0, 1))
    .slice(0, LIMITS.annotations)
    .map(({ finding, ...lines }) => ({ ...lines, ...textsOf(finding) }));
}

function isAnnotated({ severity, observed }: LocatedFinding): boolean {
  return severity === "warn" || severity === "undecided" || (severity === "block" && observed);
}

function linesOf({
  location,
  lines,
}: LocatedFinding): Pick<Annotation, "path" | "startLine" | "endLine"> | null {
  if (location === null || location.side !== "head" || location.line === null) return null;
  const { path, line } = location;
  return { path, startLine: lines?.first ?? line, endLine: lines?.last ?? line };
}

function textsOf(finding: LocatedFinding): Pick<Annotation, "level" | "title" | "message"> {
  const { handle, title, message, why, remediation, observed, severity } = finding;
  const before = observed && severity !== "warn" ? "observed: " : "";
  const sentences = [message, why, remediation].filter((text) => text !== "").map(plain);
  return {
    level: "warning",
    title: visible(`${handle} ${before}${plain(title)}`, LIMITS.annotationTitleCharacters),
    message: [...sentences.join("\n")].slice(0, LIMITS.annotationMessageCharacters).join(""),
  };
}

function plain(text: string): string {
  return new PhraseText(PLAIN).text([prose(text)]);
}
