import type { Point } from "../../src/surface/surface.ts";
import type { OraclePod } from "./network-policy.ts";
import { type Destination, destinations, type RandomPair } from "./random-worlds.ts";
import type { RawWorkload, World } from "./world.ts";

/** An oracle's destination as the code's point. */
export function pointOf({ end, packet }: Destination): Point {
  const protocol = packet.protocol as Point["protocol"];
  if ("address" in end) return { kind: "address", address: end.address, protocol, port: packet.port };
  return { kind: "pod", pod: podPointOf(end.pod), protocol, port: packet.port };
}

function podPointOf(pod: OraclePod) {
  return {
    namespace: pod.namespace,
    namespaceLabels: new Map(Object.entries(pod.namespaceLabels)),
    labels: new Map(Object.entries(pod.labels)),
    containerPorts: pod.ports.map((port) => ({ ...port, protocol: port.protocol as "TCP" | "UDP" | "SCTP" })),
  };
}

export function oraclePod(world: World, workload: Pick<RawWorkload, "namespace" | "labels">): OraclePod {
  return {
    namespace: workload.namespace,
    namespaceLabels: world.namespaces[workload.namespace] ?? {},
    labels: workload.labels,
    ports: [],
  };
}

/** The same destinations on both sides: a declared namespace has each side's labels. */
export function pairDestinations({
  base,
  head,
}: RandomPair): readonly { readonly base: Destination; readonly head: Destination }[] {
  const left = destinations(base);
  return destinations(head).map((destination, index) => ({
    base: left[index] ?? destination,
    head: destination,
  }));
}

/** How many random cases a property looks at; PROPERTY_RUNS says it for long runs (`npm run oracles`). */
export function runs(usual: number): number {
  return Number(process.env["PROPERTY_RUNS"] ?? usual);
}
