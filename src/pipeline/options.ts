import type { Configuration, Profile } from "../config/config.ts";
import type { RenderCache } from "../engine/cache.ts";
import type { Engine } from "../engine/engine.ts";
import type { TargetLimits } from "../render/render-target.ts";
import type { Approval } from "../rules/approval.ts";
import { type BudgetLimits, DEFAULT_BUDGET } from "../sets/budget.ts";

/** What reading a tree takes, for a review or for a listing of its surface. */
export interface ReadOptions {
  /** Of a review: read from the base side, never from the change itself (design section 9). */
  readonly config: Configuration;
  /** Where results of renders are kept; default: for this call only. */
  readonly cache?: RenderCache;
  /** An engine that is already open, to be shared by many calls; it has its own cache. */
  readonly engine?: Engine;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Addresses of the clone's remotes, to recognise entry points of this repository. */
  readonly repositoryUrls?: readonly string[];
  /** Who enforces policies in every environment, whatever the configuration and the manifests say. */
  readonly profile?: Profile;
  /** These environments only. */
  readonly environments?: readonly string[];
  readonly limits?: ReadLimits;
}

export interface ReviewOptions extends ReadOptions {
  /** The organisation's policy; `config` is what the repository's base says itself, and the two are merged here. */
  readonly organisation?: Configuration | null;
  /** What people accepted; the engine decides whether it still holds. */
  readonly approvals?: readonly Approval[];
  /** The time of the evaluation. */
  readonly clock: () => Date;
  /** false renders environments of which no input differs, too; the verdict must not change by it. Default true. */
  readonly skipUnchanged?: boolean;
  /** Look for edits that take out what blocks, and evaluate them: as much work again for each. Default false. */
  readonly fixes?: boolean;
}

export interface Progress {
  readonly stage: "discovering" | "rendering" | "comparing" | "judging";
  readonly done: number;
  /** 0 = not counted. */
  readonly total: number;
}

/** Every limit that is reached makes an unknown, never a pass. */
export interface ReadLimits {
  /** Wall clock of one render. */
  readonly renderMilliseconds?: number;
  /** Bytes that one render may write. */
  readonly renderBytes?: number;
  /** Documents of one target. */
  readonly documents?: number;
  /** Box visits of one search, and a tenth of those of all searches together. */
  readonly searchSteps?: number;
  /** Wall clock after which no edit is tried; default: as many as are tried at all, so that equal input gives equal bytes. */
  readonly fixMilliseconds?: number;
}

/** Whether an environment is to be told of; the others may still be looked at, for what comes from them. */
export function isAsked(name: string, { environments }: ReadOptions): boolean {
  return environments === undefined || environments.includes(name);
}

export function targetLimits({ limits = {}, signal }: ReadOptions): TargetLimits {
  return {
    deadline: limits.renderMilliseconds,
    outputBytes: limits.renderBytes,
    documents: limits.documents,
    signal,
  };
}

export function budgetLimits({ limits }: ReadOptions): BudgetLimits {
  const steps = limits?.searchSteps;
  return steps === undefined ? DEFAULT_BUDGET : { problem: steps, review: steps * 10 };
}
