import type { Configuration } from "./config/config.ts";
import type { RenderCache } from "./engine/cache.ts";
import type { Engine } from "./engine/engine.ts";
import type { Review } from "./report/report.ts";
import type { SurfaceListing } from "./report/surface-listing.ts";
import type { RepositoryTree } from "./tree/indexed-tree.ts";

export type * from "./report/report.ts";
export type * from "./report/surface-listing.ts";

export interface SurfaceOptions {
  readonly config: Configuration;
  /** Renders of earlier runs; ignored with `engine`. */
  readonly cache?: RenderCache;
  /** Opened and closed here where it is absent. */
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Addresses of the clone's remotes. */
  readonly repositoryUrls?: readonly string[];
  /** Only these environments; absent = all. */
  readonly environments?: readonly string[];
}

export interface ReviewOptions extends SurfaceOptions {
  readonly clock: () => Date;
  /** Default true: an environment whose inputs are equal on both sides is not rendered. */
  readonly skipUnchanged?: boolean;
}

/** How far a review is; a total of 0 = not counted. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

export function review(
  _base: RepositoryTree,
  _head: RepositoryTree,
  _options: ReviewOptions,
): Promise<Review> {
  return Promise.reject(new Error("the stages of a review are not joined"));
}

export function surface(_tree: RepositoryTree, _options: SurfaceOptions): Promise<SurfaceListing> {
  return Promise.reject(new Error("the stages of a surface are not joined"));
}
