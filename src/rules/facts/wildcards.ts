import { intersectPorts, NO_PORTS, type PortSet, portRanges, portSet, unitePorts } from "../../sets/port.ts";
import type { PodLine, PortRange, Region } from "../../surface/surface.ts";

/** What one rule adds, beside what the others of the same workload add, and all that head admits together. */
export interface Parts {
  readonly own: Region;
  readonly others: readonly Region[];
  readonly total: Region;
  readonly pods: (region: Region) => readonly PodLine[];
}

/** Ports at which a wildcard is open, and whether it is at ports by their names too. */
export interface WildcardPorts {
  readonly ranges: readonly PortRange[];
  readonly named: boolean;
}

/**
 * Where the rule opens every pod of every namespace that Git does not name: by itself, or with other rules of head where none
 * of those does so by itself. Cut into pods with a label and pods without it, a wildcard is one all the same.
 */
export function everyPodPorts({ own, others, total, pods }: Parts): WildcardPorts {
  const lines = pods(own);
  const whole = lines.filter(isEveryPod);
  if (whole.length > 0) {
    return {
      ranges: whole.flatMap(({ ports }) => ports),
      named: whole.some(({ namedPorts }) => namedPorts.length > 0),
    };
  }
  const adding = lines.filter(({ namespaces }) => namespaces.kind !== "named");
  const at = portsOf(adding);
  // Most rules are about some application in some namespace: nothing has to be put together for them.
  if (at.runs.length === 0) return { ranges: [], named: false };
  const together = intersectPorts(at, portSet(total.everyPod()));
  const blamed = others.some((one) => overlap(together, portsOf(pods(one).filter(isEveryPod))));
  return { ranges: blamed ? [] : portRanges(together), named: false };
}

function isEveryPod({ everyPod, everyUndeclaredNamespace }: PodLine): boolean {
  return everyPod && everyUndeclaredNamespace;
}

/** Whether the rule opens every DNS name at some port, by itself or with other rules, as for pods. */
export function opensEveryName({ own, others, total }: Parts): boolean {
  const at = portsOf(namedIn(own));
  if (at.runs.length === 0) return false;
  if (everyName(own).runs.length > 0) return true;
  const together = intersectPorts(at, everyName(total));
  return together.runs.length > 0 && !others.some((one) => overlap(together, everyName(one)));
}

function namedIn(region: Region) {
  return region.special().filter(({ destination }) => destination.kind === "name");
}

function everyName(region: Region): PortSet {
  return portsOf(
    namedIn(region).filter(({ destination }) => destination.kind === "name" && destination.name === "*"),
  );
}

function portsOf(lines: readonly { readonly ports: readonly PortRange[] }[]): PortSet {
  return lines.reduce((left, { ports }) => unitePorts(left, portSet(ports)), NO_PORTS);
}

function overlap(a: PortSet, b: PortSet): boolean {
  return intersectPorts(a, b).runs.length > 0;
}
