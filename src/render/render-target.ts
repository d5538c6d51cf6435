import type { Engine, Rendering, RenderLimits } from "../engine/engine.ts";
import type { Source, Target } from "../targets/targets.ts";
import { directoryOf, nameOf } from "../tree/paths.ts";
import type { Tree } from "../tree/tree.ts";
import { digestOf } from "./digest.ts";
import { readDocuments } from "./documents.ts";
import { droppedParts, failure, mayMakeObjects, missingDependencies, unreadableInputs } from "./failures.ts";
import { KUSTOMIZATION_NAMES } from "./pinned-digest.ts";
import type { RenderedTarget, RenderRemark } from "./render.ts";
import { withDistinctIds } from "./target-unknown.ts";

export interface TargetLimits extends RenderLimits {
  /** Documents that one target may render to; default 100,000. */
  readonly documents?: number | undefined;
}

const DEFAULT_DOCUMENTS = 100_000;

/**
 * Renders one target to its manifests. Whatever cannot be rendered is an unknown with its place and bound; nothing is
 * dropped silently and nothing that a repository holds makes it throw.
 *
 * @throws {ArtefactError} the engine of this installation is damaged
 */
export async function renderTarget(
  engine: Engine,
  tree: Tree,
  target: Target,
  limits: TargetLimits = {},
): Promise<RenderedTarget> {
  const rendering = withinDocuments(await rendered(engine, tree, target.source, limits), limits.documents);
  const digest = digestOf([target.source, target.namespace, rendering.trace]);
  const { manifests, unknowns } = readDocuments(target, rendering.documents, digest);
  return {
    target,
    manifests,
    unknowns: withDistinctIds([
      ...(await failure(tree, target, rendering, digest)),
      ...(await droppedParts(tree, target, rendering, digest)),
      ...(await missingDependencies(tree, target, rendering, digest)),
      ...(await unreadableInputs(tree, target, rendering)),
      ...unknowns,
    ]),
    remarks: remarks(target.source, rendering),
    digest,
  };
}

/** More documents than anybody deploys from one target end as an error, like every other limit. */
function withinDocuments(rendering: Rendering, maximum = DEFAULT_DOCUMENTS): Rendering {
  const count = rendering.documents.length;
  if (count <= maximum) return rendering;
  const message = `renders to ${count} documents, more than ${maximum}`;
  return {
    ...rendering,
    documents: [],
    error: { kind: "too-large", message, source: null, line: null, column: null, remote: [] },
  };
}

function rendered(engine: Engine, tree: Tree, source: Source, limits: RenderLimits): Promise<Rendering> {
  switch (source.kind) {
    case "helm":
      return engine.helm(tree, source.request, limits);
    case "kustomize":
      return engine.kustomize(tree, { root: source.path, edits: source.edits }, limits);
    case "directory":
      return engine.manifests(tree, { paths: source.files }, limits);
  }
}

function remarks(source: Source, rendering: Rendering): readonly RenderRemark[] {
  const notes = rendering.dropped.flatMap((dropped) => (mayMakeObjects(dropped) ? [] : [dropped.message]));
  const said = [...rendering.warnings, ...notes];
  const warnings = said.map((subject) => ({ code: "warning", subject, error: null }) as const);
  const outside = source.kind === "kustomize" ? readsOutsideRoots(rendering) : [];
  return [
    ...warnings,
    ...outside.map((subject) => ({ code: "reads-outside-its-root", subject, error: null }) as const),
  ];
}

/** Files that no kustomization of the build has in or below its directory: native kustomize refuses them by default. */
function readsOutsideRoots({ trace }: Rendering): readonly string[] {
  const reads = trace.filter(([question, , answer]) => question === "read" && /^[0-9a-f]{40}/.test(answer));
  const paths = reads.map(([, path]) => path);
  const roots = paths.filter((path) => KUSTOMIZATION_NAMES.has(nameOf(path))).map(directoryOf);
  return paths.filter((path) => !roots.some((root) => root === "." || path.startsWith(`${root}/`)));
}
