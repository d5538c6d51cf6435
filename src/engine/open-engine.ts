import type { Tree } from "../tree/tree.ts";
import { recordedDigest } from "./artefact.ts";
import { noCache, type RenderCache } from "./cache.ts";
import type { Engine, HelmRequest, KustomizeRequest, RenderLimits } from "./engine.ts";
import { editCommands } from "./kustomize-edits.ts";
import { rememberingRenders } from "./remembered-renders.ts";
import { type Operation, type RendererOptions, RendererPool } from "./renderer-pool.ts";

export interface EngineOptions extends RendererOptions {
  readonly cache?: RenderCache | undefined;
}

/**
 * Opens the engine of this installation.
 *
 * @throws {ArtefactError} here or at a render, if the module that ships with this package is absent or altered
 */
export async function openEngine({ cache = noCache(), ...options }: EngineOptions = {}): Promise<Engine> {
  return (await openRenderers(options)).engineWith(cache);
}

/** Renderers that several engines share: entries of one installation's cache never answer another (threat T22). */
export interface Renderers {
  /** Closing one of them closes the renderers of all. */
  engineWith(cache: RenderCache): Engine;
  close(): Promise<void>;
}

export async function openRenderers(options: RendererOptions = {}): Promise<Renderers> {
  const digest = await recordedDigest();
  const pool = new RendererPool(digest, options);
  return { engineWith: (cache) => engineOn(pool, digest, cache), close: () => pool.close() };
}

function engineOn(pool: RendererPool, digest: string, cache: RenderCache): Engine {
  const renders = rememberingRenders(digest, cache, pool);
  const render = (operation: Operation, tree: Tree, request: object, limits: RenderLimits = {}) =>
    renders(operation, tree, request, limits);
  return {
    digest,
    prepare: () => pool.prepare(),
    helm: (tree, request, limits) => render("render_helm", tree, helmMessage(request), limits),
    kustomize: (tree, request, limits) => render("build_kustomize", tree, kustomizeMessage(request), limits),
    manifests: (tree, request, limits) => render("read_manifests", tree, { paths: request.paths }, limits),
    close: () => pool.close(),
  };
}

function helmMessage(request: HelmRequest): object {
  return { releaseName: "release-name", namespace: "default", ...defined(request) };
}

function kustomizeMessage({ edits, ...request }: KustomizeRequest): object {
  return { enableHelm: true, ...defined(request), ...editCommands(edits ?? {}) };
}

/** Leaves out what is undefined, which would overwrite a default. */
function defined(request: object): object {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
}
