import type { Endpoints, Pods } from "../../src/pipeline/question/endpoints.ts";
import { Budget } from "../../src/sets/budget.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressSetOfRanges,
  intersectAddresses,
  NO_ADDRESSES,
  noAddresses,
  subtractAddresses,
} from "../../src/sets/ip.ts";
import {
  ALL_PORTS,
  intersectPorts,
  NO_PORTS,
  type PortSet,
  type Ports,
  portRanges,
  portSet,
  subtractPorts,
  unitePorts,
} from "../../src/sets/port.ts";
import type { Box } from "../../src/sets/space.ts";
import { addressSlices } from "../../src/surface/address-part.ts";
import type { Direction } from "../../src/surface/compile-rule.ts";
import { portsOfEveryPod } from "../../src/surface/pod-rows.ts";
import { pointBox } from "../../src/surface/region.ts";
import { allowedBy, assuming, layersFor } from "../../src/surface/subject-layers.ts";
import type { Surface } from "../../src/surface/surface-of.ts";

/**
 * Allowed connections as np-guard/netpol-analyzer lists them, as sets: from one workload to another, or to and from addresses
 * outside the cluster, with protocols and ports. A line needs egress of the source and ingress of the destination.
 */
export interface Connection {
  /** "namespace/Kind/name"; null = outside the cluster. */
  readonly from: string | null;
  readonly to: string | null;
  /** Of the outside end; IPv4 alone. */
  readonly addresses: AddressSet;
  readonly ports: PortSet;
}

/** "ns/pod[Deployment] => 10.0.0.0-10.255.255.255[External] : UDP 53", one a line; null for a line that is none. */
export function parseConnection(line: string): Connection | null {
  const match = /^(\S+)\[(\w+)\] => (\S+)\[(\w+)\] : (.*)$/.exec(line);
  if (match === null) return null;
  const [, from = "", fromKind = "", to = "", toKind = "", ports = ""] = match;
  const workload = (name: string, kind: string) =>
    kind === "External" ? null : name.replace("/", `/${kind}/`);
  const outside = fromKind === "External" ? from : toKind === "External" ? to : null;
  return {
    from: workload(from, fromKind),
    to: workload(to, toKind),
    addresses: outside === null ? NO_ADDRESSES : addressRange(outside),
    ports: parsePorts(ports),
  };
}

function addressRange(text: string): AddressSet {
  const [first = "", last = first] = text.split("-");
  return addressSetOfRanges([{ family: 4, first: number(first), last: number(last) }]);
}

function number(address: string): number {
  return address.split(".").reduce((value, part) => value * 256 + Number(part), 0);
}

/** "SCTP 1-65535,TCP 1-79,81-65535": tokens without a protocol belong to the one before. */
function parsePorts(text: string): PortSet {
  if (text === "All Connections") return ALL_PORTS;
  if (text === "No Connections") return NO_PORTS;
  let protocol: Ports["protocol"] = "TCP";
  return portSet(
    text.split(",").map((token): Ports => {
      const [, named, range = ""] = /^(?:(TCP|UDP|SCTP) )?(.*)$/.exec(token) ?? [];
      if (named === "TCP" || named === "UDP" || named === "SCTP") protocol = named;
      const [first = 0, last = first] = range.split("-").map(Number);
      return { protocol, first, last };
    }),
  );
}

/** What each workload may send to every pod there can be, by the list of exposed workloads that follows the connections. */
export function parseExposure(text: string): ReadonlyMap<string, PortSet> {
  const [, egress = ""] = /^Egress Exposure:\n((?:.+\n)*)/m.exec(text) ?? [];
  const found = new Map<string, PortSet>();
  for (const line of egress.split("\n")) {
    const match = /^(\S+)\[(\w+)\]\s+=>\s+(.*) : +(.*)$/.exec(line);
    if (match === null) continue;
    const [, name = "", kind = "", end, ports = ""] = match;
    const key = name.replace("/", `/${kind}/`);
    // A name of a port is no number of every pod.
    const numbers = end === "entire-cluster" && /\d|All/.test(ports) ? parsePorts(ports) : NO_PORTS;
    found.set(key, unitePorts(found.get(key) ?? NO_PORTS, numbers));
  }
  return found;
}

/** Two lists of connections between some ends, which differ in the connections between these. */
export interface Difference {
  readonly from: string;
  readonly to: string;
  /** What one list allows and the other does not, as text. */
  readonly more: string;
  readonly less: string;
}

/**
 * What the surface allows against what is expected, for every ordered pair of the workloads and for each with the outside.
 * Connections of a workload with itself are on no list.
 */
export function differences(
  surface: Surface,
  workloads: ReadonlyMap<string, readonly Pods[]>,
  expected: readonly Connection[],
): readonly Difference[] {
  const found: Difference[] = [];
  for (const [from, sources] of workloads) {
    for (const [to, targets] of workloads) {
      if (from === to) continue;
      const wanted = expected
        .filter((one) => one.from === from && one.to === to)
        .reduce((left, { ports }) => unitePorts(left, ports), NO_PORTS);
      const own = sources.flatMap((source) => targets.map((target) => portsBetween(surface, source, target)));
      const ports = own.reduce(unitePorts, NO_PORTS);
      const [more, less] = [subtractPorts(ports, wanted), subtractPorts(wanted, ports)];
      if (more.runs.length + less.runs.length > 0)
        found.push({ from, to, more: portText(more), less: portText(less) });
    }
    for (const direction of ["egress", "ingress"] as const) {
      const wanted = expected.filter((one) =>
        direction === "egress" ? one.from === from && one.to === null : one.to === from && one.from === null,
      );
      const own = sources.flatMap((source) => outside(surface, source, direction));
      const [more, less] = [without(own, wanted), without(wanted, own)];
      const ends = direction === "egress" ? { from, to: "outside" } : { from: "outside", to: from };
      if (more !== "" || less !== "") found.push({ ...ends, more, less });
    }
  }
  return found;
}

/** As `differences`, of what is exposed to every pod of every namespace. */
export function exposureDifferences(
  surface: Surface,
  endpoints: Endpoints,
  expected: ReadonlyMap<string, PortSet>,
): readonly Difference[] {
  return [...expected].flatMap(([from, wanted]) => {
    const ports = podsNamed(endpoints, from)
      .map((pods) => portsOfEveryPod(surface.universe, allowed(surface, pods, "egress"), new Budget()))
      .reduce(unitePorts, NO_PORTS);
    const [more, less] = [subtractPorts(ports, wanted), subtractPorts(wanted, ports)];
    return more.runs.length + less.runs.length === 0
      ? []
      : [{ from, to: "every pod", more: portText(more), less: portText(less) }];
  });
}

function podsNamed(endpoints: Endpoints, key: string): readonly Pods[] {
  const [namespace = "", kind = "", name = ""] = key.split("/");
  return endpoints.podsOf(namespace, kind, name);
}

/** The workloads that a list names; those of the cluster that it does not name have no connection. */
export function namedWorkloads(
  endpoints: Endpoints,
  expected: readonly Connection[],
): ReadonlyMap<string, readonly Pods[]> {
  const names = new Set(expected.flatMap(({ from, to }) => [from ?? [], to ?? []].flat()));
  return new Map([...names].sort().map((key) => [key, podsNamed(endpoints, key)]));
}

type Addressed = Pick<Connection, "addresses" | "ports">;

/** The part of some connections that is in none of the others, as text. */
function without(some: readonly Addressed[], others: readonly Addressed[]): string {
  let left = some;
  for (const other of others) {
    left = left.flatMap(({ addresses, ports }) => [
      { addresses: subtractAddresses(addresses, other.addresses), ports },
      {
        addresses: intersectAddresses(addresses, other.addresses),
        ports: subtractPorts(ports, other.ports),
      },
    ]);
    left = left.filter(({ addresses, ports }) => !noAddresses(addresses) && ports.runs.length > 0);
  }
  return left.map(({ addresses, ports }) => `${addressText(addresses)} ${portText(ports)}`).join("; ");
}

function addressText({ v4 }: AddressSet): string {
  return v4.map(({ first, last }) => `${first.toString(16)}-${last.toString(16)}`).join();
}

function portText(ports: PortSet): string {
  return portRanges(ports)
    .map(({ protocol, first, last }) => `${protocol} ${first}-${last}`)
    .join();
}

const ALL_OF_VERSION_4: AddressSet = { ...ALL_ADDRESSES, v6: [] };

/** What a pod may send to (or receive from) addresses outside the cluster. */
function outside(surface: Surface, pods: Pods, direction: Direction): readonly Addressed[] {
  const { universe } = surface;
  const boxes = allowed(surface, pods, direction);
  const receiver = direction === "egress" ? null : pods;
  const here =
    receiver === null
      ? boxes
      : namedPortParts(surface, receiver).flatMap((part) =>
          boxes.flatMap((box) => universe.space.intersectBoxes(box, part) ?? []),
        );
  return (addressSlices(universe, here, []) ?? []).map(({ ports, addresses }) => ({
    ports,
    addresses: intersectAddresses(addresses, ALL_OF_VERSION_4),
  }));
}

/** Ports at which the source may send and the target receive. */
function portsBetween(surface: Surface, source: Pods, target: Pods): PortSet {
  return intersectPorts(
    portsTo(surface, source, "egress", target, target),
    portsTo(surface, target, "ingress", source, target),
  );
}

function portsTo(
  surface: Surface,
  subject: Pods,
  direction: Direction,
  other: Pods,
  receiver: Pods,
): PortSet {
  const { universe } = surface;
  const { space, port } = universe;
  const boxes = allowed(surface, subject, direction);
  const place = podBox(surface, other);
  const parts = namedPortParts(surface, receiver);
  return boxes
    .flatMap((box) => parts.flatMap((part) => space.intersectBoxes(box, part) ?? []))
    .flatMap((box) => space.intersectBoxes(box, place) ?? [])
    .map((box) => space.setOf(space.setOn(box, port)))
    .reduce<PortSet>((left, set) => (set.kind === "port" ? unitePorts(left, set) : left), NO_PORTS);
}

function allowed(surface: Surface, { subject }: Pods, direction: Direction): readonly Box[] {
  const { universe } = surface;
  const layers = layersFor(universe, surface.layersOf(subject.namespace, "most", direction), subject);
  return allowedBy(universe, assuming(layers, "unknowns-do-nothing")).map(({ box }) => box);
}

/** The pod at every port, whatever names it gives them. */
function podBox({ universe }: Surface, { subject }: Pods): Box {
  const { space, port } = universe;
  const { namespace, labels } = subject;
  const point = pointBox(universe, {
    kind: "pod",
    pod: { namespace, labels, containerPorts: [] },
    protocol: "TCP",
    port: 1,
  });
  const isAboutPorts = new Set([port, ...universe.portNames.values()]);
  return point === null ? space.everything : space.without(point, (one) => isAboutPorts.has(one));
}

/** Every port, in parts: each that the receiver names with its names, and all others, which have none. */
function namedPortParts({ universe }: Surface, { containerPorts }: Pods): readonly Box[] {
  const { space, port } = universe;
  const named = containerPorts.map((one) => portSet([{ ...one, first: one.port, last: one.port }]));
  const namesAt = (set: PortSet) => {
    const [range] = portRanges(set);
    const at = { kind: "pod", protocol: range?.protocol ?? "TCP", port: range?.first ?? 1 } as const;
    const point = pointBox(universe, { ...at, pod: { namespace: "", labels: new Map(), containerPorts } });
    const names = new Set(universe.portNames.values());
    return space.without(point ?? space.everything, (one) => !names.has(one));
  };
  const rest = subtractPorts(ALL_PORTS, named.reduce<PortSet>(unitePorts, NO_PORTS));
  return [...named, rest].flatMap((set) => space.withSet(namesAt(set), port, space.intern(set)) ?? []);
}
