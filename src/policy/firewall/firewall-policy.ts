import type { Manifest } from "../../render/render.ts";
import type { AddressBlock, Dialect, NamePattern, Peer, Policy, PortMatch, Rule } from "../model/policy.ts";
import type { PolicyRemark } from "../model/policy-reading.ts";
import { isSubset, parseCidr, printCidr } from "../schema/cidr.ts";

/**
 * A list of rules that only cuts: the first rule that holds a destination outside the cluster decides it, and what no rule
 * holds is allowed. It governs every pod of its namespace, and is asked besides all other policies.
 */
export function firewallPolicy(
  manifest: Manifest,
  dialect: Dialect,
  { rules, digest }: { readonly rules: readonly Rule[]; readonly digest: string },
): Policy {
  const { apiVersion, kind, metadata } = manifest.object;
  const namespace = manifest.namespace ?? "default";
  return {
    dialect,
    identity: { apiVersion, kind, namespace, name: metadata.name ?? metadata.generateName ?? "" },
    manifest,
    digest,
    tier: "egress-firewall",
    order: 0,
    subjects: [{ namespaces: { kind: "named", name: namespace }, pods: [] }],
    isolates: { egress: false, ingress: false },
    egress: rules,
    ingress: [],
  };
}

/** Names in DNS have no case, and a dot at the end says only that nothing follows. "*." stands for one label. */
export function firewallName(text: string): NamePattern {
  const name = text.toLowerCase().replace(/\.$/, "");
  return name.startsWith("*.")
    ? { text: name, parts: [{ any: "within-label" }, name.slice(1)] }
    : { text: name, parts: [name] };
}

/**
 * Denying every address cuts the API server too, as its address is none of a pod: the documentation of both firewalls asks for
 * an Allow rule before (OpenShift, "Configuring an egress firewall for a project"). Its address does not stand in Git: a rule
 * for nodes or for private addresses is taken for one.
 */
export function apiServerRemark(manifest: Manifest, rules: readonly Rule[]): readonly PolicyRemark[] {
  const at = rules.findIndex(({ action, peers, ports }) => {
    const everything = peers?.some((peer) => peer.kind === "addresses" && peer.cidr === "0.0.0.0/0") ?? true;
    return action === "deny" && everything && admitsApi(ports);
  });
  const cut = rules[at];
  if (cut === undefined || rules.slice(0, at).some(mayBeForApiServer)) return [];
  return [
    {
      code: "cuts-api-server",
      manifest,
      pointer: cut.pointer,
      detail:
        "it denies the address of the API server too, and no rule before it allows nodes or private addresses",
    },
  ];
}

function mayBeForApiServer({ action, peers, ports }: Rule): boolean {
  return (
    action === "allow" &&
    admitsApi(ports) &&
    (peers ?? []).some((peer) => peer.kind === "nodes" || isPrivate(peer))
  );
}

/** Shared address space (RFC 6598), and private addresses (RFC 1918). */
const PRIVATE: readonly string[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

function isPrivate(peer: Peer): boolean {
  if (peer.kind !== "addresses") return false;
  const block = parseCidr(peer.cidr);
  return PRIVATE.some((text) => {
    const range = parseCidr(text);
    return block !== null && range !== null && (isSubset(block, range) || isSubset(range, block));
  });
}

/** Where API servers listen: 443 behind a load balancer, 6443 on nodes. */
const API_PORTS: readonly number[] = [443, 6443];

function admitsApi(ports: readonly PortMatch[] | null): boolean {
  return (
    ports === null ||
    ports.some(
      ({ protocol, port }) =>
        protocol === "TCP" &&
        (port.kind === "all" ||
          (port.kind === "range" && API_PORTS.some((api) => port.first <= api && api <= port.last))),
    )
  );
}

/** An address block of a rule, as Go's net.ParseCIDR reads it; null = it does not. */
export function firewallBlock(text: string): AddressBlock | null {
  const block = parseCidr(text);
  return block === null ? null : { cidr: printCidr(block), except: [] };
}
