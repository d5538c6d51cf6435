import type { Peer } from "../model/policy.ts";
import { everyPod } from "./endpoints.ts";

/** pkg/policy/api/entity.go; the schema takes no others. */
export const ENTITIES = [
  "all",
  "world",
  "cluster",
  "host",
  "init",
  "ingress",
  "unmanaged",
  "remote-node",
  "health",
  "none",
  "kube-apiserver",
] as const;
export type Entity = (typeof ENTITIES)[number];

/** null = everything. */
export function entityPeers(entity: Entity, pointer: string): readonly Peer[] | null {
  const nodes = (which: "own" | "other" | "any"): Peer => ({ kind: "nodes", which, nodes: [], pointer });
  switch (entity) {
    case "all":
      return null;
    case "world":
      return ["0.0.0.0/0", "::/0"].map((cidr) => ({ kind: "addresses", cidr, except: [], pointer }));
    case "host":
      return [nodes("own")];
    case "remote-node":
      return [nodes("other")];
    case "kube-apiserver":
      return [{ kind: "api-server", pointer }];
    case "cluster":
      // The API server is in it wherever it runs (InitEntities).
      return [everyPod(pointer), nodes("any"), { kind: "api-server", pointer }];
    // Endpoints of Cilium's own, and pods that it does not know yet: none that Git declares.
    case "init":
    case "ingress":
    case "unmanaged":
    case "health":
    case "none":
      return [];
  }
}
