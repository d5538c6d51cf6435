import { join } from "../tree/paths.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { readDirectory } from "./argocd-directory.ts";
import { type HelmReading, type References, readHelm } from "./argocd-helm.ts";
import { readKustomize } from "./argocd-kustomize.ts";
import { mergePatch, readOverrides } from "./argocd-overrides.ts";
import { argocdVariables } from "./argocd-variables.ts";
import type { Declaration, DeclaredObject, Part, PartProblem, UnreadPart } from "./declaration.ts";
import { at, type Fields, fieldsAt, flagAt, isFields, labelsAt, listAt, textAt, textsAt } from "./fields.ts";
import type { Delivery, EntryPoint } from "./targets.ts";
import { isPinned, normaliseRepository } from "./this-repository.ts";

/** What the translation of an entry point may look at. */
export interface EntryContext {
  readonly tree: Tree;
  /** Normalised addresses of this repository. */
  readonly repository: ReadonlySet<string>;
}

/** The sources of an Application's specification, one or several (`sources` hides `source`). */
export function sourcesOf(spec: unknown): readonly Fields[] {
  const several = listAt(spec, "sources").filter(isFields);
  if (several.length > 0) return several;
  // A source hydrator renders the dry source and commits the result elsewhere; what is under review is the dry one.
  const single = fieldsAt(spec, "sourceHydrator", "drySource") ?? fieldsAt(spec, "source");
  return single === null ? [] : [single];
}

/** The cluster that a destination names; null where it is the one Argo CD runs in, or nothing is said. */
export function destinationOf(spec: unknown): string | null {
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
    return { entry, destination, parts: [], problems: [{ code: "invalid-entry-point", subject }] };
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
    // A source that only lends its files to others ("ref") deploys nothing itself.
    const lends =
      textAt(source, "ref") !== null && at(source, "path") === undefined && at(source, "chart") === undefined;
    if (!lends) read.push(await readSource(source, application));
  }
  return {
    entry,
    destination,
    parts: read.flatMap(({ part }) => part ?? []),
    problems: read.flatMap(({ problems }) => problems),
  };
}

interface Application {
  readonly entry: EntryPoint;
  readonly context: EntryContext;
  readonly project: string;
  readonly namespace: string | null;
  readonly destination: string | null;
  readonly delivery: Delivery;
  readonly references: References;
}

interface Reading {
  readonly part: Part | null;
  readonly problems: readonly PartProblem[];
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

export function isThisRepository(source: Fields, repository: ReadonlySet<string>): boolean {
  const url = textAt(source, "repoURL");
  return url !== null && repository.has(normaliseRepository(url));
}

async function readSource(written: Fields, application: Application): Promise<Reading> {
  const { context } = application;
  const url = textAt(written, "repoURL") ?? "";
  const revision = String(at(written, "targetRevision") ?? "");
  const chart = textAt(written, "chart");
  if (chart !== null) {
    const sourceName = `chart ${chart} of ${url}`;
    const needs = `chart ${chart} ${revision} of ${url}`;
    return only(unread(written, application, { needs, sourceName, version: revision, content: "elsewhere" }));
  }
  const path = textAt(written, "path");
  if (!isThisRepository(written, context.repository)) {
    const sourceName = `${path ?? "."} of ${url}`;
    const needs = `${sourceName} at ${revision === "" ? "HEAD" : revision}`;
    return only(unread(written, application, { needs, sourceName, version: revision, content: "elsewhere" }));
  }
  if (isPinned(revision)) {
    const sourceName = `${path ?? "."} of this repository`;
    const needs = `${sourceName} at ${revision}, which is not the state under review`;
    return only(unread(written, application, { needs, sourceName, version: revision, content: "elsewhere" }));
  }
  const directory = path === null || path.startsWith("/") ? null : join(".", path);
  if (directory === null) {
    const subject = `source of Application ${application.entry.name} has no path inside the repository`;
    return { part: null, problems: [{ code: "invalid-entry-point", subject }] };
  }
  return readOwnSource(written, directory, application);
}

function only(part: UnreadPart): Reading {
  return { part, problems: [] };
}

function unread(
  source: Fields,
  { namespace, destination, entry, context, references }: Application,
  about: Pick<UnreadPart, "needs" | "sourceName" | "version" | "content"> & {
    readonly claims?: readonly string[];
  },
): UnreadPart {
  const lent = lentFiles(source, context, references);
  return {
    kind: "unread",
    namespace,
    needs: about.needs,
    sourceName: about.sourceName,
    version: about.version === "" ? null : about.version,
    claims: [...(about.claims ?? []), ...lent],
    content: about.content,
    definition: { source, destination, namespace, name: entry.name },
  };
}

/** Value files of this repository that a source from elsewhere uses ("$ref/…"). */
function lentFiles(source: Fields, { tree }: EntryContext, references: References): readonly string[] {
  const helm = fieldsAt(source, "helm");
  if (helm === null) return [];
  const asked = {
    tree,
    path: ".",
    helm,
    applicationName: "",
    namespace: null,
    variables: new Map(),
    references,
  };
  const written = new Set(textsAt(helm, "valueFiles").filter((file) => file.startsWith("$")));
  if (written.size === 0) return [];
  const lent = { ...helm, valueFiles: [...written], fileParameters: [] };
  return (readHelm({ ...asked, helm: lent }).request.values ?? []).flatMap((layer) =>
    "path" in layer ? [layer.path] : [],
  );
}

async function readOwnSource(written: Fields, directory: string, application: Application): Promise<Reading> {
  const { context, entry, namespace, delivery } = application;
  const { tree } = context;
  const source = mergePatch(written, await readOverrides(tree, directory, entry));
  const stands = tree.stat(directory);
  if (isTreeProblem(stands) && stands.code === "submodule") {
    const sourceName = `${directory} of this repository`;
    const needs = `the submodule that holds ${directory}`;
    const part = unread(source, application, {
      needs,
      sourceName,
      version: null,
      content: "elsewhere",
      claims: [directory],
    });
    return { part, problems: [{ code: "submodule", subject: directory }] };
  }
  const tool = toolOf(tree, directory, source);
  if (tool.kind === "several") {
    const subject = `source ${directory} of Application ${entry.name} names several tools`;
    return { part: null, problems: [{ code: "invalid-entry-point", subject }] };
  }
  const missing = isTreeProblem(stands) || stands.kind !== "directory";
  if (missing) {
    // Argo CD deploys nothing then; a target without files keeps its place on both sides.
    const empty = { kind: "directory", path: directory, files: [] } as const;
    const part = { kind: "readable", source: empty, namespace, delivery } as const;
    return { part, problems: [{ code: "path-missing", subject: directory }] };
  }
  const settings = {
    url: textAt(source, "repoURL") ?? "",
    path: directory,
    revision: String(at(source, "targetRevision") ?? ""),
  };
  const variables = argocdVariables(entry, application.project, namespace ?? "", settings);
  const readable = (found: Extract<Part, { kind: "readable" }>["source"]): Part => ({
    kind: "readable",
    source: found,
    namespace,
    delivery,
  });
  if (tool.kind === "plugin") {
    return only(
      unread(source, application, {
        needs: `plugin ${tool.name} on ${directory}`,
        sourceName: `plugin ${tool.name} on ${directory}`,
        version: null,
        content: "tree",
        claims: [directory],
      }),
    );
  }
  if (tool.kind === "helm") {
    const { references } = application;
    const helm = fieldsAt(source, "helm");
    const reading = readHelm({
      tree,
      path: directory,
      helm,
      applicationName: entry.name,
      namespace,
      variables,
      references,
    });
    return helmPart(source, directory, reading, application, readable);
  }
  if (tool.kind === "kustomize") {
    const edits = readKustomize(fieldsAt(source, "kustomize"), variables);
    return { part: readable({ kind: "kustomize", path: directory, edits }), problems: [] };
  }
  const { files, jsonnet } = readDirectory(tree, directory, fieldsAt(source, "directory"));
  if (jsonnet) {
    const about = { needs: `jsonnet in ${directory}`, sourceName: `jsonnet in ${directory}`, version: null };
    return only(unread(source, application, { ...about, content: "tree", claims: [directory] }));
  }
  return { part: readable({ kind: "directory", path: directory, files }), problems: [] };
}

function helmPart(
  source: Fields,
  directory: string,
  { request, problems, elsewhere }: HelmReading,
  application: Application,
  readable: (source: { readonly kind: "helm"; readonly request: HelmReading["request"] }) => Part,
): Reading {
  if (elsewhere.length === 0) return { part: readable({ kind: "helm", request }), problems };
  const files = (request.values ?? []).flatMap((layer) => ("path" in layer ? [layer.path] : []));
  const part = unread(source, application, {
    needs: `values of ${directory} from ${elsewhere.join(", ")}`,
    sourceName: `${directory} with values from ${elsewhere.join(", ")}`,
    version: null,
    content: "tree",
    claims: [directory, ...files],
  });
  return { part, problems };
}

type Tool =
  | { readonly kind: "helm" | "kustomize" | "directory" | "several" }
  | { readonly kind: "plugin"; readonly name: string };

/** An explicit block, else what stands in the directory (docs/user-guide/tool_detection.md). */
function toolOf(tree: Tree, directory: string, source: Fields): Tool {
  const explicit = (["helm", "kustomize", "directory", "plugin"] as const).filter((key) =>
    isFields(source[key]),
  );
  const [first, second] = explicit;
  if (second !== undefined) return { kind: "several" };
  if (first === "plugin")
    return { kind: "plugin", name: textAt(source, "plugin", "name") ?? "found by discovery" };
  if (first !== undefined) return { kind: first };
  const has = (name: string) => !isTreeProblem(tree.stat(directory === "." ? name : `${directory}/${name}`));
  if (has("Chart.yaml")) return { kind: "helm" };
  const kustomizations = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
  return { kind: kustomizations.some(has) ? "kustomize" : "directory" };
}
