import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";

/** One document of a file: its text, and the line of the file (one-based) on which the text begins. */
export interface DocumentText {
  readonly text: string;
  readonly line: number;
}

/** Documents as Kubernetes tools cut them: at each line that begins with "---", before any YAML is parsed. */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let line = 1;
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    const piece = text.slice(start, index);
    documents.push({ text: piece, line });
    line += countLineBreaks(piece);
    // A document may begin on the separator's own line ("--- {a: 1}"): only the dashes are taken away.
    start = index + 3;
  }
  documents.push({ text: text.slice(start), line });
  return documents.filter((document) => document.text.trim() !== "");
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

export type ParsedDocument =
  | {
      readonly kind: "object";
      readonly value: unknown;
      readonly line: number;
      readonly items: readonly number[];
    }
  | { readonly kind: "invalid"; readonly message: string; readonly line: number };

/** Aliases a document may expand to; the package's own default. */
const MAXIMUM_ALIASES = 100;

/**
 * A document as the controllers read it: of duplicate keys the last wins. `line` is where its content begins, `items`
 * where each item of a List does.
 */
export function parse(document: DocumentText): ParsedDocument {
  const lines = new LineCounter();
  const line = (offset: number | undefined) => document.line + lines.linePos(offset ?? 0).line - 1;
  const parsed = parseDocument(document.text, {
    uniqueKeys: false,
    merge: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = parsed.errors;
  if (error !== undefined) return { kind: "invalid", message: error.message, line: line(error.pos[0]) };
  const begins = line(parsed.contents?.range?.[0]);
  try {
    const value = parsed.toJS({ maxAliasCount: MAXIMUM_ALIASES }) as unknown;
    return { kind: "object", value, line: begins, items: itemOffsets(parsed).map(line) };
  } catch {
    // The package throws for an excessive count of aliases.
    return { kind: "invalid", message: "too many aliases", line: begins };
  }
}

function itemOffsets(document: Document): readonly (number | undefined)[] {
  if (!isMap(document.contents)) return [];
  const items = document.contents.get("items", true);
  if (!isSeq(items)) return [];
  return items.items.map((item) => (item as { range?: readonly number[] } | null)?.range?.[0]);
}

/** Every string that stands in a text of one or more documents as a scalar, keys too; null where one does not parse. */
export function scalarsOf(text: string): readonly string[] | null {
  const found = new Set<string>();
  for (const document of splitDocuments(text)) {
    const parsed = parseDocument(document.text, { uniqueKeys: false, prettyErrors: false });
    if (parsed.errors.length > 0) return null;
    visit(parsed, {
      Scalar: (_, node) => {
        if (isScalar(node) && typeof node.value === "string") found.add(node.value);
      },
    });
  }
  return [...found];
}
