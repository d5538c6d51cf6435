import { isObject, type JsonObject, nested, ownField } from "../schema/decode.ts";

/**
 * Kinds that govern pod traffic, by API group. `scope` bounds what one object can touch: a namespaced one its own
 * namespace, a cluster-wide one every namespace. `subject` says where pod selectors stand that decide whom it governs.
 */
export interface PolicyKind {
  readonly scope: "namespace" | "cluster";
  /** Paths of label selectors in the object, "*" for every element; null = not written as label selectors. */
  readonly subjects: readonly string[] | null;
  /** Settings of much else stand in it, keys and certificates too: never shown whole. */
  readonly holdsMore?: true;
  /** A namespaced object in this namespace reaches every other. */
  readonly everywhereFrom?: string;
  /** Whether an object of the kind governs anything at all; absent = each does. */
  readonly governs?: (object: JsonObject) => boolean;
}

const EVERY_POD: readonly string[] = [];

const TABLE: Readonly<Record<string, Readonly<Record<string, PolicyKind>>>> = {
  "policy.networking.k8s.io": {
    AdminNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
    BaselineAdminNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
    ClusterNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
  },
  "cilium.io": {
    CiliumNetworkPolicy: { scope: "namespace", subjects: null },
    CiliumClusterwideNetworkPolicy: { scope: "cluster", subjects: null },
    // An address group that policies name: its edit changes them.
    CiliumCIDRGroup: { scope: "cluster", subjects: null },
    // cilium/tetragon: it may kill what connects; most only observe.
    TracingPolicy: { scope: "cluster", subjects: null, governs: isEnforcing },
    TracingPolicyNamespaced: { scope: "namespace", subjects: null, governs: isEnforcing },
  },
  "projectcalico.org": calicoKinds(),
  "crd.projectcalico.org": calicoKinds(),
  "crd.antrea.io": {
    NetworkPolicy: {
      scope: "namespace",
      subjects: [
        "spec.appliedTo.*.podSelector",
        "spec.ingress.*.appliedTo.*.podSelector",
        "spec.egress.*.appliedTo.*.podSelector",
      ],
    },
    // Groups and tiers may stand between a policy and its pods.
    ClusterNetworkPolicy: { scope: "cluster", subjects: null },
    Group: { scope: "namespace", subjects: null },
    ClusterGroup: { scope: "cluster", subjects: null },
    Tier: { scope: "cluster", subjects: null },
  },
  "k8s.ovn.org": {
    EgressFirewall: { scope: "namespace", subjects: EVERY_POD },
    // Pods of a primary network of their own reach no other network; secondary ones are other interfaces.
    UserDefinedNetwork: { scope: "namespace", subjects: EVERY_POD, governs: isPrimaryNetwork },
    ClusterUserDefinedNetwork: { scope: "cluster", subjects: null, governs: isPrimaryNetwork },
  },
  "network.openshift.io": { EgressNetworkPolicy: { scope: "namespace", subjects: EVERY_POD } },
  // kubeovn/kube-ovn, pkg/apis/kubeovn/v1
  "kubeovn.io": {
    SecurityGroup: { scope: "cluster", subjects: null },
    Subnet: { scope: "cluster", subjects: null, governs: isGuardedSubnet },
    Vpc: { scope: "cluster", subjects: null, governs: dropsPackets },
  },
  // aws/amazon-vpc-resource-controller-k8s: cloud security groups for the pods that it selects, by account too.
  "vpcresources.k8s.aws": { SecurityGroupPolicy: { scope: "namespace", subjects: null } },
  // aws/amazon-network-policy-controller-k8s: what policies are resolved to, node by node
  "networking.k8s.aws": {
    PolicyEndpoint: { scope: "namespace", subjects: null },
    ClusterPolicyEndpoint: { scope: "cluster", subjects: null },
    ApplicationNetworkPolicy: { scope: "namespace", subjects: ["spec.podSelector"] },
    ClusterNetworkPolicy: { scope: "cluster", subjects: null },
  },
  // aws/amazon-vpc-cni-k8s: security groups of every pod on nodes with custom networking
  "crd.k8s.amazonaws.com": {
    ENIConfig: { scope: "cluster", subjects: EVERY_POD, governs: has("spec", "securityGroups") },
  },
  // EKS Auto Mode, NodeClass: whether pods are denied by default, and their security groups
  "eks.amazonaws.com": {
    NodeClass: {
      scope: "cluster",
      subjects: EVERY_POD,
      holdsMore: true,
      governs: (object) =>
        has("spec", "networkPolicy")(object) || has("spec", "podSecurityGroupSelectorTerms")(object),
    },
  },
  "networking.gke.io": { FQDNNetworkPolicy: { scope: "namespace", subjects: ["spec.podSelector"] } },
  // AliyunContainerService/terway: security groups of pods by their labels or their namespace's
  "network.alibabacloud.com": {
    PodNetworking: { scope: "cluster", subjects: null, governs: has("spec", "securityGroupIDs") },
  },
  // Huawei Cloud CCE Turbo
  "crd.yangtse.cni": { SecurityGroup: { scope: "namespace", subjects: ["spec.podSelector"] } },
  // vmware-tanzu/nsx-operator, pkg/apis
  "crd.nsx.vmware.com": { SecurityPolicy: { scope: "namespace", subjects: null } },
  "nsx.vmware.com": { SecurityPolicy: { scope: "namespace", subjects: null } },
  // Juniper Cloud-Native Contrail
  "core.contrail.juniper.net": {
    FirewallPolicy: { scope: "cluster", subjects: null },
    FirewallRule: { scope: "cluster", subjects: null },
    ApplicationPolicySet: { scope: "cluster", subjects: null },
  },
  // neuvector/neuvector, share: groups of pods and what they may reach
  "neuvector.com": {
    NvSecurityRule: { scope: "namespace", subjects: null },
    NvClusterSecurityRule: { scope: "cluster", subjects: null },
    NvGroupDefinition: { scope: "cluster", subjects: null },
  },
  // kubearmor/KubeArmor: network rules of processes
  "security.kubearmor.com": {
    KubeArmorPolicy: { scope: "namespace", subjects: ["spec.selector"], governs: has("spec", "network") },
    KubeArmorClusterPolicy: { scope: "cluster", subjects: null, governs: has("spec", "network") },
  },
  // Meshes: what leaves through their proxies. What decides at the destination alone is in no surface.
  "policy.linkerd.io": {
    // linkerd.io, "Managing egress traffic": it denies, or only counts; the global one stands in "linkerd-egress".
    EgressNetwork: {
      scope: "namespace",
      everywhereFrom: "linkerd-egress",
      subjects: EVERY_POD,
      governs: (object) => nested(object, "spec")?.["trafficPolicy"] !== "Allow",
    },
  },
  "kuma.io": {
    // kuma.io, MeshPassthrough: None (the default), Matched or All; in the system namespace it is the mesh's.
    MeshPassthrough: {
      scope: "namespace",
      everywhereFrom: "kuma-system",
      subjects: null,
      governs: (object) => nested(object, "spec", "default")?.["passthroughMode"] !== "All",
    },
    Mesh: {
      scope: "cluster",
      subjects: null,
      holdsMore: true,
      governs: has("networking", "outbound", "passthrough"),
    },
  },
  "consul.hashicorp.com": {
    Mesh: {
      scope: "cluster",
      subjects: null,
      holdsMore: true,
      governs: has("spec", "transparentProxy", "meshDestinationsOnly"),
    },
  },
};

function has(...path: readonly string[]): (object: JsonObject) => boolean {
  const [last = "", ...before] = path.toReversed();
  return (object) => {
    // Kuma's fields stand in the object or below its spec.
    const found = [nested(object, ...before.toReversed()), nested(object, "spec", ...before.toReversed())];
    return found.some((one) => one !== null && !isEmpty(ownField(one, last)));
  };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** ovn-kubernetes, go-controller/pkg/crd/userdefinednetwork/v1: the role stands beside the topology's own settings. */
function isPrimaryNetwork(object: JsonObject): boolean {
  const network = nested(object, "spec", "network") ?? nested(object, "spec") ?? {};
  return Object.values(network).some((one) => isObject(one) && ownField(one, "role") === "Primary");
}

/** Actions of Tetragon that stop a call (docs, "Selectors": matchActions). */
function isEnforcing(object: JsonObject): boolean {
  return /"action":"(Sigkill|Signal|Override|NotifyEnforcer|NotifyKiller)"/.test(JSON.stringify(object));
}

/** A subnet may carry access lists, and a private one is cut off from others. */
function isGuardedSubnet(object: JsonObject): boolean {
  return has("spec", "acls")(object) || nested(object, "spec")?.["private"] === true;
}

/** Routes of a virtual network may drop instead. */
function dropsPackets(object: JsonObject): boolean {
  return JSON.stringify(nested(object, "spec")?.["policyRoutes"] ?? []).includes('"drop"');
}

/** Calico selects by expressions of its own language. */
function calicoKinds(): Readonly<Record<string, PolicyKind>> {
  return {
    NetworkPolicy: { scope: "namespace", subjects: null },
    GlobalNetworkPolicy: { scope: "cluster", subjects: null },
    NetworkSet: { scope: "namespace", subjects: null },
    GlobalNetworkSet: { scope: "cluster", subjects: null },
    Tier: { scope: "cluster", subjects: null },
    Profile: { scope: "cluster", subjects: null },
  };
}

/** Never enforced (Calico's staged policies), or about other interfaces than the cluster network's (Multus). */
const NOT_ENFORCED = /^Staged/;
const OTHER_INTERFACES = "k8s.cni.cncf.io";

/** Whether an object of a group nobody models here governs traffic, and how far it reaches; null = it does not. */
export function policyKind(group: string, kind: string, namespaced: boolean): PolicyKind | null {
  const known = lookUp(group, kind);
  if (known !== null) return known;
  if (NOT_ENFORCED.test(kind) || group === OTHER_INTERFACES) return null;
  const modelledGroup = Object.hasOwn(TABLE, group);
  // A policy kind of a newer release, or of a vendor: unknown is safer than absent.
  if (/NetworkPolicy$/.test(kind) || (modelledGroup && /(Policy|Firewall)$/.test(kind) && !isRouting(kind))) {
    return { scope: namespaced && !isClusterWideName(kind) ? "namespace" : "cluster", subjects: null };
  }
  return null;
}

/** Every kind name of the table and the policies of Kubernetes itself: a template that may make one may isolate. */
export function isPolicyKindName(kind: string): boolean {
  return POLICY_KIND_NAMES.has(kind) || /NetworkPolicy$/.test(kind);
}

const POLICY_KIND_NAMES: ReadonlySet<string> = new Set([
  "NetworkPolicy",
  ...Object.values(TABLE).flatMap((kinds) => Object.keys(kinds)),
]);

/** Of unknown groups nobody knows the scope: the target's namespace may only be where a renderer put it. */
function isClusterWideName(kind: string): boolean {
  return /^(Admin|Baseline|Cluster|Global)|Clusterwide|ClusterWide/.test(kind);
}

/**
 * Of groups that are known for policies those that say which way, from which address, how fast or how a packet leaves, not
 * whether it may.
 */
function isRouting(kind: string): boolean {
  return ROUTING.has(kind);
}

const ROUTING: ReadonlySet<string> = new Set([
  "CiliumEgressGatewayPolicy",
  "CiliumLocalRedirectPolicy",
  "CiliumBGPPeeringPolicy",
  "CiliumL2AnnouncementPolicy",
  "IsovalentEgressGatewayPolicy",
  "AdminPolicyBasedExternalRoute",
  // Calico Enterprise
  "EgressGatewayPolicy",
  // Antrea
  "BGPPolicy",
  // Kube-OVN
  "QoSPolicy",
  // GKE: routes, load balancers
  "GCPBackendPolicy",
  "GCPGatewayPolicy",
  "GCPTrafficDistributionPolicy",
  "HealthCheckPolicy",
  // Linkerd and Kuma decide at the destination, or how a request is retried
  "AuthorizationPolicy",
  "HTTPLocalRateLimitPolicy",
  // KubeArmor's nodes
  "KubeArmorHostPolicy",
]);

function lookUp(group: string, kind: string): PolicyKind | null {
  const kinds = Object.hasOwn(TABLE, group) ? TABLE[group] : undefined;
  return kinds !== undefined && Object.hasOwn(kinds, kind) ? (kinds[kind] ?? null) : null;
}
