import type { Pods, Rule } from "../model/policy.ts";
import { type JsonObject, type Located, objectField, ownField, stringField } from "../schema/decode.ts";
import { child, forbidden, invalid, notSupported, required } from "../schema/field-error.ts";
import { type CalicoEntity, calicoEntity } from "./entity.ts";
import { calicoPeers, type Family } from "./peers.ts";
import { isEveryPod } from "./pods.ts";
import { calicoProtocol, isIcmp, matchedPorts, protocolsOf } from "./ports.ts";
import type { CalicoReading } from "./reading.ts";

export type CalicoDirection = "ingress" | "egress";

const ACTIONS = ["Allow", "Deny", "Log", "Pass"] as const;

/**
 * One rule: checked, and as the model says it. null where it decides no packet of a surface (Log goes on to the next rule), or
 * nobody can say which, and that is said.
 */
export function calicoRule(
  reading: CalicoReading,
  rule: Located<JsonObject>,
  direction: CalicoDirection,
): Rule | null {
  const { checks } = reading;
  const action = actionOf(reading, rule);
  const protocol = calicoProtocol(checks, rule, "protocol");
  const notProtocol = calicoProtocol(checks, rule, "notProtocol");
  const source = calicoEntity(reading, rule, "source");
  const destination = calicoEntity(reading, rule, "destination");
  const version = ipVersion(reading, rule);
  const http = objectField(checks.schema, rule, "http");
  checkProtocol(reading, rule);
  checkPorts(reading, [source, destination], protocol !== null, protocol === "other");
  checkService(reading, direction === "egress" ? source : destination, destination, direction);
  if (http !== null && direction === "egress") {
    checks.server.errors.push(forbidden(http.path, "not allowed in egress rule"));
  }
  const family = familyOf(reading, rule, [source, destination], version);
  if (action === null || action === "Log" || family === "none") return null;
  // A sender picks the port that it sends from: what only some of those ports may is allowed, what only some may not is not cut.
  const ofSomeSourcePorts = source.ports.length + source.notPorts.length > 0;
  if (ofSomeSourcePorts && action !== "Allow") return null;
  const { pointer } = rule.path;
  const protocols = protocolsOf(protocol, notProtocol);
  const ports = matchedPorts(protocols, destination.ports, destination.notPorts, pointer);
  if (ports === "unknown") {
    reading.leaveOpen(child(destination.path, "notPorts"), "ports without a name are not modelled");
    return null;
  }
  const [own, other] = direction === "egress" ? [source, destination] : [destination, source];
  const subjects = subjectsOf(reading, own);
  const peers = calicoPeers(reading, other, family, direction === "egress" ? ports : null);
  if (subjects === "unknown" || peers === "unknown") return null;
  return {
    action: action === "Allow" ? "allow" : action === "Deny" ? "deny" : "pass",
    ...(subjects === null ? {} : { subjects }),
    peers,
    ports,
    ...(http === null ? {} : { application: true }),
    pointer,
  };
}

function actionOf(reading: CalicoReading, rule: Located<JsonObject>): (typeof ACTIONS)[number] | null {
  const { schema } = reading.checks;
  const written = stringField(schema, rule, "action");
  if (written === null) {
    schema.errors.push(required(child(rule.path, "action"), ""));
    return null;
  }
  const action = ACTIONS.find((one) => one === written.value);
  if (action === undefined) schema.errors.push(notSupported(written.path, written.value, ACTIONS));
  return action ?? null;
}

function ipVersion({ checks }: CalicoReading, rule: Located<JsonObject>): 4 | 6 | null {
  const value = ownField(rule.value, "ipVersion");
  if (value === undefined || value === null) return null;
  if (value === 4 || value === 6) return value;
  checks.schema.errors.push(notSupported(child(rule.path, "ipVersion"), value, ["4", "6"]));
  return null;
}

/** Expressions of the schema about ICMP and HTTP (api policy_common.go). */
function checkProtocol({ checks }: CalicoReading, rule: Located<JsonObject>): void {
  const { errors } = checks.schema;
  const protocol = ownField(rule.value, "protocol");
  const icmp = objectField(checks.schema, rule, "icmp");
  const http = objectField(checks.schema, rule, "http");
  if (icmp !== null && !isIcmp(protocol))
    errors.push(invalid(icmp.path, icmp.value, "ICMP fields require protocol to be ICMP or ICMPv6"));
  for (const field of ["icmp", "notICMP"]) {
    const fields = objectField(checks.schema, rule, field);
    if (fields !== null && Object.hasOwn(fields.value, "code") && !Object.hasOwn(fields.value, "type"))
      errors.push(invalid(fields.path, fields.value, "ICMP code specified without an ICMP type"));
  }
  const version = ownField(rule.value, "ipVersion");
  for (const value of [protocol, ownField(rule.value, "notProtocol")]) {
    if (!isIcmp(value) || version === undefined || version === null) continue;
    const wanted = value === "ICMP" || value === 1 ? 4 : 6;
    if (version !== wanted)
      errors.push(
        invalid(
          rule.path,
          version,
          `protocol ${wanted === 4 ? "ICMP" : "ICMPv6"} requires ipVersion ${wanted}`,
        ),
      );
  }
  if (http === null) return;
  if (protocol !== undefined && protocol !== null && protocol !== "TCP" && protocol !== 6)
    errors.push(invalid(http.path, protocol, "rules with HTTP match must have protocol TCP or unset"));
  if (ownField(rule.value, "action") !== "Allow")
    errors.push(forbidden(http.path, "HTTP match is only valid on Allow rules"));
}

/** Numbers of ports need a protocol that has ports; names need one that has them, or none. */
function checkPorts(
  { checks }: CalicoReading,
  entities: readonly CalicoEntity[],
  hasProtocol: boolean,
  isOther: boolean,
): void {
  for (const { path, ports, notPorts } of entities) {
    for (const [field, list] of [
      ["ports", ports],
      ["notPorts", notPorts],
    ] as const) {
      const own = child(path, field);
      if (isOther && list.length > 0) {
        checks.felix.errors.push(
          invalid(own, list.length, "rules that specify ports must set protocol to TCP or UDP or SCTP"),
        );
      } else if (!hasProtocol && list.some(({ kind }) => kind === "range")) {
        const reason = "rules with numeric port or port range must set protocol to TCP or UDP or SCTP";
        checks.felix.errors.push(invalid(own, list.length, reason));
      }
    }
  }
}

function checkService(
  { checks, namespace }: CalicoReading,
  own: CalicoEntity,
  destination: CalicoEntity,
  direction: CalicoDirection,
): void {
  if (own.service !== null) {
    const side = direction === "egress" ? "egress rule source" : "ingress rule destination";
    checks.server.errors.push(forbidden(own.service.path, `not allowed in ${side}`));
  }
  if (destination.service !== null && destination.ports.length + destination.notPorts.length > 0) {
    const reason = "ports and notPorts cannot be specified with services";
    checks.schema.errors.push(forbidden(destination.path, reason));
  }
  const { service } = destination;
  if (namespace === null && service !== null && service.namespace === null) {
    checks.server.errors.push(required(child(service.path, "namespace"), "must specify a namespace"));
  }
}

/**
 * The one family of addresses that a rule is about; null = both. "none" where it holds no address: it takes away all of them
 * (felix/rules policy.go, FilterRuleToIPVersion).
 */
function familyOf(
  { checks }: CalicoReading,
  rule: Located<JsonObject>,
  entities: readonly CalicoEntity[],
  version: 4 | 6 | null,
): Family | null | "none" {
  const nets = entities.flatMap(({ nets: own, notNets }) => [...(own ?? []), ...notNets]);
  const families = new Set(nets.map(({ family }) => family));
  if (families.size > 1) {
    checks.felix.errors.push(invalid(rule.path, rule.value, "rule contains both IPv4 and IPv6 CIDRs"));
  }
  const written: Family | null = version === null ? null : version === 4 ? "v4" : "v6";
  const [family = written] = families;
  if (written !== null && family !== written) {
    checks.server.errors.push(invalid(rule.path, version, "rule IP version doesn't match CIDR version"));
    return "none";
  }
  return entities.some(({ notNets }) => notNets.some(({ prefix }) => prefix === 0)) ? "none" : family;
}

/** The pods that this end of a rule leaves of those that the policy governs; null = all of them. */
function subjectsOf(reading: CalicoReading, own: CalicoEntity): readonly Pods[] | null | "unknown" {
  const { path, selector, notSelector } = own;
  const asksForAddress = (own.nets ?? []).some(({ prefix }) => prefix > 0) || own.notNets.length > 0;
  if (asksForAddress || own.service !== null || own.domains !== null) {
    reading.leaveOpen(path, "the rule asks for the address of the pod that it governs");
    return "unknown";
  }
  const asked = selector ?? (notSelector === null ? null : ({ kind: "not", operand: notSelector } as const));
  if (asked === null) return null;
  const pods = reading.pods(asked, path);
  if (pods === null) return "unknown";
  if (pods.some(isEveryPod)) return null;
  if (reading.sets(selector ?? notSelector ?? asked, path).some(({ blocks }) => blocks.length > 0)) {
    reading.leaveOpen(
      path,
      "the rule asks for the address of the pod that it governs, through a network set",
    );
    return "unknown";
  }
  return pods;
}
