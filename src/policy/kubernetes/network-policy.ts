import type { Profile } from "../../config/config.ts";
import type { Manifest } from "../../render/render.ts";
import { isCilium } from "../model/enforcement.ts";
import type {
  LabelSelector,
  NamespaceMatch,
  Peer,
  Policy,
  PortMatch,
  Protocol,
  Rule,
} from "../model/policy.ts";
import { isStrictSubset, parseCidr, printCidr } from "../schema/cidr.ts";
import {
  type Decoder,
  integerField,
  integerOrStringField,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
  stringList,
} from "../schema/decode.ts";
import {
  child,
  type FieldError,
  type FieldPath,
  forbidden,
  invalid,
  notSupported,
  ROOT,
  required,
} from "../schema/field-error.ts";
import { labelSelector } from "../schema/label-selector.ts";
import { checkMetadata } from "../schema/metadata.ts";
import { portNameErrors } from "../schema/names.ts";

const NETWORK_POLICY = "networking.k8s.io/v1 NetworkPolicy";

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const DIRECTIONS = ["Ingress", "Egress"] as const;
type Direction = (typeof DIRECTIONS)[number];

/** Every port, as the API counts them. */
const LAST_PORT = 65535;

/**
 * networking.k8s.io/v1 NetworkPolicy: defaulted and validated as the API server does
 * (kubernetes pkg/apis/networking/{v1/defaults,validation/validation}.go). Errors mean that nothing is enforced.
 */
export function networkPolicy(manifest: Manifest, profile: Profile): Policy | readonly FieldError[] {
  const decoder: Decoder = { errors: [] };
  const object: Located<JsonObject> = { value: manifest.object, path: ROOT };
  checkMetadata(decoder, object);
  const namespace = manifest.namespace ?? "default";
  const spec = objectField(decoder, object, "spec") ?? { value: {}, path: child(ROOT, "spec") };
  const own: NamespaceMatch = { kind: "named", name: namespace };
  const podSelector = objectField(decoder, spec, "podSelector");
  const pods = podSelector === null ? [] : labelSelector(decoder, podSelector);
  const ingress = rules(decoder, spec, "ingress", "from", own);
  const egress = rules(decoder, spec, "egress", "to", own);
  const declared = policyTypes(decoder, spec, egress.length > 0);
  const types = isCilium(profile)
    ? withWrittenRules(declared, { Egress: egress, Ingress: ingress })
    : declared;
  if (decoder.errors.length > 0) return decoder.errors;
  const { apiVersion, kind, metadata } = manifest.object;
  return {
    dialect: NETWORK_POLICY,
    identity: { apiVersion, kind, namespace, name: metadata.name ?? metadata.generateName ?? "" },
    manifest,
    digest: manifest.digest,
    tier: "network-policy",
    order: null,
    subjects: [{ namespaces: own, pods }],
    isolates: { egress: types.has("Egress"), ingress: types.has("Ingress") },
    // Rules of a direction that policyTypes leaves out are ignored by the letter of the API.
    egress: types.has("Egress") ? egress : [],
    ingress: types.has("Ingress") ? ingress : [],
  };
}

/** Absent or empty: Ingress always, Egress only where there are egress rules. */
function policyTypes(decoder: Decoder, spec: Located<JsonObject>, hasEgressRules: boolean): Set<Direction> {
  const written = stringList(decoder, spec, "policyTypes");
  if (written.length === 0) return new Set(hasEgressRules ? DIRECTIONS : ["Ingress"]);
  const types = new Set<Direction>();
  if (written.length > DIRECTIONS.length) {
    const values = written.map(({ value }) => value);
    decoder.errors.push(
      invalid(child(spec.path, "policyTypes"), values, "may not specify more than two policyTypes"),
    );
    return types;
  }
  for (const { value, path } of written) {
    const direction = DIRECTIONS.find((one) => one === value);
    if (direction === undefined) decoder.errors.push(notSupported(path, value, DIRECTIONS));
    else types.add(direction);
  }
  return types;
}

/** Cilium never asks policyTypes of a direction that has rules (pkg/policy/k8s/network_policy.go, ParseNetworkPolicy). */
function withWrittenRules(
  declared: ReadonlySet<Direction>,
  written: Readonly<Record<Direction, readonly Rule[]>>,
): ReadonlySet<Direction> {
  return new Set(DIRECTIONS.filter((one) => declared.has(one) || written[one].length > 0));
}

function rules(
  decoder: Decoder,
  spec: Located<JsonObject>,
  direction: "ingress" | "egress",
  peersField: "from" | "to",
  own: NamespaceMatch,
): readonly Rule[] {
  return objectList(decoder, spec, direction).map((rule) => {
    const ports = objectList(decoder, rule, "ports").flatMap((port) => portMatch(decoder, port) ?? []);
    const peers = objectList(decoder, rule, peersField).flatMap((one) => peer(decoder, one, own) ?? []);
    return {
      action: "allow",
      // Missing and empty mean the same: any destination, every port and protocol.
      peers: peers.length === 0 ? null : peers,
      ports: ports.length === 0 ? null : ports,
      pointer: rule.path.pointer,
    };
  });
}

function peer(decoder: Decoder, value: Located<JsonObject>, own: NamespaceMatch): Peer | null {
  const podSelector = objectField(decoder, value, "podSelector");
  const namespaceSelector = objectField(decoder, value, "namespaceSelector");
  const ipBlock = objectField(decoder, value, "ipBlock");
  const pods: LabelSelector = podSelector === null ? [] : labelSelector(decoder, podSelector);
  const namespaces: NamespaceMatch =
    namespaceSelector === null
      ? own
      : { kind: "selected", selector: labelSelector(decoder, namespaceSelector) };
  const addresses = ipBlock === null ? null : addressPeer(decoder, ipBlock, value.path);
  const hasSelector = podSelector !== null || namespaceSelector !== null;
  if (ipBlock === null) {
    if (hasSelector) return { kind: "pods", namespaces, pods, pointer: value.path.pointer };
    decoder.errors.push(required(value.path, "must specify a peer"));
    return null;
  }
  if (hasSelector) {
    decoder.errors.push(forbidden(value.path, "may not specify both ipBlock and another peer"));
  }
  return addresses;
}

function addressPeer(decoder: Decoder, ipBlock: Located<JsonObject>, peerPath: FieldPath): Peer | null {
  const cidr = stringField(decoder, ipBlock, "cidr");
  const exceptions = stringList(decoder, ipBlock, "except");
  if (cidr === null || cidr.value === "") {
    decoder.errors.push(required(child(ipBlock.path, "cidr"), ""));
    return null;
  }
  const block = parseCidr(cidr.value);
  if (block === null) {
    decoder.errors.push(invalidCidr(cidr));
    return null;
  }
  const except: string[] = [];
  for (const exception of exceptions) {
    const inner = parseCidr(exception.value);
    if (inner === null) decoder.errors.push(invalidCidr(exception));
    else if (isStrictSubset(inner, block)) except.push(printCidr(inner));
    else decoder.errors.push(invalid(exception.path, exception.value, "must be a strict subset of `cidr`"));
  }
  return { kind: "addresses", cidr: printCidr(block), except, pointer: peerPath.pointer };
}

function invalidCidr(text: Located<string>): FieldError {
  return invalid(text.path, text.value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

function portMatch(decoder: Decoder, value: Located<JsonObject>): PortMatch | null {
  const protocol = protocolOf(decoder, value);
  const port = integerOrStringField(decoder, value, "port");
  const end = integerField(decoder, value, "endPort");
  const before = decoder.errors.length;
  const matched = port === null ? allPorts(decoder, end) : onePort(decoder, port, end);
  if (protocol === null || matched === null || decoder.errors.length > before) return null;
  return { protocol, port: matched, pointer: value.path.pointer };
}

/** A missing protocol is TCP, not any (v1/defaults.go). */
function protocolOf(decoder: Decoder, value: Located<JsonObject>): Protocol | null {
  const written = stringField(decoder, value, "protocol");
  if (written === null) return "TCP";
  const protocol = PROTOCOLS.find((one) => one === written.value);
  if (protocol === undefined) decoder.errors.push(notSupported(written.path, written.value, PROTOCOLS));
  return protocol ?? null;
}

function allPorts(decoder: Decoder, end: Located<number> | null): PortMatch["port"] {
  if (end !== null) {
    decoder.errors.push(invalid(end.path, end.value, "may not be specified when `port` is not specified"));
  }
  return { kind: "all" };
}

function onePort(
  decoder: Decoder,
  port: Located<number | string>,
  end: Located<number> | null,
): PortMatch["port"] {
  if (typeof port.value === "string") {
    if (end !== null) {
      decoder.errors.push(invalid(end.path, end.value, "may not be specified when `port` is non-numeric"));
    }
    for (const reason of portNameErrors(port.value))
      decoder.errors.push(invalid(port.path, port.value, reason));
    return { kind: "named", name: port.value };
  }
  checkPortNumber(decoder, port.path, port.value);
  if (end === null) return { kind: "range", first: port.value, last: port.value };
  if (end.value < port.value) {
    decoder.errors.push(invalid(end.path, end.value, "must be greater than or equal to `port`"));
  }
  checkPortNumber(decoder, end.path, end.value);
  return { kind: "range", first: port.value, last: end.value };
}

function checkPortNumber(decoder: Decoder, path: FieldPath, value: number): void {
  if (value < 1 || value > LAST_PORT) {
    decoder.errors.push(invalid(path, value, `must be between 1 and ${LAST_PORT}, inclusive`));
  }
}
