import type { Cluster, Namespace, OpenNamespaceReason, Workload } from "../../src/cluster/cluster.ts";
import type { Policy } from "../../src/policy/model/policy.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import type { Unknown } from "../../src/targets/unknown.ts";
import { policyIn, read } from "../policy/read-policy.ts";
import { manifestOf } from "../render/manifest.ts";
import type { RawPolicy } from "./network-policy.ts";

/** A small cluster as an author would write it; `clusterOfWorld` makes the model of it. */
export interface World {
  /** Declared namespaces with their labels. */
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly workloads?: readonly RawWorkload[];
  readonly policies: readonly RawPolicy[];
  readonly unknowns?: readonly Unknown[];
  readonly open?: readonly string[];
  readonly podCIDRs?: readonly string[];
}

export interface RawWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly runtimeLabels?: readonly string[];
  readonly hostNetwork?: boolean;
  readonly ports?: readonly {
    readonly name: string;
    readonly port: number;
    readonly protocol: "TCP" | "UDP" | "SCTP";
  }[];
  readonly images?: readonly string[];
  readonly path?: string;
}

export function clusterOfWorld(world: World): Cluster {
  return {
    namespaces: new Map(
      Object.entries(world.namespaces).map(([name, labels]) => [name, namespaceOf(name, labels)]),
    ),
    workloads: new Map((world.workloads ?? []).map(workloadOf).map((workload) => [workload.key, workload])),
    policies: world.policies.map(policyOfRaw),
    unenforced: [],
    profile: { name: "kubernetes", source: "assumed", evidence: [] },
    inputs: policyInputs("kubernetes", []),
    remarks: [],
    unknowns: world.unknowns ?? [],
    openNamespaces: new Map(
      (world.open ?? []).map((name): [string, OpenNamespaceReason] => [name, "nothing-rendered"]),
    ),
    collisions: [],
    duplicates: [],
    unmodelledKinds: new Map(),
    podCIDRs: world.podCIDRs ?? [],
  };
}

function policyOfRaw(raw: RawPolicy): Policy {
  return policyIn(read(manifestOf({ apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", ...raw })));
}

function namespaceOf(name: string, labels: Readonly<Record<string, string>>): Namespace {
  return {
    name,
    labels: new Map([...Object.entries(labels), ["kubernetes.io/metadata.name", name]]),
    manifest: null,
    cde: false,
    baseline: false,
  };
}

export function workloadOf(raw: RawWorkload): Workload {
  return {
    key: `${raw.namespace}/Deployment/${raw.name}`,
    namespace: raw.namespace,
    kind: "Deployment",
    name: raw.name,
    role: null,
    labels: new Map(Object.entries(raw.labels)),
    runtimeLabels: new Set(raw.runtimeLabels ?? []),
    hostNetwork: raw.hostNetwork ?? false,
    serviceAccount: "default",
    containerPorts: raw.ports ?? [],
    images: raw.images ?? [],
    ambient: false,
    manifest:
      raw.path === undefined
        ? null
        : manifestOf(
            {
              apiVersion: "apps/v1",
              kind: "Deployment",
              metadata: { name: raw.name, namespace: raw.namespace },
            },
            { path: raw.path },
          ),
  };
}

export function unknownOf(given: Partial<Unknown> = {}): Unknown {
  return {
    code: "render-failed",
    id: "render-failed:chart-a:chart-a",
    target: "chart-a",
    subject: "chart-a",
    detail: "",
    bound: { namespaces: ["x"], kinds: null },
    selectorKeys: null,
    digest: "0",
    content: "tree",
    place: null,
    ...given,
  };
}

export function policy(namespace: string, name: string, spec: RawPolicy["spec"]): RawPolicy {
  return { metadata: { namespace, name }, spec };
}
