/**
 * API groups of service meshes. Their objects shape traffic above the network: they are context in the coverage, never an
 * unknown and never a proof that something cannot be reached (design section 7).
 */
const MESH_GROUPS: ReadonlySet<string> = new Set([
  "networking.istio.io",
  "security.istio.io",
  "telemetry.istio.io",
  "extensions.istio.io",
  "install.istio.io",
  "policy.linkerd.io",
  "linkerd.io",
  "consul.hashicorp.com",
  "kuma.io",
  "appmesh.k8s.aws",
  "split.smi-spec.io",
  "specs.smi-spec.io",
  "access.smi-spec.io",
  "traffic.smi-spec.io",
]);

export function isMeshGroup(group: string): boolean {
  return MESH_GROUPS.has(group);
}
