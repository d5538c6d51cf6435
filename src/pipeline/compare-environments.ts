import type { Cluster } from "../cluster/cluster.ts";
import type { EnvironmentDelta } from "../diff/diff.ts";
import { diff } from "../diff/environment-delta.ts";
import type { Engine } from "../engine/engine.ts";
import type { RenderedTarget } from "../render/render.ts";
import { environmentChanged } from "../targets/environment-changed.ts";
import { type DiscoveredSide, type EnvironmentPair, pairEnvironments } from "../targets/pair-environments.ts";
import type { Environment } from "../targets/targets.ts";
import { changedPaths } from "../tree/changed-paths.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { EnvironmentReader, type ReadEnvironment } from "./environment-reader.ts";
import { budgetLimits, type ReviewOptions } from "./options.ts";
import { readingsOf, type SidesRead } from "./readings.ts";

/** An environment of both sides; nothing was rendered where no input differs. */
export type ComparedPair = {
  readonly pair: EnvironmentPair;
  readonly name: string;
} & (
  | { readonly changed: false }
  | {
      readonly changed: true;
      readonly base: ReadEnvironment;
      readonly head: ReadEnvironment;
      readonly delta: EnvironmentDelta;
      /** The same comparison as other CNIs would read both sides, where it is not certain which one it is. */
      readonly otherwise: readonly EnvironmentDelta[];
    }
);

export type ChangedPair = Extract<ComparedPair, { changed: true }>;

/** Pairs the environments of both sides, and compares those of which an input differs. */
export class Comparison {
  readonly base: DiscoveredSide;
  readonly head: DiscoveredSide;
  readonly #options: ReviewOptions;
  readonly #reader: EnvironmentReader;

  constructor(engine: Engine, base: DiscoveredSide, head: DiscoveredSide, options: ReviewOptions) {
    this.base = base;
    this.head = head;
    this.#options = options;
    this.#reader = new EnvironmentReader(engine, options);
  }

  async pairs(): Promise<readonly ComparedPair[]> {
    const [pairs, changed] = await Promise.all([
      pairEnvironments(this.base, this.head),
      changedPaths(this.base.tree, this.head.tree),
    ]);
    return Promise.all(pairs.map((pair) => this.#compare(pair, changed)));
  }

  /** One side of an environment. */
  read(environment: Environment, tree: RepositoryTree): Promise<ReadEnvironment> {
    return this.#reader.read(environment, tree);
  }

  /** What an environment declares, from what its targets rendered to. */
  clusterOf(environment: Environment, rendered: readonly RenderedTarget[]): Cluster {
    return this.#reader.clusterOf(environment, rendered);
  }

  /** Both sides under every profile that they may have. */
  readings(sides: SidesRead): readonly [SidesRead, ...SidesRead[]] {
    return readingsOf(sides, this.#options.config);
  }

  diff(name: string, base: Cluster, head: Cluster): EnvironmentDelta {
    return diff(base, head, { environment: name, budget: budgetLimits(this.#options) });
  }

  async #compare(pair: EnvironmentPair, changed: readonly string[]): Promise<ComparedPair> {
    const name = nameOf(pair);
    if (!(await this.#isChanged(pair, changed))) return { pair, name, changed: false };
    const [base, head] = await Promise.all([
      this.read(pair.base ?? nothingOf(pair.head), this.base.tree),
      this.read(pair.head ?? nothingOf(pair.base), this.head.tree),
    ]);
    const [own, ...others] = this.readings({ base, head });
    const compare = (sides: SidesRead) => this.diff(name, sides.base.cluster, sides.head.cluster);
    return { pair, name, changed: true, ...own, delta: compare(own), otherwise: others.map(compare) };
  }

  async #isChanged(pair: EnvironmentPair, changed: readonly string[]): Promise<boolean> {
    if (pair.base === null || pair.head === null || this.#options.skipUnchanged === false) return true;
    return environmentChanged(pair.base, pair.head, this.base.tree, changed);
  }
}

function nameOf({ base, head }: EnvironmentPair): string {
  return (head ?? base).name;
}

/** The side on which an environment does not exist declares nothing. */
function nothingOf(other: Environment): Environment {
  return { ...other, targets: [], unread: [] };
}
