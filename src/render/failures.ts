import type { Dropped, EngineErrorKind, Rendering } from "../engine/engine.ts";
import { seedsOf } from "../targets/inputs.ts";
import type { Target } from "../targets/targets.ts";
import type { Unknown } from "../targets/unknown.ts";
import { directoryOf, join, nameOf } from "../tree/paths.ts";
import { pathsBelow } from "../tree/paths-below.ts";
import { isTreeProblem, type Tree } from "../tree/tree.ts";
import { digestOf } from "./digest.ts";
import { literalNamespaces } from "./literal-bound.ts";
import {
  dependencyDigest,
  KUSTOMIZATION_NAMES,
  kustomizeNamespaces,
  remoteEntryDigest,
} from "./pinned-digest.ts";
import { ownNamespace, placeOf, sourcePath, unknownOf } from "./target-unknown.ts";
import { templateDigest } from "./template-digest.ts";
import { unreadInputs } from "./unread-inputs.ts";

/** Ends that say nothing of the input: never cached, never a note. */
const RESOURCE_ERRORS: ReadonlySet<EngineErrorKind> = new Set([
  "panic",
  "trap",
  "deadline",
  "too-large",
  "aborted",
]);
const REMOTE_ERRORS: ReadonlySet<EngineErrorKind> = new Set(["remote", "missing-dependencies"]);

export async function failure(
  tree: Tree,
  target: Target,
  rendering: Rendering,
  digest: string,
): Promise<readonly Unknown[]> {
  const { error } = rendering;
  if (error === null) return [];
  const code = RESOURCE_ERRORS.has(error.kind)
    ? "resource-limit"
    : REMOTE_ERRORS.has(error.kind)
      ? "unread"
      : "render-failed";
  const unknown = unknownOf(target, code, sourcePath(target.source), {
    detail: error.remote.length === 0 ? error.message : `${error.message} (needs ${error.remote.join(", ")})`,
    namespaces: await landingNamespaces(tree, target, rendering),
    digest: await failureDigest(tree, target, rendering, digest),
    content: code === "unread" ? "elsewhere" : "tree",
    place:
      placeOf(error.source, error.line) ?? target.declaredBy?.place ?? placeOf(sourcePath(target.source)),
  });
  return [unknown];
}

/**
 * What a failure depends on: what was looked at until it happened. Where that was a file whose content is elsewhere, the
 * controller has it and gets further: everything that the target may read counts.
 */
async function failureDigest(
  tree: Tree,
  target: Target,
  rendering: Rendering,
  digest: string,
): Promise<string> {
  if ((await unreadInputs(tree, rendering)).length === 0) return digest;
  const paths = seedsOf(target).flatMap((seed) => [seed, ...pathsBelow(tree, seed)]);
  const contents = paths.map(async (path) => {
    const blob = await tree.blobId(path);
    return [path, isTreeProblem(blob) ? blob.code : blob];
  });
  return digestOf([digest, await Promise.all(contents)]);
}

export function droppedParts(
  tree: Tree,
  target: Target,
  rendering: Rendering,
  digest: string,
): Promise<readonly Unknown[]> {
  return Promise.all(
    rendering.dropped
      .filter(mayMakeObjects)
      .map((dropped) =>
        dropped.kind === "template"
          ? droppedTemplate(tree, target, dropped, rendering)
          : droppedEntry(tree, target, dropped, rendering, digest),
      ),
  );
}

/** Helm prints NOTES.txt to people; no object comes of it. */
export function mayMakeObjects(dropped: Dropped): boolean {
  return dropped.kind !== "template" || !dropped.template.endsWith("/NOTES.txt");
}

async function droppedTemplate(
  tree: Tree,
  target: Target,
  dropped: Extract<Dropped, { kind: "template" }>,
  rendering: Rendering,
): Promise<Unknown> {
  const content = dropped.source === null ? null : await tree.read(dropped.source);
  const text = content === null || isTreeProblem(content) ? "" : new TextDecoder().decode(content);
  return unknownOf(target, "part-dropped", dropped.template, {
    detail: dropped.message,
    namespaces: literalNamespaces(text, ownNamespace(target)),
    kinds: dropped.kinds,
    digest: await templateDigest(tree, target.source, rendering, dropped),
    place: placeOf(dropped.source, dropped.line),
  });
}

async function droppedEntry(
  tree: Tree,
  target: Target,
  dropped: DroppedEntry,
  rendering: Rendering,
  digest: string,
): Promise<Unknown> {
  const edits = target.source.kind === "kustomize" ? target.source.edits : null;
  const isDirectory = dropped.remote === null && restsOnRemote(dropped, rendering);
  const isRemote = dropped.remote !== null || isDirectory;
  return unknownOf(target, isRemote ? "unread" : "part-dropped", `${dropped.root}: ${dropped.entry}`, {
    detail: dropped.message,
    namespaces: await landingNamespaces(tree, target, rendering),
    kinds: generatedKinds(dropped.entry),
    digest: isRemote ? await remoteEntryDigest(tree, dropped, rendering, edits, digest, isDirectory) : digest,
    content: isRemote ? "elsewhere" : "tree",
    place: placeOf(kustomizationOf(dropped.root, rendering)),
  });
}

/** A generator makes objects of one kind, whatever it reads; anything else could make any. */
function generatedKinds(entry: string): readonly string[] | null {
  if (entry.startsWith("configMapGenerator:")) return ["ConfigMap"];
  return entry.startsWith("secretGenerator:") ? ["Secret"] : null;
}

type DroppedEntry = Extract<Dropped, { kind: "entry" }>;

/** Whether an entry is a directory that could not be built because something it builds on is remote. */
function restsOnRemote(entry: DroppedEntry, rendering: Rendering): boolean {
  const entries = rendering.dropped.filter((one) => one.kind === "entry");
  const pending = [entry];
  const seen = new Set(pending);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const directory = join(next.root, next.entry);
    for (const inside of entries) {
      if (inside.root !== directory || seen.has(inside)) continue;
      if (inside.remote !== null) return true;
      seen.add(inside);
      pending.push(inside);
    }
  }
  return false;
}

/** Where what could not be rendered is taken to land: in the namespace that its build gives, else in the target's own. */
async function landingNamespaces(
  tree: Tree,
  target: Target,
  rendering: Rendering,
): Promise<readonly string[]> {
  const { source } = target;
  if (source.kind !== "kustomize") return [ownNamespace(target)];
  if (source.edits.namespace !== undefined) return [source.edits.namespace];
  const given = await kustomizeNamespaces(tree, source.path, rendering);
  return given.length === 1 ? given : [...new Set([...given, ownNamespace(target)])].sort();
}

function kustomizationOf(root: string, { trace }: Rendering): string | null {
  const found = trace.find(
    ([question, path, answer]) =>
      question === "read" &&
      answer !== "missing" &&
      KUSTOMIZATION_NAMES.has(nameOf(path)) &&
      directoryOf(path) === root,
  );
  return found?.[1] ?? null;
}

export async function missingDependencies(
  tree: Tree,
  target: Target,
  { missing }: Rendering,
  digest: string,
): Promise<readonly Unknown[]> {
  if (target.source.kind !== "helm") return [];
  const { request } = target.source;
  const enabled = missing.filter((dependency) => dependency.enabled);
  return Promise.all(
    enabled.map(async (dependency) => {
      const isLocal = dependency.repository.startsWith("file://");
      const from = dependency.repository === "" ? "" : ` of ${dependency.repository}`;
      return unknownOf(
        target,
        isLocal ? "part-dropped" : "unread",
        `chart ${dependency.name} ${dependency.version}${from}`,
        {
          detail: dependency.message ?? "the dependency is not in this repository",
          namespaces: [ownNamespace(target)],
          digest: isLocal ? digest : await dependencyDigest(tree, request, dependency, digest),
          content: isLocal ? "tree" : "elsewhere",
          place: placeOf(`${request.chart}/Chart.yaml`),
        },
      );
    }),
  );
}

export async function unreadableInputs(
  tree: Tree,
  target: Target,
  rendering: Rendering,
): Promise<readonly Unknown[]> {
  const inputs = await unreadInputs(tree, rendering);
  return inputs.map(({ path, reason, digest }) =>
    unknownOf(target, "unreadable-input", path, {
      detail: reason,
      namespaces: [ownNamespace(target)],
      digest,
      content: reason === "submodule" || reason === "lfs-pointer" ? "elsewhere" : "tree",
      place: placeOf(path),
    }),
  );
}
