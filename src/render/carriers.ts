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
  // kubernetes-sigs/cluster-api-addon-provider-helm, k0sproject/k0s, fluxcd/helm-operator
  "addons.cluster.x-k8s.io/HelmChartProxy": (object) =>
    namedChart(object, "chartName", "repoURL", "namespace"),
  "helm.k0sproject.io/Chart": (object) => namedChart(object, "chartName", "repoURL", "namespace"),
  "helm.fluxcd.io/HelmRelease": (object) =>
    chart(
      chartText({
        chart: textAt(object, "spec", "chart", "name") ?? textAt(object, "spec", "chart", "path"),
        version: textAt(object, "spec", "chart", "version"),
        repo: textAt(object, "spec", "chart", "repository") ?? textAt(object, "spec", "chart", "git"),
      }),
      textAt(object, "spec", "targetNamespace"),
    ),
  // carvel-dev/kapp-controller
  "packaging.carvel.dev/PackageInstall": (object) =>
    chart(`package ${textAt(object, "spec", "packageRef", "refName") ?? ""}`, null),
  "kappctrl.k14s.io/App": () => chart("what it fetches", null),
  // projectsveltos/addon-controller: ConfigMaps and Secrets of objects, and charts
  "config.projectsveltos.io/ClusterProfile": sveltosProfile,
  "config.projectsveltos.io/Profile": sveltosProfile,
  // openshift/api, template/v1: objects with ${PARAMETERS}, which are no namespaces or kinds
  "template.openshift.io/TemplateInstance": (object) =>
    objectsAt(elements(object, ["spec", "template", "objects"])),
  // kubevela/kubevela, components of type k8s-objects
  "core.oam.dev/Application": oamApplication,
};

function namedChart(object: KubernetesObject, name: string, repository: string, namespace: string): Carrier {
  const spec = at(object, "spec");
  return chart(
    chartText({
      chart: textAt(spec, name),
      version: textAt(spec, "version"),
      repo: textAt(spec, repository),
    }),
    textAt(spec, namespace),
  );
}

function sveltosProfile(object: KubernetesObject): Carrier {
  const references = bundlesOf(at(object, "spec", "policyRefs"));
  const charts = at(object, "spec", "helmCharts");
  const [first] = Array.isArray(charts) ? (charts as readonly unknown[]) : [];
  const carried: CarriedChart | null =
    first === undefined
      ? null
      : {
          needs: chartText({
            chart: textAt(first, "chartName"),
            version: textAt(first, "chartVersion"),
            repo: textAt(first, "repositoryURL"),
          }),
          namespace: textAt(first, "releaseNamespace"),
        };
  return { objects: [], bundles: references, chart: carried };
}

function oamApplication(object: KubernetesObject): Carrier {
  return objectsAt(
    elements(object, ["spec", "components"]).flatMap((pointer, index) => {
      const component = at(object, "spec", "components", String(index));
      const objects = at(component, "properties", "objects");
      return textAt(component, "type") === "k8s-objects" && Array.isArray(objects)
        ? objects.map((_, place) => `${pointer}/properties/objects/${place}`)
        : [];
    }),
  );
}

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
  return { objects: [], bundles: bundlesOf(at(object, "spec", "resources")), chart: null };
}

function bundlesOf(resources: unknown): readonly Bundle[] {
  return (Array.isArray(resources) ? (resources as readonly unknown[]) : []).flatMap((resource) => {
    const kind = textAt(resource, "kind");
    const name = textAt(resource, "name");
    return name !== null && (kind === "ConfigMap" || kind === "Secret") ? [{ kind, name } as const] : [];
  });
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
