import { type Document, isMap, isScalar, LineCounter, type Node, parseAllDocuments } from "yaml";
import { z } from "zod";
import type { Place } from "../tree/place.ts";
import {
  type Configuration,
  type ConfigurationProblem,
  type ConfigurationProblemCode,
  DEFAULT_MARKS,
  defaultConfiguration,
  writtenKey,
} from "./config.ts";
import { configurationSchema, type WrittenConfiguration } from "./schema.ts";
import { closest } from "./suggestion.ts";

/** A configuration is written by hand; anything larger is not one. */
const MAXIMUM_BYTES = 1024 * 1024;
/** Uses of anchors; more is a bomb, or unreadable for people. */
const MAXIMUM_ALIASES = 100;

/** The text of a configuration file; `path` is what problems name. */
export function parseConfiguration(
  content: Uint8Array | string,
  path: string,
): Configuration | ConfigurationProblem[] {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (bytes.length > MAXIMUM_BYTES) {
    return [{ code: "unreadable", path, line: null, message: "is larger than 1 MiB" }];
  }
  const text = decode(bytes);
  if (text === null) return [{ code: "invalid-yaml", path, line: null, message: "is not UTF-8 text" }];
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents) || documents.length === 0) return defaultConfiguration;
  const [document, second] = documents;
  if (document === undefined) return defaultConfiguration;
  if (second !== undefined) {
    const line = lineAt(lines, second.range?.[0]);
    return [
      { code: "invalid-yaml", path, line, message: "must be one YAML document, here a second one begins" },
    ];
  }
  const syntax = syntaxProblems(document, path, lines);
  if (syntax.length > 0) return syntax;
  const value = plainValue(document);
  if (value.kind === "bomb") {
    return [{ code: "invalid-yaml", path, line: null, message: "uses too many aliases" }];
  }
  if (value.js === null || value.js === undefined) return defaultConfiguration;
  const parsed = configurationSchema.safeParse(value.js, { reportInput: true });
  if (!parsed.success)
    return parsed.error.issues.flatMap((issue) => problemsOf(issue, document, path, lines));
  return configurationOf(parsed.data, writtenIn(value.js, document, path, lines));
}

/** Mappings whose members are told apart, with how many steps lead to what somebody decides. */
const NESTED: Readonly<Record<string, number>> = { environments: 3, namespaces: 3, approvals: 2 };

/** The place of each key that stands in a configuration that is valid. */
function writtenIn(
  value: unknown,
  document: Document,
  path: string,
  lines: LineCounter,
): ReadonlyMap<string, Place> {
  const written = new Map<string, Place>();
  const visit = (node: unknown, steps: readonly string[]): void => {
    if (steps.length > 0) {
      written.set(writtenKey(...steps), { path, line: lineOf(document, steps, lines) });
    }
    const [top] = steps;
    if (top !== undefined && steps.length >= (NESTED[top] ?? 1)) return;
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    for (const [key, member] of Object.entries(node)) visit(member, [...steps, key]);
  };
  visit(value, []);
  return written;
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function syntaxProblems(document: Document, path: string, lines: LineCounter): ConfigurationProblem[] {
  return [...document.errors, ...document.warnings].map((error) => ({
    code: error.code === "DUPLICATE_KEY" ? "duplicate-key" : "invalid-yaml",
    path,
    line: lineAt(lines, error.pos[0]),
    message:
      error.code === "DUPLICATE_KEY"
        ? "this key stands twice in its mapping"
        : `is not valid YAML: ${error.message}`,
  }));
}

type DocumentValue = { readonly kind: "value"; readonly js: unknown } | { readonly kind: "bomb" };

function plainValue(document: Document): DocumentValue {
  try {
    return { kind: "value", js: document.toJS({ maxAliasCount: MAXIMUM_ALIASES }) as unknown };
  } catch {
    // The package throws a ReferenceError for an excessive alias count, and for nothing else once errors are empty.
    return { kind: "bomb" };
  }
}

function problemsOf(
  issue: z.core.$ZodIssue,
  document: Document,
  path: string,
  lines: LineCounter,
): readonly ConfigurationProblem[] {
  const where = issue.path.filter((step) => typeof step !== "symbol");
  const problem = (code: ConfigurationProblemCode, steps: readonly Step[], message: string) => ({
    code,
    path,
    line: lineOf(document, steps, lines),
    message,
  });
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => problem("unknown-key", [...where, key], unknownKey(key, where)));
  }
  if (issue.code === "invalid_key") {
    const words = issue.issues.map((inner) => inner.message).join(", ");
    return [problem("invalid-value", where, `${quoted(where)} ${words}`)];
  }
  return [problem("invalid-value", where, invalidValue(issue, where))];
}

type Step = string | number;

function unknownKey(key: string, where: readonly Step[]): string {
  const known = keysAt(where);
  const suggestion = closest(key, known);
  const advice =
    suggestion !== null ? `did you mean "${suggestion}"?` : `known here: ${known.toSorted().join(", ")}`;
  return `unknown key "${key}"${where.length > 0 ? ` in ${quoted(where)}` : ""}; ${advice}`;
}

function invalidValue(issue: z.core.$ZodIssue, where: readonly Step[]): string {
  const subject = where.length === 0 ? "the configuration" : quoted(where);
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    const suggestion = typeof issue.input === "string" ? closest(issue.input, allowed) : null;
    const advice = suggestion !== null ? `; did you mean "${suggestion}"?` : "";
    return `${subject} must be ${allowed.map((value) => `"${value}"`).join(" or ")}${advice}`;
  }
  if (issue.code === "invalid_type") {
    if (issue.input === undefined) return `${subject} is missing`;
    return `${subject} must be ${withArticle(issue.expected)}${ownWords(issue.message)}`;
  }
  const value = typeof issue.input === "string" ? ` "${issue.input}"` : "";
  return `${subject}${value} ${issue.message}`;
}

/** A message of our own schema; the package's own texts begin with "Invalid". */
function ownWords(message: string): string {
  return message.startsWith("Invalid") ? "" : `; ${message}`;
}

function withArticle(type: string): string {
  const names: Readonly<Record<string, string>> = {
    array: "a list",
    object: "a mapping",
    record: "a mapping",
    boolean: "true or false",
    int: "a whole number",
  };
  return names[type] ?? `a ${type}`;
}

function quoted(where: readonly Step[]): string {
  return `"${where.map((step, index) => (typeof step === "number" ? `[${step}]` : index > 0 ? `.${step}` : step)).join("")}"`;
}

/** The keys that the schema knows at a place, read from its JSON Schema. */
function keysAt(where: readonly Step[]): readonly string[] {
  let schema: JsonSchema | undefined = jsonSchema();
  for (const step of where) {
    schema =
      typeof step === "number" ? schema?.items : (schema?.properties?.[step] ?? schema?.additionalProperties);
  }
  return Object.keys(schema?.properties ?? {});
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
}

function jsonSchema(): JsonSchema {
  return z.toJSONSchema(configurationSchema, { io: "input" }) as JsonSchema;
}

/** The line of the deepest node of a path that exists; a key of a mapping has the line of the key itself. */
function lineOf(document: Document, where: readonly Step[], lines: LineCounter): number | null {
  let node: unknown = document.contents;
  let line = lineOfNode(node, lines);
  for (const step of where) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(step));
      if (pair === undefined) return line;
      line = lineOfNode(pair.key, lines) ?? line;
      node = pair.value;
    } else {
      node = (node as { get?: (key: Step, keepScalar: boolean) => unknown } | null)?.get?.(step, true);
      line = lineOfNode(node, lines) ?? line;
    }
  }
  return line;
}

function lineOfNode(node: unknown, lines: LineCounter): number | null {
  return lineAt(lines, (node as Node | null | undefined)?.range?.[0]);
}

function lineAt(lines: LineCounter, offset: number | undefined): number | null {
  return offset === undefined ? null : lines.linePos(offset).line;
}

function configurationOf(written: WrittenConfiguration, places: Configuration["written"]): Configuration {
  const environments = Object.entries(written.environments ?? {}).map(
    ([name, { roots, production, profile, mode, approvers }]) =>
      [
        name,
        {
          roots: roots.map(cleanPath),
          marks: {
            production: production ?? DEFAULT_MARKS.production,
            profile: profile ?? DEFAULT_MARKS.profile,
            mode: mode ?? DEFAULT_MARKS.mode,
            approvers: approvers ?? DEFAULT_MARKS.approvers,
          },
        },
      ] as const,
  );
  const namespaces = Object.entries(written.namespaces ?? {}).map(
    ([name, { cde, baseline, labels }]) =>
      [name, { cde: cde ?? false, baseline: baseline ?? false, labels: labels ?? {} }] as const,
  );
  const workloads = (written.workloads ?? []).map(({ namespace, kind, name, labels, ports }) => ({
    namespace,
    kind: kind ?? "Deployment",
    name,
    labels,
    ports: (ports ?? []).map((port) => ({
      name: port.name ?? null,
      port: port.port,
      protocol: port.protocol ?? "TCP",
    })),
  }));
  return {
    environments: new Map(environments),
    repositories: written.repositories ?? [],
    namespaces: new Map(namespaces),
    workloads,
    internalRanges: written.internalRanges ?? [],
    podCIDRs: written.podCIDRs ?? [],
    unrendered: written.unrendered ?? "coverage",
    contact: written.contact ?? null,
    approvals: {
      self: written.approvals?.self ?? defaultConfiguration.approvals.self,
      forbidSelf: written.approvals?.forbidSelf ?? defaultConfiguration.approvals.forbidSelf,
    },
    written: places,
  };
}

/** "./clusters//prod/" is "clusters/prod"; the root is ".". */
function cleanPath(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}
