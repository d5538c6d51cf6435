import type { HelmRequest } from "../../engine/engine.ts";
import { join } from "../../tree/paths.ts";
import { isTreeProblem, type Tree } from "../../tree/tree.ts";
import {
  type Part,
  type PartProblem,
  type ReadablePart,
  refused,
  type UnreadPart,
} from "../declarations/declaration.ts";
import { type EntryContext, isThisRepository } from "../declarations/entry-context.ts";
import { chartOfApplication } from "../declarations/named-chart.ts";
import { isPinned } from "../declarations/this-repository.ts";
import { at, type Fields, fieldsAt, isFields, textAt, textsAt } from "../files/fields.ts";
import type { Delivery, EntryPoint } from "../targets.ts";
import { readDirectory } from "./directory.ts";
import { type References, readHelm } from "./helm.ts";
import { readKustomize } from "./kustomize.ts";
import { mergePatch, readOverrides } from "./overrides.ts";
import { argocdVariables, type Variables } from "./variables.ts";

/** What all sources of one Application have in common. */
export interface Application {
  readonly entry: EntryPoint;
  readonly context: EntryContext;
  readonly project: string;
  readonly namespace: string | null;
  readonly destination: string | null;
  readonly delivery: Delivery;
  readonly references: References;
}

export interface Reading {
  readonly part: Part;
  readonly problems: readonly PartProblem[];
}

/** One source of an Application: a target if it is in this tree and a tool we have reads it, else unread. */
export async function readSource(written: Fields, application: Application): Promise<Reading> {
  const url = textAt(written, "repoURL") ?? "";
  const version = String(at(written, "targetRevision") ?? "");
  const chart = textAt(written, "chart");
  const path = textAt(written, "path");
  const elsewhere = (sourceName: string, needs: string) =>
    unread(written, application, { needs, sourceName, version, content: "elsewhere", claims: [] });
  if (chart !== null) return elsewhere(`chart ${chart} of ${url}`, `chart ${chart} ${version} of ${url}`);
  if (!isThisRepository(written, application.context.repository)) {
    const sourceName = `${path ?? "."} of ${url}`;
    return elsewhere(sourceName, `${sourceName} at ${version === "" ? "HEAD" : version}`);
  }
  if (isPinned(version)) {
    const sourceName = `${path ?? "."} of this repository`;
    return elsewhere(sourceName, `${sourceName} at ${version}, which is not the state under review`);
  }
  const directory = path === null || path.startsWith("/") ? null : join(".", path);
  if (directory !== null) return readOwnSource(written, directory, application);
  const subject = `source of Application ${application.entry.name} has no path inside the repository`;
  return invalid(subject, written, application);
}

function invalid(subject: string, source: Fields, { namespace }: Application): Reading {
  return { part: refused(namespace, subject, source), problems: [{ code: "invalid-entry-point", subject }] };
}

interface Unreadable {
  readonly needs: string;
  readonly sourceName: string;
  readonly version: string | null;
  readonly content: "tree" | "elsewhere";
  readonly claims: readonly string[];
}

function unread(
  source: Fields,
  { namespace, destination, entry, context, references }: Application,
  about: Unreadable,
  problems: readonly PartProblem[] = [],
): Reading {
  const lent = lentFiles(source, context, references);
  const part: UnreadPart = {
    kind: "unread",
    namespace,
    needs: about.needs,
    sourceName: about.sourceName,
    version: about.version === "" ? null : about.version,
    claims: [...about.claims, ...lent],
    content: about.content,
    definition: { source, destination, namespace, name: entry.name },
    ...namedChart(source, lent),
  };
  return { part, problems };
}

function namedChart(source: Fields, lent: readonly string[]): Pick<UnreadPart, "chart"> {
  const chart = chartOfApplication(source, lent);
  return chart === null ? {} : { chart };
}

/** Value files of this repository that a source from elsewhere uses ("$ref/…"). */
function lentFiles(source: Fields, { tree }: EntryContext, references: References): readonly string[] {
  const helm = fieldsAt(source, "helm");
  const written = textsAt(helm, "valueFiles").filter((file) => file.startsWith("$"));
  if (written.length === 0) return [];
  const lent = { ...helm, valueFiles: written, fileParameters: [] };
  const asked = { tree, path: ".", applicationName: "", namespace: null, variables: new Map(), references };
  return valueFilesOf(readHelm({ ...asked, helm: lent }).request);
}

function valueFilesOf(request: HelmRequest): readonly string[] {
  return (request.values ?? []).flatMap((layer) => ("path" in layer ? [layer.path] : []));
}

async function readOwnSource(written: Fields, directory: string, application: Application): Promise<Reading> {
  const { context, entry, namespace } = application;
  const { tree } = context;
  const source = mergePatch(written, await readOverrides(tree, directory, entry));
  const stands = tree.stat(directory);
  if (isTreeProblem(stands) && stands.code === "submodule") {
    const about = {
      needs: `the submodule that holds ${directory}`,
      sourceName: `${directory} of a submodule`,
    };
    const problems = [{ code: "submodule", subject: directory }] as const;
    const rest = { version: null, content: "elsewhere", claims: [directory] } as const;
    return unread(source, application, { ...about, ...rest }, problems);
  }
  const tool = toolOf(tree, directory, source);
  if (tool.kind === "several") {
    return invalid(
      `source ${directory} of Application ${entry.name} names several tools`,
      source,
      application,
    );
  }
  if (isTreeProblem(stands) || stands.kind !== "directory") {
    // Argo CD deploys nothing then; a target without files keeps its place on both sides.
    const nothing = readable({ kind: "directory", path: directory, files: [] }, application);
    return { ...nothing, problems: [{ code: "path-missing", subject: directory }] };
  }
  const variables = argocdVariables(entry, application.project, namespace ?? "", {
    url: textAt(source, "repoURL") ?? "",
    path: directory,
    revision: String(at(source, "targetRevision") ?? ""),
  });
  if (tool.kind === "helm") return readHelmSource(source, directory, application, variables);
  if (tool.kind === "kustomize") {
    const edits = readKustomize(fieldsAt(source, "kustomize"), variables);
    return readable({ kind: "kustomize", path: directory, edits }, application);
  }
  if (tool.kind === "plugin") return unreadTool(source, directory, application, `plugin ${tool.name}`);
  const { files, unread: tooHard } = readDirectory(tree, directory, fieldsAt(source, "directory"));
  if (tooHard !== null) return unreadTool(source, directory, application, tooHard);
  return readable({ kind: "directory", path: directory, files }, application);
}

function readable(source: ReadablePart["source"], { namespace, delivery }: Application): Reading {
  return { part: { kind: "readable", source, namespace, delivery }, problems: [] };
}

function unreadTool(source: Fields, directory: string, application: Application, tool: string): Reading {
  const name = `${tool} on ${directory}`;
  const about = {
    needs: name,
    sourceName: name,
    version: null,
    content: "tree",
    claims: [directory],
  } as const;
  return unread(source, application, about);
}

function readHelmSource(
  source: Fields,
  path: string,
  application: Application,
  variables: Variables,
): Reading {
  const { context, entry, namespace, references } = application;
  const { request, problems, elsewhere } = readHelm({
    tree: context.tree,
    path,
    helm: fieldsAt(source, "helm"),
    applicationName: entry.name,
    namespace,
    variables,
    references,
  });
  if (elsewhere.length === 0) return { ...readable({ kind: "helm", request }, application), problems };
  const about = {
    needs: `values of ${path} from ${elsewhere.join(", ")}`,
    sourceName: `${path} with values from ${elsewhere.join(", ")}`,
    version: null,
    content: "tree",
    claims: [path, ...valueFilesOf(request)],
  } as const;
  return unread(source, application, about, problems);
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
