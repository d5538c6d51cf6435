import type { Cluster } from "../../cluster/cluster.ts";
import type { Manifest } from "../../render/render.ts";
import { type Surface, surfaceOf } from "../../surface/surface-of.ts";
import { AddressKnowledge } from "./address-knowledge.ts";
import { Endpoints } from "./endpoints.ts";

/** One environment on one side, ready to be asked: who is where, and what policies say of it. */
export class AskedCluster {
  readonly cluster: Cluster;
  readonly endpoints: Endpoints;
  readonly knowledge: AddressKnowledge;
  readonly surface: Surface;
  #listed: Surface | null = null;

  constructor(cluster: Cluster, manifests: readonly Manifest[]) {
    this.cluster = cluster;
    this.endpoints = new Endpoints(cluster, manifests);
    this.knowledge = new AddressKnowledge(cluster, this.endpoints);
    this.surface = surfaceOf(cluster, "each-pod");
  }

  /** The surface as listings print it, for the words of what a rule offers. */
  get listed(): Surface {
    this.#listed ??= surfaceOf(this.cluster);
    return this.#listed;
  }
}
