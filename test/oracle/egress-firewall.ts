import {
  egressAllowed,
  inBlock,
  type OraclePod,
  type Packet,
  type RawPolicy,
  type RawSelector,
  selects,
} from "./network-policy.ts";

/**
 * "May this one pod send this one packet?" where an egress firewall stands beside NetworkPolicy, by the letter of
 * https://ovn-kubernetes.io/features/network-security-controls/egress-firewall/ and of openshift/api network/v1/types.go: each
 * has to allow it.
 */
export interface FirewallWorld {
  readonly networkPolicies: readonly RawPolicy[];
  readonly firewalls: readonly RawFirewall[];
}

export interface RawFirewall {
  readonly kind: "EgressFirewall" | "EgressNetworkPolicy";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly egress: readonly RawFirewallRule[] };
}

export interface RawFirewallRule {
  readonly type: "Allow" | "Deny";
  readonly to: {
    readonly cidrSelector?: string;
    readonly dnsName?: string;
    readonly nodeSelector?: RawSelector;
  };
  readonly ports?: readonly { readonly protocol: string; readonly port: number }[];
}

export type FirewallEnd =
  | { readonly pod: OraclePod }
  | {
      readonly address: string;
      /** Under which it was looked up. */
      readonly name?: string;
      /** Of a node. */
      readonly nodeLabels?: Readonly<Record<string, string>>;
    };

export function firewallAllows(
  world: FirewallWorld,
  from: OraclePod,
  to: FirewallEnd,
  packet: Packet,
): boolean {
  return (
    egressAllowed(world.networkPolicies, from, to, packet) &&
    // What stays in the cluster no firewall sees.
    ("pod" in to || passes(world, from.namespace, to, packet))
  );
}

type Outside = Exclude<FirewallEnd, { readonly pod: OraclePod }>;

/** In order, the first rule that holds it; no rule, or no firewall: allowed. */
function passes({ firewalls }: FirewallWorld, namespace: string, to: Outside, packet: Packet): boolean {
  const own = firewalls.filter(({ metadata }) => metadata.namespace === namespace);
  // Of OpenShift SDN's there must be one a namespace: "dropping all traffic".
  if (own.length > 1) return false;
  const first = own.flatMap(({ spec }) => spec.egress).find((rule) => holds(rule, to, packet));
  return first === undefined || first.type === "Allow";
}

function holds({ to, ports = [] }: RawFirewallRule, end: Outside, packet: Packet): boolean {
  const atPort =
    ports.length === 0 ||
    ports.some(({ protocol, port }) => protocol === packet.protocol && port === packet.port);
  if (!atPort) return false;
  if (to.cidrSelector !== undefined) return inBlock(to.cidrSelector, end.address);
  if (to.nodeSelector !== undefined)
    return end.nodeLabels !== undefined && selects(to.nodeSelector, end.nodeLabels);
  if (to.dnsName === undefined || end.name === undefined) return false;
  const [wanted, name] = [to.dnsName.toLowerCase().replace(/\.$/, "").split("."), end.name.split(".")];
  return (
    wanted.length === name.length && wanted.every((label, index) => label === "*" || label === name[index])
  );
}
