import type { Manifest } from "../../render/render.ts";
import { addressSetOfRanges, cidrsOf } from "../../sets/ip.ts";
import { type Service, servicesOf } from "../kubernetes/services.ts";
import type { Peer } from "../model/policy.ts";
import type { PolicyInputs } from "../model/policy-inputs.ts";
import { type JsonObject, type Located, objectField, stringField } from "../schema/decode.ts";
import { required } from "../schema/field-error.ts";
import { canonicalSelector } from "../schema/label-selector.ts";
import { asksOfLabels } from "./blocks.ts";
import type { CiliumDecoder } from "./decoder.ts";
import { type CiliumSelector, ciliumSelector } from "./selector.ts";

/** An element of `toServices`: one by name, or those with some labels; without a namespace of any. */
export interface CiliumService {
  readonly by:
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "labels"; readonly selector: CiliumSelector }
    /** It names none. */
    | { readonly kind: "nothing" };
  readonly namespace: string | null;
  readonly pointer: string;
}

export function ciliumService(decoder: CiliumDecoder, service: Located<JsonObject>): CiliumService {
  const named = objectField(decoder, service, "k8sService");
  const labelled = objectField(decoder, service, "k8sServiceSelector");
  const { pointer } = service.path;
  const namespaceOf = (parent: Located<JsonObject>) =>
    stringField(decoder, parent, "namespace")?.value || null;
  if (labelled !== null) {
    const selector = objectField(decoder, labelled, "selector");
    if (selector === null) decoder.errors.push(required(labelled.path, "selector"));
    return {
      by: { kind: "labels", selector: selector === null ? [] : ciliumSelector(decoder, selector) },
      namespace: namespaceOf(labelled),
      pointer,
    };
  }
  if (named === null) return { by: { kind: "nothing" }, namespace: null, pointer };
  const name = stringField(decoder, named, "serviceName")?.value ?? "";
  return { by: { kind: "name", name }, namespace: namespaceOf(named), pointer };
}

export interface ResolvedService {
  readonly peers: readonly Peer[];
  /** Why there may be more; null = that is all. */
  readonly open: string | null;
}

/**
 * The pods behind a Service, in its namespace; of one without a selector the addresses that somebody writes for it
 * (pkg/policy/k8s/service.go). No Service, no destination; whether there is one outside Git, Git cannot say.
 */
export function resolveService(
  { by, namespace, pointer }: CiliumService,
  inputs: PolicyInputs,
): ResolvedService {
  if (by.kind === "nothing") return { peers: [], open: null };
  const found = knownServices(inputs).filter(
    ({ service, labels }) =>
      (namespace === null || service.namespace === namespace) &&
      (by.kind === "name" ? service.name === by.name : by.selector.every((one) => asksOfLabels(one, labels))),
  );
  if (found.length === 0) {
    const what =
      by.kind === "name" ? `Service ${namespace ?? "*"}/${by.name}` : "no Service with these labels";
    return {
      peers: [],
      open: by.kind === "name" ? `${what} does not stand in Git` : `${what} stands in Git`,
    };
  }
  const unwritten = found.find(
    ({ service: { backing } }) => backing.kind === "addresses" && backing.slices.length === 0,
  );
  return {
    peers: found.flatMap(({ service }) => servicePeers(service, pointer)),
    open:
      unwritten === undefined
        ? null
        : `the addresses of Service ${unwritten.service.namespace}/${unwritten.service.name} do not stand in Git`,
  };
}

function servicePeers({ backing, namespace }: Service, pointer: string): readonly Peer[] {
  switch (backing.kind) {
    case "pods": {
      const pods = [...backing.labels].map(([key, value]) => ({
        key,
        operator: "In" as const,
        values: [value],
      }));
      return [
        {
          kind: "pods",
          namespaces: { kind: "named", name: namespace },
          pods: canonicalSelector(pods),
          pointer,
        },
      ];
    }
    case "addresses": {
      const ranges = backing.slices.flatMap(({ addresses }) => addresses);
      return cidrsOf(addressSetOfRanges(ranges)).map((cidr) => ({
        kind: "addresses",
        cidr,
        except: [],
        pointer,
      }));
    }
    // Somebody's name has no endpoints.
    case "name":
      return [];
  }
}

interface KnownService {
  readonly service: Service;
  readonly labels: unknown;
}

const KNOWN = new WeakMap<PolicyInputs, readonly KnownService[]>();

function knownServices(inputs: PolicyInputs): readonly KnownService[] {
  let known = KNOWN.get(inputs);
  if (known === undefined) {
    const objects = inputs.objects("", "Service");
    const services = servicesOf([
      ...objects,
      ...inputs.objects("discovery.k8s.io", "EndpointSlice"),
      ...inputs.objects("", "Endpoints"),
    ]);
    known = objects.flatMap((manifest): readonly KnownService[] => {
      const service = services.get(keyOf(manifest));
      return service === undefined ? [] : [{ service, labels: manifest.object.metadata.labels }];
    });
    KNOWN.set(inputs, known);
  }
  return known;
}

function keyOf({ object, namespace }: Manifest): string {
  return `${namespace ?? "default"}/${object.metadata.name ?? ""}`;
}
