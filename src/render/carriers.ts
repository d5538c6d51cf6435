import type { KubernetesObject, Manifest } from "./render.ts";

/**
 * Objects that carry other objects: what they hold is deployed by a controller (threat T15). Where the payload stands
 * literally it is unpacked; it is taken to land in the same cluster, though some carriers can send it elsewhere.
 */
export interface Carrier {
  /** JSON pointers of the objects that stand in it. */
  readonly objects: readonly string[];
  /** Names of ConfigMaps or Secrets of its namespace whose values are YAML documents. */
  readonly bundles: readonly Bundle[];
  /** A chart of somewhere else that a controller in the cluster renders; null = none. */
  readonly chart: CarriedChart | null;
}

export interface Bundle {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
}

interface CarriedChart {
  /** "chart traefik 25.0.0 of https://charts.example.com". */
  readonly needs: string;
  readonly namespace: string | null;
}

/** null = the object carries nothing. */
export function carrierOf(object: KubernetesObject): Carrier | null {
  const slash = object.apiVersion.indexOf("/");
  const key = `${slash < 0 ? "" : object.apiVersion.slice(0, slash)}/${object.kind}`;
  return Object.hasOwn(CARRIERS, key) ? (CARRIERS[key]?.(object) ?? null) : null;
}

/** Namespaces where a chart that a carrier names may land; null = no such carrier. */
export function carriedChartNamespaces(manifest: Manifest): readonly string[] | null {
  const chart = carrierOf(manifest.object)?.chart ?? null;
  return chart === null ? null : [chart.namespace ?? manifest.namespace ?? "default"];
}

const CARRIERS: Readonly<Record<string, (object: KubernetesObject) => Carrier>> = {
  "work.open-cluster-management.io/ManifestWork": (object) =>
    objectsAt(elements(object, ["spec", "workload", "manifests"])),
  "work.open-cluster-management.io/ManifestWorkReplicaSet": (object) =>
    objectsAt(elements(object, ["spec", "manifestWorkTemplate", "workload", "manifests"])),
  "kubernetes.crossplane.io/Object": () => objectsAt(["/spec/forProvider/manifest"]),
  "kubernetes.m.crossplane.io/Object": () => objectsAt(["/spec/forProvider/manifest"]),
  "helm.crossplane.io/Release": crossplaneRelease,
  "helm.m.crossplane.io/Release": crossplaneRelease,
  "addons.cluster.x-k8s.io/ClusterResourceSet": clusterResourceSet,
  "helm.cattle.io/HelmChart": (object) =>
    chart(chartText(at(object, "spec")), textAt(object, "spec", "targetNamespace")),
  "helm.cattle.io/HelmChartConfig": (object) =>
    chart(`the packaged chart ${object.metadata.name ?? ""} with these values`, null),
};

function objectsAt(objects: readonly string[]): Carrier {
  return { objects, bundles: [], chart: null };
}

function chart(needs: string, namespace: string | null): Carrier {
  return { objects: [], bundles: [], chart: { needs, namespace } };
}

function crossplaneRelease(object: KubernetesObject): Carrier {
  const spec = at(object, "spec", "forProvider", "chart");
  return chart(
    chartText({
      chart: textAt(spec, "name"),
      version: textAt(spec, "version"),
      repo: textAt(spec, "repository"),
    }),
    textAt(object, "spec", "forProvider", "namespace"),
  );
}

function chartText(spec: unknown): string {
  const parts = [textAt(spec, "chart") ?? "a packed chart", textAt(spec, "version")].filter(
    (one) => one !== null,
  );
  const repository = textAt(spec, "repo");
  return `chart ${parts.join(" ")}${repository === null ? "" : ` of ${repository}`}`;
}

function clusterResourceSet(object: KubernetesObject): Carrier {
  const resources = at(object, "spec", "resources");
  const bundles = (Array.isArray(resources) ? (resources as readonly unknown[]) : []).flatMap((resource) => {
    const kind = textAt(resource, "kind");
    const name = textAt(resource, "name");
    return name !== null && (kind === "ConfigMap" || kind === "Secret") ? [{ kind, name } as const] : [];
  });
  return { objects: [], bundles, chart: null };
}

function elements(object: unknown, path: readonly string[]): readonly string[] {
  const list = at(object, ...path);
  return Array.isArray(list) ? list.map((_, index) => `/${path.join("/")}/${index}`) : [];
}

function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = at(value, ...path);
  return typeof found === "string" && found !== "" ? found : null;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
