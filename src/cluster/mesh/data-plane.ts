import { nested } from "../../policy/schema/decode.ts";
import type { Cluster, Workload } from "../cluster.ts";
import { podMetadata } from "../workloads/pod-metadata.ts";

/** How the mesh gets hold of a workload's traffic. */
interface DataPlane {
  readonly kind: "sidecar" | "ambient" | "none";
  /** Our own words; "" = none. */
  readonly note: string;
}

const INJECT = "sidecar.istio.io/inject";
const MODE = "istio.io/dataplane-mode";

/**
 * Istio's rules of injection (istio.io, "Installing the Sidecar", and pkg/kube/inject/inject.go, injectRequired): a
 * namespace that is disabled decides, then the pod, then the namespace; pods on the host network get none. Ambient mode is a
 * label of the pod or of the namespace; a pod with a sidecar is not in it.
 */
export function dataPlaneOf(cluster: Cluster, workload: Workload): DataPlane {
  const namespace = cluster.namespaces.get(workload.namespace);
  const labels = namespace?.labels ?? new Map<string, string>();
  const note =
    namespace === undefined || namespace.manifest === null
      ? "labels of its namespace may come from elsewhere"
      : "";
  if (!workload.hostNetwork && isInjected(workload, labels)) return { kind: "sidecar", note };
  const mode = workload.labels.get(MODE) ?? labels.get(MODE);
  return mode === "ambient" && !workload.hostNetwork ? { kind: "ambient", note } : { kind: "none", note };
}

function isInjected(workload: Workload, namespace: ReadonlyMap<string, string>): boolean {
  const asked = workload.labels.get(INJECT) ?? annotation(workload);
  if (namespace.get("istio-injection") === "disabled" || asked === "false") return false;
  if (asked === "true" || workload.labels.has("istio.io/rev")) return true;
  return namespace.get("istio-injection") === "enabled" || namespace.has("istio.io/rev");
}

/** The old form; a label wins. */
function annotation(workload: Workload): string | undefined {
  const metadata = podMetadata(workload);
  const value = metadata === null ? undefined : nested(metadata, "annotations")?.[INJECT];
  return value === undefined ? undefined : String(value);
}

/** A namespace that takes part in the mesh, or is kept out of it. */
export function hasMeshLabel(labels: ReadonlyMap<string, string>): boolean {
  return ["istio-injection", "istio.io/rev", MODE].some((key) => labels.has(key));
}
