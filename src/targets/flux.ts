import { directoryOf, join } from "../tree/paths.ts";
import { isTreeProblem } from "../tree/tree.ts";
import type { Declaration, DeclaredObject, UnreadPart } from "./declarations/declaration.ts";
import type { EntryContext } from "./declarations/entry-context.ts";
import { chartOfHelmRelease } from "./declarations/named-chart.ts";
import { isPinned, type NamedSource, normaliseRepository } from "./declarations/this-repository.ts";
import { at, type Fields, fieldsAt, isFields, listAt, textAt } from "./files/fields.ts";

/** Flux's objects that say where content comes from, as found in the tree, by "Kind/name". */
export type FluxSources = ReadonlyMap<string, readonly Fields[]>;

export const FLUX_SOURCE_KINDS = new Set([
  "GitRepository",
  "HelmRepository",
  "HelmChart",
  "OCIRepository",
  "Bucket",
  "ExternalArtifact",
]);

export interface FluxContext extends EntryContext {
  readonly sources: FluxSources;
  /** Files of the tree that may define a ConfigMap or Secret of some name. */
  filesNaming(name: string): Promise<readonly string[]>;
}

/** A Flux Kustomization (kustomize.toolkit.fluxcd.io): not rendered yet; it claims its path. */
export async function readFluxKustomization(
  declared: DeclaredObject,
  context: FluxContext,
): Promise<Declaration> {
  const { object, entry } = declared;
  const spec = fieldsAt(object, "spec") ?? {};
  const path = textAt(spec, "path") ?? ".";
  const source = sourceOf(fieldsAt(spec, "sourceRef"), path, context);
  const own = source.here ? [inRepository(path)] : [];
  const substitutes = listAt(spec, "postBuild", "substituteFrom");
  const part: UnreadPart = {
    kind: "unread",
    namespace: textAt(spec, "targetNamespace"),
    needs: `Flux Kustomization ${entry.name} (${path} of ${source.name})`,
    sourceName: `${path} of ${source.name}`,
    version: source.version,
    claims: [
      ...own,
      ...own.flatMap((path) => ignoreFiles(path, context)),
      ...(await namedFiles(substitutes, context)),
    ],
    content: source.here ? "tree" : "elsewhere",
    definition: { spec: withoutTiming(spec), source: source.definition },
  };
  return { entry, destination: fluxDestination(spec), parts: [part], problems: missingPath(own, context) };
}

/** A Flux HelmRelease (helm.toolkit.fluxcd.io): not rendered yet, wherever its chart is. */
export async function readHelmRelease(declared: DeclaredObject, context: FluxContext): Promise<Declaration> {
  const { object, entry } = declared;
  const spec = fieldsAt(object, "spec") ?? {};
  const chart = fieldsAt(spec, "chart", "spec");
  const reference = fieldsAt(chart, "sourceRef") ?? fieldsAt(spec, "chartRef");
  const name = textAt(chart, "chart");
  const source = sourceOf(reference, name, context);
  const version = String(at(chart, "version") ?? source.version ?? "");
  const own = source.here && name !== null ? [inRepository(name)] : [];
  const chartName = name === null ? source.name : `chart ${name} of ${source.name}`;
  const part: UnreadPart = {
    kind: "unread",
    namespace: textAt(spec, "targetNamespace") ?? entry.namespace,
    needs: version === "" ? chartName : `${chartName}, version ${version}`,
    sourceName: chartName,
    version: version === "" ? null : version,
    claims: [
      ...own,
      ...own.flatMap((path) => ignoreFiles(path, context)),
      ...(await namedFiles(listAt(spec, "valuesFrom"), context)),
    ],
    content: source.here ? "tree" : "elsewhere",
    definition: { spec: withoutTiming(spec), source: source.definition, name: entry.name },
    chart: chartOfHelmRelease(spec),
  };
  return { entry, destination: fluxDestination(spec), parts: [part], problems: missingPath(own, context) };
}

interface FluxSource {
  readonly here: boolean;
  /** For people, without a version. */
  readonly name: string;
  readonly version: string | null;
  readonly definition: unknown;
}

/** A path of a Flux object: from the root of the repository, with or without a slash before it. */
function inRepository(path: string): string {
  return join(".", path.replace(/^\/+/, "")) ?? ".";
}

/** Files above a path that may hide what is at and below it from Flux (source-controller, sourceignore). */
function ignoreFiles(path: string, { tree }: FluxContext): readonly string[] {
  const found: string[] = [];
  for (let above = directoryOf(path); ; above = directoryOf(above)) {
    found.push(above === "." ? ".sourceignore" : `${above}/.sourceignore`);
    if (above === ".") return found.filter((file) => !isTreeProblem(tree.stat(file)));
  }
}

/** Of a GitRepository that the tree does not define we believe that it is this one, if the path exists here. */
function sourceOf(reference: Fields | null, path: string | null, context: FluxContext): FluxSource {
  const kind = textAt(reference, "kind") ?? "GitRepository";
  const name = textAt(reference, "name") ?? "";
  const defined = context.sources.get(`${kind}/${name}`) ?? [];
  const urls = [...new Set(defined.flatMap((object) => textAt(object, "spec", "url") ?? []))];
  const references = defined.flatMap((object) => Object.values(fieldsAt(object, "spec", "ref") ?? {}));
  const versions = references.filter((value) => typeof value === "string");
  const specs = defined.map((object) => withoutTiming(fieldsAt(object, "spec") ?? {}));
  const exists = path !== null && !isTreeProblem(context.tree.stat(inRepository(path)));
  // `flux bootstrap` calls the repository that it was run for "flux-system".
  const named =
    name === "flux-system" || urls.some((url) => context.repository.has(normaliseRepository(url)));
  const here =
    kind === "GitRepository" && (named || (urls.length === 0 && exists)) && !versions.some(isPinned);
  const [url] = urls;
  return {
    here,
    name: here ? "this repository" : `${kind} ${name}${url === undefined ? "" : ` (${url})`}`,
    version: versions[0] ?? null,
    definition: { kind, name, specs },
  };
}

/** Addresses of Git repositories that Flux objects take a path from, to recognise this repository by. */
export function namedByFlux(
  objects: readonly Fields[],
  exists: (path: string) => boolean,
): readonly NamedSource[] {
  const addresses = new Map<string, string>();
  for (const object of objects) {
    const url = textAt(object, "spec", "url");
    const name = textAt(object, "metadata", "name");
    if (textAt(object, "kind") === "GitRepository" && url !== null && name !== null) addresses.set(name, url);
  }
  return objects.flatMap((object) => {
    const path = textAt(object, "spec", "path") ?? textAt(object, "spec", "chart", "spec", "chart");
    const reference =
      fieldsAt(object, "spec", "sourceRef") ?? fieldsAt(object, "spec", "chart", "spec", "sourceRef");
    const url = addresses.get(textAt(reference, "name") ?? "");
    if (textAt(reference, "kind") !== "GitRepository" || path === null || url === undefined) return [];
    return [{ url, exists: exists(inRepository(path)) }];
  });
}

/** Fields that say when and how often, never what. */
const TIMING = new Set([
  "interval",
  "retryInterval",
  "timeout",
  "wait",
  "test",
  "rollback",
  "remediation",
  "retries",
]);

function withoutTiming(spec: Fields): Fields {
  const kept = Object.entries(spec).filter(([key]) => !TIMING.has(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      (key === "install" || key === "upgrade") && isFields(value) ? withoutTiming(value) : value,
    ]),
  );
}

/** A cluster that is reached by a kubeconfig of its own is another one. */
function fluxDestination(spec: Fields): string | null {
  const secret =
    textAt(spec, "kubeConfig", "secretRef", "name") ?? textAt(spec, "kubeConfig", "configMapRef", "name");
  return secret === null ? null : `kubeconfig ${secret}`;
}

async function namedFiles(references: readonly unknown[], context: FluxContext): Promise<readonly string[]> {
  const names = references.flatMap((reference) => textAt(reference, "name") ?? []);
  return (await Promise.all(names.map((name) => context.filesNaming(name)))).flat();
}

function missingPath(claims: readonly string[], { tree }: FluxContext) {
  return claims.flatMap((path) => {
    const found = tree.stat(path);
    return isTreeProblem(found) && found.code === "missing"
      ? [{ code: "path-missing", subject: path } as const]
      : [];
  });
}
