import { parseAllDocuments } from "yaml";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { clusterOf } from "../../src/cluster/cluster-of.ts";
import { type Configuration, DEFAULT_MARKS, defaultConfiguration } from "../../src/config/config.ts";
import type { KubernetesObject, Manifest, RenderedTarget } from "../../src/render/render.ts";
import type { Delivery, Environment, Target, UnreadTarget } from "../../src/targets/targets.ts";
import type { Unknown } from "../../src/targets/unknown.ts";
import { manifestOf } from "../render/manifest.ts";

export const DELIVERY: Delivery = {
  automated: true,
  prune: true,
  suspended: false,
  createsNamespace: false,
  namespaceLabels: {},
};

export function target(partial: Partial<Target> = {}): Target {
  return {
    id: "shop",
    source: { kind: "directory", path: ".", files: [] },
    namespace: "shop",
    declaredBy: null,
    delivery: DELIVERY,
    ...partial,
  };
}

export function environment(targets: readonly Target[], unread: readonly UnreadTarget[] = []): Environment {
  return {
    name: "clusters/one",
    kind: "cluster",
    roots: ["clusters/one"],
    destination: null,
    marks: DEFAULT_MARKS,
    targets,
    unread,
  };
}

export function unknown(partial: Partial<Unknown>): Unknown {
  return {
    code: "render-failed",
    id: "render-failed:shop:shop",
    target: "shop",
    subject: "shop",
    detail: "",
    bound: { namespaces: ["shop"], kinds: null },
    selectorKeys: null,
    digest: "0",
    content: "tree",
    place: null,
    ...partial,
  };
}

export function manifestsOf(text: string, origin: Partial<Manifest["origin"]> = {}): readonly Manifest[] {
  return parseAllDocuments(text).map((document) =>
    manifestOf(document.toJS() as KubernetesObject, { text, ...origin }),
  );
}

/** The cluster of one target with these documents. */
export function cluster(
  text: string,
  options: {
    readonly configuration?: Partial<Configuration>;
    readonly unknowns?: readonly Unknown[];
    readonly unread?: readonly UnreadTarget[];
    readonly target?: Partial<Target>;
  } = {},
): Cluster {
  const one = target(options.target);
  const rendered: RenderedTarget = {
    target: one,
    manifests: manifestsOf(text),
    unknowns: options.unknowns ?? [],
    remarks: [],
    digest: "0",
  };
  return clusterOf(environment([one], options.unread), [rendered], {
    ...defaultConfiguration,
    ...options.configuration,
  });
}
