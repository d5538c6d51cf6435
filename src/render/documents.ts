import type { RenderedDocument } from "../engine/engine.ts";
import type { Target } from "../targets/targets.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { Bundle } from "./carriers.ts";
import { digestOf } from "./digest.ts";
import { pointerOf } from "./json-pointer.ts";
import { literalKinds, literalNamespaces } from "./literal-bound.ts";
import type { DuplicateKey, KubernetesObject, Manifest, Origin } from "./render.ts";
import { scopes } from "./scope.ts";
import { ownNamespace, placeOf, sourcePath, unknownOf } from "./target-unknown.ts";
import { isUnpacked, type Refused, unpackCarrier, unpackLists } from "./unpack.ts";

interface Placed {
  readonly object: KubernetesObject;
  readonly origin: Origin;
  /** Where it lands if it names no namespace. */
  readonly landsIn: string;
}

/** The objects of a target's documents with where each came from, and the documents that hold none. */
export function readDocuments(
  target: Target,
  documents: readonly RenderedDocument[],
  digest: string,
): { readonly manifests: readonly Manifest[]; readonly unknowns: readonly Unknown[] } {
  const placed: Placed[] = [];
  const unknowns: Unknown[] = [];
  const counts = new Map<string, number>();
  for (const document of documents) {
    const origin = originOf(target, document);
    const count = (counts.get(origin.source) ?? 0) + 1;
    counts.set(origin.source, count);
    // Numbered in its own file: what another file gains or loses does not rename it.
    const name = `document ${count} of ${origin.source}`;
    if (document.error !== null) unknowns.push(invalidDocument(target, document, name, document.error));
    else if (document.object !== null) {
      for (const one of unpackLists(document.object)) {
        if (isUnpacked(one))
          placed.push({
            object: one.object,
            origin: { ...origin, ...whereIn(one.pointer) },
            landsIn: ownNamespace(target),
          });
        else unknowns.push(refusedObject(target, document, name, one));
      }
    }
  }
  const carried = carriedObjects(target, placed, digest);
  const all = [...placed, ...carried.placed];
  const isNamespaced = scopes(all.map(({ object }) => object));
  const manifests = all.map(({ object, origin, landsIn }) => {
    const namespace = isNamespaced(object) ? (object.metadata.namespace ?? landsIn) : null;
    return { object, namespace, origin, digest: digestOf([object, namespace]) };
  });
  return { manifests, unknowns: [...unknowns, ...carried.unknowns] };
}

function originOf(target: Target, document: RenderedDocument): Origin {
  return {
    target: target.id,
    path: document.source,
    source: document.name ?? document.source ?? document.archive ?? sourcePath(target.source),
    text: document.text,
    item: null,
    hook: document.group === "hook",
    duplicateKeys: document.duplicateKeys.map(duplicateKey),
    archive: document.archive,
    built: target.source.kind === "kustomize",
    line: document.line,
  };
}

function duplicateKey({ path, key, line, earlier }: RenderedDocument["duplicateKeys"][number]): DuplicateKey {
  return { pointer: pointerOf(path), key, lines: earlier > 0 ? [earlier, line] : [line] };
}

function whereIn(pointer: string | null): Partial<Origin> {
  const item = pointer === null ? null : /^\/items\/(\d+)$/.exec(pointer);
  if (item?.[1] !== undefined) return { item: Number(item[1]) };
  return pointer === "" ? {} : { pointer };
}

/** What objects carry (threat T15), unpacked where it is literal, else an unknown. */
function carriedObjects(
  target: Target,
  placed: readonly Placed[],
  digest: string,
): { readonly placed: readonly Placed[]; readonly unknowns: readonly Unknown[] } {
  const found: Placed[] = [];
  const unknowns: Unknown[] = [];
  const find = (bundle: Bundle): KubernetesObject | null =>
    placed.find(({ object }) => object.kind === bundle.kind && object.metadata.name === bundle.name)
      ?.object ?? null;
  for (const { object, origin } of placed) {
    const carried = unpackCarrier(object, find);
    if (carried === null) continue;
    for (const one of carried.objects)
      found.push({ object: one.object, origin: { ...origin, ...whereIn(one.pointer) }, landsIn: "default" });
    const subject = `${object.kind} ${object.metadata.name ?? ""}`;
    const { chart } = carried.carrier;
    if (chart !== null) {
      unknowns.push(
        unknownOf(target, "unread", `${subject}: ${chart.needs}`, {
          namespaces: [chart.namespace ?? object.metadata.namespace ?? ownNamespace(target)],
          digest: digestOf(object),
          content: "elsewhere",
          place: placeOf(origin.path),
        }),
      );
    }
    for (const { pointer, reason, kind } of carried.refused) {
      unknowns.push(
        unknownOf(target, "invalid-document", `${subject}${pointer}`, {
          detail: `the object ${reason}`,
          namespaces: null,
          kinds: kind === null ? null : [kind],
          digest: digestOf(object),
          place: placeOf(origin.path),
        }),
      );
    }
    for (const { kind, name } of carried.missing) {
      unknowns.push(
        unknownOf(target, "unread", `${subject}: ${kind} ${name}`, {
          namespaces: null,
          digest,
          content: "elsewhere",
          place: placeOf(origin.path),
        }),
      );
    }
  }
  return { placed: found, unknowns };
}

function invalidDocument(target: Target, document: RenderedDocument, name: string, detail: string): Unknown {
  const place = placeOf(document.source, lineOfError(document, detail));
  return unknownOf(target, "invalid-document", name, {
    // Its line of the document would be read as one of the file, which the place has.
    detail: document.line === null ? detail : detail.replace(/\bline \d+: /, ""),
    namespaces: literalNamespaces(document.text, ownNamespace(target)),
    kinds: literalKinds(document.text),
    digest: digestOf(document.text),
    place,
  });
}

/** It is read, and the API server would take it for nothing: it cannot become more than the kind that it names. */
function refusedObject(target: Target, document: RenderedDocument, name: string, refused: Refused): Unknown {
  return unknownOf(target, "invalid-document", `${name}${refused.pointer}`, {
    detail: `the object ${refused.reason}`,
    namespaces: literalNamespaces(document.text, ownNamespace(target)),
    kinds: refused.kind === null ? [] : [refused.kind],
    digest: digestOf(document.text),
    place: placeOf(document.source, document.line),
  });
}

/** Where the parser gave up, in a file whose documents stand in it as they are; it counts lines of the document. */
function lineOfError({ line }: RenderedDocument, detail: string): number | null {
  const said = /\bline (\d+)\b/.exec(detail)?.[1];
  return line === null || said === undefined ? line : line + Number(said) - 1;
}
