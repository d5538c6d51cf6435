import { readApplication, sourcesOf } from "./argocd/application.ts";
import { readApplicationSet } from "./argocd/application-set.ts";
import { type Declaration, type DeclaredObject, refused } from "./declarations/declaration.ts";
import type { NamedSource } from "./declarations/this-repository.ts";
import { type Fields, fieldsAt, textAt } from "./files/fields.ts";
import type { InvalidDocument } from "./files/file-facts.ts";
import { FLUX_SOURCE_KINDS, type FluxContext, readFluxKustomization, readHelmRelease } from "./flux.ts";
import type { EntryPoint } from "./targets.ts";

/** How each kind of entry point is read, by API group and kind. */
const READERS: Readonly<
  Record<string, (declared: DeclaredObject, context: FluxContext) => Declaration | Promise<Declaration>>
> = {
  "argoproj.io/Application": readApplication,
  "argoproj.io/ApplicationSet": readApplicationSet,
  "kustomize.toolkit.fluxcd.io/Kustomization": readFluxKustomization,
  "helm.toolkit.fluxcd.io/HelmRelease": readHelmRelease,
};

function groupKind(object: Fields): string {
  const [group = ""] = (textAt(object, "apiVersion") ?? "").split("/");
  return `${group}/${textAt(object, "kind") ?? ""}`;
}

export function isEntryPoint(object: Fields): boolean {
  return Object.hasOwn(READERS, groupKind(object));
}

export function isFluxSource(object: Fields): boolean {
  return (
    groupKind(object).startsWith("source.toolkit.fluxcd.io/") && FLUX_SOURCE_KINDS.has(String(object["kind"]))
  );
}

/** An entry point with its identity and place. */
export function entryOf(object: Fields, path: string, line: number | null): EntryPoint {
  return {
    kind: textAt(object, "kind") ?? "",
    name: textAt(object, "metadata", "name") ?? textAt(object, "metadata", "generateName") ?? path,
    namespace: textAt(object, "metadata", "namespace"),
    place: { path, line },
  };
}

export async function declare(declared: DeclaredObject, context: FluxContext): Promise<Declaration> {
  const read = READERS[groupKind(declared.object)];
  if (read !== undefined && fieldsAt(declared.object, "spec") !== null) return read(declared, context);
  const { entry } = declared;
  const subject = `${entry.kind} ${entry.name} has no spec`;
  const problems = [{ code: "invalid-entry-point", subject } as const];
  return { entry, destination: null, parts: [refused(null, subject, declared.object)], problems };
}

/**
 * A document that may be an entry point and does not parse: nobody can apply it, and what it declared before stays. It
 * is unread, so that breaking an entry point is a change that is seen.
 */
export function declareInvalid(document: InvalidDocument, path: string, index: number): Declaration {
  const entry: EntryPoint = {
    kind: "document",
    name: index === 0 ? path : `${path}~${index + 1}`,
    namespace: null,
    place: { path, line: document.line },
  };
  return {
    entry,
    destination: null,
    parts: [refused(null, `the broken file ${path}`, document.digest)],
    problems: [{ code: "invalid-yaml", subject: document.message }],
  };
}

/** The sources that an Application or ApplicationSet names, to recognise this repository by. */
export function namedSources(object: Fields, exists: (path: string) => boolean): readonly NamedSource[] {
  const spec = fieldsAt(object, "spec");
  const template = fieldsAt(spec, "template", "spec");
  return [...sourcesOf(spec), ...sourcesOf(template)].flatMap((source) => {
    const url = textAt(source, "repoURL");
    const path = textAt(source, "path");
    if (url === null || path === null || textAt(source, "chart") !== null) return [];
    return [{ url, exists: exists(path) }];
  });
}
