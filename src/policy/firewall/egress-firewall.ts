import type { Manifest } from "../../render/render.ts";
import type { Peer, PortMatch, Protocol, Rule } from "../model/policy.ts";
import type { PolicyReading, PolicyRemark } from "../model/policy-reading.ts";
import { isWrittenStrictly } from "../schema/cidr.ts";
import { tooFewProperties } from "../schema/crd-error.ts";
import {
  checkPattern,
  onlyProperty,
  requiredString,
  requireField,
  withinBounds,
} from "../schema/crd-field.ts";
import {
  type Decoder,
  integerField,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
} from "../schema/decode.ts";
import { child, ROOT } from "../schema/field-error.ts";
import { labelSelector } from "../schema/label-selector.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { refusedByApi } from "../schema/refused-policy.ts";
import { apiServerRemark, firewallBlock, firewallName, firewallPolicy } from "./firewall-policy.ts";

const DIALECT = "k8s.ovn.org/v1 EgressFirewall";

/**
 * k8s.ovn.org/v1 EgressFirewall (ovn-kubernetes go-controller/pkg/crd/egressfirewall/v1/types.go). The schema takes one
 * object a namespace, named "default".
 */
export function egressFirewall(manifest: Manifest): PolicyReading {
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  const metadata = objectField(decoder, object, "metadata") ?? { value: {}, path: child(ROOT, "metadata") };
  const name = stringField(decoder, metadata, "name");
  if (name !== null) checkPattern(decoder, name, "^default$");
  requireField(decoder, object, "spec");
  const spec = objectField(decoder, object, "spec");
  if (spec !== null) requireField(decoder, spec, "egress");
  const read = (spec === null ? [] : objectList(decoder, spec, "egress")).map((rule) =>
    firewallRule(decoder, rule),
  );
  if (decoder.errors.length > 0) return refusedByApi(manifest, decoder.errors);
  const refusals = [
    ...read.flatMap(({ refusal }) => refusal ?? []),
    ...(read.length > MOST_RULES
      ? [{ pointer: "/spec/egress", detail: `has ${read.length} rules, and ${MOST_RULES} are the most` }]
      : []),
  ];
  const [refusal] = refusals;
  if (refusal !== undefined) return refusedAltogether(manifest, refusal);
  const rules = read.map(({ rule }) => rule);
  return {
    policies: [firewallPolicy(manifest, DIALECT, { rules, digest: manifest.digest })],
    unknowns: [],
    remarks: [...apiServerRemark(manifest, rules), ...wildcardRemarks(manifest, rules)],
  };
}

/** One by one from priority 10,000 down to 2,000 (go-controller/pkg/types/const.go). */
const MOST_RULES = 8_001;

interface Refusal {
  readonly pointer: string;
  readonly detail: string;
}

/** One bad rule, and none of the object is enforced (go-controller/pkg/ovn/egressfirewall.go, addEgressFirewall). */
function refusedAltogether(manifest: Manifest, { pointer, detail }: Refusal): PolicyReading {
  return {
    policies: [],
    unknowns: [],
    remarks: [
      {
        code: "refused-by-enforcer",
        manifest,
        pointer,
        detail: `OVN-Kubernetes enforces none of it: ${detail}`,
      },
    ],
  };
}

/** Without that part of OVN-Kubernetes a wildcard is a bad rule (go-controller/pkg/util/egressfirewall.go). */
function wildcardRemarks(manifest: Manifest, rules: readonly Rule[]): readonly PolicyRemark[] {
  const rule = rules.find(({ peers }) =>
    (peers ?? []).some((peer) => peer.kind === "names" && peer.pattern.text.startsWith("*")),
  );
  if (rule === undefined) return [];
  return [
    {
      code: "needs-feature",
      manifest,
      pointer: rule.pointer,
      detail:
        "a wildcard needs DNSNameResolver to be enabled: without it OVN-Kubernetes enforces none of the object",
    },
  ];
}

function firewallRule(
  decoder: Decoder,
  value: Located<JsonObject>,
): { readonly rule: Rule; readonly refusal: Refusal | null } {
  const type = requiredString(decoder, value, "type");
  if (type !== null) checkPattern(decoder, type, "^Allow|Deny$");
  const ports = objectList(decoder, value, "ports");
  requireField(decoder, value, "to");
  const to = objectField(decoder, value, "to");
  const matched = ports.map((port) => portMatch(decoder, port));
  const { peers, refusal } = to === null ? { peers: [], refusal: null } : destination(decoder, to);
  return {
    rule: {
      // What the pattern lets through and is not "Allow" drops (addEgressFirewallRules).
      action: type?.value === "Allow" ? "allow" : "deny",
      peers,
      ports: ports.length === 0 ? null : matched.flatMap((port) => port ?? []),
      pointer: value.path.pointer,
    },
    refusal,
  };
}

const DESTINATIONS = ["cidrSelector", "dnsName", "nodeSelector"] as const;

function destination(
  decoder: Decoder,
  to: Located<JsonObject>,
): { readonly peers: readonly Peer[]; readonly refusal: Refusal | null } {
  const { pointer } = to.path;
  const cidr = stringField(decoder, to, "cidrSelector");
  const name = stringField(decoder, to, "dnsName");
  const nodes = objectField(decoder, to, "nodeSelector");
  // A schema of this version prunes what it does not know, and refuses what is left.
  if (onlyProperty(decoder, to, DESTINATIONS) === "newer")
    decoder.errors.push(tooFewProperties(to.path, 0, 1));
  if (name !== null) checkPattern(decoder, name, String.raw`^(\*\.)?([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+\.?$`);
  const selector = nodes === null ? [] : labelSelector(decoder, nodes);
  if (nodes !== null) return peersOf({ kind: "nodes", which: "any", nodes: selector, pointer });
  if (name !== null) return peersOf({ kind: "names", pattern: firewallName(name.value), pointer });
  // An empty one is no destination, and the rule is skipped (addEgressFirewallRules).
  if (cidr === null || cidr.value === "") return { peers: [], refusal: null };
  const block = isWrittenStrictly(cidr.value) ? firewallBlock(cidr.value) : null;
  return block === null
    ? { peers: [], refusal: { pointer: cidr.path.pointer, detail: `invalid CIDR address: ${cidr.value}` } }
    : peersOf({ kind: "addresses", leavesCluster: true, ...block, pointer });
}

function peersOf(peer: Peer): { readonly peers: readonly Peer[]; readonly refusal: null } {
  return { peers: [peer], refusal: null };
}

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

/** null = a protocol that the pattern lets through and no packet has. */
function portMatch(decoder: Decoder, value: Located<JsonObject>): PortMatch | null {
  const protocol = requiredString(decoder, value, "protocol");
  if (protocol !== null) checkPattern(decoder, protocol, "^TCP|UDP|SCTP$");
  requireField(decoder, value, "port");
  const port = integerField(decoder, value, "port");
  if (port !== null) withinBounds(decoder, port, [1, 65_535]);
  const known = PROTOCOLS.find((one) => one === protocol?.value);
  if (known === undefined || port === null) return null;
  return {
    protocol: known,
    port: { kind: "range", first: port.value, last: port.value },
    pointer: value.path.pointer,
  };
}
