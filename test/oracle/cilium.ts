/**
 * "May this pod send this packet there?" under Cilium, by the letter: everything has labels ("k8s:app=web", "reserved:host"),
 * and a selector asks for labels. Slow and obvious, to be checked by eye; it reads the objects as authors write them.
 * https://docs.cilium.io/en/stable/security/policy/language/
 */
import { inBlock, type Packet, type RawPolicy, type RawSelector } from "./network-policy.ts";

export interface RawCilium {
  readonly kind: "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy";
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: RawSpec;
  readonly specs?: readonly RawSpec[];
}

export interface RawSpec {
  readonly endpointSelector?: RawSelector;
  readonly nodeSelector?: RawSelector;
  readonly enableDefaultDeny?: { readonly egress?: boolean; readonly ingress?: boolean };
  readonly egress?: readonly RawRule[];
  readonly egressDeny?: readonly RawRule[];
  readonly ingress?: readonly RawRule[];
  readonly ingressDeny?: readonly RawRule[];
}

/** Of egress; of ingress with "from" for "to". */
export type RawRule = Readonly<Record<string, unknown>> & { readonly toPorts?: readonly RawPortRule[] };

export interface RawPortRule {
  readonly ports?: readonly {
    readonly port: string;
    readonly endPort?: number;
    readonly protocol?: string;
  }[];
  readonly rules?: Readonly<Record<string, readonly RawName[]>>;
}

export interface RawName {
  readonly matchName?: string;
  readonly matchPattern?: string;
}

export interface RawBlock {
  readonly cidr?: string;
  readonly cidrGroupRef?: string;
  readonly cidrGroupSelector?: RawSelector;
  readonly except?: readonly string[];
}

export interface RawService {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly selector: Readonly<Record<string, string>>;
}

export interface CiliumWorld {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly policies: readonly RawCilium[];
  readonly networkPolicies: readonly RawPolicy[];
  readonly groups: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly cidrs: readonly string[];
  }[];
  readonly services: readonly RawService[];
}

export interface CiliumPod {
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

/** The other end of a flow: what it is decides its labels. */
export type CiliumEnd =
  | { readonly kind: "pod"; readonly pod: CiliumPod }
  | { readonly kind: "outside"; readonly address: string; readonly name: string | null }
  | { readonly kind: "own node" | "other node"; readonly labels: Readonly<Record<string, string>> }
  | { readonly kind: "API server outside"; readonly address: string };

/** By "source:key". */
type Labels = ReadonlyMap<string, string>;

function labelsOf(end: CiliumEnd): Labels {
  switch (end.kind) {
    case "pod":
      return podLabels(end.pod);
    case "outside":
      return new Map([["reserved:world", ""]]);
    case "API server outside":
      return new Map([
        ["reserved:world", ""],
        ["reserved:kube-apiserver", ""],
      ]);
    case "own node":
      return new Map([["reserved:host", ""]]);
    case "other node":
      return new Map([
        ["reserved:remote-node", ""],
        ...Object.entries(end.labels).map(([key, value]) => [`node:${key}`, value] as const),
      ]);
  }
}

function podLabels({ namespace, namespaceLabels, labels, serviceAccount }: CiliumPod): Labels {
  const prefix = "k8s:io.cilium.k8s.namespace.labels.";
  return new Map([
    ...Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value] as const),
    ...Object.entries(namespaceLabels).map(([key, value]) => [`${prefix}${key}`, value] as const),
    [`${prefix}kubernetes.io/metadata.name`, namespace],
    ["k8s:io.kubernetes.pod.namespace", namespace],
    ["k8s:io.cilium.k8s.policy.serviceaccount", serviceAccount],
  ]);
}

interface Term {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function termsOf({ matchLabels = {}, matchExpressions = [] }: RawSelector): readonly Term[] {
  return [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In", values: [value] })),
    ...matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  ];
}

/** A key with a source is that label; without one, or with "any:", that of any source. */
function holds(terms: readonly Term[], labels: Labels): boolean {
  return terms.every(({ key, operator, values }) => {
    const name = key.replace(/^any:/, "");
    const value = name.includes(":")
      ? labels.get(name)
      : [...labels].find(([label]) => label.slice(label.indexOf(":") + 1) === name)?.[1];
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    return (operator === "Exists") === (value !== undefined);
  });
}

const NAMESPACE = /^(k8s:|any:|)io\.kubernetes\.pod\.namespace$/;
const NAMESPACE_LABEL = /^(k8s:|any:|)io\.cilium\.k8s\.namespace\.labels\./;

/** The namespace that the agent adds to a selector of endpoints, unless it asks for one, or for a reserved label. */
function scoped(selector: RawSelector, namespace: string | undefined): readonly Term[] {
  const terms = termsOf(selector);
  const asks = (pattern: RegExp) => terms.some(({ key }) => pattern.test(key));
  if (asks(/^reserved:/) || asks(NAMESPACE)) return terms;
  const key = "k8s:io.kubernetes.pod.namespace";
  if (namespace === undefined) return [...terms, { key, operator: "Exists", values: [] }];
  return asks(NAMESPACE_LABEL) ? terms : [...terms, { key, operator: "In", values: [namespace] }];
}

interface Spec {
  readonly spec: RawSpec;
  readonly namespace: string | undefined;
}

/** Specifications that are enforced: of an object that the agent refuses, none is. */
function enforcedSpecs({ policies }: CiliumWorld): readonly Spec[] {
  return policies.flatMap(({ metadata, spec, specs = [] }) => {
    const all = [...(spec === undefined ? [] : [spec]), ...specs];
    return all.some(isRefused) ? [] : all.map((one) => ({ spec: one, namespace: metadata.namespace }));
  });
}

/** No rule at all; or two kinds of peers in one rule. */
function isRefused({ egress = [], egressDeny = [], ingress = [], ingressDeny = [] }: RawSpec): boolean {
  const rules = [...egress, ...egressDeny, ...ingress, ...ingressDeny];
  return rules.length === 0 || rules.some((rule) => peerKinds(rule).length > 1);
}

const PEERS = ["Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs", "Services", "Nodes"];

function listOf<T>(rule: RawRule, name: string): readonly T[] | undefined {
  return (rule[`to${name}`] ?? rule[`from${name}`]) as readonly T[] | undefined;
}

function peerKinds(rule: RawRule): readonly string[] {
  return PEERS.filter((name) => (listOf(rule, name)?.length ?? 0) > 0);
}

function governs({ spec, namespace }: Spec, pod: CiliumPod): boolean {
  if (spec.endpointSelector === undefined) return false;
  return (
    (namespace === undefined || namespace === pod.namespace) &&
    holds(termsOf(spec.endpointSelector), podLabels(pod))
  );
}

export type Direction = "egress" | "ingress";

/** Deny beats allow; then whoever is isolated is denied what nothing admits. */
export function ciliumAllows(
  world: CiliumWorld,
  direction: Direction,
  pod: CiliumPod,
  end: CiliumEnd,
  packet: Packet,
): boolean {
  const selecting = enforcedSpecs(world).filter((one) => governs(one, pod));
  const standard = world.networkPolicies.filter((one) => standardGoverns(one, direction, pod));
  const receiver = direction === "ingress" ? pod : end.kind === "pod" ? end.pod : null;
  const matches = (rule: RawRule, namespace: string | undefined) =>
    peersMatch(world, rule, namespace, pod, end) && portsMatch(rule, receiver, packet);
  const some = (name: Direction | `${Direction}Deny`) =>
    selecting.some(({ spec, namespace }) => (spec[name] ?? []).some((rule) => matches(rule, namespace)));
  if (some(`${direction}Deny`)) return false;
  if (some(direction) || standard.some((one) => standardAdmits(one, direction, end, receiver, packet)))
    return true;
  return standard.length === 0 && !selecting.some(({ spec }) => isolates(spec, direction));
}

function isolates(spec: RawSpec, direction: Direction): boolean {
  const rules = [...(spec[direction] ?? []), ...(spec[`${direction}Deny`] ?? [])];
  return rules.length > 0 && spec.enableDefaultDeny?.[direction] !== false;
}

/** No peers: anything, where ports are named, and nothing else. An empty list selects nothing. */
function peersMatch(
  world: CiliumWorld,
  rule: RawRule,
  namespace: string | undefined,
  pod: CiliumPod,
  end: CiliumEnd,
): boolean {
  const empty = ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes"].some(
    (name) => listOf(rule, name)?.length === 0,
  );
  if (empty) return false;
  if (peerKinds(rule).length === 0) return (rule.toPorts ?? []).length > 0 || listLength(rule["icmps"]) > 0;
  const labels = labelsOf(end);
  return (
    (listOf<RawSelector>(rule, "Endpoints") ?? []).some((one) => holds(scoped(one, namespace), labels)) ||
    (listOf<string>(rule, "Entities") ?? []).some((one) => isEntity(one, end)) ||
    (listOf<string>(rule, "CIDR") ?? []).some((cidr) => blockMatches(world, { cidr }, end)) ||
    (listOf<RawBlock>(rule, "CIDRSet") ?? []).some((block) => blockMatches(world, block, end)) ||
    (listOf<RawName>(rule, "FQDNs") ?? []).some((one) => nameMatches(world, one, pod, end)) ||
    (listOf<RawServiceRef>(rule, "Services") ?? []).some((one) => serviceMatches(world, one, end)) ||
    (end.kind === "other node" &&
      (listOf<RawSelector>(rule, "Nodes") ?? []).some((one) => holds(termsOf(one), labels)))
  );
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function isEntity(entity: string, end: CiliumEnd): boolean {
  const outside = end.kind === "outside" || end.kind === "API server outside";
  switch (entity) {
    case "all":
      return true;
    case "world":
      return outside;
    case "cluster":
      return end.kind !== "outside";
    case "host":
      return end.kind === "own node";
    case "remote-node":
      return end.kind === "other node";
    case "kube-apiserver":
      return end.kind === "API server outside";
    default:
      return false;
  }
}

/** Blocks hold neither pods nor nodes; a group that does not exist holds nothing. */
function blockMatches({ groups }: CiliumWorld, block: RawBlock, end: CiliumEnd): boolean {
  if (end.kind !== "outside" && end.kind !== "API server outside") return false;
  const named = groups.filter(({ name, labels }) =>
    block.cidrGroupSelector === undefined
      ? name === block.cidrGroupRef
      : holds(
          termsOf(block.cidrGroupSelector),
          new Map(Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value])),
        ),
  );
  const cidrs = block.cidr === undefined ? named.flatMap((one) => one.cidrs) : [block.cidr];
  return (
    cidrs.some((cidr) => inBlock(cidr, end.address)) &&
    !(block.except ?? []).some((hole) => inBlock(hole, end.address))
  );
}

interface RawServiceRef {
  readonly k8sService?: { readonly serviceName: string; readonly namespace?: string };
  readonly k8sServiceSelector?: { readonly selector: RawSelector; readonly namespace?: string };
}

function serviceMatches(
  { services }: CiliumWorld,
  { k8sService, k8sServiceSelector }: RawServiceRef,
  end: CiliumEnd,
): boolean {
  if (end.kind !== "pod") return false;
  const { pod } = end;
  return services.some(({ metadata: { name, namespace, labels }, selector }) => {
    const wanted = (k8sService ?? k8sServiceSelector)?.namespace;
    if (wanted !== undefined && wanted !== namespace) return false;
    const own = new Map(Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value]));
    const named =
      k8sServiceSelector === undefined
        ? name === k8sService?.serviceName
        : holds(termsOf(k8sServiceSelector.selector), own);
    return (
      named &&
      pod.namespace === namespace &&
      Object.entries(selector).every(([key, value]) => pod.labels[key] === value)
    );
  });
}

/** A name opens what was looked up under it, where the agent saw the answer, and nothing in the cluster. */
function nameMatches(world: CiliumWorld, name: RawName, pod: CiliumPod, end: CiliumEnd): boolean {
  return (
    end.kind === "outside" && end.name !== null && isName(name, end.name) && isLookedUp(world, end.name, pod)
  );
}

/** "*" is some characters of a label, "**." at the start some labels, a lone "*" every name. */
function isName({ matchName, matchPattern = "" }: RawName, name: string): boolean {
  if (matchName !== undefined) return matchName.toLowerCase().replace(/\.$/, "") === name;
  if (matchPattern === "*") return true;
  const pattern = matchPattern
    .toLowerCase()
    .replace(/\.$/, "")
    .replaceAll(".", "[.]")
    .replace(/^\*\*\[\.\]/, "([-_a-z0-9]+[.])+")
    .replaceAll(/(?<!\))\*/g, "[-_a-z0-9]*");
  return new RegExp(`^${pattern}$`).test(name);
}

/** Some rule lets the pod look it up; one that admits the same question without looking at names admits every name. */
function isLookedUp(world: CiliumWorld, name: string, pod: CiliumPod): boolean {
  const rules = enforcedSpecs(world)
    .filter((one) => governs(one, pod))
    .flatMap(({ spec, namespace }) => (spec.egress ?? []).map((rule) => ({ rule, namespace })));
  const plain = (question: Question) =>
    rules.some(({ rule, namespace }) => {
      const ports = (rule.toPorts ?? []).filter(({ rules: more }) => more === undefined);
      if ((rule.toPorts ?? []).length > 0 && ports.length === 0) return false;
      const { toPorts: _, ...peers } = rule;
      const part = (rule.toPorts ?? []).length > 0 ? { ...peers, toPorts: ports } : peers;
      return admits(world, part, namespace, pod, question);
    }) ||
    world.networkPolicies
      .filter((one) => standardGoverns(one, "egress", pod))
      .some((one) =>
        standardAdmits(one, "egress", { kind: "pod", pod: question.pod }, question.pod, question.packet),
      );
  return rules.some(({ rule, namespace }) =>
    (rule.toPorts ?? []).some((port) => {
      const names = port.rules?.["dns"];
      if (names === undefined || names.length === 0) return false;
      if (names.some((one) => isName(one, name)) && !selectsNothing(rule)) return true;
      return QUESTIONS.some(
        (question) =>
          admits(world, { ...rule, toPorts: [port] }, namespace, pod, question) && plain(question),
      );
    }),
  );
}

function selectsNothing(rule: RawRule): boolean {
  return ["Endpoints", "Entities", "CIDR", "CIDRSet", "Nodes"].some(
    (name) => listOf(rule, name)?.length === 0,
  );
}

interface Question {
  readonly pod: CiliumPod;
  readonly packet: Packet;
}

function admits(
  world: CiliumWorld,
  rule: RawRule,
  namespace: string | undefined,
  pod: CiliumPod,
  { pod: server, packet }: Question,
): boolean {
  return (
    peersMatch(world, rule, namespace, pod, { kind: "pod", pod: server }) && portsMatch(rule, server, packet)
  );
}

/** Every DNS server that might exist, as far as selectors of these worlds can tell. */
const QUESTIONS: readonly Question[] = ["x", "y", "kube-system", "z"].flatMap((namespace) =>
  [{}, { t: "1" }, { t: "2" }, { t: "3" }].flatMap((namespaceLabels) =>
    [{}, { p: "1" }, { p: "2" }, { p: "3" }].flatMap((labels) =>
      ["UDP", "TCP"].flatMap((protocol) =>
        ["default", "robot"].map((serviceAccount) => ({
          pod: {
            namespace,
            namespaceLabels,
            labels: { ...labels, "k8s-app": "dns" },
            serviceAccount,
            ports: [{ name: "http", port: 53, protocol }],
          },
          packet: { protocol, port: 53 },
        })),
      ),
    ),
  ),
);

/** A missing protocol is any; 0 is every port; a name is one of the receiver's, and matches no address. */
function portsMatch(rule: RawRule, receiver: CiliumPod | null, packet: Packet): boolean {
  const rules = rule.toPorts ?? [];
  if (rules.length === 0) return listLength(rule["icmps"]) === 0;
  return rules.some(({ ports = [] }) =>
    ports.some(({ port, endPort = 0, protocol = "ANY" }) => {
      if (protocol !== "ANY" && protocol !== packet.protocol) return false;
      if (/[a-z]/.test(port)) {
        return (receiver?.ports ?? []).some(
          (one) => one.name === port && one.protocol === packet.protocol && one.port === packet.port,
        );
      }
      const first = Number(port);
      if (first === 0) return true;
      return packet.port >= first && packet.port <= Math.max(first, endPort);
    }),
  );
}

/** A NetworkPolicy isolates in a direction that has rules, whatever `policyTypes` says. */
function standardGoverns({ metadata, spec }: RawPolicy, direction: Direction, pod: CiliumPod): boolean {
  const { policyTypes, egress = [], ingress = [] } = spec;
  const written = { egress: egress.length > 0, ingress: ingress.length > 0 }[direction];
  const declared =
    policyTypes?.includes(direction === "egress" ? "Egress" : "Ingress") ?? direction === "ingress";
  return (
    (declared || written) &&
    metadata.namespace === pod.namespace &&
    holds(termsOf(spec.podSelector), podLabels(pod))
  );
}

function standardAdmits(
  { metadata, spec }: RawPolicy,
  direction: Direction,
  end: CiliumEnd,
  receiver: CiliumPod | null,
  packet: Packet,
): boolean {
  return (spec[direction] ?? []).some((rule) => {
    const peers = ("to" in rule ? rule.to : "from" in rule ? rule.from : undefined) ?? [];
    const ports = rule.ports ?? [];
    const peerMatches = peers.some(({ ipBlock, podSelector = {}, namespaceSelector }) => {
      if (ipBlock !== undefined) return blockMatches(NO_GROUPS, ipBlock, end);
      if (end.kind !== "pod") return false;
      const { namespace, namespaceLabels, labels } = end.pod;
      const plain = (own: Readonly<Record<string, string>>) =>
        new Map(Object.entries(own).map(([key, value]) => [`k8s:${key}`, value]));
      const inNamespace =
        namespaceSelector === undefined
          ? namespace === metadata.namespace
          : holds(
              termsOf(namespaceSelector),
              plain({ ...namespaceLabels, "kubernetes.io/metadata.name": namespace }),
            );
      return inNamespace && holds(termsOf(podSelector), plain(labels));
    });
    const portMatches = ports.some(({ protocol = "TCP", port, endPort }) => {
      if (protocol !== packet.protocol) return false;
      if (port === undefined) return true;
      if (typeof port === "number") return packet.port >= port && packet.port <= (endPort ?? port);
      return (receiver?.ports ?? []).some(
        (one) => one.name === port && one.protocol === protocol && one.port === packet.port,
      );
    });
    return (peers.length === 0 || peerMatches) && (ports.length === 0 || portMatches);
  });
}

const NO_GROUPS: CiliumWorld = {
  namespaces: {},
  policies: [],
  networkPolicies: [],
  groups: [],
  services: [],
};
