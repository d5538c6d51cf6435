import type { Policy } from "../../policy/model/policy.ts";
import {
  type AddressRange,
  type AddressSet,
  addressesInside,
  addressSetOfCidrs,
  addressSetOfRanges,
  NO_ADDRESSES,
} from "../../sets/ip.ts";
import { asksForOwnNode } from "../../surface/block-meaning.ts";
import type { Direction } from "../../surface/compile-rule.ts";
import type { SetDecision } from "../../surface/decide.ts";
import type { OtherEnd } from "../../surface/other-end.ts";
import type { AddressPlace } from "../../surface/surface.ts";
import type { Surface } from "../../surface/surface-of.ts";
import { decideEnd, type WalkQuestion } from "../../surface/walk.ts";
import type { AddressKnowledge } from "./address-knowledge.ts";
import type { AskedCluster } from "./asked-cluster.ts";
import { addressText, type Pods } from "./endpoints.ts";
import type { Leg, LegEnd } from "./legs.ts";
import type { Question } from "./question.ts";

/** One direction of a flow: asked of the policies of one end, or settled by a fact beside them. */
export type Step =
  | { readonly kind: "asked"; readonly question: WalkQuestion }
  | {
      readonly kind: "fact";
      readonly direction: Direction;
      readonly verdict: "allow" | "unknown";
      readonly cause: FactCause;
    };

export type FactCause =
  /** A pod cannot be kept from itself. */
  | "own-pod"
  /** Traffic to and from the node where a pod runs is always allowed (NetworkPolicy of the API). */
  | "own-node"
  /** No policy governs who receives it. */
  | "host-network"
  /** Whoever of the namespace receives it: no policy there isolates anybody for ingress, or some may. */
  | "nobody-isolated"
  | "some-may-be-isolated";

/** Steps that a flow takes together, over one family of addresses. */
export type Way = readonly Step[];

export interface FlowDecision {
  readonly verdict: SetDecision["verdict"];
  readonly steps: readonly { readonly step: Step; readonly decision: SetDecision }[];
}

/** The ways from one pod to one place, at least one; one that is allowed is enough. */
export function waysOf(
  from: Pods,
  { end, port, protocol }: Pick<Leg, "port" | "protocol"> & { readonly end: ResolvedEnd },
  direction: Question["direction"],
  { knowledge, surface }: Pick<AskedCluster, "knowledge" | "surface">,
): readonly Way[] {
  const asking = { port, protocol };
  switch (end.kind) {
    case "addresses":
      return [
        [
          egressToAddresses(
            { from, surface },
            knowledge.reachableFor(from, end.addresses),
            end.place,
            asking,
          ),
        ],
      ];
    case "any-pods": {
      const addresses = end.addresses ?? knowledge.pods;
      const egress = asked("egress", from, { kind: "pods", namespace: end.namespace, addresses, ...asking });
      return [direction === "egress" ? [egress] : [egress, ingressOfAny(surface, end.namespace)]];
    }
    case "pods":
      return podWays({ from, surface }, end.pods, asking, direction, knowledge);
  }
}

export type ResolvedEnd = Exclude<LegEnd, { readonly kind: "unresolved" }>;

/** What is asked at the other end, wherever that is. */
type AskedPort = Pick<OtherEnd, "port" | "protocol">;

function podWays(
  sender: Sender,
  to: Pods,
  asking: AskedPort,
  direction: Question["direction"],
  knowledge: AddressKnowledge,
): readonly Way[] {
  const { from } = sender;
  if (from.single && to.single && from.name === to.name) return [[free("egress", "own-pod")]];
  const by = (family: AddressRange["family"] | null): readonly Way[] => {
    const own = knowledge.of(from, family);
    const there = knowledge.of(to, family);
    if (own === null || there === null) return [];
    const egress = egressToPods(sender, to, there, asking);
    return [direction === "egress" ? [egress] : [egress, ingressOf(from, to, own, asking)]];
  };
  const ways = familiesOf(from, to).flatMap(by);
  // Ends of different families: no packet gets there, and what policies say of it is said all the same.
  return ways.length > 0 ? ways : by(null);
}

/** The families of addresses that either end is seen with; null = nothing is known of either. */
function familiesOf(from: Pods, to: Pods): readonly (AddressRange["family"] | null)[] {
  const seen = new Set([...to.addresses, ...from.addresses].map(({ family }) => family));
  return seen.size === 0 ? [null] : [...seen];
}

function egressToAddresses(
  { from, surface }: Sender,
  addresses: AddressSet,
  where: AddressPlace,
  asking: AskedPort,
): Step {
  const own = !isEmpty(addresses) && addressesInside(addresses, addressSetOfRanges(from.node));
  if (!isEmpty(addresses) && addressesInside(addresses, LOOPBACK)) return free("egress", "own-pod");
  if (own && !asksForOwnNode(surface.cluster.profile.name)) return free("egress", "own-node");
  return asked("egress", from, {
    kind: "addresses",
    addresses,
    place: own ? { ...(where.kind === "node" ? where : {}), kind: "node", which: "own" } : where,
    containerPorts: null,
    ...asking,
  });
}

interface Sender {
  readonly from: Pods;
  readonly surface: Surface;
}

/** A pod on the host network has its node's address, and no selector matches a node. */
function egressToPods(sender: Sender, to: Pods, addresses: AddressSet, asking: AskedPort): Step {
  const { from, surface } = sender;
  if (to.subject.hostNetwork) {
    if (!shareNode(from, to))
      return egressToAddresses(sender, addresses, { kind: "node", which: "other" }, asking);
    return asksForOwnNode(surface.cluster.profile.name)
      ? egressToAddresses(sender, addresses, { kind: "node", which: "own" }, asking)
      : free("egress", "own-node");
  }
  return asked("egress", from, { kind: "pod", pod: pointOf(to, to, addresses), ...asking });
}

function ingressOf(from: Pods, to: Pods, addresses: AddressSet, asking: AskedPort): Step {
  if (to.subject.hostNetwork) return free("ingress", "host-network");
  if (from.subject.hostNetwork) {
    if (shareNode(from, to)) return free("ingress", "own-node");
    return asked("ingress", to, {
      kind: "addresses",
      addresses,
      place: { kind: "node", which: "other" },
      containerPorts: to.containerPorts,
      ...asking,
    });
  }
  // Names of ports are the receiver's, in both directions.
  return asked("ingress", to, { kind: "pod", pod: pointOf(from, to, addresses), ...asking });
}

function pointOf(pods: Pods, receiver: Pods, addresses: AddressSet) {
  const { namespace, labels, runtimeLabels } = pods.subject;
  return { namespace, labels, runtimeLabels, addresses, containerPorts: receiver.containerPorts };
}

function asked(direction: Direction, { subject }: Pods, other: OtherEnd): Step {
  return { kind: "asked", question: { direction, subject, other } };
}

function free(direction: Direction, cause: FactCause): Step {
  return { kind: "fact", direction, verdict: "allow", cause };
}

/** Which policies select the receiver nobody knows: where none of the namespace isolates, none does. */
function ingressOfAny(surface: Surface, namespace: string | null): Step {
  const isOpen =
    namespace !== null &&
    surface.unknownsOf(namespace).length === 0 &&
    !surface.policiesOf(namespace).some(mayDenyIngress);
  return isOpen
    ? free("ingress", "nobody-isolated")
    : { kind: "fact", direction: "ingress", verdict: "unknown", cause: "some-may-be-isolated" };
}

/** Being selected isolates in some dialects; in others a rule denies. */
function mayDenyIngress({ isolates, ingress }: Policy): boolean {
  return isolates.ingress || ingress.some(({ action }) => action === "deny");
}

const LOOPBACK = addressSetOfCidrs(["127.0.0.0/8", "::1/128"]) ?? NO_ADDRESSES;

function isEmpty({ v4, v6 }: AddressSet): boolean {
  return v4.length + v6.length === 0;
}

function shareNode(one: Pods, other: Pods): boolean {
  const texts = new Set(one.node.map(addressText));
  return other.node.some((address: AddressRange) => texts.has(addressText(address)));
}

/** What becomes of a flow that may take any of the ways; the decisions of the way that speaks for it. */
export function decideFlow(surface: Surface, ways: readonly Way[]): FlowDecision {
  const decided = ways.map((way) => decideWay(surface, way));
  const allowed = decided.find(({ verdict }) => verdict === "allow");
  if (allowed !== undefined) return allowed;
  const [first] = decided;
  if (first === undefined) throw new Error("a flow has at least one way");
  return decided.find(({ verdict }) => verdict !== "deny") ?? first;
}

function decideWay(surface: Surface, way: Way): FlowDecision {
  const steps = way.map((step) => ({ step, decision: decideStep(surface, step) }));
  const verdicts = steps.map(({ decision }) => decision.verdict);
  const verdict = (["deny", "unknown", "partly"] as const).find((one) => verdicts.includes(one)) ?? "allow";
  return { verdict, steps };
}

function decideStep(surface: Surface, step: Step): SetDecision {
  if (step.kind === "fact") return { verdict: step.verdict, by: [] };
  // Addresses of which nothing is left lie inside the pod blocks: there is no such place.
  return decideEnd(surface, step.question) ?? { verdict: "unknown", by: [] };
}
