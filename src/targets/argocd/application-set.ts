import picomatch from "picomatch";
import { directoryOf, join } from "../../tree/paths.ts";
import {
  type Declaration,
  type DeclaredObject,
  refused,
  type UnreadPart,
} from "../declarations/declaration.ts";
import { type EntryContext, isThisRepository } from "../declarations/entry-context.ts";
import { type Fields, fieldsAt, isFields, listAt, textAt, textsAt } from "../files/fields.ts";
import { glob } from "../files/glob.ts";
import { deploys, sourcesOf } from "./application.ts";

/**
 * An ApplicationSet: which Applications it makes is not read yet, so each of its sources is one unread target. Paths of
 * this repository are claimed with every value that their variables can have.
 */
export function readApplicationSet({ object, entry }: DeclaredObject, context: EntryContext): Declaration {
  const spec = fieldsAt(object, "spec");
  const template = fieldsAt(spec, "template", "spec");
  const literals = literalsOf(listAt(spec, "generators"));
  const namespace = textAt(template, "destination", "namespace");
  const known = namespace !== null && !isTemplated(namespace) ? namespace : null;
  const { syncPolicy: _, ...definition } = spec ?? {};
  const generated = generatorPaths(listAt(spec, "generators"), context);
  const parts = sourcesOf(template)
    .filter(deploys)
    .map((source): UnreadPart => {
      const name = sourceNameOf(source);
      const claims = [...claimsOf(source, literals, context), ...generated];
      return {
        kind: "unread",
        namespace: known,
        needs: `the Applications of ApplicationSet ${entry.name} (${name})`,
        sourceName: name,
        version: textAt(source, "targetRevision"),
        claims,
        content: claims.length > 0 ? "tree" : "elsewhere",
        definition: withoutSyncPolicy(definition),
      };
    });
  if (parts.length > 0) return { entry, destination: null, parts, problems: [] };
  const subject = `ApplicationSet ${entry.name} has no source`;
  const problems = [{ code: "invalid-entry-point", subject } as const];
  return { entry, destination: null, parts: [refused(known, subject, spec)], problems };
}

function withoutSyncPolicy(spec: Fields): Fields {
  const template = fieldsAt(spec, "template");
  const inner = fieldsAt(template, "spec");
  if (template === null || inner === null) return spec;
  const { syncPolicy: _, ...rest } = inner;
  return { ...spec, template: { spec: rest } };
}

function sourceNameOf(source: Fields): string {
  const chart = textAt(source, "chart");
  const url = textAt(source, "repoURL") ?? "";
  return chart === null ? `${textAt(source, "path") ?? "."} of ${url}` : `chart ${chart} of ${url}`;
}

const VARIABLE = /\{\{-?\s*(.*?)\s*-?\}\}/g;

function isTemplated(text: string): boolean {
  return text.includes("{{");
}

/** Where a source may be: this repository, or (templated address) perhaps this repository. */
function claimsOf(source: Fields, literals: Literals, context: EntryContext): readonly string[] {
  if (textAt(source, "chart") !== null) return [];
  const url = textAt(source, "repoURL") ?? "";
  if (!isTemplated(url) && !isThisRepository(source, context.repository)) return [];
  const path = textAt(source, "path") ?? ".";
  const files = textsAt(source, "helm", "valueFiles").map((file) =>
    file.startsWith("/")
      ? file.slice(1)
      : file.startsWith("$")
        ? file.replace(/^\$[^/]*\//, "")
        : `${path}/${file}`,
  );
  return [path, ...files].flatMap((written) => matching(written, literals, context));
}

/** What generators say literally, by the last name of the key. */
type Literals = ReadonlyMap<string, ReadonlySet<string>>;

function literalsOf(generators: readonly unknown[]): Literals {
  const found = new Map<string, Set<string>>();
  const add = (key: string, value: string) => found.set(key, (found.get(key) ?? new Set()).add(value));
  const walk = (value: unknown) => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (isFields(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (typeof member === "string") add(key.slice(key.lastIndexOf(".") + 1), member);
        else walk(member);
      }
    }
  };
  walk(generators);
  return found;
}

/** More alternatives than this are not told apart; a wildcard covers them all. */
const MAXIMUM_ALTERNATIVES = 64;

/** The existing paths that a templated path can mean, and the path itself where it is literal. */
function matching(written: string, literals: Literals, context: EntryContext): readonly string[] {
  if (!isTemplated(written)) return [join(".", written.replace(/^\/+/, "")) ?? "."];
  const alternatives = expansions(written, literals);
  return [...new Set(alternatives.flatMap((pattern) => existing(pattern, context)))];
}

const ANYTHING = "\0";

/** Every spelling of the path; a variable that no generator says literally becomes a wildcard. */
function expansions(written: string, literals: Literals): readonly string[] {
  let texts = [""];
  let end = 0;
  for (const match of written.matchAll(VARIABLE)) {
    const before = written.slice(end, match.index);
    const values = [...valuesOf(match[1] ?? "", literals)];
    const several = texts.flatMap((text) => values.map((value) => text + before + value));
    texts = several.length > MAXIMUM_ALTERNATIVES ? texts.map((text) => text + before + ANYTHING) : several;
    end = match.index + match[0].length;
  }
  return texts.map((text) => text + written.slice(end));
}

/** A plain variable has the values that some generator gives its name; an expression, or a name of none, has any. */
function valuesOf(expression: string, literals: Literals): Iterable<string> {
  const name = /^\.?(?:[A-Za-z0-9_-]+\.)*([A-Za-z0-9_-]+)$/.exec(expression)?.[1];
  const values = name === undefined ? undefined : literals.get(name);
  const nested = [...(values ?? [])].some(isTemplated);
  return values === undefined || nested || GENERATED.has(name ?? "") ? [ANYTHING] : values;
}

/** Names that Git generators set themselves, whatever else is called so. */
const GENERATED = new Set([
  "path",
  "basename",
  "basenameNormalized",
  "filename",
  "name",
  "server",
  "segments",
]);

function existing(text: string, { tree }: EntryContext): readonly string[] {
  const path = join(".", text.replace(/^\/+/, ""));
  if (path === null) return [];
  if (!path.includes(ANYTHING)) return [path];
  if (path.startsWith(ANYTHING)) return ["."];
  const pieces = path.split(ANYTHING);
  const candidates = new Set(tree.paths().flatMap((file) => [file, ...directoriesAbove(file)]));
  return topmost([...candidates].filter((candidate) => holdsInOrder(candidate, pieces)));
}

/** Whether a text is these pieces with anything between them: each at its first place, so that nothing is tried twice. */
function holdsInOrder(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= end;
}

function directoriesAbove(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = directoryOf(path); at !== "."; at = directoryOf(at)) found.push(at);
  return found;
}

/** Of some paths those that no other one holds. */
function topmost(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return paths.filter((path) => !directoriesAbove(path).some((above) => all.has(above)));
}

/** Directories and files that Git generators of this repository look for, at any depth of matrix and merge. */
function generatorPaths(generators: readonly unknown[], context: EntryContext): readonly string[] {
  return generators.flatMap((generator) => {
    const nested = ["matrix", "merge"].flatMap((kind) => [...listAt(generator, kind, "generators")]);
    const git = fieldsAt(generator, "git");
    const own = git !== null && isThisRepository(git, context.repository);
    const patterns = own
      ? [...listAt(git, "directories"), ...listAt(git, "files")].flatMap((item) => textAt(item, "path") ?? [])
      : [];
    return [...patterns.flatMap((pattern) => globbed(pattern, context)), ...generatorPaths(nested, context)];
  });
}

function globbed(pattern: string, { tree }: EntryContext): readonly string[] {
  if (isTemplated(pattern)) return [picomatch.scan(pattern.slice(0, pattern.indexOf("{{"))).base || "."];
  const matches = glob(pattern);
  if (matches === null) return ["."];
  const candidates = new Set(tree.paths().flatMap((file) => [file, ...directoriesAbove(file)]));
  return topmost([...candidates].filter((candidate) => matches(candidate)));
}
