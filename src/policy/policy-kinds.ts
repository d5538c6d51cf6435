/**
 * Kinds that govern pod traffic, by API group. `scope` bounds what one object can touch: a namespaced one its own
 * namespace, a cluster-wide one every namespace. `subject` says where pod selectors stand that decide whom it governs.
 */
export interface PolicyKind {
  readonly scope: "namespace" | "cluster";
  /** Paths of label selectors in the object, "*" for every element; null = not written as label selectors. */
  readonly subjects: readonly string[] | null;
}

const EVERY_POD: readonly string[] = [];

const TABLE: Readonly<Record<string, Readonly<Record<string, PolicyKind>>>> = {
  "policy.networking.k8s.io": {
    AdminNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
    BaselineAdminNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
    ClusterNetworkPolicy: { scope: "cluster", subjects: ["spec.subject.pods.podSelector"] },
  },
  "cilium.io": {
    CiliumNetworkPolicy: {
      scope: "namespace",
      subjects: ["spec.endpointSelector", "specs.*.endpointSelector"],
    },
    CiliumClusterwideNetworkPolicy: {
      scope: "cluster",
      subjects: ["spec.endpointSelector", "specs.*.endpointSelector"],
    },
    // An address group that policies name: its edit changes them.
    CiliumCIDRGroup: { scope: "cluster", subjects: null },
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
  "k8s.ovn.org": { EgressFirewall: { scope: "namespace", subjects: EVERY_POD } },
  "network.openshift.io": { EgressNetworkPolicy: { scope: "namespace", subjects: EVERY_POD } },
  "kubeovn.io": {
    SecurityGroup: { scope: "cluster", subjects: null },
    // A subnet carries access lists and may be private.
    Subnet: { scope: "cluster", subjects: null },
  },
};

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
    return { scope: namespaced ? "namespace" : "cluster", subjects: null };
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

/** They say which way or from which address a packet leaves, not whether it may. */
function isRouting(kind: string): boolean {
  return /^(CiliumEgressGatewayPolicy|CiliumLocalRedirectPolicy|CiliumBGPPeeringPolicy|CiliumL2AnnouncementPolicy|AdminPolicyBasedExternalRoute)$/.test(
    kind,
  );
}

function lookUp(group: string, kind: string): PolicyKind | null {
  const kinds = Object.hasOwn(TABLE, group) ? TABLE[group] : undefined;
  return kinds !== undefined && Object.hasOwn(kinds, kind) ? (kinds[kind] ?? null) : null;
}
