import type { NamePattern, PortMatch, Protocol } from "../model/policy.ts";
import {
  integerField,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
  stringList,
} from "../schema/decode.ts";
import { child, type FieldPath, invalid, notSupported, required } from "../schema/field-error.ts";
import { type CiliumDecoder, isWritten, place, refuse } from "./decoder.ts";
import { isGoodMatchName, isGoodMatchPattern, matchName, matchPattern } from "./name.ts";

/** One element of `toPorts`. */
export interface CiliumPortRule {
  readonly ports: readonly PortMatch[];
  /** It asks for more: HTTP paths, names of servers, DNS names to look up. */
  readonly application: boolean;
  /** Names that may be looked up through it; null = it is no rule about DNS. */
  readonly lookups: readonly NamePattern[] | null;
  readonly pointer: string;
}

export interface CiliumPorts {
  readonly rules: readonly CiliumPortRule[];
  /** Rules about ICMP stand beside it: no port of TCP, UDP or SCTP. */
  readonly icmp: boolean;
}

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
/** Those without ports match nothing that has ports. */
const OTHER_PROTOCOLS = ["ICMP", "ICMPV6", "VRRP", "IGMP", "ANY"] as const;
const MOST_PORTS = 40;
const LAST_PORT = 65_535;

/** `toPorts` and `icmps` (pkg/policy/api/l4.go and rule_validation.go). */
export function ciliumPorts(
  decoder: CiliumDecoder,
  rule: Located<JsonObject>,
  context: { readonly ingress: boolean; readonly deny: boolean },
): CiliumPorts {
  const rules = objectList(decoder, rule, "toPorts").map((one) => portRule(decoder, one, context));
  const icmps = objectList(decoder, rule, "icmps");
  if (icmps.length > 0 && rules.length > 0) {
    refuse(
      decoder,
      place(rule, "icmps"),
      "the ICMPs block may only be present without ToPorts. Define a separate rule to use ToPorts",
    );
  }
  return { rules, icmp: icmps.length > 0 };
}

function portRule(
  decoder: CiliumDecoder,
  rule: Located<JsonObject>,
  { ingress, deny }: { readonly ingress: boolean; readonly deny: boolean },
): CiliumPortRule {
  const written = objectList(decoder, rule, "ports");
  if (written.length > MOST_PORTS) {
    decoder.errors.push(
      invalid(place(rule, "ports"), written.length, `must have at most ${MOST_PORTS} items`),
    );
  }
  // The schema of a rule that denies knows ports alone, and the API server drops what a schema does not know.
  const rules = deny ? null : objectField(decoder, rule, "rules");
  const dns = rules === null ? null : lookupsOf(decoder, rules);
  const asksForMore = rules !== null && ["http", "kafka", "dns", "l7"].some((name) => isWritten(rules, name));
  const ports = written.map((one) => portProtocol(decoder, one, dns !== null && dns.length > 0));
  const serverNames = deny ? [] : stringList(decoder, rule, "serverNames");
  if (serverNames.some(({ value }) => value === ""))
    refuse(decoder, place(rule, "serverNames"), "empty server name is not allowed");
  if (serverNames.length > 0 && asksForMore && !isWritten(rule, "terminatingTLS")) {
    refuse(
      decoder,
      place(rule, "serverNames"),
      "ServerNames are not allowed with L7 rules without TLS termination",
    );
  }
  if (rules !== null && asksForMore) checkRules(decoder, rules, ports, { ingress, dns });
  if (rules !== null && asksForMore && isWritten(rule, "listener")) {
    refuse(decoder, place(rule, "listener"), "Listener is not allowed with L7 rules");
  }
  if (ingress && !deny && isWritten(rule, "listener")) {
    refuse(decoder, place(rule, "listener"), "Listener is not allowed on ingress");
  }
  return {
    ports: ports.flatMap(({ matches }) => matches),
    application: asksForMore || serverNames.length > 0 || (!deny && isWritten(rule, "listener")),
    lookups: dns,
    pointer: rule.path.pointer,
  };
}

function checkRules(
  decoder: CiliumDecoder,
  rules: Located<JsonObject>,
  ports: readonly ReadPort[],
  { ingress, dns }: { readonly ingress: boolean; readonly dns: readonly NamePattern[] | null },
): void {
  const kinds = ["http", "kafka", "dns"].filter((name) => isWritten(rules, name));
  if (isWritten(rules, "l7") || isWritten(rules, "l7proto")) kinds.push("l7");
  if (kinds.length > 1)
    refuse(decoder, rules.path, "multiple L7 protocol rule types specified in single rule");
  const hasNames = dns !== null && dns.length > 0;
  if (ingress && hasNames) refuse(decoder, place(rules, "dns"), "DNS rules are not allowed on ingress");
  if (dns !== null && ports.length === 0) {
    refuse(decoder, place(rules, "dns"), "port 53 must be specified for DNS rules");
  }
  for (const { isZero, protocol, path } of ports) {
    if (isZero) refuse(decoder, path, "L7 rules can not be used when a port is 0");
    if (!hasNames && protocol !== "TCP") {
      refuse(decoder, path, `L7 rules can only apply to TCP (not ${protocol ?? ""}) except for DNS rules`);
    }
  }
}

function lookupsOf(decoder: CiliumDecoder, rules: Located<JsonObject>): readonly NamePattern[] | null {
  if (!isWritten(rules, "dns")) return null;
  return objectList(decoder, rules, "dns").flatMap((one) => nameSelector(decoder, one) ?? []);
}

/** `matchName` or `matchPattern`, of a name to reach or to look up. */
export function nameSelector(decoder: CiliumDecoder, selector: Located<JsonObject>): NamePattern | null {
  const name = stringField(decoder, selector, "matchName");
  const pattern = stringField(decoder, selector, "matchPattern");
  if ((name === null) === (pattern === null)) {
    decoder.errors.push(invalid(selector.path, "", "must have exactly one of matchName and matchPattern"));
    return null;
  }
  if (name !== null) {
    if (isGoodMatchName(name.value)) return matchName(name.value);
    decoder.errors.push(invalid(name.path, name.value, "must be a DNS name"));
  } else if (pattern !== null) {
    if (isGoodMatchPattern(pattern.value)) return matchPattern(pattern.value);
    decoder.errors.push(invalid(pattern.path, pattern.value, "must be a DNS name with '*' for characters"));
  }
  return null;
}

interface ReadPort {
  readonly matches: readonly PortMatch[];
  readonly isZero: boolean;
  /** As written; null = any. */
  readonly protocol: string | null;
  readonly path: FieldPath;
}

/** A missing protocol is any, unlike that of a NetworkPolicy; port 0 is every port. */
function portProtocol(decoder: CiliumDecoder, port: Located<JsonObject>, hasNames: boolean): ReadPort {
  const { path } = port;
  const written = stringField(decoder, port, "port");
  const end = integerField(decoder, port, "endPort");
  const protocol = stringField(decoder, port, "protocol");
  const known = [...PROTOCOLS, ...OTHER_PROTOCOLS];
  if (protocol !== null && !known.some((one) => one === protocol.value)) {
    decoder.errors.push(notSupported(protocol.path, protocol.value, known));
  }
  if (written === null) decoder.errors.push(required(child(path, "port"), ""));
  if (end !== null && (end.value < 0 || end.value > LAST_PORT)) {
    decoder.errors.push(invalid(end.path, end.value, `must be between 0 and ${LAST_PORT}`));
  }
  const protocols =
    protocol === null || protocol.value === "ANY"
      ? PROTOCOLS
      : PROTOCOLS.filter((one) => one === protocol.value);
  const name = written?.value ?? "";
  const match = isServiceName(name)
    ? ({ kind: "named", name: name.toLowerCase() } as const)
    : numbers(decoder, written ?? { value: name, path }, end?.value ?? 0, hasNames);
  const matches = protocols.flatMap((one) =>
    match === null ? [] : [{ protocol: one, port: match, pointer: path.pointer }],
  );
  return { matches, isZero: match?.kind === "all", protocol: protocol?.value ?? null, path };
}

/** pkg/iana: letters, digits and single hyphens, at least one letter, at most 15. */
function isServiceName(text: string): boolean {
  return text.length <= 15 && /^[a-z\d]+(?:-[a-z\d]+)*$/i.test(text) && /[a-z]/i.test(text);
}

function numbers(
  decoder: CiliumDecoder,
  { value, path }: Located<string>,
  end: number,
  hasNames: boolean,
): PortMatch["port"] | null {
  const first = portNumber(value);
  if (first === null) {
    if (/^(?:\d|[a-z\d-]*[a-z])/i.test(value)) {
      refuse(decoder, path, `unable to parse port: ${JSON.stringify(value)}`);
    } else decoder.errors.push(invalid(path, value, "must be a port number or a port name"));
    return null;
  }
  if (hasNames && end > first) refuse(decoder, path, "DNS rules do not support port ranges");
  if (first === 0 && end === 0) return { kind: "all" };
  return { kind: "range", first: Math.max(1, first), last: Math.max(first, end) };
}

/** As Go's strconv.ParseUint reads a number of any base: a leading 0 makes it octal. */
function portNumber(text: string): number | null {
  const number = /^0[0-7]+$/.test(text)
    ? Number.parseInt(text, 8)
    : /^(?:0|[1-9]\d*)$/.test(text)
      ? Number(text)
      : null;
  return number !== null && number <= LAST_PORT ? number : null;
}
