import { createHash } from "node:crypto";
import type { Tree } from "../tree/tree.ts";
import type { RenderCache } from "./cache.ts";
import type { EngineErrorKind, Rendering, RenderLimits } from "./engine.ts";
import { decodeResponse, failedRendering } from "./frame.ts";
import type { Operation, RendererPool } from "./renderer-pool.ts";
import { holds } from "./trace.ts";

type Render = (operation: Operation, tree: Tree, request: object, limits: RenderLimits) => Promise<Rendering>;

/** What these say depends on the machine and the moment, not on the inputs alone. */
const NOT_REMEMBERED: ReadonlySet<EngineErrorKind> = new Set([
  "trap",
  "deadline",
  "too-large",
  "panic",
  "aborted",
]);

/**
 * Renders what the cache does not know. A stored result counts when everything its render looked at is the same on
 * this tree; so the head of a review is validated against its base.
 */
export function rememberingRenders(digest: string, cache: RenderCache, pool: RendererPool): Render {
  /** Answers that a tree has given: trees do not change. */
  const known = new WeakMap<Tree, Map<string, string>>();
  /** Renders of one key follow each other, because the second may be able to use the first. */
  const running = new Map<string, Promise<unknown>>();

  async function lookUpOrRender(
    key: string,
    operation: Operation,
    tree: Tree,
    request: object,
    limits: RenderLimits,
  ): Promise<Rendering> {
    const answers = known.get(tree) ?? new Map<string, string>();
    known.set(tree, answers);
    const found = await cache.get(key, (trace) => holds(trace, tree, answers));
    if (found !== null) return found;
    const outcome = await pool.render(operation, tree, request, limits);
    for (const [question, path, answer] of outcome.trace) answers.set(`${question} ${path}`, answer);
    if (outcome.kind !== "response") {
      return { ...failedRendering(outcome.kind, outcome.message), trace: outcome.trace };
    }
    const rendering = { ...decodeResponse(outcome.response), trace: outcome.trace };
    if (rendering.error === null || !NOT_REMEMBERED.has(rendering.error.kind)) {
      cache.put(key, { rendering, response: outcome.response });
    }
    return rendering;
  }

  return async (operation, tree, request, limits) => {
    const key = createHash("sha256")
      .update(`${digest}\0${operation}\0${JSON.stringify(request)}`)
      .digest("hex");
    const before = running.get(key) ?? Promise.resolve();
    const render = before.then(() => lookUpOrRender(key, operation, tree, request, limits));
    const settled = render.catch(() => undefined);
    running.set(key, settled);
    try {
      return await render;
    } finally {
      if (running.get(key) === settled) running.delete(key);
    }
  };
}
