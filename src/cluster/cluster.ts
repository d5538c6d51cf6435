import type { ObjectIdentity, Policy } from "../policy/model/policy.ts";
import type { PolicyInputs } from "../policy/model/policy-inputs.ts";
import type { PolicyRemark } from "../policy/model/policy-reading.ts";
import type { Manifest } from "../render/render.ts";
import type { Unknown } from "../targets/unknown.ts";
import type { ClusterProfile } from "./profile.ts";

/** What one environment declares on one side. Pure data; everything later is computed from it. */
export interface Cluster {
  /** Declared namespaces by name: a Namespace object, a target's destination, a namespaced object, or configuration. */
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Known workloads by key. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Those that the CNI enforces. */
  readonly policies: readonly Policy[];
  /** Those of kinds that it does not know: they protect nothing here. */
  readonly unenforced: readonly Policy[];
  readonly profile: ClusterProfile;
  /** What policies were read with. */
  readonly inputs: PolicyInputs;
  /** What is known of policies and their authors may not know. */
  readonly remarks: readonly PolicyRemark[];
  /** Everything that could not be read, from discovery to policies. */
  readonly unknowns: readonly Unknown[];
  /** Namespaces that may hold pods which Git does not show, with why (design section 8, "When a potential workload decides"). */
  readonly openNamespaces: ReadonlyMap<string, OpenNamespaceReason>;
  /** Objects of one identity declared more than once in the environment (EGR-413, T5). */
  readonly collisions: readonly Collision[];
  /** Documents whose duplicate keys hid something (EGR-413). */
  readonly duplicates: readonly Manifest[];
  /** Kinds nobody models, counted, for the coverage; mesh kinds among them. */
  readonly unmodelledKinds: ReadonlyMap<string, number>;
  /** Addresses of pods, where configured: an address inside is a pod, not an outside destination. */
  readonly podCIDRs: readonly string[];
}

export interface Namespace {
  readonly name: string;
  /** With `kubernetes.io/metadata.name`, which the API server sets and nobody can change. */
  readonly labels: ReadonlyMap<string, string>;
  /** The Namespace object; null where only its use declares it. */
  readonly manifest: Manifest | null;
  readonly cde: boolean;
  /** The configuration declares that this namespace keeps a default deny. */
  readonly baseline: boolean;
}

export interface Workload {
  /** "namespace/Kind/name", with "#role" where one object makes several kinds of pods. */
  readonly key: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly role: string | null;
  /** Labels of the pod template, and those the operator always adds. */
  readonly labels: ReadonlyMap<string, string>;
  /** Keys that controllers add at run time with values nobody knows: present, any value. */
  readonly runtimeLabels: ReadonlySet<string>;
  /** No policy governs pods on the host network (design section 8, EGR-106). */
  readonly hostNetwork: boolean;
  /** null = nobody knows. */
  readonly serviceAccount: string | null;
  readonly containerPorts: readonly ContainerPort[];
  /** Image references without tag and digest, sorted: part of the identity of a moved workload. */
  readonly images: readonly string[];
  /** A workload that only the configuration declares. */
  readonly ambient: boolean;
  readonly manifest: Manifest | null;
}

export interface ContainerPort {
  readonly name: string | null;
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

export type OpenNamespaceReason =
  | "nothing-rendered"
  | "unread-target"
  | "partly-rendered"
  | "carrier"
  | "pod-making-resource";

export interface Collision {
  readonly identity: ObjectIdentity;
  readonly manifests: readonly Manifest[];
}
