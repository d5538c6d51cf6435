import { NAME_LABEL } from "../cluster/namespaces.ts";
import type { NamespaceMatch, Peer, PortMatch, Rule } from "../policy/policy.ts";
import { choiceSet } from "../sets/choice.ts";
import {
  type AddressSet,
  addressSetOfCidrs,
  intersectAddresses,
  noAddresses,
  subtractAddresses,
  uniteAddresses,
} from "../sets/ip.ts";
import { IS_PRESENT, intersectLabels, isNoneOf, isOneOf, type LabelSet } from "../sets/label.ts";
import { type Ports, portSet, portsOfProtocol } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import type { ValueSet } from "../sets/value-set.ts";
import { selectorMatches } from "./selector-match.ts";
import { selectorSets, type Universe } from "./universe.ts";

export type Direction = "egress" | "ingress";

/** One side's labels of every declared namespace. */
export type NamespaceLabels = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface RuleContext {
  readonly universe: Universe;
  readonly labels: NamespaceLabels;
  readonly direction: Direction;
  /** What namespace selectors were resolved to: most policies of a cluster share a few. */
  readonly resolved: Map<string, readonly Box[]>;
}

/** The destinations (for ingress: sources) and ports of a rule, as boxes without a subject; none where it admits nothing. */
export function ruleBoxes(context: RuleContext, rule: Rule): readonly Box[] {
  const { space } = context.universe;
  const peers = rule.peers === null ? [space.everything] : peerBoxes(context, rule.peers);
  const ports = rule.ports === null ? [space.everything] : portBoxes(context, rule.ports);
  const boxes = new Set<Box>();
  for (const peer of peers) {
    for (const port of ports) {
      const box = space.intersectBoxes(peer, port);
      if (box !== null) boxes.add(box);
    }
  }
  return [...boxes];
}

/** One box for all addresses together, and at most two for each peer of pods. */
function peerBoxes(context: RuleContext, peers: readonly Peer[]): readonly Box[] {
  const { universe } = context;
  const boxes: (Box | null)[] = [];
  let addresses: AddressSet | null = null;
  for (const peer of peers) {
    if (peer.kind === "pods") boxes.push(...podBoxes(context, peer));
    else {
      const block = subtractAddresses(blockOf([peer.cidr]), blockOf(peer.except));
      addresses = addresses === null ? block : uniteAddresses(addresses, block);
    }
  }
  if (addresses !== null) {
    boxes.push(constrained(universe, universe.isAddress, [[universe.address, addresses]]));
    const pods = intersectAddresses(addresses, universe.possiblePodAddresses);
    if (!noAddresses(pods)) boxes.push(constrained(universe, universe.isPod, [[universe.podAddress, pods]]));
  }
  return boxes.flatMap((box) => box ?? []);
}

function blockOf(cidrs: readonly string[]): AddressSet {
  const set = addressSetOfCidrs(cidrs);
  if (set === null) throw new Error(`a policy was read with a block that is none: ${cidrs.join(", ")}`);
  return set;
}

function podBoxes(context: RuleContext, peer: Peer & { readonly kind: "pods" }): readonly Box[] {
  const { universe } = context;
  const own = selectorSets(peer.pods).map(([key, set]) => [universe.podLabel(key), set] as const);
  return namespaceBoxes(context, peer.namespaces).flatMap((namespaces) => {
    const box = universe.space.box(own);
    const pods = box === null ? null : universe.space.intersectBoxes(box, universe.isPod);
    const both = pods === null ? null : universe.space.intersectBoxes(pods, namespaces);
    return both === null ? [] : [both];
  });
}

/**
 * The namespaces of a peer: the declared ones by name, and the others by their labels. A selector over the immutable name
 * label alone is one set of names.
 */
function namespaceBoxes(context: RuleContext, match: NamespaceMatch): readonly Box[] {
  const text = JSON.stringify(match);
  let boxes = context.resolved.get(text);
  if (boxes === undefined) {
    boxes = resolveNamespaces(context, match);
    context.resolved.set(text, boxes);
  }
  return boxes;
}

function resolveNamespaces({ universe, labels }: RuleContext, match: NamespaceMatch): readonly Box[] {
  const { space } = universe;
  const named = (set: LabelSet) => [universe.namespace, set] as const;
  if (match.kind === "named") return [space.box([named(isOneOf([match.name]))])].flatMap((box) => box ?? []);
  const sets = selectorSets(match.selector);
  const name = sets
    .filter(([key]) => key === NAME_LABEL)
    .reduce((left, [, set]) => intersectLabels(left, set), IS_PRESENT);
  const rest = match.selector.filter(({ key }) => key !== NAME_LABEL);
  if (rest.length === 0) return [space.box([named(name)])].flatMap((box) => box ?? []);
  const matching = [...universe.declared].filter((namespace) =>
    selectorMatches(rest, labels.get(namespace) ?? new Map()),
  );
  const declared = space.box([named(name), named(isOneOf(matching))]);
  const undeclared = space.box([
    named(name),
    named(isNoneOf(universe.declared)),
    ...sets
      .filter(([key]) => key !== NAME_LABEL)
      .map(([key, set]) => [universe.namespaceLabel(key), set] as const),
  ]);
  return [declared, undeclared].flatMap((box) => box ?? []);
}

/** One box for all numbers together, one for each name. A name matches no address: egress names are those of pods. */
function portBoxes({ universe, direction }: RuleContext, ports: readonly PortMatch[]): readonly Box[] {
  const numbers: Ports[] = [];
  const boxes: (Box | null)[] = [];
  for (const { protocol, port } of ports) {
    switch (port.kind) {
      case "all":
        numbers.push({ protocol, first: 1, last: 65_535 });
        break;
      case "range":
        numbers.push({ protocol, first: port.first, last: port.last });
        break;
      case "named":
        boxes.push(
          constrained(universe, direction === "egress" ? universe.isPod : universe.space.everything, [
            [universe.port, portsOfProtocol(protocol)],
            [universe.portName(port.name), choiceSet([NAMED])],
          ]),
        );
    }
  }
  if (numbers.length > 0) boxes.push(universe.space.box([[universe.port, portSet(numbers)]]));
  return boxes.flatMap((box) => box ?? []);
}

/** On a port-name dimension: the destination gives the port that name. */
export const NAMED = 1;

function constrained(
  { space }: Universe,
  box: Box,
  constraints: readonly (readonly [number, ValueSet])[],
): Box | null {
  const other = space.box(constraints);
  return other === null ? null : space.intersectBoxes(box, other);
}
