import { groupOf } from "../policy/model/api-group.ts";
import type { Manifest } from "../render/render.ts";

/** Groups of Kubernetes itself. What is not a workload, policy or namespace there has no part in egress. */
const KUBERNETES_GROUPS: ReadonlySet<string> = new Set([
  "",
  "apps",
  "autoscaling",
  "batch",
  "policy",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "rbac.authorization.k8s.io",
  "resource.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Kinds that only say what else is deployed: discovery reads them. */
const ENTRY_POINT_KINDS: ReadonlySet<string> = new Set([
  "argoproj.io/Application",
  "argoproj.io/ApplicationSet",
  "argoproj.io/AppProject",
  "kustomize.toolkit.fluxcd.io/Kustomization",
  "helm.toolkit.fluxcd.io/HelmRelease",
  "source.toolkit.fluxcd.io/GitRepository",
  "source.toolkit.fluxcd.io/HelmRepository",
  "source.toolkit.fluxcd.io/OCIRepository",
  "source.toolkit.fluxcd.io/Bucket",
]);

/** How often each kind occurs that nothing here models, as "group/Kind", sorted. Mesh kinds are among them. */
export function unmodelledKindsOf(manifests: readonly Manifest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const manifest of manifests) {
    const group = groupOf(manifest.object);
    const name = `${group}/${manifest.object.kind}`;
    if (KUBERNETES_GROUPS.has(group) || ENTRY_POINT_KINDS.has(name)) continue;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
