import type { Manifest } from "../../render/render.ts";
import { type AddressRange, parseAddress } from "../../sets/ip.ts";
import { groupOf } from "../model/api-group.ts";
import type { Protocol } from "../model/policy.ts";
import { type JsonObject, nested, objects, ownField } from "../schema/decode.ts";

/** What one Service stands for. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly backing: ServiceBacking;
  readonly ports: readonly ServicePort[];
  /** Without an address of its own: its name leads to the pods, and ports stay what they are. */
  readonly headless: boolean;
  readonly clusterAddresses: readonly AddressRange[];
}

export type ServiceBacking =
  | { readonly kind: "pods"; readonly labels: ReadonlyMap<string, string> }
  | { readonly kind: "name"; readonly name: string }
  /** Without a selector somebody writes the addresses; empty = they do not stand in Git. */
  | { readonly kind: "addresses"; readonly slices: readonly Slice[] };

export interface Slice {
  readonly addresses: readonly AddressRange[];
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string | null;
  readonly protocol: Protocol;
  readonly port: number;
  /** Behind the Service: a number, or the name that each pod gives a port of its own. */
  readonly target: number | string;
}

/** Services by "namespace/name". */
export function servicesOf(manifests: readonly Manifest[]): ReadonlyMap<string, Service> {
  const core = manifests.filter(({ object }) => object.kind === "Service" && groupOf(object) === "");
  if (core.length === 0) return new Map();
  const slices = slicesOf(manifests);
  const services = core.map((manifest) => serviceOf(manifest, slices));
  return new Map(services.map((service) => [`${service.namespace}/${service.name}`, service]));
}

function serviceOf(manifest: Manifest, slices: ReadonlyMap<string, readonly Slice[]>): Service {
  const spec = nested(manifest.object, "spec") ?? {};
  const namespace = manifest.namespace ?? "default";
  const name = manifest.object.metadata.name ?? "";
  const addresses = [ownField(spec, "clusterIP"), ...list(ownField(spec, "clusterIPs"))];
  return {
    namespace,
    name,
    backing: backingOf(spec, slices.get(`${namespace}/${name}`) ?? []),
    ports: objects(ownField(spec, "ports")).flatMap(
      (port) => servicePort(port, ownField(port, "targetPort")) ?? [],
    ),
    headless: addresses.includes("None"),
    clusterAddresses: addresses.flatMap(addressOf),
  };
}

/** Of type ExternalName the selector counts for nothing; an empty selector is none (core/v1 ServiceSpec). */
function backingOf(spec: JsonObject, slices: readonly Slice[]): ServiceBacking {
  const external = ownField(spec, "externalName");
  if (ownField(spec, "type") === "ExternalName" && typeof external === "string") {
    return { kind: "name", name: external };
  }
  const selector = Object.entries(nested(spec, "selector") ?? {});
  if (selector.length === 0) return { kind: "addresses", slices };
  return { kind: "pods", labels: new Map(selector.map(([key, value]) => [key, String(value ?? "")])) };
}

function servicePort(port: JsonObject, target: unknown): ServicePort | null {
  const number = ownField(port, "port");
  const protocol = ownField(port, "protocol") ?? "TCP";
  const name = ownField(port, "name");
  if (typeof number !== "number" || (protocol !== "TCP" && protocol !== "UDP" && protocol !== "SCTP"))
    return null;
  return {
    name: typeof name === "string" && name !== "" ? name : null,
    protocol,
    port: number,
    // A missing and a zero target are the port itself (core/v1 defaults).
    target:
      (typeof target === "number" && target !== 0) || (typeof target === "string" && target !== "")
        ? target
        : number,
  };
}

/** Addresses by the Service that they belong to. */
function slicesOf(manifests: readonly Manifest[]): ReadonlyMap<string, readonly Slice[]> {
  const found = new Map<string, Slice[]>();
  const add = (key: string, slice: Slice) => found.set(key, [...(found.get(key) ?? []), slice]);
  for (const manifest of manifests) {
    const { object } = manifest;
    const namespace = manifest.namespace ?? "default";
    if (object.kind === "EndpointSlice" && groupOf(object) === "discovery.k8s.io") {
      const service = object.metadata.labels?.["kubernetes.io/service-name"];
      if (service === undefined) continue;
      add(`${namespace}/${service}`, {
        addresses: objects(object["endpoints"]).flatMap((one) =>
          list(ownField(one, "addresses")).flatMap(addressOf),
        ),
        ports: objects(object["ports"]).flatMap((port) => servicePort(port, undefined) ?? []),
      });
    }
    if (object.kind === "Endpoints" && groupOf(object) === "") {
      for (const subset of objects(object["subsets"])) {
        add(`${namespace}/${object.metadata.name ?? ""}`, {
          addresses: objects(ownField(subset, "addresses")).flatMap((one) => addressOf(ownField(one, "ip"))),
          ports: objects(ownField(subset, "ports")).flatMap((port) => servicePort(port, undefined) ?? []),
        });
      }
    }
  }
  return found;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function addressOf(value: unknown): readonly AddressRange[] {
  const address = typeof value === "string" ? parseAddress(value) : null;
  return address === null ? [] : [address];
}
