import { NAME_LABEL } from "../../cluster/namespaces.ts";
import type { LabelSelector, Peer, Policy, PortMatch } from "../../policy/model/policy.ts";
import type { FactType } from "../cel.ts";
import type { Scope } from "../scope.ts";
import { admitsNamespace, canMatch, isEveryNamespace, labelsOf } from "../selection.ts";
import { unseenPods } from "./policy-facts.ts";
import { type MistakenServicePort, mistakenServicePort } from "./service-port.ts";

type PodPeer = Extract<Peer, { readonly kind: "pods" }>;

export class PeerFacts {
  readonly #scope: Scope;
  readonly #peer: PodPeer;
  readonly #mistaken: MistakenServicePort | null;
  readonly direction: "egress" | "ingress";

  constructor(scope: Scope, { peer, direction, ports }: RulePeer) {
    this.#scope = scope;
    this.#peer = peer;
    this.#mistaken = direction === "egress" ? mistakenServicePort(scope, peer, ports) : null;
    this.direction = direction;
  }

  get service(): string {
    return this.#mistaken?.service ?? "";
  }

  get servicePort(): string {
    return this.#mistaken?.asked ?? "";
  }

  get targetPort(): string {
    return this.#mistaken?.target ?? "";
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

/** A peer that selects pods, with the ports at which its rule admits it. */
interface RulePeer {
  readonly peer: PodPeer;
  readonly direction: "egress" | "ingress";
  readonly ports: readonly PortMatch[] | null;
}

/** Every peer of a policy that selects pods, of either direction. */
export function podPeers(policy: Policy): readonly RulePeer[] {
  return (["egress", "ingress"] as const).flatMap((direction) =>
    policy[direction].flatMap(({ action, peers, ports }) =>
      (peers ?? [])
        .filter((peer) => peer.kind === "pods")
        // A rule that denies, and the endpoints of a Service, mean the ports that they say.
        .map((peer) => ({
          peer,
          direction,
          ports: action === "allow" && peer.ports === undefined ? ports : null,
        })),
    ),
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
    service: {
      type: "string",
      description:
        'The Service "namespace/name" whose port an egress rule names, where its pods listen at another, or "".',
    },
    servicePort: { type: "string", description: 'That port of the Service: "TCP 80".' },
    targetPort: { type: "string", description: 'The port behind it, which policies see: "8080".' },
  },
  methods: [],
};
