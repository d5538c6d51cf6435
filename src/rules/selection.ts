import type { Cluster, Workload } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { LabelRequirement, LabelSelector, NamespaceMatch, Peer, Policy } from "../policy/policy.ts";

/** Labels as rules ask for them: some keys are present with a value nobody knows. */
export interface Labels {
  readonly labels: ReadonlyMap<string, string>;
  readonly anyValue: ReadonlySet<string>;
}

export function labelsOf(workload: Workload): Labels {
  return { labels: workload.labels, anyValue: workload.runtimeLabels };
}

/** Whether a selector can match: a key with an unknown value satisfies every requirement but its absence. */
export function canMatch(selector: LabelSelector, { labels, anyValue }: Labels): boolean {
  return selector.every((requirement) => {
    if (!labels.has(requirement.key) && anyValue.has(requirement.key))
      return requirement.operator !== "DoesNotExist";
    return holds(requirement, labels.get(requirement.key));
  });
}

function holds({ operator, values }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

const NO_KEYS: ReadonlySet<string> = new Set();

export function admitsNamespace(match: NamespaceMatch, name: string, cluster: Cluster): boolean {
  if (match.kind === "named") return match.name === name;
  const labels = cluster.namespaces.get(name)?.labels ?? new Map([[NAME_LABEL, name]]);
  return canMatch(match.selector, { labels, anyValue: NO_KEYS });
}

export function selects(policy: Policy, namespace: string, pod: Labels, cluster: Cluster): boolean {
  return admitsNamespace(policy.subject.namespaces, namespace, cluster) && canMatch(policy.subject.pods, pod);
}

/** Every namespace, those that Git does not name included: `{}`, Exists, or NotIn on the name. */
export function isEveryNamespace(match: NamespaceMatch): boolean {
  return (
    match.kind === "selected" &&
    match.selector.every(
      ({ key, operator }) => key === NAME_LABEL && (operator === "NotIn" || operator === "Exists"),
    )
  );
}

export function isEveryPodOfEveryNamespace(peer: Peer): boolean {
  return peer.kind === "pods" && isEveryNamespace(peer.namespaces) && peer.pods.length === 0;
}

/** Whether pods under these isolating policies are isolated, and not allowed everything. */
export function restricts(isolating: readonly Policy[]): boolean {
  return isolating.length > 0 && !isolating.some(admitsEverything);
}

function admitsEverything({ egress }: Policy): boolean {
  return egress.some(({ action, peers, ports }) => action === "allow" && peers === null && ports === null);
}

/** Policies by the one namespace they govern, for clusters with thousands. */
export class PolicyIndex {
  readonly #cluster: Cluster;
  readonly #byNamespace = new Map<string, Policy[]>();
  readonly #clusterWide: Policy[] = [];

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const policy of cluster.policies) {
      const { namespaces } = policy.subject;
      if (namespaces.kind === "selected") this.#clusterWide.push(policy);
      else append(this.#byNamespace, namespaces.name, policy);
    }
  }

  /** Policies that govern at least some pods of a namespace. */
  inNamespace(name: string): readonly Policy[] {
    const wide = this.#clusterWide.filter(({ subject }) =>
      admitsNamespace(subject.namespaces, name, this.#cluster),
    );
    return [...(this.#byNamespace.get(name) ?? []), ...wide];
  }

  /** Policies that isolate a pod for egress. */
  isolating(namespace: string, pod: Labels): readonly Policy[] {
    return this.inNamespace(namespace).filter(
      (policy) => policy.isolates.egress && canMatch(policy.subject.pods, pod),
    );
  }

  /** Some policy isolates every pod of the namespace for egress, and none admits everything to all of them. */
  isDefaultDeny(namespace: string): boolean {
    return restricts(
      this.inNamespace(namespace).filter(
        (policy) => policy.isolates.egress && policy.subject.pods.length === 0,
      ),
    );
  }
}

export function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
