import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type YAMLMap,
} from "yaml";
import { pathOf, pointerOf } from "./json-pointer.ts";
import type { Origin } from "./render.ts";

/** Where a part of an object stands in its document's text. Lines are one-based and count in `origin.text`. */
export interface Position {
  readonly first: number;
  readonly last: number;
  /** The pointer that was found: the asked one, or its nearest parent where the text does not have the part. */
  readonly pointer: string;
  /** Comment lines that stand directly above, and every comment within the lines, in order. */
  readonly comments: readonly Comment[];
}

export interface Comment {
  readonly line: number;
  /** Without "#" and surrounding space. */
  readonly text: string;
}

/**
 * Finds the part of an object that a JSON pointer names in the rendered text of its document. Of duplicate keys the last
 * one counts, as for the deploying controller. null = the text cannot be read, or the object has no place of its own in it.
 */
export function positionOf(origin: Origin, pointer: string): Position | null {
  const found = foundPart(origin, pointer);
  if (found === null) return null;
  const { lines, comments } = found.text;
  const line = (offset: number) => lines.linePos(offset).line;
  const first = line(found.start);
  const last = Math.max(first, line(found.end));
  return {
    first,
    last,
    pointer: found.pointer,
    comments: [...commentsAbove(comments, first), ...commentsWithin(comments, first, last)],
  };
}

interface FoundPart extends Omit<Found, "path"> {
  readonly text: ParsedText;
  /** Within the object. */
  readonly pointer: string;
}

function foundPart(origin: Origin, pointer: string): FoundPart | null {
  const prefix = origin.pointer === undefined ? listPointer(origin.item) : origin.pointer;
  if (prefix === null) return null;
  const text = parsedText(origin);
  if (text === null) return null;
  const objectPath = pathOf(prefix);
  const found = find(text.document, [...objectPath, ...pathOf(pointer)]);
  if (found === null || found.path.length < objectPath.length) return null;
  const { path, ...part } = found;
  return { ...part, text, pointer: pointerOf(path.slice(objectPath.length)) };
}

/**
 * Whether nothing else stands on the lines of a part but the dash of a list: who takes them out takes out the part alone.
 * False where the text does not have it.
 */
export function fillsItsLines(origin: Origin, pointer: string): boolean {
  const found = foundPart(origin, pointer);
  if (found === null || found.pointer !== pointer) return false;
  const { text } = origin;
  const { start, end, inList } = found;
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const lineEnd = text.indexOf("\n", end);
  const after = text.slice(end + 1, lineEnd < 0 ? text.length : lineEnd);
  return (inList ? /^ *- +$/ : /^ *$/).test(before) && /^\s*(#.*)?$/.test(after);
}

/** The line to cite: of a whole object the first comment directly above it, for there its author began. */
export function citedLine(position: Position, pointer: string): number {
  const above = pointer === "" ? position.comments.find(({ line }) => line < position.first) : undefined;
  return above?.line ?? position.first;
}

function listPointer(item: number | null): string {
  return item === null ? "" : `/items/${item}`;
}

// --- Text

interface ParsedText {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly comments: readonly PlacedComment[];
}

interface PlacedComment extends Comment {
  /** Nothing else stands on its line. */
  readonly alone: boolean;
}

/** Several findings may name one document; it is parsed once while anything holds its origin. */
const PARSED = new WeakMap<Origin, ParsedText | { readonly failed: true }>();

function parsedText(origin: Origin): ParsedText | null {
  let parsed = PARSED.get(origin);
  if (parsed === undefined) {
    parsed = parse(origin.text) ?? { failed: true };
    PARSED.set(origin, parsed);
  }
  return "failed" in parsed ? null : parsed;
}

function parse(text: string): ParsedText | null {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { uniqueKeys: false, lineCounter: lines, logLevel: "silent" });
  const document = [...documents].find(({ contents }) => contents !== null && isCollection(contents));
  if (document === undefined || document.errors.length > 0) return null;
  return { document: document as Document, lines, comments: commentsOf(text, lines) };
}

/** Marks of `yaml`'s lexer that take no room in the text: document, flow error, scalar. */
const LEXER_MARKS = new Set(["\u0002", "\u0018", "\u001f"]);
const SCALAR_MARK = "\u001f";

function commentsOf(text: string, lines: LineCounter): readonly PlacedComment[] {
  const comments: PlacedComment[] = [];
  let offset = text.startsWith("\ufeff") ? 1 : 0;
  let previous = "";
  for (const token of new Lexer().lex(text.slice(offset))) {
    if (LEXER_MARKS.has(token)) {
      previous = token;
      continue;
    }
    if (token.startsWith("#") && previous !== SCALAR_MARK) {
      const { line, col } = lines.linePos(offset);
      const before = text.slice(offset - col + 1, offset);
      comments.push({ line, text: token.replace(/^#+/, "").trim(), alone: before.trim() === "" });
    }
    offset += token.length;
    previous = token;
  }
  return comments;
}

function commentsAbove(comments: readonly PlacedComment[], first: number): readonly Comment[] {
  const alone = new Map(comments.filter((one) => one.alone).map((one) => [one.line, one]));
  const above: Comment[] = [];
  for (let line = first - 1; ; line--) {
    const comment = alone.get(line);
    if (comment === undefined) return above.reverse();
    above.push({ line, text: comment.text });
  }
}

function commentsWithin(comments: readonly PlacedComment[], first: number, last: number): readonly Comment[] {
  return comments
    .filter(({ line }) => first <= line && line <= last)
    .map(({ line, text }) => ({ line, text }));
}

// --- Nodes

interface Found {
  readonly path: readonly string[];
  readonly start: number;
  /** Of its last character. */
  readonly end: number;
  /** An element of a list. */
  readonly inList: boolean;
}

function find(document: Document, path: readonly string[]): Found | null {
  let node: unknown = document.contents;
  let found = isNode(node) ? span([], firstWinningKey(node), node, false) : null;
  for (const [index, name] of path.entries()) {
    const next = step(document, node, name);
    if (next === null) return found;
    const inList = isSeq(resolved(document, node));
    node = next.value;
    const here = span(path.slice(0, index + 1), next.key, next.value ?? next.key, inList);
    if (here === null) return found;
    found = here;
  }
  return found;
}

/** Where one object has swallowed another through duplicate keys, it begins at the first key that still counts. */
function firstWinningKey(node: Node): Node {
  if (!isMap(node)) return node;
  const winners = new Map(node.items.map(({ key }) => [isScalar(key) ? String(key.value) : key, key]));
  const starts = [...winners.values()].filter(isNode);
  return starts.reduce<Node>(
    (first, key) => ((startOf(key) ?? 0) < (startOf(first) ?? 0) ? key : first),
    starts[0] ?? node,
  );
}

function span(path: readonly string[], from: Node, to: unknown, inList: boolean): Found | null {
  const start = startOf(from);
  const end = endOf(to) ?? startOf(from);
  return start === null || end === null ? null : { path, start, end, inList };
}

interface Step {
  /** The node that the line is taken of: a mapping's key, a sequence's element. */
  readonly key: Node;
  readonly value: unknown;
}

function step(document: Document, node: unknown, name: string): Step | null {
  const target = resolved(document, node);
  if (isMap(target)) return mapStep(document, target, name);
  if (!isSeq(target)) return null;
  const item = target.items[Number(name)];
  return isNode(item) ? { key: item, value: item } : null;
}

/**
 * The last entry that sets a key: a merged mapping (`<<: *anchor`) counts where its `<<` stands, as the parser of the
 * controllers reads it (go-yaml 2), and its parts stand where its anchor does.
 */
function mapStep(document: Document, map: YAMLMap, name: string): Step | null {
  for (const { key, value } of (map.items as readonly Pair[]).toReversed()) {
    if (!isScalar(key)) continue;
    if (String(key.value) === name) return { key, value };
    if (key.value !== "<<") continue;
    const merged = resolved(document, value);
    const sources = isSeq(merged) ? merged.items.map((item) => resolved(document, item)) : [merged];
    for (const source of sources) {
      const found = isMap(source) ? mapStep(document, source, name) : null;
      if (found !== null) return found;
    }
  }
  return null;
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function startOf(node: unknown): number | null {
  return isNode(node) ? (node.range?.[0] ?? null) : null;
}

/** The end of the last thing a node holds: a block collection's own range runs on into the comments behind it. */
function endOf(node: unknown): number | null {
  if (isPair(node)) return endOf(node.value) ?? endOf(node.key);
  if (!isNode(node)) return null;
  const range = node.range ?? null;
  if (range === null) return null;
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    return endOf(last) ?? range[0];
  }
  // The end is exclusive; a block scalar's includes its last line break.
  return Math.max(range[0], range[1] - 1);
}
