import { addressSetOfRanges, cidrsOf } from "../../sets/ip.ts";
import type { Service, ServicePort } from "../kubernetes/services.ts";
import type { Peer, PortMatch } from "../model/policy.ts";
import { oneOf, requiredString } from "../schema/crd-field.ts";
import { type JsonObject, type Located, objectList, stringField } from "../schema/decode.ts";
import { namespacedName } from "./names.ts";
import { type AntreaReading, leaveOpen } from "./reading.ts";
import { antreaService } from "./service.ts";

/**
 * Where traffic to the named Services ends: behind their cluster addresses, at the ports of their backends. A headless Service
 * has no such address, and an ExternalName none either (docs/antrea-network-policy.md, "toServices egress rules").
 */
export function toServicePeers(reading: AntreaReading, rule: Located<JsonObject>): readonly Peer[] {
  return objectList(reading, rule, "toServices").flatMap((entry) => servicePeers(reading, entry));
}

function servicePeers(reading: AntreaReading, entry: Located<JsonObject>): readonly Peer[] {
  const scope = stringField(reading, entry, "scope");
  const beyond = scope !== null && oneOf(reading, scope, ["Cluster", "ClusterSet"]) === "ClusterSet";
  const reference = serviceReference(reading, entry);
  if (beyond) {
    leaveOpen(reading, entry.path, "a Service of the ClusterSet does not stand in Git");
    return [];
  }
  const service = antreaService(reading, reference.namespace, reference.name);
  if (service === null) {
    const text = `Service ${reference.namespace}/${reference.name} does not stand in Git`;
    leaveOpen(reading, entry.path, text);
    return [];
  }
  return service.headless ? [] : backendPeers(reading, entry, service);
}

/** A NetworkPolicy may leave the namespace out, and means its own. */
function serviceReference(
  reading: AntreaReading,
  entry: Located<JsonObject>,
): { readonly namespace: string; readonly name: string } {
  if (reading.namespace === null) return namespacedName(reading, entry);
  const written = stringField(reading, entry, "namespace")?.value ?? "";
  return {
    name: requiredString(reading, entry, "name")?.value ?? "",
    namespace: written === "" ? reading.namespace : written,
  };
}

function backendPeers(
  reading: AntreaReading,
  { path }: Located<JsonObject>,
  { backing, ports, namespace, name }: Service,
): readonly Peer[] {
  const { pointer } = path;
  switch (backing.kind) {
    case "name":
      return [];
    case "pods":
      return [
        {
          kind: "pods",
          namespaces: { kind: "named", name: namespace },
          pods: [...backing.labels].map(([key, value]) => ({ key, operator: "In", values: [value] })),
          ports: ports.map((port) => portMatch(port, pointer)),
          pointer,
        },
      ];
    case "addresses":
      if (backing.slices.length === 0) {
        leaveOpen(reading, path, `what Service ${namespace}/${name} leads to does not stand in Git`);
      }
      return backing.slices.flatMap((slice) =>
        slice.addresses.flatMap((address) =>
          cidrsOf(addressSetOfRanges([address])).map(
            (cidr): Peer => ({
              kind: "addresses",
              cidr,
              except: [],
              ports: slice.ports.map((port) => portMatch(port, pointer)),
              pointer,
            }),
          ),
        ),
      );
  }
}

function portMatch({ protocol, target }: ServicePort, pointer: string): PortMatch {
  const port: PortMatch["port"] =
    typeof target === "string"
      ? { kind: "named", name: target }
      : { kind: "range", first: target, last: target };
  return { protocol, port, pointer };
}
