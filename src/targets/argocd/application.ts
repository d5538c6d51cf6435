import { type Declaration, type DeclaredObject, refused } from "../declarations/declaration.ts";
import { type EntryContext, isThisRepository } from "../declarations/entry-context.ts";
import { isPinned } from "../declarations/this-repository.ts";
import {
  at,
  type Fields,
  fieldsAt,
  flagAt,
  isFields,
  labelsAt,
  listAt,
  textAt,
  textsAt,
} from "../files/fields.ts";
import type { Delivery } from "../targets.ts";
import type { References } from "./helm.ts";
import { type Application, type Reading, readSource } from "./source.ts";

/** The sources of an Application's specification, one or several (`sources` hides `source`). */
export function sourcesOf(spec: unknown): readonly Fields[] {
  const several = listAt(spec, "sources").filter(isFields);
  if (several.length > 0) return several;
  // A source hydrator renders the dry source and commits the result elsewhere; what is under review is the dry one.
  const single = fieldsAt(spec, "sourceHydrator", "drySource") ?? fieldsAt(spec, "source");
  return single === null ? [] : [single];
}

/** A source that only lends its files to others ("ref") deploys nothing itself. */
export function deploys(source: Fields): boolean {
  return (
    textAt(source, "ref") === null || at(source, "path") !== undefined || at(source, "chart") !== undefined
  );
}

/** The cluster that a destination names; null where it is the one Argo CD runs in, or nothing is said. */
function destinationOf(spec: unknown): string | null {
  const name = textAt(spec, "destination", "name");
  if (name !== null) return name === "in-cluster" ? null : name;
  const server = textAt(spec, "destination", "server")?.replace(/\/+$/, "") ?? null;
  return server === "https://kubernetes.default.svc" ? null : server;
}

export async function readApplication(declared: DeclaredObject, context: EntryContext): Promise<Declaration> {
  const { object, entry } = declared;
  const spec = fieldsAt(object, "spec");
  const sources = sourcesOf(spec);
  const destination = destinationOf(spec);
  if (sources.length === 0) {
    const subject = `Application ${entry.name} has no source`;
    const parts = [refused(textAt(spec, "destination", "namespace"), subject, spec)];
    return { entry, destination, parts, problems: [{ code: "invalid-entry-point", subject }] };
  }
  const application: Application = {
    entry,
    context,
    project: textAt(spec, "project") ?? "default",
    namespace: textAt(spec, "destination", "namespace"),
    destination,
    delivery: deliveryOf(object),
    references: referencesOf(sources, context),
  };
  const read: Reading[] = [];
  for (const source of sources) {
    if (deploys(source)) read.push(await readSource(source, application));
  }
  return {
    entry,
    destination,
    parts: read.map(({ part }) => part),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** Automated sync, pruning and namespace settings (docs/user-guide/auto_sync.md, sync-options.md). */
function deliveryOf(object: Fields): Delivery {
  const policy = fieldsAt(object, "spec", "syncPolicy");
  const automated = fieldsAt(policy, "automated");
  const runs = automated !== null && automated["enabled"] !== false;
  const options = textsAt(policy, "syncOptions");
  const createsNamespace = options.includes("CreateNamespace=true");
  return {
    automated: runs,
    prune: runs && flagAt(automated, "prune") && !options.includes("Prune=false"),
    suspended: textAt(object, "metadata", "annotations", "argocd.argoproj.io/skip-reconcile") === "true",
    createsNamespace,
    namespaceLabels: createsNamespace ? labelsAt(policy, "managedNamespaceMetadata", "labels") : {},
  };
}

function referencesOf(sources: readonly Fields[], context: EntryContext): References {
  return new Map(
    sources.flatMap((source) => {
      const name = textAt(source, "ref");
      return name === null ? [] : [[name, isHere(source, context) ? "here" : "elsewhere"] as const];
    }),
  );
}

function isHere(source: Fields, { repository }: EntryContext): boolean {
  return isThisRepository(source, repository) && !isPinned(textAt(source, "targetRevision") ?? "");
}
