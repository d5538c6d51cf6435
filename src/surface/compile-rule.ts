import { NAME_LABEL } from "../cluster/namespaces.ts";
import { namespaceLabelKey } from "../policy/model/pod-attribute.ts";
import type { AddressBlock, NamespaceMatch, Peer, PortMatch, Rule } from "../policy/model/policy.ts";
import { choiceSet } from "../sets/choice.ts";
import {
  type AddressSet,
  addressSetOfCidrs,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
  subtractAddresses,
  uniteAddresses,
} from "../sets/ip.ts";
import { IS_PRESENT, intersectLabels, isNoneOf, isOneOf, type LabelSet } from "../sets/label.ts";
import { type Ports, portSet, portsOfProtocol } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import type { ValueSet } from "../sets/value-set.ts";
import type { BlockMeaning } from "./block-meaning.ts";
import { OTHER_NAMESPACES } from "./other-namespaces.ts";
import { selectorMatches } from "./selector-match.ts";
import { selectorSets, type Universe } from "./universe.ts";

export type Direction = "egress" | "ingress";

/** One side's labels of every declared namespace. */
export type NamespaceLabels = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface RuleContext {
  readonly universe: Universe;
  readonly labels: NamespaceLabels;
  readonly direction: Direction;
  readonly blocks: BlockMeaning;
  /** What namespace selectors were resolved to: most policies of a cluster share a few. */
  readonly resolved: Map<string, readonly Box[]>;
}

/**
 * The destinations (for ingress: sources) and ports of a rule for pods of a namespace, as boxes without a subject; none where
 * it admits nothing.
 */
export function ruleBoxes(context: RuleContext, rule: Rule, namespace: string): readonly Box[] {
  const { space } = context.universe;
  const peers = rule.peers === null ? [space.everything] : peerBoxes(context, rule.peers, namespace);
  return crossed(context, peers, rule.ports);
}

/** Each box at each port. */
function crossed(
  context: RuleContext,
  boxes: readonly Box[],
  matches: readonly PortMatch[] | null,
): readonly Box[] {
  if (matches === null) return boxes;
  const { space } = context.universe;
  const ports = portBoxes(context, matches);
  const result = new Set<Box>();
  for (const one of boxes) {
    for (const port of ports) {
      const box = space.intersectBoxes(one, port);
      if (box !== null) result.add(box);
    }
  }
  return [...result];
}

/** One box for all addresses together, and at most two for each peer of pods. */
function peerBoxes(context: RuleContext, peers: readonly Peer[], namespace: string): readonly Box[] {
  const boxes: Box[] = [];
  let addresses: AddressSet | null = null;
  for (const peer of peers) {
    if (peer.kind === "addresses" && peer.ports === undefined && peer.leavesCluster !== true) {
      const block = blockOf(peer);
      addresses = addresses === null ? block : uniteAddresses(addresses, block);
    } else boxes.push(...crossed(context, boxesOfPeer(context, peer, namespace), peer.ports ?? null));
  }
  return addresses === null ? boxes : [...boxes, ...addressBoxes(context, addresses)];
}

function boxesOfPeer(context: RuleContext, peer: Peer, namespace: string): readonly Box[] {
  const { universe } = context;
  switch (peer.kind) {
    case "pods":
      return podBoxes(context, peer, namespace);
    case "addresses":
      return peer.leavesCluster === true
        ? leavingBoxes(context, blockOf(peer))
        : addressBoxes(context, blockOf(peer));
    case "nodes": {
      const labels = selectorSets(peer.nodes).map(([key, set]) => [universe.nodeLabel(key), set] as const);
      return boxesIn(universe, [universe.nodes(peer.which), universe.space.box(labels)]);
    }
    case "api-server":
      return [universe.isApiServer];
    case "names":
      // A name leads out of the cluster: what it resolves to inside is a pod or a node, and is selected as such.
      return boxesIn(universe, [
        universe.isElsewhere,
        universe.space.box([[universe.name, universe.names(peer.pattern, peer.lookedUp)]]),
      ]);
  }
}

/** What all of these share. */
function boxesIn({ space }: Universe, boxes: readonly (Box | null)[]): readonly Box[] {
  const both = boxes.reduce(
    (left, box) => (left === null || box === null ? null : space.intersectBoxes(left, box)),
    space.everything,
  );
  return both === null ? [] : [both];
}

function addressBoxes(context: RuleContext, addresses: AddressSet): readonly Box[] {
  const { universe, blocks } = context;
  const outside = constrained(universe, blocks.nodes ? universe.isAddress : universe.isElsewhere, [
    [universe.address, addresses],
  ]);
  const pods = intersectAddresses(addresses, universe.possiblePodAddresses);
  const inside =
    blocks.pods && !noAddresses(pods)
      ? constrained(universe, universe.isPod, [[universe.podAddress, pods]])
      : null;
  return [outside, inside].flatMap((box) => box ?? []);
}

/** Of traffic that leaves the cluster; the API server's address on a node is such traffic too. */
function leavingBoxes({ universe }: RuleContext, addresses: AddressSet): readonly Box[] {
  return [constrained(universe, universe.isAddress, [[universe.address, addresses]])].flatMap(
    (box) => box ?? [],
  );
}

function blockOf({ cidr, except }: AddressBlock): AddressSet {
  return subtractAddresses(addressesOf([cidr]), addressesOf(except));
}

function addressesOf(cidrs: readonly string[]): AddressSet {
  const set = addressSetOfCidrs(cidrs);
  if (set === null) throw new Error(`a policy was read with a block that is none: ${cidrs.join(", ")}`);
  return set;
}

function podBoxes(
  context: RuleContext,
  peer: Peer & { readonly kind: "pods" },
  namespace: string,
): readonly Box[] {
  const { universe } = context;
  const own = selectorSets(peer.pods).map(([key, set]) => [universe.podLabel(key), set] as const);
  const within =
    peer.within === undefined
      ? []
      : [
          [
            universe.podAddress,
            addressesOfPods(universe, peer.within.map(blockOf).reduce(uniteAddresses, NO_ADDRESSES)),
          ] as const,
        ];
  const alike =
    peer.alike === undefined ? [universe.space.everything] : alikeBoxes(context, peer.alike, namespace);
  return namespaceBoxes(context, peer.namespaces).flatMap((namespaces) =>
    alike.flatMap((same) =>
      boxesIn(universe, [universe.space.box([...own, ...within]), universe.isPod, namespaces, same]),
    ),
  );
}

/** Where nothing is known of the addresses of pods, whether one lies in a block is a question of its own. */
function addressesOfPods({ possiblePodAddresses }: Universe, within: AddressSet): AddressSet {
  return noAddresses(possiblePodAddresses) ? within : intersectAddresses(within, possiblePodAddresses);
}

/**
 * Namespaces with the same labels as that of the subject. Where nobody knows which namespace it is, each label is a question
 * of its own: the subject has it, the other has it, and whether they are the same.
 */
function alikeBoxes(context: RuleContext, keys: readonly string[], namespace: string): readonly Box[] {
  const { universe, labels } = context;
  if (namespace !== OTHER_NAMESPACES) {
    const own = new Map([...(labels.get(namespace) ?? []), [NAME_LABEL, namespace]]);
    const values = keys.flatMap((key) => own.get(key) ?? []);
    if (values.length < keys.length) return [];
    const selector = keys.map((key, index) => ({
      key,
      operator: "In" as const,
      values: values.slice(index, index + 1),
    }));
    return namespaceBoxes(context, { kind: "selected", selector });
  }
  const same = universe.space.box(
    keys.flatMap((key) => [
      [universe.sameLabel(key), choiceSet([SAME])] as const,
      ...(key === NAME_LABEL
        ? [[universe.namespace, isNoneOf(universe.declared)] as const]
        : [[universe.subjectLabel(namespaceLabelKey(key)), IS_PRESENT] as const]),
    ]),
  );
  const there = keys.map((key) => ({ key, operator: "Exists" as const, values: [] }));
  return namespaceBoxes(context, { kind: "selected", selector: there }).flatMap((box) =>
    boxesIn(universe, [box, same]),
  );
}

/** On a dimension of `sameLabel`. */
const SAME = 1;

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
