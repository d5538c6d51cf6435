import { BlobMemo } from "./blob-memo.ts";
import { digestOf } from "./digest.ts";
import { type Fields, isFields, listAt } from "./fields.ts";
import { asciiOf, textOf } from "./text-of.ts";
import { type DocumentText, parse, splitDocuments } from "./yaml-documents.ts";

/** What a YAML or JSON file is, as far as discovery cares. */
export interface FileFacts {
  /** At least one document is a Kubernetes object. */
  readonly manifest: boolean;
  /** Objects that only the controllers read, Lists unpacked. */
  readonly entries: readonly FoundObject[];
  /** Documents that mention such a group, or look like an object, and do not parse. */
  readonly invalid: readonly InvalidDocument[];
  /** At least one document is, or may be, an object that a cluster takes as it is. */
  readonly others: boolean;
}

export interface FoundObject {
  readonly object: Fields;
  readonly line: number;
}

export interface InvalidDocument {
  readonly line: number;
  readonly message: string;
  /** Whether it may be an entry point. */
  readonly entryPoint: boolean;
  readonly digest: string;
}

export const fileFacts = new BlobMemo((bytes) => factsOf(bytes));

/** What a path held on the other side of a change. */
export type Held = "entry-point" | "object";

/**
 * The same for a file that held objects on the other side: what is broken so that nobody recognises an object in it is no
 * object that was deleted. Nobody can apply it, and what it held stays.
 */
export const factsOfFormer: Readonly<Record<Held, BlobMemo<FileFacts>>> = {
  "entry-point": new BlobMemo((bytes) => factsOf(bytes, "entry-point")),
  object: new BlobMemo((bytes) => factsOf(bytes, "object")),
};

/** null = no object that a cluster or a controller reads. */
export function heldBy({ manifest, entries }: FileFacts): Held | null {
  if (entries.length > 0) return "entry-point";
  return manifest ? "object" : null;
}

const GROUPS = /argoproj\.io|toolkit\.fluxcd\.io/;
/** Argo CD shares its group with Rollouts and Workflows, which make pods and stand for themselves. */
const ARGOCD_KINDS = new Set(["Application", "ApplicationSet", "AppProject"]);
/** Escapes of strings, explicit keys and aliases as keys could spell anything; a document with one is parsed. */
const ESCAPES = /\\[xuU]|"[^"\n]*\\\r?$|^\s*(\?\s|\*\S+\s*:)/m;
/** YAML 1.1, which the controllers read, ends a line with these too. */
const OTHER_LINE_BREAKS = /[\u0085\u2028\u2029]/g;
const AT_TOP = { apiVersion: /^["']?apiVersion["']?\s*:/m, kind: /^["']?kind["']?\s*:/m };
const ANYWHERE = { apiVersion: /\bapiVersion["']?\s*:/, kind: /\bkind["']?\s*:/ };

function factsOf(bytes: Uint8Array, former: Held | null = null): FileFacts {
  const ascii = asciiOf(bytes);
  if (former === null && !mayHoldObjects(ascii))
    return { manifest: false, others: false, entries: [], invalid: [] };
  const documents = splitDocuments(textOf(bytes).replace(OTHER_LINE_BREAKS, "\n")).map((document) =>
    readDocument(document, former),
  );
  return {
    others: documents.some(({ others }) => others),
    manifest: documents.some(({ manifest }) => manifest),
    entries: documents.flatMap(({ entries }) => entries),
    invalid: documents.flatMap(({ invalid }) => invalid),
  };
}

function mayHoldObjects(text: string): boolean {
  return isObjectText(text) || ESCAPES.test(text);
}

function isObjectText(text: string): boolean {
  return ANYWHERE.apiVersion.test(text) && ANYWHERE.kind.test(text);
}

interface DocumentFacts {
  readonly manifest: boolean;
  readonly others: boolean;
  readonly entries: readonly FoundObject[];
  readonly invalid: readonly InvalidDocument[];
}

/** Twice what the largest definitions of controllers take; parsing much more takes minutes. */
const MAXIMUM_PARSED = 2 * 1024 * 1024;

function tooLong({ line }: DocumentText) {
  return { kind: "invalid", line, message: `a document longer than ${MAXIMUM_PARSED} characters` } as const;
}

/** Most documents are decided by looking at their text; only what may be an entry point, or is unclear, is parsed. */
function readDocument(document: DocumentText, former: Held | null): DocumentFacts {
  const { text } = document;
  const nothing = { manifest: false, others: false, entries: [], invalid: [] };
  if (!mayHoldObjects(text)) return former === null ? nothing : readRemains(document, former);
  const escaped = ESCAPES.test(text);
  const entryPoint = GROUPS.test(text) || escaped;
  const atTop = AT_TOP.apiVersion.test(text) && AT_TOP.kind.test(text);
  if (!entryPoint && atTop) return { ...nothing, manifest: true, others: true };
  const parsed = text.length > MAXIMUM_PARSED ? tooLong(document) : parse(document);
  if (parsed.kind === "invalid") {
    const { line, message } = parsed;
    return {
      manifest: atTop,
      // Other parsers may read it: whoever renders it says what is the matter.
      others: !GROUPS.test(text) && isObjectText(text),
      entries: [],
      invalid: [{ line, message, entryPoint: GROUPS.test(text), digest: digestOf(text) }],
    };
  }
  if (!isObject(parsed.value)) return nothing;
  const entries = entriesOf(parsed.value, parsed.line, parsed.items);
  return { manifest: true, others: entries.length < countObjects(parsed.value), entries, invalid: [] };
}

/** Text without an object in it, where objects were: a deletion if it parses. */
function readRemains(document: DocumentText, former: Held): DocumentFacts {
  const { text } = document;
  const parsed = text.length > MAXIMUM_PARSED ? tooLong(document) : parse(document);
  if (parsed.kind === "object") return { manifest: false, others: false, entries: [], invalid: [] };
  const { line, message } = parsed;
  const entryPoint = former === "entry-point";
  const invalid = [{ line, message, entryPoint, digest: digestOf(text) }];
  return { manifest: false, others: !entryPoint, entries: [], invalid };
}

function isObject(value: unknown): value is Fields {
  return isFields(value) && typeof value["apiVersion"] === "string" && typeof value["kind"] === "string";
}

/** The object itself, or the items of a List, as far as they belong to a controller's group. */
export function entriesOf(object: Fields, line: number, items: readonly number[]): readonly FoundObject[] {
  if (isList(object)) {
    return listAt(object, "items").flatMap((item, index) =>
      isObject(item) ? entriesOf(item, items[index] ?? line, []) : [],
    );
  }
  return isForControllers(object) ? [{ object, line }] : [];
}

function isForControllers(object: Fields): boolean {
  const [group = ""] = String(object["apiVersion"]).split("/");
  if (group === "argoproj.io") return ARGOCD_KINDS.has(String(object["kind"]));
  return GROUPS.test(group);
}

function isList(object: Fields): boolean {
  return String(object["kind"]).endsWith("List") && Array.isArray(object["items"]);
}

function countObjects(object: Fields): number {
  if (!isList(object)) return 1;
  return listAt(object, "items").reduce<number>(
    (sum, item) => sum + (isObject(item) ? countObjects(item) : 0),
    0,
  );
}
