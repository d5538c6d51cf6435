/**
 * "May this packet pass?" as Calico decides it, slow and obvious, to be checked by eye: tiers in order, policies in order, the
 * first rule that matches (felix/calc policy_sorter.go and rule_scanner.go; libcalico-go updateprocessors rules.go).
 */
import { egressAllowed, inBlock, ingressAllowed, type OraclePod, type RawPolicy } from "./network-policy.ts";

export interface CalicoWorld {
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly serviceAccounts: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Labels;
  }[];
  readonly services: readonly RawService[];
  readonly networkSets: readonly {
    readonly namespace: string | null;
    readonly name: string;
    readonly labels: Labels;
    readonly nets: readonly string[];
  }[];
  readonly tiers: readonly {
    readonly name: string;
    readonly order?: number;
    readonly defaultAction?: string;
  }[];
  readonly policies: readonly RawCalicoPolicy[];
  readonly networkPolicies: readonly RawPolicy[];
}

export type Labels = Readonly<Record<string, string>>;

export interface RawService {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Labels | null;
  readonly ports: readonly {
    readonly protocol: string;
    readonly port: number;
    readonly targetPort: number | string;
  }[];
  /** Of a Service without a selector: what its EndpointSlice says. */
  readonly endpoints: readonly {
    readonly address: string;
    readonly protocol: string;
    readonly port: number;
  }[];
}

export interface RawCalicoPolicy {
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly tier?: string;
    readonly order?: number;
    readonly selector?: string;
    readonly namespaceSelector?: string;
    readonly serviceAccountSelector?: string;
    readonly types?: readonly string[];
    readonly ingress?: readonly RawRule[];
    readonly egress?: readonly RawRule[];
  };
}

export interface RawRule {
  readonly action: string;
  readonly ipVersion?: number;
  readonly protocol?: string | number;
  readonly notProtocol?: string | number;
  readonly source?: RawEntity;
  readonly destination?: RawEntity;
}

export interface RawEntity {
  readonly nets?: readonly string[];
  readonly notNets?: readonly string[];
  readonly selector?: string;
  readonly notSelector?: string;
  readonly namespaceSelector?: string;
  readonly serviceAccounts?: { readonly names?: readonly string[]; readonly selector?: string };
  readonly services?: { readonly name: string; readonly namespace?: string };
  readonly ports?: readonly (number | string)[];
  readonly notPorts?: readonly (number | string)[];
}

export interface CalicoPod extends OraclePod {
  readonly serviceAccount: string;
  readonly address: string;
}

export type CalicoEnd = { readonly pod: CalicoPod } | { readonly address: string };

export interface CalicoPacket {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

export type Direction = "egress" | "ingress";

export function calicoAllows(
  world: CalicoWorld,
  direction: Direction,
  pod: CalicoPod,
  other: CalicoEnd,
  packet: CalicoPacket,
): boolean {
  for (const { policies, defaultAction } of tiersFor(world, direction, pod)) {
    if (policies.length === 0) continue;
    const action = firstAction(world, policies, direction, pod, other, packet);
    if (action === "Allow" || action === "Deny") return action === "Allow";
    // No rule decides, and the end of the tier does; Pass goes on to the next tier.
    if (action === null && defaultAction !== "Pass") return false;
  }
  return true;
}

interface Governing {
  readonly order: number;
  readonly key: string;
  readonly policy: { readonly calico: RawCalicoPolicy } | { readonly kubernetes: RawPolicy };
}

function tiersFor(world: CalicoWorld, direction: Direction, pod: CalicoPod) {
  const tiers = [
    ...world.tiers.map((tier) => ({ order: Number.POSITIVE_INFINITY, ...tier })),
    { name: "default", order: 1_000_000, defaultAction: "Deny" },
  ];
  return tiers
    .sort((a, b) => compare(a.order, b.order) || compare(a.name, b.name))
    .map(({ name, defaultAction }) => ({
      defaultAction,
      policies: [
        ...world.policies
          .filter(
            (policy) => (policy.spec.tier ?? "default") === name && governs(world, policy, direction, pod),
          )
          .map(ofCalico),
        ...(name === "default"
          ? world.networkPolicies.filter((policy) => isolates(policy, direction, pod)).map(ofKubernetes)
          : []),
      ].sort((a, b) => compare(a.order, b.order) || compare(a.key, b.key)),
    }));
}

function ofCalico(policy: RawCalicoPolicy): Governing {
  const { name, namespace } = policy.metadata;
  return {
    order: policy.spec.order ?? Number.POSITIVE_INFINITY,
    key: `${name}/${namespace ?? ""}`,
    policy: { calico: policy },
  };
}

function ofKubernetes(policy: RawPolicy): Governing {
  return {
    order: 1000,
    key: `${policy.metadata.name}/${policy.metadata.namespace}`,
    policy: { kubernetes: policy },
  };
}

function compare<T extends number | string>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Policies here always say their types. */
function isolates(policy: RawPolicy, direction: Direction, pod: CalicoPod): boolean {
  const bare = { ...policy, spec: { ...policy.spec, egress: [], ingress: [] } };
  return !kubernetesAllows(bare, direction, pod, { address: "9.9.9.9" }, { protocol: "TCP", port: 1 });
}

function kubernetesAllows(
  policy: RawPolicy,
  direction: Direction,
  pod: CalicoPod,
  other: CalicoEnd,
  packet: CalicoPacket,
): boolean {
  return direction === "egress"
    ? egressAllowed([policy], pod, other, packet)
    : ingressAllowed([policy], other, pod, packet);
}

function firstAction(
  world: CalicoWorld,
  policies: readonly Governing[],
  direction: Direction,
  pod: CalicoPod,
  other: CalicoEnd,
  packet: CalicoPacket,
): string | null {
  for (const { policy } of policies) {
    if ("kubernetes" in policy) {
      if (kubernetesAllows(policy.kubernetes, direction, pod, other, packet)) return "Allow";
      continue;
    }
    const { metadata, spec } = policy.calico;
    for (const rule of spec[direction] ?? []) {
      const [source, destination] = direction === "egress" ? [{ pod }, other] : [other, { pod }];
      if (rule.action !== "Log" && ruleMatches(world, metadata.namespace, rule, source, destination, packet))
        return rule.action;
    }
  }
  return null;
}

function governs(
  world: CalicoWorld,
  { apiVersion, metadata, spec }: RawCalicoPolicy,
  direction: Direction,
  pod: CalicoPod,
): boolean {
  const both = apiVersion === "crd.projectcalico.org/v1";
  const [ingress, egress] = [(spec.ingress ?? []).length > 0, (spec.egress ?? []).length > 0];
  const types = spec.types ?? [
    ...(ingress || !egress || both ? ["Ingress"] : []),
    ...(egress || both ? ["Egress"] : []),
  ];
  const labels = labelsOfPod(world, pod);
  return (
    types.includes(direction === "egress" ? "Egress" : "Ingress") &&
    (metadata.namespace === undefined || metadata.namespace === pod.namespace) &&
    holds(spec.selector ?? "", labels) &&
    holds(spec.namespaceSelector ?? "", labels, "pcns.") &&
    holds(spec.serviceAccountSelector ?? "", labels, "pcsa.")
  );
}

function ruleMatches(
  world: CalicoWorld,
  namespace: string | undefined,
  rule: RawRule,
  source: CalicoEnd,
  destination: CalicoEnd,
  packet: CalicoPacket,
): boolean {
  const { ipVersion, protocol, notProtocol } = rule;
  const nets = [rule.source, rule.destination].flatMap((entity) => [
    ...(entity?.nets ?? []),
    ...(entity?.notNets ?? []),
  ]);
  const isV6 = addressOf(destination).includes(":");
  if (ipVersion !== undefined && (ipVersion === 6) !== isV6) return false;
  if (nets.some((net) => net.includes(":") !== isV6)) return false;
  if (protocol !== undefined && !isProtocol(protocol, packet)) return false;
  if (notProtocol !== undefined && isProtocol(notProtocol, packet)) return false;
  return (
    entityMatches(world, namespace, rule.source ?? {}, source, null) &&
    entityMatches(world, namespace, rule.destination ?? {}, destination, packet) &&
    portMatches(world, namespace, rule.destination ?? {}, destination, packet)
  );
}

function isProtocol(protocol: string | number, packet: CalicoPacket): boolean {
  return protocol === packet.protocol || protocol === { TCP: 6, UDP: 17, SCTP: 132 }[packet.protocol];
}

function addressOf(end: CalicoEnd): string {
  return "pod" in end ? end.pod.address : end.address;
}

/** A net may be one address. */
function inNet(net: string, address: string): boolean {
  return net.includes("/") ? inBlock(net, address) : net === address;
}

/** @param packet null for the source, whose port is any */
function entityMatches(
  world: CalicoWorld,
  namespace: string | undefined,
  entity: RawEntity,
  end: CalicoEnd,
  packet: CalicoPacket | null,
): boolean {
  const { nets, notNets = [], services } = entity;
  const address = addressOf(end);
  if (nets !== undefined && nets.length > 0 && !nets.some((net) => inNet(net, address))) return false;
  if (notNets.some((net) => inNet(net, address))) return false;
  if (
    services !== undefined &&
    !isEndpoint(world, services.namespace ?? namespace ?? "", services.name, end, packet)
  )
    return false;
  const selected = selection(namespace, entity);
  const not = entity.notSelector ?? "";
  if (selected !== null)
    return ownersOf(world, end).some((labels) => selected(labels) && (not === "" || !holds(not, labels)));
  return not === "" || !ownersOf(world, end).some((labels) => holds(not, labels));
}

/** What a selector of an entity asks of labels; null = the entity has none. */
function selection(namespace: string | undefined, entity: RawEntity): ((labels: Labels) => boolean) | null {
  const { selector = "", notSelector = "", namespaceSelector = "", serviceAccounts = {} } = entity;
  const { names = [], selector: accounts = "" } = serviceAccounts;
  const own = selector !== "" || accounts !== "" || names.length > 0;
  if (!own && namespaceSelector === "" && (notSelector === "" || namespace === undefined)) return null;
  return (labels) =>
    holds(selector, labels) &&
    holds(accounts, labels, "pcsa.") &&
    (names.length === 0 || names.includes(labels["projectcalico.org/serviceaccount"] ?? "")) &&
    (namespaceSelector === ""
      ? namespace === undefined || labels["projectcalico.org/namespace"] === namespace
      : holds(namespaceSelector, labels, "pcns."));
}

/** The labels of everything that has the address: the pod, and each set that lists it. */
function ownersOf(world: CalicoWorld, end: CalicoEnd): readonly Labels[] {
  const address = addressOf(end);
  const sets = world.networkSets.filter(({ nets }) => nets.some((net) => inNet(net, address)));
  return [
    ...("pod" in end ? [labelsOfPod(world, end.pod)] : []),
    ...sets.map(({ namespace, labels }) =>
      namespace === null ? labels : { ...labels, ...labelsOfNamespace(world, namespace) },
    ),
  ];
}

function labelsOfPod(world: CalicoWorld, { namespace, labels, serviceAccount }: CalicoPod): Labels {
  const account = world.serviceAccounts.find(
    (one) => one.namespace === namespace && one.name === serviceAccount,
  );
  return {
    ...labels,
    ...labelsOfNamespace(world, namespace),
    ...prefixed("pcsa.", { ...account?.labels, "projectcalico.org/name": serviceAccount }),
    "projectcalico.org/orchestrator": "k8s",
    "projectcalico.org/serviceaccount": serviceAccount,
  };
}

function labelsOfNamespace(world: CalicoWorld, name: string): Labels {
  const own = {
    ...world.namespaces[name],
    "kubernetes.io/metadata.name": name,
    "projectcalico.org/name": name,
  };
  return { ...prefixed("pcns.", own), "projectcalico.org/namespace": name };
}

function prefixed(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

function portMatches(
  world: CalicoWorld,
  namespace: string | undefined,
  entity: RawEntity,
  end: CalicoEnd,
  packet: CalicoPacket,
): boolean {
  const { ports = [], notPorts = [] } = entity;
  const is = (port: number | string) => {
    const text = String(port);
    const [first = "", last = first] = text.split(":");
    if (/^\d+$/.test(first)) return packet.port >= Number(first) && packet.port <= Number(last);
    // A name belongs to a pod that the rule selects.
    const selected = selection(namespace, entity);
    return (
      "pod" in end &&
      (selected === null || selected(labelsOfPod(world, end.pod))) &&
      end.pod.ports.some(
        (one) => one.name === text && one.port === packet.port && one.protocol === packet.protocol,
      )
    );
  };
  return (ports.length === 0 || ports.some(is)) && !notPorts.some(is);
}

function isEndpoint(
  world: CalicoWorld,
  namespace: string,
  name: string,
  end: CalicoEnd,
  packet: CalicoPacket | null,
): boolean {
  const service = world.services.find((one) => one.namespace === namespace && one.name === name);
  if (service === undefined) return false;
  const { selector } = service;
  if (selector === null) {
    return service.endpoints.some(
      (one) =>
        one.address === addressOf(end) &&
        (packet === null || (one.port === packet.port && one.protocol === packet.protocol)),
    );
  }
  if (!("pod" in end) || end.pod.namespace !== namespace) return false;
  const { labels, ports } = end.pod;
  if (!Object.entries(selector).every(([key, value]) => labels[key] === value)) return false;
  if (packet === null) return true;
  return service.ports.some(({ protocol, targetPort }) =>
    protocol === packet.protocol && typeof targetPort === "number"
      ? targetPort === packet.port
      : ports.some(
          (one) =>
            one.name === targetPort &&
            one.protocol === protocol &&
            protocol === packet.protocol &&
            one.port === packet.port,
        ),
  );
}

/**
 * Whether a selector holds, read from its text from left to right. With a prefix its labels are those of the namespace or the
 * service account; of namespaces `all()` is what is in one, and `global()` what is in none.
 */
function holds(text: string, labels: Labels, prefix: "" | "pcns." | "pcsa." = ""): boolean {
  const tokens =
    text.match(/"[^"]*"|'[^']*'|[A-Za-z0-9_./-]+\(|[A-Za-z0-9_./-]+|&&|\|\||==|!=|[!(){},]/g) ?? [];
  let at = 0;
  const take = () => tokens[at++] ?? "";
  const peek = () => tokens[at] ?? "";
  const string = () => take().slice(1, -1);
  const inNamespace = "projectcalico.org/namespace" in labels;
  function or(): boolean {
    let result = and();
    while (peek() === "||") {
      take();
      const next = and();
      result = result || next;
    }
    return result;
  }
  function and(): boolean {
    let result = operation();
    while (peek() === "&&") {
      take();
      const next = operation();
      result = result && next;
    }
    return result;
  }
  function operation(): boolean {
    const token = take();
    if (token === "!") return !operation();
    if (token === "(") {
      const inner = or();
      take();
      return inner;
    }
    if (token === "all(" || token === "global(") {
      take();
      return prefix !== "pcns." || inNamespace === (token === "all(");
    }
    if (token === "has(") {
      const key = take();
      take();
      return `${prefix}${key}` in labels;
    }
    return comparison(labels[`${prefix}${token}`]);
  }
  function comparison(value: string | undefined): boolean {
    const operator = take();
    switch (operator) {
      case "==":
        return string() === value;
      case "!=":
        return string() !== value;
      case "contains": {
        const part = string();
        return value?.includes(part) ?? false;
      }
      case "starts":
      case "ends": {
        take();
        const part = string();
        return (operator === "starts" ? value?.startsWith(part) : value?.endsWith(part)) ?? false;
      }
    }
    if (operator === "not") take();
    take();
    const values: string[] = [];
    while (peek() !== "}") {
      if (peek() === ",") take();
      else values.push(string());
    }
    take();
    return operator.startsWith("not") !== (value !== undefined && values.includes(value));
  }
  return tokens.length === 0 || or();
}
