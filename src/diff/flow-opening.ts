import type { Cluster } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { Protocol } from "../policy/model/policy.ts";
import type { KubernetesObject } from "../render/render.ts";
import { Budget } from "../sets/budget.ts";
import { type AddressSet, cidrsOf } from "../sets/ip.ts";
import type { OtherEnd } from "../surface/other-end.ts";
import type { PodSubject } from "../surface/pod-subject.ts";
import { selects } from "../surface/selects.ts";
import type { RegionLine } from "../surface/surface.ts";
import { surfaceOf, surfacesOf } from "../surface/surface-of.ts";
import { decideEnd } from "../surface/walk.ts";
import { edited } from "./edit.ts";
import { subjectDelta } from "./subject-delta.ts";

/** A policy that lets one flow out and nothing else, evaluated. */
export interface FlowOpening {
  readonly object: KubernetesObject;
  /** What it opens to the sender, as listings say it. */
  readonly opens: readonly RegionLine[];
  /** Other workloads that carry the same labels, for which it opens the same. */
  readonly also: readonly string[];
}

/** A denied flow, as its sender's policies are asked. */
export interface DeniedFlow {
  readonly subject: PodSubject;
  readonly other: OtherEnd;
}

/**
 * The smallest addition that opens a denied flow: a NetworkPolicy of its own, which every CNI reads and which adds up with all
 * others. It is given only where the flow is allowed with it.
 *
 * @returns null where no NetworkPolicy can say it (a name, every address) or one does not help (a denial that is asked first)
 */
export function flowOpening(cluster: Cluster, { subject, other }: DeniedFlow): FlowOpening | null {
  const peer = peerOf(subject, other);
  const labels = Object.fromEntries([...subject.labels].filter(([key]) => !subject.runtimeLabels.has(key)));
  if (peer === null || subject.hostNetwork || !cluster.namespaces.has(subject.namespace)) return null;
  const object: KubernetesObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `allow-${nameOf(other)}`, namespace: subject.namespace },
    spec: {
      podSelector: Object.keys(labels).length === 0 ? {} : { matchLabels: labels },
      policyTypes: ["Egress"],
      egress: [{ to: [peer], ports: [{ protocol: other.protocol, port: other.port }] }],
    },
  };
  const open = edited(cluster, { kind: "add", object });
  const decision =
    open === null ? null : decideEnd(surfaceOf(open, "each-pod"), { direction: "egress", subject, other });
  if (open === null || decision?.verdict !== "allow") return null;
  const surfaces = surfacesOf(cluster, open);
  const changeOf = (one: PodSubject) =>
    subjectDelta({ ...surfaces, budget: new Budget() }, { base: one, head: one });
  const { added, removed, overBudget } = changeOf(subject);
  // A first policy isolates: where only a baseline denied, it would take away what is allowed.
  if (overBudget || !removed.isEmpty) return null;
  const own = open.policies.find(({ manifest }) => manifest.object === object);
  const also = [...cluster.workloads.values()].filter(
    (workload) =>
      own !== undefined && !isSubject(workload, subject) && selects(own, workload, cluster.namespaces),
  );
  if (also.some((one) => !changeOf(one).removed.isEmpty)) return null;
  return { object, opens: added.lines(), also: also.map(({ key }) => key) };
}

function isSubject(workload: PodSubject, subject: PodSubject): boolean {
  return workload.namespace === subject.namespace && workload.labels === subject.labels;
}

/** null where NetworkPolicy has no words for it. */
function peerOf(subject: PodSubject, other: OtherEnd): Readonly<Record<string, unknown>> | null {
  switch (other.kind) {
    case "pod": {
      const { namespace, labels, runtimeLabels } = other.pod;
      const own = [...labels].filter(([key]) => runtimeLabels?.has(key) !== true);
      const pods = { podSelector: own.length === 0 ? {} : { matchLabels: Object.fromEntries(own) } };
      return namespace === subject.namespace ? pods : { ...named(namespace), ...pods };
    }
    case "pods":
      return other.namespace === null ? null : named(other.namespace);
    case "addresses": {
      const cidr = oneAddress(other.addresses);
      return cidr === null || (other.place.kind === "outside" && other.place.name !== null)
        ? null
        : { ipBlock: { cidr } };
    }
  }
}

function named(namespace: string) {
  return { namespaceSelector: { matchLabels: { [NAME_LABEL]: namespace } } };
}

function oneAddress(addresses: AddressSet): string | null {
  const [cidr = "", second] = cidrsOf(addresses);
  return second === undefined && /\/(32|128)$/.test(cidr) ? cidr : null;
}

function nameOf(other: OtherEnd): string {
  const where =
    other.kind === "addresses"
      ? "address"
      : ((other.kind === "pod" ? other.pod.namespace : other.namespace) ?? "pods");
  return `${where}-${lower(other.protocol)}-${other.port}`;
}

function lower(protocol: Protocol): string {
  return protocol.toLowerCase();
}
