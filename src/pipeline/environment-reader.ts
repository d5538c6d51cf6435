import type { Cluster } from "../cluster/cluster.ts";
import { clusterOf } from "../cluster/cluster-of.ts";
import type { Engine } from "../engine/engine.ts";
import type { RenderedTarget } from "../render/render.ts";
import { renderEnvironment } from "../render/render-environment.ts";
import type { Environment } from "../targets/targets.ts";
import type { RepositoryTree } from "../tree/indexed-tree.ts";
import { type ReadOptions, targetLimits } from "./options.ts";

/** One environment on one side, rendered and read. */
export interface ReadEnvironment {
  readonly environment: Environment;
  readonly rendered: readonly RenderedTarget[];
  readonly cluster: Cluster;
}

/** Renders and reads environments, each once however often it is asked for, and tells how far it is. */
export class EnvironmentReader {
  readonly #engine: Engine;
  readonly #options: ReadOptions;
  readonly #read = new Map<Environment, Promise<ReadEnvironment>>();
  #done = 0;
  #total = 0;

  constructor(engine: Engine, options: ReadOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  read(environment: Environment, tree: RepositoryTree): Promise<ReadEnvironment> {
    const known = this.#read.get(environment);
    if (known !== undefined) return known;
    const read = this.#render(environment, tree);
    this.#read.set(environment, read);
    return read;
  }

  /** What an environment declares, from what its targets rendered to. */
  clusterOf(environment: Environment, rendered: readonly RenderedTarget[]): Cluster {
    const { config, profile } = this.#options;
    const stated =
      profile === undefined ? null : ({ name: profile, source: "option", evidence: [] } as const);
    return clusterOf(environment, rendered, config, [], stated);
  }

  async #render(environment: Environment, tree: RepositoryTree): Promise<ReadEnvironment> {
    this.#total += environment.targets.length;
    const rendered = await renderEnvironment(this.#engine, tree, environment, {
      limits: targetLimits(this.#options),
      onRendered: () => {
        this.#done++;
        this.#options.onProgress?.({ stage: "rendering", done: this.#done, total: this.#total });
      },
    });
    return { environment, rendered, cluster: this.clusterOf(environment, rendered) };
  }
}
