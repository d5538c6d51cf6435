import { join } from "node:path";
import { installedTool } from "./commands/tool.ts";
import { diskCache, type RenderCache } from "./engine/cache.ts";
import { openRenderers } from "./engine/open-engine.ts";
import type { Ask, Evaluator, EvaluatorScope } from "./github/app-context.ts";
import { affects } from "./pipeline/affects.ts";
import { firstMap } from "./pipeline/first-map.ts";
import type { ReadOptions } from "./pipeline/options.ts";
import { ask } from "./pipeline/question/ask.ts";
import { isQuestionProblem, parseDestination, parseFrom } from "./pipeline/question/question.ts";
import { answerMarkdown } from "./report/answer/markdown.ts";
import { review } from "./review.ts";

export interface EngineEvaluatorOptions {
  /** Where results of renders are kept. */
  readonly directory: string;
  readonly clock: () => Date;
  readonly onProblem: (message: string) => void;
}

export interface EngineEvaluator extends Evaluator {
  close(): Promise<void>;
}

/** Installations times trusts whose results are kept in memory at the same time; those on disk stay. */
const MOST_CACHES = 16;
const MEMORY_BYTES = 96 * 1024 * 1024;
/** A verdict never waits long for an edit that would clear it. */
const FIX_MILLISECONDS = 5_000;

/** The reviewer as the App uses it: one set of renderers, and a cache for every installation and trust (threat T22). */
export async function openEvaluator({
  directory,
  clock,
  onProblem,
}: EngineEvaluatorOptions): Promise<EngineEvaluator> {
  const renderers = await openRenderers();
  const caches = new Map<string, RenderCache>();
  const cacheOf = (partition: string): RenderCache => {
    const known = caches.get(partition);
    const cache =
      known ??
      diskCache({
        directory: join(directory, "renders"),
        partition,
        memoryBytes: MEMORY_BYTES,
        onProblem: ({ message }) => onProblem(message),
      });
    // A Map keeps insertion order: the first is the one that was unused for longest.
    caches.delete(partition);
    caches.set(partition, cache);
    for (const oldest of caches.keys()) {
      if (caches.size <= MOST_CACHES) break;
      caches.delete(oldest);
    }
    return cache;
  };
  const optionsOf = ({ partition, configuration, repositoryUrls, signal }: EvaluatorScope): ReadOptions => ({
    config: configuration,
    engine: renderers.engineWith(cacheOf(partition)),
    repositoryUrls,
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    // What renders, and what judges: a newer version of this package may answer otherwise.
    engineDigest: `${renderers.engineWith(cacheOf("digest")).digest}+${installedTool().version}`,
    review: (base, head, options) =>
      review(base, head, {
        ...optionsOf(options),
        organisation: options.organisation,
        approvals: options.approvals,
        fixes: true,
        limits: { fixMilliseconds: FIX_MILLISECONDS },
        clock,
      }),
    affects: (before, after, scope) =>
      affects(before, after, { ...optionsOf(scope), organisation: scope.organisation }),
    map: (tree, scope) => firstMap(tree, optionsOf(scope)),
    ask: (evaluated, question, scope) => answerOf(evaluated, question, scope, optionsOf(scope)),
    close: () => renderers.close(),
  };
}

async function answerOf(
  { baseTree, mergeTree }: Parameters<Ask>[0],
  { from, to, environment }: Parameters<Ask>[1],
  { link }: Parameters<Ask>[2],
  options: ReadOptions,
): ReturnType<Ask> {
  const source = parseFrom(from);
  if (isQuestionProblem(source)) return { kind: "problem", sentence: source.sentence };
  const destination = parseDestination(to);
  if (isQuestionProblem(destination)) return { kind: "problem", sentence: destination.sentence };
  const answer = await ask(
    { base: baseTree, head: mergeTree },
    { from: source, ...destination, direction: "egress" },
    { ...options, ...(environment === null ? {} : { environments: [environment] }) },
  );
  if (isQuestionProblem(answer)) return { kind: "problem", sentence: answer.sentence };
  return { kind: "answer", markdown: answerMarkdown(answer, { link }) };
}
