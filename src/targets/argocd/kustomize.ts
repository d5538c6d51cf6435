import type { KustomizeEdits } from "../../engine/engine.ts";
import { at, type Fields, flagAt, isFields, labelsAt, listAt, textAt, textsAt } from "../files/fields.ts";
import { substitute, type Variables } from "./variables.ts";

/** `spec.source.kustomize` as edits of the kustomization (util/kustomize/kustomize.go Build). */
export function readKustomize(kustomize: Fields | null, variables: Variables): KustomizeEdits {
  const edits: KustomizeEdits = {
    namePrefix: textAt(kustomize, "namePrefix") ?? undefined,
    nameSuffix: textAt(kustomize, "nameSuffix") ?? undefined,
    namespace: textAt(kustomize, "namespace") ?? undefined,
    images: listOrAbsent(textsAt(kustomize, "images")),
    replicas: listOrAbsent(replicasOf(kustomize)),
    commonLabels: mapOrAbsent(substituted(labelsAt(kustomize, "commonLabels"), variables)),
    forceCommonLabels: flagOrAbsent(kustomize, "forceCommonLabels"),
    labelWithoutSelector: flagOrAbsent(kustomize, "labelWithoutSelector"),
    labelIncludeTemplates: flagOrAbsent(kustomize, "labelIncludeTemplates"),
    commonAnnotations: mapOrAbsent(annotationsOf(kustomize, variables)),
    forceCommonAnnotations: flagOrAbsent(kustomize, "forceCommonAnnotations"),
    components: listOrAbsent(textsAt(kustomize, "components")),
    patches: listOrAbsent(listAt(kustomize, "patches").filter(isFields)),
  };
  // An absent edit has no key: equal edits then have equal JSON.
  return Object.fromEntries(Object.entries(edits).filter(([, value]) => value !== undefined));
}

function replicasOf(kustomize: Fields | null): readonly { name: string; count: number | string }[] {
  return listAt(kustomize, "replicas").flatMap((entry) => {
    const name = textAt(entry, "name");
    const count = at(entry, "count");
    return name !== null && (typeof count === "number" || typeof count === "string") ? [{ name, count }] : [];
  });
}

function annotationsOf(kustomize: Fields | null, variables: Variables): Readonly<Record<string, string>> {
  const annotations = labelsAt(kustomize, "commonAnnotations");
  return flagAt(kustomize, "commonAnnotationsEnvsubst") ? substituted(annotations, variables) : annotations;
}

function substituted(
  labels: Readonly<Record<string, string>>,
  variables: Variables,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, substitute(value, variables)]),
  );
}

function listOrAbsent<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

function mapOrAbsent(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  return Object.keys(map).length > 0 ? map : undefined;
}

function flagOrAbsent(kustomize: Fields | null, key: string): true | undefined {
  return flagAt(kustomize, key) ? true : undefined;
}
