import { effectsOf } from "../../cluster/effects-of.ts";
import type { Service, ServicePort } from "../../policy/kubernetes/services.ts";
import type { Protocol } from "../../policy/model/policy.ts";
import { AddressSpace } from "../../rules/address-space.ts";
import {
  type AddressRange,
  type AddressSet,
  ALL_ADDRESSES,
  addressesInside,
  addressSetOfCidrs,
  addressSetOfRanges,
  NO_ADDRESSES,
  parseAddress,
} from "../../sets/ip.ts";
import { selectorMatches } from "../../surface/selector-match.ts";
import { type AddressPlace, OUTSIDE } from "../../surface/surface.ts";
import type { Effect, Unknown } from "../../targets/unknown.ts";
import { addressText, type Endpoints, type Pods } from "./endpoints.ts";
import { type Destination, nameText, type Question } from "./question.ts";

/** One place that a question asks for, with the port of whoever receives there. */
export interface Leg {
  /** "vault/StatefulSet/vault", "198.51.100.7", "every public address". */
  readonly name: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly end: LegEnd;
}

export type LegEnd =
  | { readonly kind: "pods"; readonly pods: Pods }
  /** Pods of which nothing else is known; a null namespace is any. */
  | { readonly kind: "any-pods"; readonly namespace: string | null; readonly addresses: AddressSet | null }
  | { readonly kind: "addresses"; readonly addresses: AddressSet; readonly place: AddressPlace }
  | { readonly kind: "unresolved"; readonly reason: Unresolved; readonly unknowns: readonly Unknown[] };

/** Why nobody can say where this leads. */
export type Unresolved =
  /** A Service without a selector, whose addresses do not stand in Git. */
  | "addresses-not-in-git"
  /** No pod that Git shows is behind the Service. */
  | "no-pods-behind"
  /** The pods behind the Service give no port the name that it sends to. */
  | "port-name-not-given";

/** What was taken for granted to say where a destination is. */
export type LegAssumption =
  /** The resolver is not in Git: pods with its usual labels are asked for. */
  | "usual-resolver"
  /** No port was asked for, and the destination names none. */
  | "usual-port";

export interface Legs {
  readonly legs: readonly Leg[];
  readonly assumptions: readonly LegAssumption[];
}

/** Something that is asked for and does not stand here. */
export interface Missing {
  readonly kind: "missing";
  readonly what: "workload" | "namespace" | "service" | "service-port";
  /** Of several that the name may mean; or the ports that the Service has. */
  readonly candidates: readonly string[];
  /** What was not read and may hold it. */
  readonly unknowns: readonly Unknown[];
}

export function isMissing(value: object): value is Missing {
  return "kind" in value && value.kind === "missing";
}

type Asked = Pick<Question, "port" | "protocol">;

const USUAL_PORT = 443;
const DNS_PORT = 53;

/** The places that a destination stands for in one environment. */
export function legsOf(
  endpoints: Endpoints,
  to: Destination,
  asked: Asked,
  internalRanges: readonly string[],
): Legs | Missing {
  switch (to.kind) {
    case "workload": {
      const pods = workloadPods(endpoints, to);
      return isMissing(pods) ? pods : ofPods(pods, asked);
    }
    case "pods":
      return endpoints.cluster.namespaces.has(to.namespace)
        ? ofPods([labelledPods(to)], asked)
        : missing(endpoints, "namespace", to.namespace);
    case "namespace":
      return namespaceLegs(endpoints, to.name, asked);
    case "service": {
      const service = endpoints.services.get(`${to.namespace}/${to.name}`);
      return service === undefined
        ? missing(endpoints, "service", to.namespace)
        : serviceLegs(endpoints, service, asked);
    }
    case "address":
      return addressLegs(endpoints, to.address, asked);
    case "dns":
      return resolverLegs(endpoints, asked);
    case "internet": {
      const outside = new AddressSpace(internalRanges).public(ALL_ADDRESSES);
      return atUsualPort(asked, (port) => ({
        ...port,
        name: "every public address",
        end: { kind: "addresses", addresses: outside, place: OUTSIDE },
      }));
    }
    case "domain":
      return atUsualPort(asked, (port) => ({
        ...port,
        name: to.name,
        end: {
          kind: "addresses",
          addresses: new AddressSpace(internalRanges).public(ALL_ADDRESSES),
          place: { kind: "outside", name: to.name },
        },
      }));
  }
}

/** Pods of a named workload; several where one object makes several kinds of pods or several are seen running. */
export function workloadPods(
  endpoints: Endpoints,
  { namespace, workloadKind, name }: Destination & { readonly kind: "workload" },
): readonly Pods[] | Missing {
  const whole = workloadKind === null ? [] : endpoints.podsOf(namespace, workloadKind, name);
  if (whole.length > 0) return whole;
  const named = endpoints.workloadsNamed(namespace, workloadKind, name);
  const [only] = named;
  if (only !== undefined && named.length === 1) return endpoints.podsOfWorkload(only);
  return { ...missing(endpoints, "workload", namespace), candidates: named.map(({ key }) => key) };
}

export function labelledPods(to: Destination & { readonly kind: "pods" }): Pods {
  return {
    name: nameText(to),
    subject: { namespace: to.namespace, labels: to.labels, runtimeLabels: to.anyValue, hostNetwork: false },
    containerPorts: [],
    addresses: [],
    node: [],
    single: false,
  };
}

export function missing({ cluster }: Endpoints, what: Missing["what"], namespace: string): Missing {
  const effect: Effect = what === "namespace" ? "namespace" : what === "workload" ? "workload" : "service";
  const unknowns = cluster.unknowns.filter(
    ({ bound }) =>
      (bound.namespaces === null || bound.namespaces.includes(namespace)) && effectsOf(bound).has(effect),
  );
  return { kind: "missing", what, candidates: [], unknowns };
}

function ofPods(pods: readonly Pods[], asked: Asked): Legs {
  const legs = pods.flatMap((one) => portsOfPods(one, asked).map((port) => podLeg(one, port)));
  if (legs.length > 0) return { legs, assumptions: [] };
  const usual = usualPort(asked);
  return { legs: pods.map((one) => podLeg(one, usual)), assumptions: ["usual-port"] };
}

/** The port that is asked for, else those that its containers name. */
function portsOfPods({ containerPorts }: Pods, { port, protocol }: Asked): readonly Port[] {
  if (port !== null) return [{ port, protocol: protocol ?? "TCP" }];
  return containerPorts.filter((one) => protocol === null || one.protocol === protocol);
}

type Port = Pick<Leg, "port" | "protocol">;

function podLeg(pods: Pods, { port, protocol }: Port): Leg {
  return { name: pods.name, port, protocol, end: { kind: "pods", pods } };
}

function usualPort({ protocol }: Asked): Port {
  return { port: USUAL_PORT, protocol: protocol ?? "TCP" };
}

function atUsualPort(asked: Asked, leg: (port: Port) => Leg): Legs {
  return asked.port === null
    ? { legs: [leg(usualPort(asked))], assumptions: ["usual-port"] }
    : { legs: [leg({ port: asked.port, protocol: asked.protocol ?? "TCP" })], assumptions: [] };
}

/** Any pod of it: those that Git shows, and where others may run, any. */
function namespaceLegs(endpoints: Endpoints, namespace: string, asked: Asked): Legs | Missing {
  const { cluster } = endpoints;
  if (!cluster.namespaces.has(namespace)) return missing(endpoints, "namespace", namespace);
  const known = endpoints.podsIn(namespace);
  const others = known.length === 0 || cluster.openNamespaces.has(namespace);
  const legs = known.length === 0 ? { legs: [], assumptions: [] } : ofPods(known, asked);
  if (!others) return legs;
  const any = atUsualPort(asked, (port) => ({
    ...port,
    name: `${known.length === 0 ? "any pod" : "any other pod"} of ${namespace}`,
    end: { kind: "any-pods", namespace, addresses: null },
  }));
  return {
    legs: [...legs.legs, ...any.legs],
    assumptions: [...new Set([...legs.assumptions, ...any.assumptions])],
  };
}

/** A pod's address is that pod, a Service's address that Service; loopback and nodes stay addresses. */
function addressLegs(endpoints: Endpoints, text: string, asked: Asked): Legs | Missing {
  const address = parseAddress(text);
  if (address === null)
    return atUsualPort(asked, (port) => ({
      ...port,
      name: text,
      end: { kind: "addresses", addresses: NO_ADDRESSES, place: OUTSIDE },
    }));
  const pods = endpoints.podsAt(address).filter(({ subject }) => !subject.hostNetwork);
  if (pods.length > 0)
    return ofPods(
      pods.map((one) => ({ ...one, addresses: [address] })),
      asked,
    );
  const service = [...endpoints.services.values()].find(({ clusterAddresses }) =>
    clusterAddresses.some((one) => addressText(one) === addressText(address)),
  );
  if (service !== undefined) return serviceLegs(endpoints, service, asked);
  const addresses = addressSetOfRanges([address]);
  const ofSomePod = addressesInside(addresses, addressSetOfCidrs(endpoints.cluster.podCIDRs) ?? NO_ADDRESSES);
  return atUsualPort(asked, (port) => ({
    ...port,
    name: text,
    end: ofSomePod
      ? { kind: "any-pods", namespace: null, addresses }
      : { kind: "addresses", addresses, place: placeOf(endpoints, address) },
  }));
}

function placeOf(endpoints: Endpoints, address: AddressRange): AddressPlace {
  const node = endpoints.nodeAt(address);
  const apiServer = endpoints.isOfApiServer(address);
  if (node === null) return { kind: apiServer ? "api-server" : "unknown" };
  return { kind: "node", which: "other", ...node, ...(apiServer ? { apiServer } : {}) };
}

/** Policies see the pods behind a Service, at the ports that these listen on (fact of kube-proxy and every CNI). */
function serviceLegs(endpoints: Endpoints, service: Service, asked: Asked): Legs | Missing {
  const { namespace, name, backing, headless } = service;
  const matching = service.ports.filter(
    ({ port, protocol }) =>
      (asked.port === null || asked.port === port) &&
      (asked.protocol === null || asked.protocol === protocol),
  );
  const itself: readonly ServicePort[] =
    asked.port === null || !(headless || backing.kind === "name")
      ? []
      : [{ name: null, protocol: asked.protocol ?? "TCP", port: asked.port, target: asked.port }];
  const ports = headless && asked.port !== null ? itself : matching.length > 0 ? matching : itself;
  if (ports.length === 0 && service.ports.length > 0) {
    return {
      kind: "missing",
      what: "service-port",
      candidates: service.ports.map(({ port, protocol }) => `${port}/${protocol}`),
      unknowns: [],
    };
  }
  const usual: ServicePort = { name: null, ...usualPort(asked), target: USUAL_PORT };
  const legs = (ports.length > 0 ? ports : [usual]).flatMap((port) =>
    behind(endpoints, service, headless ? { ...port, target: port.port } : port),
  );
  if (legs.length > 0) return { legs, assumptions: ports.length > 0 ? [] : ["usual-port"] };
  const { unknowns } = missing(endpoints, "workload", namespace);
  const reason = backing.kind === "pods" ? "no-pods-behind" : "addresses-not-in-git";
  const port = ports[0] ?? usual;
  return {
    legs: [
      {
        name: `service/${namespace}/${name}`,
        port: port.port,
        protocol: port.protocol,
        end: { kind: "unresolved", reason, unknowns },
      },
    ],
    assumptions: [],
  };
}

function behind(endpoints: Endpoints, { namespace, backing }: Service, port: ServicePort): readonly Leg[] {
  switch (backing.kind) {
    case "name":
      return [
        {
          name: backing.name,
          port: port.port,
          protocol: port.protocol,
          end: {
            kind: "addresses",
            addresses: new AddressSpace([]).public(ALL_ADDRESSES),
            place: { kind: "outside", name: backing.name.toLowerCase().replace(/\.$/, "") },
          },
        },
      ];
    case "pods": {
      const selector = [...backing.labels].map(
        ([key, value]) => ({ key, operator: "In", values: [value] }) as const,
      );
      return endpoints
        .podsIn(namespace)
        .filter(({ subject }) => selectorMatches(selector, subject.labels))
        .flatMap((pods) => targetLegs(pods, port));
    }
    case "addresses":
      return backing.slices.flatMap(({ addresses, ports }) => {
        const own = ports.find((one) => one.name === port.name && one.protocol === port.protocol);
        const number = own?.port ?? (typeof port.target === "number" ? port.target : port.port);
        return addresses.flatMap((address) => {
          const legs = addressLegs(endpoints, addressText(address), {
            port: number,
            protocol: port.protocol,
          });
          return isMissing(legs) ? [] : legs.legs;
        });
      });
  }
}

function targetLegs(pods: Pods, { target, port, protocol }: ServicePort): readonly Leg[] {
  if (typeof target === "number") return [podLeg(pods, { port: target, protocol })];
  const named = pods.containerPorts.filter((one) => one.name === target && one.protocol === protocol);
  if (named.length > 0) return named.map((one) => podLeg(pods, one));
  return [
    {
      name: pods.name,
      port,
      protocol,
      end: { kind: "unresolved", reason: "port-name-not-given", unknowns: [] },
    },
  ];
}

const RESOLVER = { namespace: "kube-system", key: "k8s-app", value: "kube-dns" } as const;

/** kube-dns and CoreDNS carry the same label; what stands before them on a node is not seen by policies of pods. */
function resolverLegs(endpoints: Endpoints, asked: Asked): Legs {
  const known = [...endpoints.cluster.workloads.values()].filter(
    ({ namespace, labels }) =>
      namespace === RESOLVER.namespace && labels.get(RESOLVER.key) === RESOLVER.value,
  );
  const assumed = labelledPods({
    kind: "pods",
    namespace: RESOLVER.namespace,
    labels: new Map([[RESOLVER.key, RESOLVER.value]]),
    anyValue: new Set(),
  });
  const service = endpoints.services.get(`${RESOLVER.namespace}/kube-dns`);
  const protocols = (["UDP", "TCP"] as const).filter(
    (one) => asked.protocol === null || asked.protocol === one,
  );
  const ports = protocols.map((protocol) => ({ protocol, port: asked.port ?? DNS_PORT }));
  const legs = known.flatMap((workload) =>
    endpoints.podsOfWorkload(workload).flatMap((pods) =>
      ports.flatMap((port) => {
        const through = service?.ports.find(
          (one) => one.port === port.port && one.protocol === port.protocol,
        );
        return through === undefined ? [podLeg(pods, port)] : targetLegs(pods, through);
      }),
    ),
  );
  return known.length > 0
    ? { legs, assumptions: [] }
    : { legs: ports.map((port) => podLeg(assumed, port)), assumptions: ["usual-resolver"] };
}
