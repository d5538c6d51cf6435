import { isSatisfiable, NAME_LABEL, namespaceRequirements } from "../model/may-meet.ts";
import { SERVICE_ACCOUNT } from "../model/pod-attribute.ts";
import type { LabelRequirement, LabelSelector, NamespaceMatch, Peer, Pods } from "../model/policy.ts";
import { canonicalSelector } from "../schema/label-selector.ts";
import { ANY_SOURCE, type CiliumRequirement, type CiliumSelector } from "./selector.ts";

/** Labels that Cilium gives every pod besides those of its own (pkg/k8s/apis/cilium.io/const.go). */
const NAMESPACE = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels.";
const CLUSTER = "io.cilium.k8s.policy.cluster";
const SERVICE_ACCOUNT_LABEL = "io.cilium.k8s.policy.serviceaccount";

const RESERVED = "reserved";
const API_SERVER = "kube-apiserver";

/** Which pods a policy governs; null = none. One of a namespace governs pods of that namespace, whatever its selector says. */
export function ciliumSubject(selector: CiliumSelector, namespace: string | null): Pods | null {
  if (namespace === null) return podsOf(selector);
  const own = selector.filter(
    ({ source, key, isMatchLabel }) => !(isMatchLabel && source === "k8s" && key === NAMESPACE),
  );
  return podsOf([...own, namespaceRequirement("In", [namespace])]);
}

/** It asks for pods of a cluster by name: nothing in Git says how the own one is called. */
export function namesCluster(selector: CiliumSelector): boolean {
  return selector.some(
    (one) => isOfPods(one) && one.key === CLUSTER && (one.operator === "In" || one.operator === "NotIn"),
  );
}

/** Keys of labels of the pods themselves that decide. */
export function podKeys(selector: CiliumSelector): readonly string[] {
  return selector.filter(isOfPods).map(({ key }) => key);
}

export interface EndpointPeers {
  readonly peers: readonly Peer[];
  /** What of it the model cannot say; null = nothing. */
  readonly open: string | null;
}

/**
 * What a selector of `toEndpoints` holds. It is asked of everything that has labels: of pods, and of nodes, the API server
 * and the world, whose only labels are reserved ones. That it holds pods of the own namespace alone is a requirement that the
 * agent adds, unless one asks for a namespace or for a reserved label (pkg/k8s/apis/cilium.io/utils/utils.go).
 */
export function endpointPeers(
  selector: CiliumSelector,
  namespace: string | null,
  pointer: string,
): EndpointPeers {
  if (namesCluster(selector))
    return { peers: [], open: `nothing in Git says how this cluster is called (${CLUSTER})` };
  const scoped = withNamespace(selector, namespace);
  const pods = podsOf(scoped);
  const { peers, open } = reservedPeers(scoped, pointer);
  return { peers: [...(pods === null ? [] : [{ kind: "pods" as const, ...pods, pointer }]), ...peers], open };
}

function withNamespace(selector: CiliumSelector, namespace: string | null): CiliumSelector {
  if (selector.some(({ source }) => source === RESERVED)) return selector;
  const asks = (test: (key: string) => boolean) => selector.some((one) => isOfPods(one) && test(one.key));
  if (asks((key) => key === NAMESPACE)) return selector;
  if (namespace === null) return [...selector, namespaceRequirement("Exists", [])];
  return asks((key) => key.startsWith(NAMESPACE_LABELS))
    ? selector
    : [...selector, namespaceRequirement("In", [namespace])];
}

function namespaceRequirement(operator: "In" | "Exists", values: readonly string[]): CiliumRequirement {
  return { source: "k8s", key: NAMESPACE, operator, values, isMatchLabel: false };
}

function isOfPods({ source }: CiliumRequirement): boolean {
  return source === ANY_SOURCE || source === "k8s";
}

/** Pods by what they are asked for: labels of their own, of their namespace, their service account. null = none. */
function podsOf(selector: CiliumSelector): Pods | null {
  const namespaces: LabelRequirement[] = [];
  const pods: LabelRequirement[] = [];
  for (const one of selector) {
    const { key, operator, values } = one;
    const mayBeAbsent = operator === "NotIn" || operator === "DoesNotExist";
    if (!isOfPods(one)) {
      // No pod has labels of other sources.
      if (!mayBeAbsent) return null;
    } else if (key === NAMESPACE) {
      if (operator === "DoesNotExist") return null;
      if (operator !== "Exists") namespaces.push({ key: NAME_LABEL, operator, values });
    } else if (key.startsWith(NAMESPACE_LABELS)) {
      namespaces.push({ key: key.slice(NAMESPACE_LABELS.length), operator, values });
    } else if (key === CLUSTER) {
      if (operator === "DoesNotExist") return null;
    } else {
      pods.push({ key: key === SERVICE_ACCOUNT_LABEL ? SERVICE_ACCOUNT : key, operator, values });
    }
  }
  const match = namespaceMatch(namespaces);
  return match === null ? null : { namespaces: match, pods: canonicalSelector(pods) };
}

/** One name where that is what it comes to; null = no namespace. */
function namespaceMatch(requirements: readonly LabelRequirement[]): NamespaceMatch | null {
  const names = requirements.filter(({ key }) => key === NAME_LABEL);
  const first = names.find(({ operator }) => operator === "In");
  if (first === undefined) return { kind: "selected", selector: canonicalSelector(requirements) };
  const rest = requirements.filter(({ key }) => key !== NAME_LABEL);
  const left = first.values.filter((name) => names.every((one) => holds(one, name)));
  const [only] = left;
  if (only === undefined) return null;
  if (left.length === 1 && rest.length === 0) return { kind: "named", name: only };
  return {
    kind: "selected",
    selector: canonicalSelector([...rest, { key: NAME_LABEL, operator: "In", values: left }]),
  };
}

/** @param value null = there is no such label */
function holds({ operator, values }: LabelRequirement, value: string | null): boolean {
  switch (operator) {
    case "In":
      return value !== null && values.includes(value);
    case "NotIn":
      return value === null || !values.includes(value);
    case "Exists":
      return value !== null;
    case "DoesNotExist":
      return value === null;
  }
}

/** Everything besides pods that a packet may go to or come from, with its reserved labels; their value is "". */
const OTHERS: readonly { readonly labels: readonly string[]; readonly peer: ReservedPeer }[] = [
  { labels: ["host"], peer: { kind: "nodes", which: "own", nodes: [] } },
  { labels: ["remote-node"], peer: { kind: "nodes", which: "other", nodes: [] } },
  { labels: ["world", "world-ipv4"], peer: { kind: "addresses", cidr: "0.0.0.0/0", except: [] } },
  { labels: ["world", "world-ipv6"], peer: { kind: "addresses", cidr: "::/0", except: [] } },
];

type ReservedPeer =
  | { readonly kind: "nodes"; readonly which: "own" | "other"; readonly nodes: readonly [] }
  | { readonly kind: "addresses"; readonly cidr: string; readonly except: readonly [] };

function reservedPeers(selector: CiliumSelector, pointer: string): EndpointPeers {
  const isAboutApiServer = ({ source, key }: CiliumRequirement) =>
    (source === RESERVED || source === ANY_SOURCE) && key === API_SERVER;
  const rest = selector.filter((one) => !isAboutApiServer(one));
  const found = OTHERS.filter(({ labels }) => rest.every((one) => holdsReserved(one, labels)));
  const peers = found.map(({ peer }): Peer => ({ ...peer, pointer }));
  const asked = selector.filter(isAboutApiServer);
  const ofIt = asked.every((one) => holds(one, ""));
  const ofOthers = asked.every((one) => holds(one, null));
  if (ofIt && ofOthers) return { peers, open: null };
  if (ofOthers)
    return { peers, open: found.length === 0 ? null : "it leaves out the API server, wherever that is" };
  if (!ofIt || found.length === 0) return { peers: [], open: null };
  return found.length === OTHERS.length
    ? { peers: [{ kind: "api-server", pointer }], open: null }
    : { peers: [], open: "it asks where the API server runs" };
}

function holdsReserved(one: CiliumRequirement, labels: readonly string[]): boolean {
  const ofSource = one.source === RESERVED || one.source === ANY_SOURCE;
  return holds(one, ofSource && labels.includes(one.key) ? "" : null);
}

/** Nodes by their labels: of other nodes than the pod's own (utils.go adds that to `toNodes`). */
export function nodePeer(selector: CiliumSelector, pointer: string): Peer {
  const nodes = canonicalSelector(selector.map(({ key, operator, values }) => ({ key, operator, values })));
  return { kind: "nodes", which: "other", nodes, pointer };
}

/** Every pod of every namespace. */
export function everyPod(pointer: string): Peer {
  return { kind: "pods", namespaces: { kind: "selected", selector: [] }, pods: [], pointer };
}

/** Pods that both hold; null = there are none, whatever their labels. */
export function bothPods(a: Pods, b: Pods): Pods | null {
  const pods = canonicalSelector([...a.pods, ...b.pods]);
  const namespaces = [...namespaceRequirements(a.namespaces), ...namespaceRequirements(b.namespaces)];
  if (!isSatisfiable(pods) || !isSatisfiable(namespaces)) return null;
  const match = namespaceMatch(namespaces);
  return match === null ? null : { namespaces: match, pods };
}

/** Whether the first certainly hold the second. */
export function coversPods(wide: Pods, narrow: Pods): boolean {
  const covers = (a: LabelSelector, b: LabelSelector) => {
    const texts = new Set(b.map((one) => JSON.stringify(one)));
    return a.every((one) => texts.has(JSON.stringify(one)));
  };
  return (
    covers(namespaceRequirements(wide.namespaces), namespaceRequirements(narrow.namespaces)) &&
    covers(wide.pods, narrow.pods)
  );
}
