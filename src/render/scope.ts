import type { KubernetesObject } from "./render.ts";

/**
 * Kinds without a namespace, as "group/Kind": those of Kubernetes 1.36, and custom ones that decide something here. Any
 * other kind is namespaced, unless a CustomResourceDefinition of the same rendering says otherwise.
 */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  "/ComponentStatus",
  "/Namespace",
  "/Node",
  "/PersistentVolume",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "authentication.k8s.io/SelfSubjectReview",
  "authentication.k8s.io/TokenReview",
  "authorization.k8s.io/SelfSubjectAccessReview",
  "authorization.k8s.io/SelfSubjectRulesReview",
  "authorization.k8s.io/SubjectAccessReview",
  "certificates.k8s.io/CertificateSigningRequest",
  "certificates.k8s.io/ClusterTrustBundle",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "internal.apiserver.k8s.io/StorageVersion",
  "networking.k8s.io/IPAddress",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/ServiceCIDR",
  "node.k8s.io/RuntimeClass",
  "policy/PodSecurityPolicy",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "resource.k8s.io/DeviceClass",
  "resource.k8s.io/DeviceTaintRule",
  "resource.k8s.io/ResourceSlice",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/CSINode",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttachment",
  "storage.k8s.io/VolumeAttributesClass",
  "storagemigration.k8s.io/StorageVersionMigration",
  // Policies and what makes them
  "policy.networking.k8s.io/AdminNetworkPolicy",
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
  "policy.networking.k8s.io/ClusterNetworkPolicy",
  "cilium.io/CiliumCIDRGroup",
  "cilium.io/CiliumClusterwideNetworkPolicy",
  "cilium.io/CiliumClusterwideEnvoyConfig",
  "cilium.io/CiliumEgressGatewayPolicy",
  "cilium.io/TracingPolicy",
  "isovalent.com/IsovalentClusterwideNetworkPolicy",
  "projectcalico.org/GlobalNetworkPolicy",
  "projectcalico.org/GlobalNetworkSet",
  "projectcalico.org/Profile",
  "projectcalico.org/Tier",
  "projectcalico.org/StagedGlobalNetworkPolicy",
  "crd.projectcalico.org/GlobalNetworkPolicy",
  "crd.projectcalico.org/GlobalNetworkSet",
  "crd.projectcalico.org/Profile",
  "crd.projectcalico.org/Tier",
  "crd.projectcalico.org/StagedGlobalNetworkPolicy",
  "crd.antrea.io/ClusterGroup",
  "crd.antrea.io/ClusterNetworkPolicy",
  "crd.antrea.io/Tier",
  "kubeovn.io/SecurityGroup",
  "kubeovn.io/Subnet",
  "kubeovn.io/Vpc",
  "k8s.ovn.org/ClusterUserDefinedNetwork",
  "networking.k8s.aws/ClusterNetworkPolicy",
  "networking.k8s.aws/ClusterPolicyEndpoint",
  "crd.k8s.amazonaws.com/ENIConfig",
  "eks.amazonaws.com/NodeClass",
  "network.alibabacloud.com/PodNetworking",
  "neuvector.com/NvClusterSecurityRule",
  "neuvector.com/NvGroupDefinition",
  "security.kubearmor.com/KubeArmorClusterPolicy",
  "kuma.io/Mesh",
  "kyverno.io/ClusterPolicy",
  "kyverno.io/ClusterCleanupPolicy",
  "policies.kyverno.io/GeneratingPolicy",
  "policies.kyverno.io/MutatingPolicy",
  "policies.kyverno.io/ValidatingPolicy",
  "policies.kyverno.io/DeletingPolicy",
  "policies.kyverno.io/ImageValidatingPolicy",
  "capsule.clastix.io/Tenant",
  "capsule.clastix.io/GlobalTenantResource",
  "mutations.gatekeeper.sh/Assign",
  "mutations.gatekeeper.sh/AssignImage",
  "mutations.gatekeeper.sh/AssignMetadata",
  "mutations.gatekeeper.sh/ModifySet",
  "redhatcop.redhat.io/GroupConfig",
  "redhatcop.redhat.io/NamespaceConfig",
  "redhatcop.redhat.io/UserConfig",
  "apiextensions.crossplane.io/Composition",
  "apiextensions.crossplane.io/CompositeResourceDefinition",
  "kro.run/ResourceGraphDefinition",
  "tenantoperator.stakater.com/Template",
  "policy.karmada.io/ClusterOverridePolicy",
  "policy.karmada.io/ClusterPropagationPolicy",
  "hnc.x-k8s.io/HNCConfiguration",
  "kubernetes.crossplane.io/Object",
  "helm.crossplane.io/Release",
  // Often beside them
  "argoproj.io/ClusterWorkflowTemplate",
  "cert-manager.io/ClusterIssuer",
  "external-secrets.io/ClusterExternalSecret",
  "external-secrets.io/ClusterSecretStore",
  "gateway.networking.k8s.io/GatewayClass",
  "operator.tigera.io/APIServer",
  "operator.tigera.io/Installation",
  "project.openshift.io/Project",
  "config.openshift.io/Network",
  "operator.openshift.io/Network",
  "security.openshift.io/SecurityContextConstraints",
]);

/** Says whether objects of a kind have a namespace. Cluster-wide kinds are those of Kubernetes and of these documents. */
export function scopes(objects: readonly KubernetesObject[]): (object: KubernetesObject) => boolean {
  const defined = new Map<string, boolean>();
  for (const object of objects) {
    if (object.kind !== "CustomResourceDefinition") continue;
    const { group, names, scope } = (object["spec"] ?? {}) as {
      readonly group?: unknown;
      readonly names?: { readonly kind?: unknown };
      readonly scope?: unknown;
    };
    if (typeof group === "string" && typeof names?.kind === "string") {
      defined.set(`${group}/${names.kind}`, scope !== "Cluster");
    }
  }
  return ({ apiVersion, kind }) => {
    const slash = apiVersion.indexOf("/");
    const key = `${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`;
    return defined.get(key) ?? !CLUSTER_SCOPED.has(key);
  };
}
