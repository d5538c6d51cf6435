import type { Workload } from "../../cluster/cluster.ts";
import { type Service, type ServicePort, servicesOf } from "../../policy/kubernetes/services.ts";
import type { Peer, PortMatch, Protocol } from "../../policy/model/policy.ts";
import type { Scope } from "../scope.ts";
import { admitsNamespace, canMatch, isEveryNamespace, labelsOf } from "../selection.ts";
import { unseenPods } from "./policy-facts.ts";

/** A rule that names the port of a Service, where policies see the port behind it. */
export interface MistakenServicePort {
  /** "shop/api". */
  readonly service: string;
  /** "TCP 80". */
  readonly asked: string;
  /** "8080". */
  readonly target: string;
}

/**
 * Whether a rule admits a port of a Service to its pods, and none at which they listen: policies are asked after the address
 * and the port of the Service were replaced (NetworkPolicyPort of the API; projectcalico/calico#8049). Only where every pod
 * that the peer means is in Git; null = it does not, or nobody knows.
 */
export function mistakenServicePort(
  scope: Scope,
  { namespaces, pods }: Extract<Peer, { readonly kind: "pods" }>,
  ports: readonly PortMatch[] | null,
): MistakenServicePort | null {
  if (ports === null || ports.some(({ port }) => port.kind !== "range") || isEveryNamespace(namespaces))
    return null;
  const { head } = scope.delta;
  const matched = [...head.namespaces.keys()].filter((name) => admitsNamespace(namespaces, name, head));
  if (matched.some((name) => unseenPods(scope, name) !== "")) return null;
  const receivers = matched
    .flatMap((name) => scope.workloads("head", name))
    .filter((workload) => canMatch(pods, labelsOf(workload)));
  const admits = (protocol: Protocol, port: number) =>
    ports.some(
      (one) =>
        one.protocol === protocol &&
        one.port.kind === "range" &&
        one.port.first <= port &&
        port <= one.port.last,
    );
  const listens = receivers.some(({ containerPorts }) =>
    containerPorts.some(({ protocol, port }) => admits(protocol, port)),
  );
  if (listens) return null;
  const offers = servicesBefore(scope, receivers).flatMap((service) =>
    service.ports.map((port) => ({ service, port, targets: targetsOf(port, receivers) })),
  );
  if (offers.some(({ port, targets }) => targets.some((target) => admits(port.protocol, target))))
    return null;
  const mistaken = offers.find(({ port, targets }) => targets.length > 0 && admits(port.protocol, port.port));
  if (mistaken === undefined) return null;
  const { service, port, targets } = mistaken;
  return {
    service: `${service.namespace}/${service.name}`,
    asked: `${port.protocol} ${port.port}`,
    target: targets.join(", "),
  };
}

/** Services whose pods are among these. */
function servicesBefore(scope: Scope, receivers: readonly Workload[]): readonly Service[] {
  const services = servicesOf(scope.delta.head.inputs.objects("", "Service"));
  return [...services.values()].filter(({ namespace, backing }) => {
    if (backing.kind !== "pods") return false;
    const selector = [...backing.labels].map(([key, value]) => ({
      key,
      operator: "In" as const,
      values: [value],
    }));
    return receivers.some(
      (workload) => workload.namespace === namespace && canMatch(selector, labelsOf(workload)),
    );
  });
}

/** Numbers behind a port of a Service; none where a name leads to nothing that Git shows. */
function targetsOf({ protocol, target }: ServicePort, receivers: readonly Workload[]): readonly number[] {
  if (typeof target === "number") return [target];
  const named = receivers
    .flatMap(({ containerPorts }) => containerPorts)
    .filter((one) => one.name === target && one.protocol === protocol);
  return [...new Set(named.map(({ port }) => port))];
}
