import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { LabelSelector, Peer, Policy } from "../policy/policy.ts";
import type { FactType } from "./cel.ts";
import { unseenPods } from "./policy-facts.ts";
import type { Scope } from "./scope.ts";
import { admitsNamespace, canMatch, isEveryNamespace, labelsOf } from "./selection.ts";

type PodPeer = Extract<Peer, { readonly kind: "pods" }>;

export class PeerFacts {
  readonly #scope: Scope;
  readonly #peer: PodPeer;
  readonly direction: "egress" | "ingress";

  constructor(scope: Scope, peer: PodPeer, direction: "egress" | "ingress") {
    this.#scope = scope;
    this.#peer = peer;
    this.direction = direction;
  }

  get unmatched(): "" | "namespace" | "pods" {
    return unmatchedPart(this.#scope, this.#peer);
  }

  get labels(): string {
    const { namespaces, pods } = this.#peer;
    if (this.unmatched === "pods") return selectorText(pods);
    return namespaces.kind === "named" ? namespaces.name : selectorText(namespaces.selector);
  }
}

/** Every peer of a policy that selects pods, of either direction. */
export function podPeers(
  policy: Policy,
): readonly { readonly peer: PodPeer; readonly direction: "egress" | "ingress" }[] {
  return (["egress", "ingress"] as const).flatMap((direction) =>
    policy[direction]
      .flatMap(({ peers }) => (peers ?? []).filter((peer) => peer.kind === "pods"))
      .map((peer) => ({ peer, direction })),
  );
}

/**
 * Which part of a peer nothing of Git carries at head: the label of a namespace that Kubernetes does not set itself, or the
 * label of a pod where every pod that the peer could mean is in Git.
 */
function unmatchedPart(scope: Scope, { namespaces, pods }: PodPeer): "" | "namespace" | "pods" {
  const { head } = scope.delta;
  const matched = [...head.namespaces.keys()].filter((name) => admitsNamespace(namespaces, name, head));
  if (matched.length === 0) {
    return namespaces.kind === "selected" && namespaces.selector.some(({ key }) => key !== NAME_LABEL)
      ? "namespace"
      : "";
  }
  if (pods.length === 0 || isEveryNamespace(namespaces) || matched.some((name) => hidesPods(scope, name)))
    return "";
  const found = matched.some((name) =>
    scope.workloads("head", name).some((workload) => canMatch(pods, labelsOf(workload))),
  );
  return found ? "" : "pods";
}

/** Namespaces of others (kube-system) hold pods of which Git shows nothing: silence proves nothing there. */
function hidesPods(scope: Scope, namespace: string): boolean {
  return unseenPods(scope, namespace) !== "";
}

export function unmetNamespace(scope: Scope, peer: Peer): peer is PodPeer {
  return peer.kind === "pods" && unmatchedPart(scope, peer) === "namespace";
}

function selectorText(selector: LabelSelector): string {
  return selector.map(requirementText).join(", ");
}

function requirementText({ key, operator, values }: LabelSelector[number]): string {
  switch (operator) {
    case "In":
      return values.length === 1 ? `${key}=${values[0] ?? ""}` : `${key} in (${values.join(", ")})`;
    case "NotIn":
      return `${key} not in (${values.join(", ")})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `no ${key}`;
  }
}

export const peerType: FactType = {
  name: "Peer",
  description: "A peer of a policy of this change that selects pods, whether for egress or for ingress.",
  madeBy: PeerFacts,
  fields: {
    unmatched: {
      type: "string",
      description:
        'What of it nothing in Git carries: "namespace" (a label no declared namespace has), "pods", or "" where something does or may.',
    },
    direction: { type: "string", description: '"egress" or "ingress".' },
    labels: { type: "string", description: "The labels that it asks for, of the unmatched part." },
  },
  methods: [],
};
