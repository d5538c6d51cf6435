import { canonicalSelector } from "./label-selector.ts";
import type { NamespaceMatch, Peer, Policy, PortMatch, Rule } from "./policy.ts";

/**
 * What a policy says, as canonical JSON: equal texts mean equal effects, whatever the order and spelling of the YAML. It
 * leaves out the object's name, its place and the labels of namespaces (whoever compares adds what those resolve to).
 */
export function meaning(policy: Policy): string {
  const ordered = policy.order !== null;
  return JSON.stringify({
    tier: policy.tier,
    order: policy.order,
    subject: {
      namespaces: namespacesText(policy.subject.namespaces),
      pods: canonicalSelector(policy.subject.pods),
    },
    isolates: { egress: policy.isolates.egress, ingress: policy.isolates.ingress },
    egress: ordered ? policy.egress.map(ruleText) : unionText(policy.egress),
    ingress: ordered ? policy.ingress.map(ruleText) : unionText(policy.ingress),
  });
}

/** A rule where order decides: kept as it is, its parts sorted. */
function ruleText(rule: Rule): unknown {
  return { action: rule.action, peers: sorted(peersOf(rule)), ports: portsText(rule.ports) };
}

/** Rules that add up are one set of (peer, ports): it does not matter how an author splits it into rules. */
function unionText(rules: readonly Rule[]): unknown {
  const portsByPeer = new Map<string, PortMatch[] | null>();
  for (const rule of rules) {
    for (const peer of peersOf(rule)) {
      const key = `${rule.action} ${peer}`;
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
  return peer.kind === "addresses"
    ? JSON.stringify({ cidr: peer.cidr, except: sorted(peer.except) })
    : JSON.stringify({ namespaces: namespacesText(peer.namespaces), pods: canonicalSelector(peer.pods) });
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
