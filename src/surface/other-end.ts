import type { ContainerPort } from "../cluster/cluster.ts";
import type { Protocol } from "../policy/model/policy.ts";
import { type AddressSet, addressesInside, intersectAddresses, subtractAddresses } from "../sets/ip.ts";
import { isOneOf } from "../sets/label.ts";
import { portSet } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import { placeBox, pointBox, portNameSets } from "./region.ts";
import type { AddressPlace, PodPoint } from "./surface.ts";
import type { Universe } from "./universe.ts";

/** The other end of a flow, with protocol and port of the receiver: one pod, pods of which little is known, addresses. */
export type OtherEnd = {
  readonly protocol: Protocol;
  readonly port: number;
} & (
  | { readonly kind: "pod"; readonly pod: PodPoint }
  /** Whatever their labels. A null namespace is any. */
  | { readonly kind: "pods"; readonly namespace: string | null; readonly addresses: AddressSet }
  /** Outside the cluster, or of nodes: no selector matches them. For ingress with the ports of the receiver. */
  | {
      readonly kind: "addresses";
      readonly addresses: AddressSet;
      readonly place: AddressPlace;
      readonly containerPorts: readonly ContainerPort[] | null;
    }
);

/** null where nothing is left: addresses that are all of configured pod blocks. */
export function endBox(universe: Universe, end: OtherEnd): Box | null {
  const { space } = universe;
  if (end.kind === "pod") return pointBox(universe, end);
  const { port, protocol } = end;
  const ports = [universe.port, portSet([{ protocol, first: port, last: port }])] as const;
  if (end.kind === "pods") {
    const namespace = end.namespace === null ? [] : [[universe.namespace, isOneOf([end.namespace])] as const];
    const place = space.box([ports, [universe.podAddress, end.addresses], ...namespace]);
    return place === null ? null : space.intersectBoxes(place, universe.isPod);
  }
  const outside = subtractAddresses(end.addresses, universe.podAddresses);
  const names =
    end.containerPorts === null ? [] : portNameSets(universe, { containerPorts: end.containerPorts }, end);
  const place = space.box([ports, [universe.address, outside], ...names]);
  return place === null ? null : space.intersectBoxes(place, placeBox(universe, end.place));
}

/** Labels of nodes that run the API server, where it runs on nodes (kubernetes.io "Well-Known Labels"). */
const API_SERVER_ROLES = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/** What an address may be besides, as far as anybody knows. */
export function otherPlaces(place: AddressPlace): readonly AddressPlace[] {
  switch (place.kind) {
    case "outside":
    case "api-server":
      return [];
    case "unknown":
      return [
        { kind: "api-server" },
        { kind: "node", which: "any" },
        { kind: "node", which: "any", apiServer: true },
      ];
    case "node": {
      const { labels, apiServer } = place;
      const settled =
        apiServer ?? (labels !== undefined && !API_SERVER_ROLES.some((role) => labels.has(role)));
      return settled ? [] : [{ ...place, apiServer: true }];
    }
  }
}

/** Whether all, some or none of the addresses lie in the block. */
export function inBlock(addresses: AddressSet, block: AddressSet): "yes" | "partly" | "no" {
  if (addressesInside(addresses, block)) return "yes";
  const { v4, v6 } = intersectAddresses(addresses, block);
  return v4.length + v6.length === 0 ? "no" : "partly";
}
