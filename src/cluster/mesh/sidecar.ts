import { type JsonObject, nested, objects, ownField } from "../../policy/schema/decode.ts";
import type { Manifest } from "../../render/render.ts";
import type { Cluster, Workload } from "../cluster.ts";
import { type Outbound, outboundMode } from "./outbound.ts";
import type { MeshSettings } from "./settings.ts";

/**
 * A Sidecar's own mode wins over the mesh's (istio/istio, pilot/pkg/model/sidecar.go). Without a mode in it the first value
 * of the enumeration counts, REGISTRY_ONLY (istio/api, networking/v1/sidecar.proto).
 */
export function outboundOf(sidecar: JsonObject | null, settings: readonly MeshSettings[]): Outbound {
  const written = sidecar === null ? undefined : nested(sidecar, "spec")?.["outboundTrafficPolicy"];
  if (written !== undefined && written !== null) {
    const name = sidecar === null ? "" : String(nested(sidecar, "metadata")?.["name"]);
    return outboundMode(written, { from: `Sidecar ${name}`, absent: "ALLOW_ANY", empty: "REGISTRY_ONLY" });
  }
  const [first, ...others] = settings.map(({ outbound }) => outbound);
  if (first === undefined) return { kind: "default" };
  return others.every((other) => saidOf(other) === saidOf(first)) ? first : { kind: "contradictory" };
}

function saidOf(outbound: Outbound): string {
  return outbound.kind === "mode" ? outbound.mode : outbound.kind;
}

/** Hosts that a Sidecar imports, over all its listeners; null = it does not say. */
export function hostsOf(sidecar: JsonObject): readonly string[] | null {
  const egress = objects(nested(sidecar, "spec")?.["egress"]);
  if (egress.length === 0) return null;
  const hosts = egress.flatMap((listener) => {
    const written = ownField(listener, "hosts");
    return Array.isArray(written) ? written.filter((one) => typeof one === "string") : [];
  });
  return [...new Set(hosts)];
}

export function sidecars(cluster: Cluster): readonly Manifest[] {
  return cluster.inputs.objects("networking.istio.io", "Sidecar");
}

type FoundSidecar =
  | { readonly kind: "none" }
  | { readonly kind: "one"; readonly sidecar: Manifest }
  /** Of one namespace and one kind: which counts is undefined (istio.io, Sidecar reference). */
  | { readonly kind: "several"; readonly sidecars: readonly Manifest[] };

/** One that selects the workload, else the namespace's own, else the root namespace's. */
export function sidecarFor(
  all: readonly Manifest[],
  settings: readonly MeshSettings[],
  workload: Workload,
): FoundSidecar {
  const own = all.filter(({ namespace }) => namespace === workload.namespace);
  const roots = new Set(settings.map(({ rootNamespace }) => rootNamespace));
  if (roots.size === 0) roots.add("istio-system");
  const candidates = [
    own.filter((one) => selectsWorkload(one, workload)),
    own.filter((one) => labelsOfSelector(one) === null),
    all.filter((one) => roots.has(one.namespace ?? "") && labelsOfSelector(one) === null),
  ];
  const [first, ...others] = candidates.find((found) => found.length > 0) ?? [];
  if (first === undefined) return { kind: "none" };
  return others.length === 0
    ? { kind: "one", sidecar: first }
    : { kind: "several", sidecars: [first, ...others] };
}

/** null = it selects no workload and applies to the namespace. */
function labelsOfSelector({ object }: Manifest): JsonObject | null {
  const labels = nested(object, "spec", "workloadSelector", "labels");
  return labels === null || Object.keys(labels).length === 0 ? null : labels;
}

function selectsWorkload(sidecar: Manifest, { labels }: Workload): boolean {
  const selector = labelsOfSelector(sidecar);
  return (
    selector !== null && Object.entries(selector).every(([key, value]) => labels.get(key) === String(value))
  );
}
