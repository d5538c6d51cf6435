import picomatch from "picomatch";
import type { HelmRequest, ValuesLayer } from "../../engine/engine.ts";
import { join } from "../../tree/paths.ts";
import { pathsBelow } from "../../tree/paths-below.ts";
import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import type { PartProblem } from "../declarations/declaration.ts";
import { at, type Fields, fieldsAt, flagAt, listAt, textAt, textsAt } from "../files/fields.ts";
import { glob } from "../files/glob.ts";
import { substitute, type Variables } from "./variables.ts";

/** Where "$name/…" of a value file points: this repository, or one that is not here. */
export type References = ReadonlyMap<string, "here" | "elsewhere">;

export interface HelmSource {
  readonly tree: Tree;
  readonly path: string;
  readonly helm: Fields | null;
  readonly applicationName: string;
  readonly namespace: string | null;
  readonly variables: Variables;
  readonly references: References;
}

export interface HelmReading {
  readonly request: HelmRequest;
  readonly problems: readonly PartProblem[];
  /** Value files that are not in this repository; the chart's values are then unknown. */
  readonly elsewhere: readonly string[];
}

/**
 * What Argo CD hands to `helm template` (reposerver/repository.go helmTemplate, util/helm/cmd.go): value files, then
 * `valuesObject` or else `values`, then parameters, each name once.
 */
export function readHelm(source: HelmSource): HelmReading {
  const { helm, variables } = source;
  const files = readValueFiles(source);
  const inline = inlineValues(helm);
  const parameters = readParameters(helm, variables);
  const fileParameters = readFileParameters(source);
  const request: HelmRequest = {
    chart: source.path,
    releaseName: textAt(helm, "releaseName") ?? source.applicationName,
    namespace: textAt(helm, "namespace") ?? source.namespace ?? undefined,
    values: inline === null ? files.layers : [...files.layers, { text: inline }],
    set: parameters.set,
    setString: parameters.setString,
    setFile: fileParameters.setFile,
    kubeVersion: textAt(helm, "kubeVersion") ?? undefined,
    apiVersions: textsAt(helm, "apiVersions"),
    includeCRDs: !flagAt(helm, "skipCrds"),
    skipTests: flagAt(helm, "skipTests"),
    skipSchemaValidation: flagAt(helm, "skipSchemaValidation"),
  };
  return {
    request,
    problems: [...files.problems, ...fileParameters.problems],
    elsewhere: files.elsewhere,
  };
}

interface ValueFiles {
  readonly layers: readonly ValuesLayer[];
  readonly problems: readonly PartProblem[];
  readonly elsewhere: readonly string[];
}

type ValueFile =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "pattern"; readonly pattern: string; readonly matches: (path: string) => boolean }
  | { readonly kind: "outside"; readonly path: string }
  | { readonly kind: "elsewhere"; readonly address: string };

function readValueFiles(source: HelmSource): ValueFiles {
  const { tree, helm } = source;
  const optional = flagAt(helm, "ignoreMissingValueFiles");
  const files = textsAt(helm, "valueFiles").map((written) => placeOf(written, source));
  // A file that is named wins over a pattern that also matches it: it keeps its own place in the order.
  const named = new Set(files.flatMap((file) => (file.kind === "file" ? [file.path] : [])));
  const layers: ValuesLayer[] = [];
  const problems: PartProblem[] = [];
  const elsewhere: string[] = [];
  const missing = (subject: string) => problems.push({ code: "values-file-missing", subject });
  for (const file of files) {
    if (file.kind === "elsewhere") elsewhere.push(file.address);
    else if (file.kind === "outside") {
      layers.push({ path: file.path });
      missing(file.path);
    } else if (file.kind === "pattern") {
      const matches = matching(tree, file).filter((path) => !named.has(path));
      for (const path of matches) layers.push({ path });
      if (matches.length === 0 && !optional) missing(file.pattern);
    } else {
      layers.push(optional ? { path: file.path, optional } : { path: file.path });
      if (!optional && isTreeProblem(tree.stat(file.path))) missing(file.path);
    }
  }
  return { layers, problems, elsewhere };
}

function placeOf(written: string, source: HelmSource): ValueFile {
  const text = substitute(written, withReferences(source));
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: "elsewhere", address: text };
  const reference = /^\$([A-Za-z0-9_-]+)(?=\/|$)/.exec(written);
  const name = reference?.[1];
  if (name !== undefined && source.references.get(name) === "elsewhere") {
    return { kind: "elsewhere", address: written };
  }
  const here = name !== undefined && source.references.has(name);
  const fromRoot = here || text.startsWith("/");
  const relative = here ? written.slice(name.length + 2) : text.replace(/^\/+/, "");
  const path = join(fromRoot ? "." : source.path, relative === "" ? "." : relative);
  if (path === null) return { kind: "outside", path: text };
  if (!/[*?[{]/.test(path)) return { kind: "file", path };
  const matches = glob(path, { dot: true });
  // What nobody can match is not known to be here.
  return matches === null
    ? { kind: "elsewhere", address: written }
    : { kind: "pattern", pattern: path, matches };
}

/** "$ref" is resolved before variables are, so a reference must not be taken for an unknown variable. */
function withReferences({ variables, references }: HelmSource): Variables {
  return new Map([...variables, ...[...references.keys()].map((name) => [name, `$${name}`] as const)]);
}

function matching(
  tree: Tree,
  { pattern, matches }: Extract<ValueFile, { kind: "pattern" }>,
): readonly string[] {
  const prefix = picomatch.scan(pattern).base;
  const below = prefix === "" ? "." : prefix;
  return pathsBelow(tree, below).filter((path) => matches(path) && isFile(tree, path));
}

function isFile(tree: Tree, path: string): boolean {
  const found = tree.stat(path);
  return !isTreeProblem(found) && found.kind === "file";
}

/** `valuesObject` hides `values` (ApplicationSourceHelm.ValuesYAML). JSON is YAML. */
function inlineValues(helm: Fields | null): string | null {
  const object = fieldsAt(helm, "valuesObject");
  return object === null ? textAt(helm, "values") : JSON.stringify(object);
}

function readParameters(helm: Fields | null, variables: Variables) {
  const set = new Map<string, string>();
  const setString = new Map<string, string>();
  for (const parameter of listAt(helm, "parameters")) {
    const name = textAt(parameter, "name");
    if (name === null) continue;
    const value = at(parameter, "value");
    const text = substitute(typeof value === "string" ? value : String(value ?? ""), variables);
    (flagAt(parameter, "forceString") ? setString : set).set(name, text);
  }
  return { set: assignments(set), setString: assignments(setString) };
}

function assignments(parameters: ReadonlyMap<string, string>): readonly string[] {
  return [...parameters].map(([name, value]) => `${name}=${escapeCommas(value)}`);
}

/** Commas separate `--set` assignments; Argo CD escapes those of a value unless it is a list "{…}" (cleanSetParameters). */
export function escapeCommas(value: string): string {
  if (value.startsWith("{") && value.endsWith("}")) return value;
  return value.replace(/(?<!\\),/g, "\\,");
}

function readFileParameters({ tree, helm, path, variables }: HelmSource) {
  const setFile: string[] = [];
  const problems: PartProblem[] = [];
  for (const parameter of listAt(helm, "fileParameters")) {
    const name = textAt(parameter, "name");
    const written = textAt(parameter, "path");
    if (name === null || written === null) continue;
    const text = substitute(written, variables);
    const file = text.startsWith("/") ? join(".", text.replace(/^\/+/, "")) : join(path, text);
    setFile.push(`${name}=${escapeCommas(file ?? text)}`);
    if (file === null || isTreeProblem(tree.stat(file))) {
      problems.push({ code: "values-file-missing", subject: file ?? text });
    }
  }
  return { setFile, problems };
}
