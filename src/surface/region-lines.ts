import { NAME_LABEL } from "../cluster/namespaces.ts";
import { askedKey } from "../policy/model/pod-attribute.ts";
import type { Budget } from "../sets/budget.ts";
import { type AddressSet, ALL_ADDRESSES, addressesInside, cidrsOf, uniteAddresses } from "../sets/ip.ts";
import { ANY_LABEL, type LabelSet, labelsContain } from "../sets/label.ts";
import {
  intersectPorts,
  NO_PORTS,
  type PortSet,
  PROTOCOLS,
  portRanges,
  portsInside,
  portsOfProtocol,
  subtractPorts,
  unitePorts,
} from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import { uncovered } from "../sets/uncovered.ts";
import { addressRows, type Slice } from "./address-part.ts";
import { labelTexts } from "./label-text.ts";
import { type PodRow, podRows, portsOfEveryPod } from "./pod-rows.ts";
import { portTexts } from "./port-text.ts";
import type { SpecialRow } from "./special-rows.ts";
import type { Destination, NamespaceText, PodLine, RegionLine } from "./surface.ts";
import type { Universe } from "./universe.ts";

/** What a line is made of, before it becomes text. */
interface Row {
  readonly destination: Destination;
  readonly ports: PortSet;
  /** Names that the destination must give the port; empty = numbers alone. */
  readonly names: readonly string[];
  /** Everything of the line, as a box over all dimensions; null for addresses, which are exact. */
  readonly box: Box | null;
  /** Whether this row says at least as much of destinations as the other. */
  readonly holds: (other: Row) => boolean;
  readonly addresses: AddressSet | null;
}

/** The canonical lines of a difference: the same set gives the same lines in the same order. */
export function regionLines(
  universe: Universe,
  parts: {
    readonly slices: readonly Slice[];
    readonly special: readonly SpecialRow[];
    readonly plus: readonly Box[];
    readonly pods: readonly PodRow[];
    readonly minus: readonly Box[];
  },
  budget: Budget,
): readonly RegionLine[] {
  const addresses = addressRows(parts.slices).map((row) => addressRow(universe, row));
  const pods = parts.pods.map((row) => podRow(universe, row));
  const special = parts.special.map(specialRow);
  const any = anyRow(universe, addresses, parts.plus, budget);
  const rows = trimmed([...(any === null ? [] : [any]), ...addresses, ...special, ...pods]);
  const lines = rows.flatMap((row) => linesOf(universe, row, parts.minus, budget));
  return lines.sort(compareLines);
}

/** Pod rows as facts for rules. */
export function podLines(universe: Universe, rows: readonly PodRow[]): readonly PodLine[] {
  const { space, namespace, declared } = universe;
  return rows.map((row) => {
    const names = labelSetOn(universe, row.box, namespace);
    const undeclaredOnly = mentionsNamespaceLabels(universe, row.box);
    const portNames = portNamesOf(universe, row.box);
    return {
      namespaces: namespaceText(universe, row.box),
      everyUndeclaredNamespace: names.cofinite && !undeclaredOnly,
      declaredNamespaces: undeclaredOnly
        ? []
        : [...declared].filter((name) => labelsContain(names, name)).sort(),
      everyPod:
        podLabelTexts(universe, row.box).length === 0 &&
        space.setOn(row.box, universe.podAddress) === space.domainOf(universe.podAddress),
      ports: portNames.length > 0 ? [] : portRanges(row.ports),
      namedPorts: portNames,
    };
  });
}

function addressRow(
  universe: Universe,
  { addresses, ports }: { readonly addresses: AddressSet; readonly ports: PortSet },
): Row {
  return {
    destination: { kind: "ip", cidrs: cidrsOf(asWritten(universe, addresses)) },
    ports,
    names: [],
    box: null,
    addresses,
    holds: (other) => other.addresses !== null && addressesInside(other.addresses, addresses),
  };
}

function specialRow({ destination, ports }: SpecialRow): Row {
  const text = JSON.stringify(destination);
  return {
    destination,
    ports,
    names: [],
    box: null,
    addresses: null,
    holds: (other) => JSON.stringify(other.destination) === text,
  };
}

/** Addresses of pods are never in the set: where only they are missing, the text is that of all addresses. */
function asWritten(universe: Universe, addresses: AddressSet): AddressSet {
  return isEvery(universe, addresses) ? ALL_ADDRESSES : addresses;
}

function isEvery({ podAddresses }: Universe, addresses: AddressSet): boolean {
  return addressesInside(ALL_ADDRESSES, uniteAddresses(addresses, podAddresses));
}

function podRow(universe: Universe, { box, ports }: PodRow): Row {
  const { space } = universe;
  const addresses = space.setOf(space.setOn(box, universe.podAddress));
  const limited = box.dimensions.includes(universe.podAddress);
  const [namespaces, labels] = [namespaceText(universe, box), podLabelTexts(universe, box)];
  const row: Row = {
    destination:
      limited && namespaces.kind === "every" && labels.length === 0 && addresses.kind === "address"
        ? { kind: "ip", cidrs: cidrsOf(addresses) }
        : { kind: "pods", namespaces, labels },
    ports,
    names: portNamesOf(universe, box),
    box: space.intersectBoxes(box, universe.isPod),
    addresses: null,
    holds: (other) => {
      if (other.box === null || row.box === null) return false;
      return space.boxInside(other.box, row.box);
    },
  };
  return row;
}

/** New addresses, all of them, at ports at which all pods are reached too: any destination, whether or not pods are new. */
function anyRow(
  universe: Universe,
  addresses: readonly Row[],
  plus: readonly Box[],
  budget: Budget,
): Row | null {
  const everyAddress = addresses
    .filter((row) => row.addresses !== null && isEvery(universe, row.addresses))
    .reduce<PortSet>((ports, row) => unitePorts(ports, row.ports), NO_PORTS);
  if (everyAddress.runs.length === 0) return null;
  const ports = intersectPorts(everyAddress, portsOfEveryPod(universe, plus, budget));
  if (ports.runs.length === 0 || !holdsNodes(universe, plus, ports, budget)) return null;
  return {
    destination: { kind: "any" },
    ports,
    names: [],
    box: universe.space.everything,
    addresses: null,
    holds: () => true,
  };
}

/** Nodes are destinations too: some CNIs keep them apart from all other addresses. */
function holdsNodes(
  { space, isPlainNode, port }: Universe,
  plus: readonly Box[],
  ports: PortSet,
  budget: Budget,
): boolean {
  const nodes = space.withSet(isPlainNode, port, space.intern(ports));
  return nodes === null || uncovered(space, nodes, plus, budget).kind === "covered";
}

/** Rows without the ports that a wider row has said already; "any port" is not cut into "any but". */
function trimmed(rows: readonly Row[]): readonly Row[] {
  return rows.flatMap((row) => {
    const said = rows
      .filter((other) => other !== row && other.names.length === 0 && other.holds(row) && !row.holds(other))
      .reduce<PortSet>((ports, other) => unitePorts(ports, other.ports), NO_PORTS);
    if (portsInside(row.ports, said)) return [];
    const whole = PROTOCOLS.map(portsOfProtocol).filter(
      (protocol) => portsInside(protocol, row.ports) && !portsInside(protocol, said),
    );
    const ports = whole.reduce(unitePorts, subtractPorts(row.ports, said));
    return [{ ...row, ports }];
  });
}

function linesOf(universe: Universe, row: Row, minus: readonly Box[], budget: Budget): readonly RegionLine[] {
  const before = row.box === null ? [] : beforeLines(universe, row, row.box, minus, budget);
  const texts = row.names.length === 0 ? portTexts(row.ports) : namedPortTexts(row);
  return texts.map(({ protocol, ports }) => ({
    destination: row.destination,
    protocol,
    ports,
    ...(before.length === 0 ? {} : { before }),
  }));
}

/** "named http"; where the name is asked for at some ports only, those too: "1-1023 named http". */
function namedPortTexts({ names, ports }: Row): ReturnType<typeof portTexts> {
  const name = `named ${names.join(" and ")}`;
  return PROTOCOLS.map((protocol) => intersectPorts(ports, portsOfProtocol(protocol)))
    .flatMap(portTexts)
    .map(({ protocol, ports: own }) => ({ protocol, ports: own === "any" ? name : `${own} ${name}` }));
}

/**
 * What of a line was there already. What depends on facts outside the destination is not said: it may not have been. A line
 * of a port name has said the name.
 */
function beforeLines(
  universe: Universe,
  { names, ports }: Row,
  box: Box,
  minus: readonly Box[],
  budget: Budget,
): readonly RegionLine[] {
  const { space, port, portNames } = universe;
  const named = new Set(names.map((name) => portNames.get(name)));
  const line = space.withSet(box, port, space.intern(ports));
  const pods = line === null ? null : space.intersectBoxes(line, universe.isPod);
  if (pods === null) return [];
  const inside = minus.flatMap((one) => {
    const both = one.dimensions.some(universe.isHidden) ? null : space.intersectBoxes(one, pods);
    return both === null ? [] : [space.without(both, (dimension) => named.has(dimension))];
  });
  if (inside.length === 0) return [];
  return regionLines(
    universe,
    { slices: [], special: [], plus: inside, pods: podRows(universe, inside, [], budget), minus: [] },
    budget,
  );
}

function labelSetOn({ space }: Universe, box: Box, dimension: number): LabelSet {
  const set = space.setOf(space.setOn(box, dimension));
  return set.kind === "label" ? set : ANY_LABEL;
}

function mentionsNamespaceLabels({ namespaceLabels }: Universe, box: Box): boolean {
  const labels = new Set(namespaceLabels.values());
  return box.dimensions.some((dimension) => labels.has(dimension));
}

function namespaceText(universe: Universe, box: Box): NamespaceText {
  const { namespace, declared } = universe;
  if (!box.dimensions.includes(namespace)) return { kind: "every" };
  const names = labelSetOn(universe, box, namespace);
  const byLabels = mentionsNamespaceLabels(universe, box);
  if (!byLabels && !names.cofinite) return { kind: "named", names: names.values };
  const excluded = new Set(names.values);
  if (!byLabels && ![...declared].every((name) => excluded.has(name))) {
    return { kind: "every-except", names: names.values };
  }
  // Every declared name is excluded: what is left to say is the rest of the names, as a label of the namespace.
  const others = names.values.filter((name) => !declared.has(name));
  const nameTerms =
    names.cofinite && others.length === 0
      ? []
      : labelTexts(NAME_LABEL, { ...names, values: others, absent: names.cofinite });
  return {
    kind: "undeclared",
    labels: [...nameTerms, ...labelTextsOn(universe, box, universe.namespaceLabels)],
  };
}

function podLabelTexts(universe: Universe, box: Box): readonly string[] {
  return labelTextsOn(universe, box, universe.podLabels);
}

function isPresence({ cofinite, values, absent }: LabelSet): boolean {
  return cofinite && values.length === 0 && !absent;
}

function labelTextsOn(
  universe: Universe,
  box: Box,
  dimensions: ReadonlyMap<string, number>,
): readonly string[] {
  const asked = [...dimensions]
    .filter(([, dimension]) => box.dimensions.includes(dimension))
    .map(([key, dimension]) => ({ key, set: labelSetOn(universe, box, dimension) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  // A label whose value passes a test is there: that needs no words.
  const implied = new Set(
    asked.flatMap(({ key, set }) => (isPresence(set) && askedKey(key) !== key ? [askedKey(key)] : [])),
  );
  return asked
    .filter(({ key, set }) => !(isPresence(set) && implied.has(key)))
    .flatMap(({ key, set }) => labelTexts(key, set));
}

function portNamesOf({ portNames }: Universe, box: Box): readonly string[] {
  return [...portNames]
    .filter(([, dimension]) => box.dimensions.includes(dimension))
    .map(([name]) => name)
    .sort();
}

/** Any destination first, then addresses, then pods; wider before narrower, as the rows come; protocols as usual. */
function compareLines(a: RegionLine, b: RegionLine): number {
  return rank(a.destination) - rank(b.destination);
}

function rank(destination: Destination): number {
  if (destination.kind !== "pods") return RANKS.indexOf(destination.kind);
  const namespaces = ["every", "every-except", "named", "undeclared"].indexOf(destination.namespaces.kind);
  return RANKS.indexOf("pods") + namespaces / 4 + (destination.labels.length > 0 ? 1 / 8 : 0);
}

/** A name leads outside, as addresses do; the cluster's own parts stand last. */
const RANKS: readonly Destination["kind"][] = ["any", "ip", "name", "pods", "nodes", "api-server"];
