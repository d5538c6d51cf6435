import type { Profile } from "../../config/config.ts";
import type { Dialect, Policy } from "./policy.ts";

const NETWORK_POLICY: readonly Dialect[] = ["networking.k8s.io/v1 NetworkPolicy"];
const ADMIN: readonly Dialect[] = [
  "policy.networking.k8s.io/v1alpha1 AdminNetworkPolicy",
  "policy.networking.k8s.io/v1alpha1 BaselineAdminNetworkPolicy",
  "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
];
const CALICO: readonly Dialect[] = [
  "projectcalico.org/v3 NetworkPolicy",
  "projectcalico.org/v3 GlobalNetworkPolicy",
];

/** Which dialects mean something under which CNI, from each project's own documentation. */
const ENFORCED: Readonly<Record<Profile, readonly Dialect[]>> = {
  kubernetes: [...NETWORK_POLICY, ...ADMIN],
  cilium: [
    ...NETWORK_POLICY,
    "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy",
    "cilium.io/v2 CiliumNetworkPolicy",
    "cilium.io/v2 CiliumClusterwideNetworkPolicy",
  ],
  calico: [...NETWORK_POLICY, ...ADMIN, ...CALICO],
  // Newer releases take ClusterNetworkPolicy, too (pkg/controller/networkpolicy); an older one that does not is not told apart.
  antrea: [
    ...NETWORK_POLICY,
    ...ADMIN,
    "crd.antrea.io/v1beta1 NetworkPolicy",
    "crd.antrea.io/v1beta1 ClusterNetworkPolicy",
  ],
  "ovn-kubernetes": [
    ...NETWORK_POLICY,
    ...ADMIN,
    "k8s.ovn.org/v1 EgressFirewall",
    "network.openshift.io/v1 EgressNetworkPolicy",
  ],
  "aws-vpc-cni": NETWORK_POLICY,
  "gke-v1": NETWORK_POLICY,
  "gke-v2": [...NETWORK_POLICY, "cilium.io/v2 CiliumClusterwideNetworkPolicy"],
  "aks-azure": NETWORK_POLICY,
  "aks-calico": [...NETWORK_POLICY, ...CALICO],
  "aks-cilium": [
    ...NETWORK_POLICY,
    "cilium.io/v2 CiliumNetworkPolicy",
    "cilium.io/v2 CiliumClusterwideNetworkPolicy",
  ],
};

export function isEnforced(profile: Profile, { dialect }: Pick<Policy, "dialect">): boolean {
  return ENFORCED[profile].includes(dialect);
}

/** CNIs that are Cilium, under whatever name, and read every policy as Cilium does. */
export function isCilium(profile: Profile): boolean {
  return profile === "cilium" || profile === "gke-v2" || profile === "aks-cilium";
}

export function isCalico(profile: Profile): boolean {
  return profile === "calico" || profile === "aks-calico" || profile === "gke-v1";
}
