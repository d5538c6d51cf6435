import type { Profile } from "../../config/config.ts";
import { isCilium } from "../model/enforcement.ts";
import type { PortMatch, Protocol, Rule } from "../model/policy.ts";
import { ruleBroken, tooLong } from "../schema/crd-error.ts";
import { boundedObjects, isAbsent, requiredEnum } from "../schema/crd-field.ts";
import { type Decoder, type JsonObject, type Located, stringField } from "../schema/decode.ts";
import { child, required } from "../schema/field-error.ts";
import { type AdminPolicyFeature, type Shortfall, shortfall } from "./enforcer.ts";
import { adminPolicyPeers, type PeerKind, type ReadPeers } from "./peer.ts";
import type { ReadPort } from "./port.ts";

/** What the rules of one kind and version look like. */
export interface RuleShape {
  readonly actions: Readonly<Record<string, Rule["action"]>>;
  /** How many rules, peers of a rule, ports of a rule. */
  readonly most: number;
  readonly portsField: "ports" | "protocols";
  readonly readPort: ReadPort;
  readonly egressPeers: readonly PeerKind[];
}

export interface ReadRule {
  /** More than one where the enforcer adds something of its own. */
  readonly rules: readonly Rule[];
  /** A part of it that not every enforcer knows, and what that means here. */
  readonly shortfalls: readonly (Shortfall & { readonly pointer: string })[];
  /** Parts that no version known here has. */
  readonly newer: readonly { readonly field: string; readonly pointer: string }[];
}

const INGRESS_PEERS: readonly PeerKind[] = ["namespaces", "pods"];
/** They have no ports with names. */
const PEERS_WITHOUT_PORTS: readonly PeerKind[] = ["networks", "nodes", "domainNames"];
const LONGEST_NAME = 100;
const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

export function adminPolicyRules(
  decoder: Decoder,
  spec: Located<JsonObject>,
  direction: "egress" | "ingress",
  shape: RuleShape,
  profile: Profile,
): readonly ReadRule[] {
  return boundedObjects(decoder, spec, direction, [0, shape.most]).map((rule) =>
    adminPolicyRule(decoder, rule, direction, shape, profile),
  );
}

function adminPolicyRule(
  decoder: Decoder,
  rule: Located<JsonObject>,
  direction: "egress" | "ingress",
  shape: RuleShape,
  profile: Profile,
): ReadRule {
  const name = stringField(decoder, rule, "name");
  if (name !== null && name.value.length > LONGEST_NAME)
    decoder.errors.push(tooLong(name.path, LONGEST_NAME));
  const written = requiredEnum(decoder, rule, "action", Object.keys(shape.actions));
  const action = (written === null ? undefined : shape.actions[written]) ?? "deny";
  const peersField = direction === "egress" ? "to" : "from";
  if (isAbsent(rule, peersField)) decoder.errors.push(required(child(rule.path, peersField), ""));
  const kinds = direction === "egress" ? shape.egressPeers : INGRESS_PEERS;
  const peers = boundedObjects(decoder, rule, peersField, [1, shape.most]).map((value) => ({
    value,
    read: adminPolicyPeers(decoder, value, kinds, profile),
  }));
  const ports = boundedObjects(decoder, rule, shape.portsField, [1, shape.most]).map((value) => ({
    value,
    read: shape.readPort(decoder, value),
  }));
  const known = peers.flatMap(({ read }) => (read === null || read === "newer" ? [] : [read]));
  const matches = ports.flatMap(({ read }) => (read === null || read === "newer" ? [] : read));
  checkNames(decoder, rule, known, matches, shape);
  const shortfalls = shortfallsOf(rule, known, matches, action, profile);
  const newer = [...peers, ...ports].flatMap(({ value, read }) =>
    read === "newer" ? [{ field: value.path.field, pointer: value.path.pointer }] : [],
  );
  const undefinedPeers = shortfalls.some(({ effect }) => effect === "undefined");
  const certain = known.filter(({ kind }) => !(undefinedPeers && kind === "domainNames"));
  const whole: Rule = {
    action,
    peers: certain.flatMap((one) => one.peers),
    ports: isAbsent(rule, shape.portsField) ? null : matches,
    pointer: rule.path.pointer,
  };
  const fails = newer.length > 0 || shortfalls.some(({ effect }) => effect === "rule-fails-closed");
  return {
    rules: [
      fails ? failedClosed(whole, profile) : whole,
      ...(isCilium(profile) && action === "allow" ? lookUps(known) : []),
    ],
    shortfalls,
    newer,
  };
}

/** Of the schema (x-kubernetes-validations): what has no pods has no names of ports. */
function checkNames(
  decoder: Decoder,
  rule: Located<JsonObject>,
  peers: readonly ReadPeers[],
  ports: readonly PortMatch[],
  { egressPeers }: RuleShape,
): void {
  if (!ports.some(isNamed) || !peers.some(({ kind }) => PEERS_WITHOUT_PORTS.includes(kind))) return;
  const kinds = egressPeers.includes("domainNames") ? "networks/nodes/domainNames" : "networks/nodes";
  const message = `${kinds} peer cannot be set with namedPorts since there are no namedPorts for ${kinds}`;
  decoder.errors.push(ruleBroken(rule.path, message));
}

function shortfallsOf(
  rule: Located<JsonObject>,
  peers: readonly ReadPeers[],
  ports: readonly PortMatch[],
  action: Rule["action"],
  profile: Profile,
): ReadRule["shortfalls"] {
  const found = (feature: AdminPolicyFeature, pointer: string | undefined) => {
    const one = pointer === undefined ? null : shortfall(profile, feature, action);
    return one === null ? [] : [{ ...one, pointer: pointer ?? rule.path.pointer }];
  };
  const peerOf = (kind: PeerKind) => peers.find((one) => one.kind === kind)?.peers[0]?.pointer;
  return [
    ...found("nodes", peerOf("nodes")),
    ...found("domainNames", peerOf("domainNames")),
    ...found("named ports", ports.find(isNamed)?.pointer),
  ];
}

/**
 * A peer of an unknown kind, by the API: a rule that allows matches no traffic, one that denies or passes denies all. Cilium
 * does so peer by peer and keeps the ports (pkg/k8s/cluster_network_policy.go); there deny goes first within a rule.
 */
function failedClosed(rule: Rule, profile: Profile): Rule {
  const allows = rule.action === "allow";
  if (isCilium(profile)) return allows ? rule : { ...rule, action: "deny", peers: null };
  return allows ? { ...rule, peers: [] } : { ...rule, action: "deny", peers: null, ports: null };
}

/** Cilium answers names only where it sees the questions: it admits those to the DNS pods along with a rule of names. */
function lookUps(peers: readonly ReadPeers[]): readonly Rule[] {
  const pointer = peers.find(({ kind }) => kind === "domainNames")?.peers[0]?.pointer;
  if (pointer === undefined) return [];
  return [
    {
      action: "allow",
      peers: [
        {
          kind: "pods",
          namespaces: { kind: "selected", selector: [] },
          pods: [{ key: "k8s-app", operator: "In", values: ["kube-dns"] }],
          pointer,
        },
      ],
      ports: ["dns", "dns-tcp"].flatMap((name) =>
        PROTOCOLS.map((protocol): PortMatch => ({ protocol, port: { kind: "named", name }, pointer })),
      ),
      application: true,
      pointer,
    },
  ];
}

function isNamed({ port }: PortMatch): boolean {
  return port.kind === "named";
}
