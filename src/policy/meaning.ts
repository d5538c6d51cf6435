import type { AddressBlock, NamespaceMatch, Peer, Pods, Policy, PortMatch, Rule } from "./model/policy.ts";
import { canonicalSelector } from "./schema/label-selector.ts";

/**
 * What a policy says, as canonical JSON: equal texts mean equal effects, whatever the order and spelling of the YAML. It
 * leaves out the object's name, its place and the labels of namespaces (whoever compares adds what those resolve to).
 */
export function meaning(policy: Policy): string {
  const ordered = policy.order !== null;
  return JSON.stringify({
    tier: policy.tier,
    order: policy.order,
    subjects: sorted(policy.subjects.map(podsText)),
    isolates: { egress: policy.isolates.egress, ingress: policy.isolates.ingress },
    egress: ordered ? policy.egress.map(ruleText) : unionText(policy.egress),
    ingress: ordered ? policy.ingress.map(ruleText) : unionText(policy.ingress),
  });
}

/** A rule where order decides: kept as it is, its parts sorted. */
function ruleText(rule: Rule): unknown {
  return {
    action: rule.action,
    subjects: subjectsText(rule),
    peers: sorted(peersOf(rule)),
    ports: portsText(rule.ports),
  };
}

/** Rules that add up are one set of (peer, ports): it does not matter how an author splits it into rules. */
function unionText(rules: readonly Rule[]): unknown {
  const portsByPeer = new Map<string, PortMatch[] | null>();
  for (const rule of rules) {
    for (const peer of peersOf(rule)) {
      const key = `${rule.action} ${subjectsText(rule)} ${peer}`;
      const known = portsByPeer.get(key);
      // Every port, once: nothing adds to it.
      if (known === null) continue;
      portsByPeer.set(key, rule.ports === null ? null : [...(known ?? []), ...rule.ports]);
    }
  }
  return [...portsByPeer].map(([peer, ports]) => [peer, portsText(ports)]).sort(byFirst);
}

function peersOf(rule: Rule): readonly string[] {
  return rule.peers === null ? ["any"] : rule.peers.map(peerText);
}

function peerText(peer: Peer): string {
  const ports = peer.ports === undefined ? {} : { ports: portsText(peer.ports) };
  switch (peer.kind) {
    case "addresses":
      return JSON.stringify({ ...blockText(peer), leaves: peer.leavesCluster === true, ...ports });
    case "pods":
      return JSON.stringify({
        pods: podsText(peer),
        within: peer.within?.map(blockText),
        alike: peer.alike,
        ...ports,
      });
    case "nodes":
      return JSON.stringify({ nodes: canonicalSelector(peer.nodes), which: peer.which, ...ports });
    case "names":
      return JSON.stringify({
        name: peer.pattern.parts,
        lookedUp: peer.lookedUp?.map(({ parts }) => parts),
        ...ports,
      });
    case "api-server":
      return JSON.stringify({ kind: peer.kind, ...ports });
  }
}

function blockText({ cidr, except }: AddressBlock): {
  readonly cidr: string;
  readonly except: readonly string[];
} {
  return { cidr, except: sorted(except) };
}

function subjectsText({ subjects }: Rule): string {
  return subjects === undefined ? "all" : JSON.stringify(sorted(subjects.map(podsText)));
}

function podsText({ namespaces, pods }: Pods): string {
  return JSON.stringify({ namespaces: namespacesText(namespaces), pods: canonicalSelector(pods) });
}

function namespacesText(match: NamespaceMatch): unknown {
  return match.kind === "named" ? match.name : canonicalSelector(match.selector);
}

/** "any", or the ports of each protocol as the fewest ranges, and the names. */
function portsText(ports: readonly PortMatch[] | null): unknown {
  if (ports === null) return "any";
  const ranges = new Map<string, [number, number][]>();
  const names = new Set<string>();
  for (const { protocol, port } of ports) {
    if (port.kind === "named") names.add(`${protocol}/${port.name}`);
    else
      ranges.set(protocol, [
        ...(ranges.get(protocol) ?? []),
        port.kind === "all" ? [1, 65535] : [port.first, port.last],
      ]);
  }
  return {
    numbers: [...ranges].map(([protocol, list]) => [protocol, joined(list)]).sort(byFirst),
    names: sorted([...names]),
  };
}

function joined(ranges: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const result: [number, number][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const previous = result.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else result.push([first, last]);
  }
  return result;
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1;
}
