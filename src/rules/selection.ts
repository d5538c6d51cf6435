import type { Cluster, Workload } from "../cluster/cluster.ts";
import { NAME_LABEL } from "../cluster/namespaces.ts";
import { attributeOf } from "../policy/model/pod-attribute.ts";
import type {
  LabelRequirement,
  LabelSelector,
  NamespaceMatch,
  Peer,
  Policy,
} from "../policy/model/policy.ts";
import { isolates } from "../surface/selects.ts";

/** Labels as rules ask for them: some keys are present with a value nobody knows. */
export interface Labels {
  readonly labels: ReadonlyMap<string, string>;
  readonly anyValue: ReadonlySet<string>;
  /** null = nobody knows. */
  readonly serviceAccount?: string | null;
}

export function labelsOf(workload: Workload): Labels {
  const { labels, runtimeLabels, serviceAccount } = workload;
  return { labels, anyValue: runtimeLabels, serviceAccount };
}

/** Whether a selector can match: a key with an unknown value satisfies every requirement but its absence. */
export function canMatch(
  selector: LabelSelector,
  { labels, anyValue, serviceAccount = null }: Labels,
): boolean {
  return selector.every((requirement) => {
    if (!labels.has(requirement.key) && anyValue.has(requirement.key))
      return requirement.operator !== "DoesNotExist";
    const attribute = attributeOf({ labels, serviceAccount }, requirement.key);
    if (attribute.kind === "present" || attribute.kind === "unknown") return true;
    return holds(requirement, attribute.kind === "value" ? attribute.value : undefined);
  });
}

/** Whether a policy that was found for the namespace of some pods governs those with these labels. */
export function governs({ subjects }: Policy, pod: Labels): boolean {
  return subjects.some(({ pods }) => canMatch(pods, pod));
}

/** Whether the policy governs every pod of the namespaces it is about. */
export function governsEveryPod({ subjects }: Policy): boolean {
  return subjects.some(({ pods }) => pods.length === 0);
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
  return policy.subjects.some(
    ({ namespaces, pods }) => admitsNamespace(namespaces, namespace, cluster) && canMatch(pods, pod),
  );
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
      const [only, second] = policy.subjects;
      if (only?.namespaces.kind !== "named" || second !== undefined) this.#clusterWide.push(policy);
      else append(this.#byNamespace, only.namespaces.name, policy);
    }
  }

  /** Policies that govern at least some pods of a namespace. */
  inNamespace(name: string): readonly Policy[] {
    const wide = this.#clusterWide.filter(({ subjects }) =>
      subjects.some(({ namespaces }) => admitsNamespace(namespaces, name, this.#cluster)),
    );
    return [...(this.#byNamespace.get(name) ?? []), ...wide];
  }

  /** Policies that isolate a pod for egress. */
  isolating(namespace: string, pod: Labels): readonly Policy[] {
    return this.inNamespace(namespace).filter((policy) => isolates(policy) && governs(policy, pod));
  }

  /** Some policy isolates every pod of the namespace for egress, and none admits everything to all of them. */
  isDefaultDeny(namespace: string): boolean {
    return restricts(
      this.inNamespace(namespace).filter((policy) => isolates(policy) && governsEveryPod(policy)),
    );
  }
}

export function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
