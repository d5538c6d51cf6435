import type { Cluster, Workload } from "../../src/cluster/cluster.ts";
import { policyInputs } from "../../src/policy/model/policy-inputs.ts";
import { policyOf } from "../../src/policy/policy-of.ts";
import type { KubernetesObject, Manifest } from "../../src/render/render.ts";
import { addressSetOfRanges, parseAddress } from "../../src/sets/ip.ts";
import type { OtherEnd } from "../../src/surface/other-end.ts";
import { OUTSIDE, type Point } from "../../src/surface/surface.ts";
import { manifestOf } from "../render/manifest.ts";
import type { CiliumPod, CiliumWorld } from "./cilium.ts";
import { type Flow, SUBJECTS } from "./cilium-worlds.ts";
import { clusterOfWorld, workloadOf } from "./world.ts";

/** The model of a world of raw objects, read under Cilium. */
export function ciliumCluster(world: CiliumWorld, workloads: readonly Workload[] = WORKLOADS): Cluster {
  const manifests = objectsOf(world).map((object): Manifest => manifestOf(object));
  const inputs = policyInputs("cilium", manifests);
  const readings = manifests.flatMap((manifest) => policyOf(manifest, inputs) ?? []);
  return {
    ...clusterOfWorld({ namespaces: world.namespaces, policies: [] }),
    workloads: new Map(workloads.map((one) => [one.key, one])),
    policies: readings.flatMap(({ policies }) => policies),
    unknowns: readings.flatMap(({ unknowns }) => unknowns),
    remarks: readings.flatMap(({ remarks }) => remarks),
    profile: { name: "cilium", source: "configured", evidence: [] },
    inputs,
  };
}

function objectsOf(world: CiliumWorld): readonly KubernetesObject[] {
  return [
    ...world.policies.map((one) => ({ apiVersion: "cilium.io/v2", ...one })),
    ...world.networkPolicies.map((one) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      ...one,
    })),
    ...world.groups.map(({ name, labels, cidrs }) => ({
      apiVersion: "cilium.io/v2",
      kind: "CiliumCIDRGroup",
      metadata: { name, labels },
      spec: { externalCIDRs: cidrs },
    })),
    ...world.services.map(({ metadata, selector }) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector, ports: [{ port: 80 }] },
    })),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "cilium-config", namespace: "kube-system" },
      data: { "enable-node-selector-labels": "true" },
    },
  ];
}

const WORKLOADS: readonly Workload[] = SUBJECTS.map(({ namespace, name, labels, serviceAccount }) => ({
  ...workloadOf({ namespace, name, labels }),
  serviceAccount,
}));

/** The other end as the code's point; of ingress the names of ports are the receiver's, and stand at the end all the same. */
export function pointOf({ end, packet }: Flow): Point {
  const protocol = packet.protocol as Point["protocol"];
  const shared = { protocol, port: packet.port };
  switch (end.kind) {
    case "pod":
      return { kind: "pod", pod: podPoint(end.pod), ...shared };
    case "outside":
      return { kind: "address", address: end.address, place: { kind: "outside", name: end.name }, ...shared };
    case "own node":
    case "other node":
      return {
        kind: "address",
        address: "172.16.0.1",
        place: {
          kind: "node",
          which: end.kind === "own node" ? "own" : "other",
          labels: new Map(Object.entries(end.labels)),
        },
        ...shared,
      };
    case "API server outside":
      return { kind: "address", address: end.address, place: { kind: "api-server" }, ...shared };
  }
}

function podPoint({ namespace, namespaceLabels, labels, serviceAccount, ports }: CiliumPod) {
  return {
    namespace,
    namespaceLabels: new Map(Object.entries(namespaceLabels)),
    labels: new Map(Object.entries(labels)),
    serviceAccount,
    containerPorts: ports.map((port) => ({ ...port, protocol: port.protocol as "TCP" | "UDP" | "SCTP" })),
  };
}

/** The other end for a question of either direction: names of ports are the receiver's, which for ingress is the subject. */
export function otherEnd(flow: Flow): OtherEnd {
  const point = pointOf(flow);
  if (point.kind === "pod") return point;
  const address = parseAddress(point.address);
  if (address === null) throw new Error(`no address: ${point.address}`);
  const { protocol, port } = point;
  return {
    kind: "addresses",
    addresses: addressSetOfRanges([address]),
    place: point.place ?? OUTSIDE,
    containerPorts: flow.named ? [{ name: "http", port, protocol }] : [],
    protocol,
    port,
  };
}
