import { createHash } from "node:crypto";
import { parse } from "yaml";
import type { KubernetesObject, Manifest } from "../../src/render/render.ts";

/** A manifest from YAML text, as a plain file would give it. */
export function manifest(text: string, origin: Partial<Manifest["origin"]> = {}): Manifest {
  const object = parse(text) as KubernetesObject;
  return manifestOf(object, { text, ...origin });
}

export function manifestOf(object: KubernetesObject, origin: Partial<Manifest["origin"]> = {}): Manifest {
  const clusterScoped = ["Namespace", "ClusterPolicy", "GeneratingPolicy", "MutatingPolicy"].includes(
    object.kind,
  );
  const cluster = clusterScoped || /^(Admin|Baseline|Global|Cluster|CiliumClusterwide)/.test(object.kind);
  const namespace = cluster ? null : (object.metadata?.namespace ?? "shop");
  return {
    object,
    namespace,
    origin: {
      target: "shop",
      path: "shop.yaml",
      source: "shop.yaml",
      text: "",
      item: null,
      hook: false,
      duplicateKeys: [],
      ...origin,
    },
    digest: createHash("sha256")
      .update(JSON.stringify([object, namespace]))
      .digest("hex"),
  };
}
