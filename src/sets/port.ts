import {
  type Interval,
  type IntervalSet,
  intersectIntervals,
  intervalSet,
  intervalsContain,
  intervalsDisjoint,
  intervalsInside,
  type Line,
  subtractIntervals,
  uniteIntervals,
} from "./interval.ts";

export type TransportProtocol = "TCP" | "UDP" | "SCTP";

export const PROTOCOLS: readonly TransportProtocol[] = ["TCP", "UDP", "SCTP"];

const FIRST_PORT = 1;
const LAST_PORT = 65_535;

/** Ports of one protocol, both ends included. */
export interface Ports {
  readonly protocol: TransportProtocol;
  readonly first: number;
  readonly last: number;
}

/**
 * A set of (protocol, port), kept as intervals on one line: the point of a port is protocol × 65536 + port. Port 0 is no
 * port (the API server refuses it), so the runs of two protocols never touch.
 */
export interface PortSet {
  readonly kind: "port";
  readonly runs: IntervalSet<number>;
}

const STRIDE = 65_536;

const line: Line<number> = {
  first: FIRST_PORT,
  last: 2 * STRIDE + LAST_PORT,
  next: (point) => point + 1,
  previous: (point) => point - 1,
};

function of(runs: IntervalSet<number>): PortSet {
  return { kind: "port", runs };
}

/** Ranges outside 1 to 65535 are cut to it. */
export function portSet(ranges: readonly Ports[]): PortSet {
  return of(intervalSet(line, ranges.map(run)));
}

function run(ports: Ports): Interval<number> {
  const offset = PROTOCOLS.indexOf(ports.protocol) * STRIDE;
  return {
    first: offset + Math.max(ports.first, FIRST_PORT),
    last: offset + Math.min(ports.last, LAST_PORT),
  };
}

/** All ports of one protocol. */
export function portsOfProtocol(protocol: TransportProtocol): PortSet {
  return portSet([{ protocol, first: FIRST_PORT, last: LAST_PORT }]);
}

export const NO_PORTS: PortSet = of([]);
export const ALL_PORTS: PortSet = portSet(
  PROTOCOLS.map((protocol) => ({ protocol, first: FIRST_PORT, last: LAST_PORT })),
);

/** The ranges of a set, protocols in the order TCP, UDP, SCTP, ports ascending: the inverse of `portSet`. */
export function portRanges(set: PortSet): readonly Ports[] {
  return set.runs.map(({ first, last }) => ({
    protocol: PROTOCOLS[Math.floor(first / STRIDE)] ?? "SCTP",
    first: first % STRIDE,
    last: last % STRIDE,
  }));
}

export function unitePorts(a: PortSet, b: PortSet): PortSet {
  return of(uniteIntervals(line, a.runs, b.runs));
}

export function intersectPorts(a: PortSet, b: PortSet): PortSet {
  return of(intersectIntervals(a.runs, b.runs));
}

export function subtractPorts(a: PortSet, b: PortSet): PortSet {
  return of(subtractIntervals(line, a.runs, b.runs));
}

export function portsInside(a: PortSet, b: PortSet): boolean {
  return intervalsInside(a.runs, b.runs);
}

export function portsDisjoint(a: PortSet, b: PortSet): boolean {
  return intervalsDisjoint(a.runs, b.runs);
}

export function portsContain(set: PortSet, protocol: TransportProtocol, port: number): boolean {
  return intervalsContain(set.runs, PROTOCOLS.indexOf(protocol) * STRIDE + port);
}

export function countPorts(set: PortSet): number {
  return set.runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
