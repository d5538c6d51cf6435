import type { Standing, WorkloadDelta } from "../../diff/diff.ts";
import { identityKey } from "../../policy/model/identity-key.ts";
import type { Peer, Policy, Rule } from "../../policy/model/policy.ts";
import { addressSetOfCidrs, noAddresses } from "../../sets/ip.ts";
import { type PortSet, portSet, portsContain } from "../../sets/port.ts";
import type { Region } from "../../surface/surface.ts";
import type { AddressSpace } from "../address-space.ts";
import type { FactType } from "../cel.ts";
import { isIsolated, podLabels, type Scope } from "../scope.ts";
import { admitsNamespace, governs } from "../selection.ts";
import { unmetNamespace } from "./peer-facts.ts";

/** Classes of destinations that a workload may lose altogether. */
const LOSSES = ["dns", "public-addresses", "own-namespace", "api-server"] as const;

export type LossKind = (typeof LOSSES)[number];

/** Ports on which an API server listens: behind the Service, and on the node. */
const SERVICE_PORT = 443;
const NODE_PORT = 6443;
const DNS_PORT = 53;

export class LossFacts {
  readonly what: LossKind;

  constructor(what: LossKind) {
    this.what = what;
  }

  /** For messages. */
  get name(): string {
    return NAMES[this.what];
  }
}

const NAMES: Readonly<Record<LossKind, string>> = {
  dns: "every resolver",
  "public-addresses": "every external address",
  "own-namespace": "the own namespace",
  "api-server": "the API server",
};

/** What a workload reached at base and does not at head, class by class. */
export function lossesOf(scope: Scope, delta: WorkloadDelta): readonly LossKind[] {
  const { after } = delta;
  if (after === null || !isIsolated(after)) return [];
  return LOSSES.filter((what) => isLost(scope, delta, after, what));
}

function isLost(scope: Scope, delta: WorkloadDelta, after: Standing, what: LossKind): boolean {
  const { before, removed } = delta;
  if (what === "dns" && before === null) return forgetsDns(scope, after);
  if (before === null || removed.isEmpty) return false;
  if (what === "api-server" && !meansApiServer(scope, delta)) return false;
  return reaches(scope, delta, before, what) && !reaches(scope, delta, after, what);
}

/** A new workload lost nothing, but a policy that comes with it may have left DNS out. */
function forgetsDns(scope: Scope, after: Standing): boolean {
  const changed = new Set(scope.changedPolicies.map(({ policy }) => policy));
  return !admitsPort(after.reach(), DNS_PORT) && after.isolating.some((policy) => changed.has(policy));
}

function reaches(scope: Scope, { namespace }: WorkloadDelta, standing: Standing, what: LossKind): boolean {
  if (!isIsolated(standing)) return true;
  const region = standing.reach();
  switch (what) {
    case "dns":
      return admitsPort(region, DNS_PORT);
    case "public-addresses":
      return (
        scope.slices(region).some(({ addresses }) => !noAddresses(scope.space.public(addresses))) ||
        region.special().some(({ destination }) => destination.kind === "name")
      );
    case "own-namespace":
      return region.pods().some(({ declaredNamespaces }) => declaredNamespaces.includes(namespace));
    case "api-server":
      return (
        scope
          .slices(region)
          .some(
            ({ ports, addresses }) =>
              portsOfApiServer(ports) && !noAddresses(scope.space.internal(addresses)),
          ) ||
        region
          .special()
          .some(
            ({ destination, ports }) => destination.kind === "api-server" && portsOfApiServer(portSet(ports)),
          )
      );
  }
}

function portsOfApiServer(ports: PortSet): boolean {
  return portsContain(ports, "TCP", SERVICE_PORT) || portsContain(ports, "TCP", NODE_PORT);
}

/**
 * Whether a rule of base is written for the API server: by that name, or as far as NetworkPolicy can say it: port 6443, or
 * port 443 of one address inside. A wide rule that happens to hold the server's address promises nothing.
 */
function meansApiServer({ basePolicies, space }: Scope, delta: WorkloadDelta): boolean {
  const labels = podLabels(delta);
  return basePolicies
    .inNamespace(delta.namespace)
    .filter((policy) => governs(policy, labels))
    .some(({ egress }) =>
      egress.some(
        ({ peers, ports }) =>
          (peers ?? []).some(({ kind }) => kind === "api-server") ||
          namesPort(ports, NODE_PORT) ||
          (namesPort(ports, SERVICE_PORT) && (peers ?? []).some((peer) => isOneInternalAddress(peer, space))),
      ),
    );
}

function namesPort(ports: Rule["ports"], wanted: number): boolean {
  return (ports ?? []).some(
    ({ protocol, port }) =>
      protocol === "TCP" && port.kind === "range" && port.first === wanted && port.last === wanted,
  );
}

function isOneInternalAddress(peer: Peer, space: AddressSpace): boolean {
  if (peer.kind !== "addresses" || !/\/(32|128)$/.test(peer.cidr)) return false;
  const set = addressSetOfCidrs([peer.cidr]);
  return set !== null && noAddresses(space.public(set));
}

/** Until resolvers can be declared, whatever admits the port is a path, be it a pod, a node or an address. */
function admitsPort(region: Region, port: number): boolean {
  const holds = (ranges: readonly { readonly first: number; readonly last: number }[]) =>
    ranges.some(({ first, last }) => first <= port && port <= last);
  return (
    region.addresses().some(({ ports }) => holds(ports)) ||
    region.special().some(({ ports }) => holds(ports)) ||
    region
      .pods()
      // Namespaces that Git does not declare and that would have to carry a label: nobody is known to set it.
      .filter(({ namespaces }) => namespaces.kind !== "undeclared" || namespaces.labels.length === 0)
      .some(({ ports, namedPorts }) => holds(ports) || namedPorts.length > 0)
  );
}

/** The object and place that a loss rests on. */
export interface LossCause {
  readonly side: "base" | "head";
  readonly policy: Policy;
  readonly pointer: string;
}

/**
 * What took it away: a peer of head that means the namespace by a label nobody sets; else the rule of base that admitted it
 * and is gone; else the policy that isolates it now and did not.
 */
export function lossCause(scope: Scope, delta: WorkloadDelta, what: LossKind): LossCause | null {
  const before = isIsolated(delta.before) ? delta.before : null;
  const after = delta.after?.isolating ?? [];
  if (before === null) return newIsolator(after, []);
  const misnamed = what === "own-namespace" ? misnamedPeer(scope, delta) : null;
  return misnamed ?? lostRule(scope, delta, what) ?? newIsolator(after, before.isolating);
}

function newIsolator(after: readonly Policy[], before: readonly Policy[]): LossCause | null {
  const known = new Set(before.map(({ identity }) => identityKey(identity)));
  const fresh = after.filter(({ identity }) => !known.has(identityKey(identity)));
  // A bare default deny says most plainly what closed.
  const policy = fresh.find(({ egress }) => egress.length === 0) ?? fresh[0] ?? after[0];
  return policy === undefined ? null : { side: "head", policy, pointer: "" };
}

function misnamedPeer(scope: Scope, { namespace, after }: WorkloadDelta): LossCause | null {
  for (const policy of after?.isolating ?? []) {
    for (const peer of policy.egress.flatMap(({ peers }) => peers ?? [])) {
      if (unmetNamespace(scope, peer) && names(peer, namespace)) {
        return { side: "head", policy, pointer: peer.pointer };
      }
    }
  }
  return null;
}

function names(peer: Peer, namespace: string): boolean {
  return (
    peer.kind === "pods" &&
    peer.namespaces.kind === "selected" &&
    peer.namespaces.selector.some(({ operator, values }) => operator === "In" && values.includes(namespace))
  );
}

function lostRule(scope: Scope, delta: WorkloadDelta, what: LossKind): LossCause | null {
  const labels = podLabels(delta);
  const selecting = scope.basePolicies
    .inNamespace(delta.namespace)
    .filter((policy) => governs(policy, labels));
  for (const policy of selecting) {
    const rule = policy.egress.find((one) => admits(scope, delta, one, what));
    if (rule === undefined) continue;
    const { head } = scope.pair(policy.identity);
    if (head === null) return { side: "base", policy, pointer: "" };
    if (!head.egress.some((one) => admits(scope, delta, one, what))) {
      return { side: "head", policy: head, pointer: "/spec/egress" };
    }
  }
  return null;
}

function admits(scope: Scope, { namespace }: WorkloadDelta, rule: Rule, what: LossKind): boolean {
  switch (what) {
    case "dns":
      return (
        rule.ports === null ||
        rule.ports.some(
          ({ port }) => port.kind !== "range" || (port.first <= DNS_PORT && DNS_PORT <= port.last),
        )
      );
    case "own-namespace":
      return (
        rule.peers === null ||
        rule.peers.some(
          (peer) => peer.kind === "pods" && admitsNamespace(peer.namespaces, namespace, scope.delta.base),
        )
      );
    case "public-addresses":
    case "api-server":
      return rule.peers === null || rule.peers.some(({ kind }) => kind === "addresses");
  }
}

export const lossType: FactType = {
  name: "Loss",
  description: "A class of destinations of which a workload reached some at base and reaches none at head.",
  madeBy: LossFacts,
  fields: {
    what: {
      type: "string",
      description:
        '"dns", "public-addresses", "own-namespace" or "api-server". A new workload can only lack DNS.',
    },
    name: { type: "string", description: "The same in words." },
  },
  methods: [],
};
