import { memoryCache } from "../engine/cache.ts";
import type { Engine } from "../engine/engine.ts";
import { openEngine } from "../engine/open-engine.ts";
import type { ReadOptions } from "./options.ts";

/** Lends an engine: the caller's, which stays open, or one of its own, which is closed whatever happens. */
export async function withEngine<T>(options: ReadOptions, use: (engine: Engine) => Promise<T>): Promise<T> {
  if (options.engine !== undefined) return use(options.engine);
  const engine = await openEngine({ cache: options.cache ?? memoryCache() });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}
