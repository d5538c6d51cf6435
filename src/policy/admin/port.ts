import type { PortMatch, Protocol } from "../model/policy.ts";
import { ruleBroken, tooFewProperties } from "../schema/crd-error.ts";
import { isAbsent, onlyProperty, requiredInteger } from "../schema/crd-field.ts";
import { type Decoder, type JsonObject, type Located, objectField, stringField } from "../schema/decode.ts";
import { type FieldPath, invalid, notSupported } from "../schema/field-error.ts";

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const PORTS = [1, 65_535] as const;

/** "newer": a kind of match that nobody here knows; null: an error was reported. */
export type ReadPort = (
  decoder: Decoder,
  value: Located<JsonObject>,
) => readonly PortMatch[] | "newer" | null;

/** An element of `ports` (network-policy-api apis/v1alpha1 AdminNetworkPolicyPort). */
export const adminNetworkPolicyPort: ReadPort = (decoder, value) => {
  const kind = onlyProperty(decoder, value, ["portNumber", "namedPort", "portRange"]);
  switch (kind) {
    case "portNumber": {
      const field = objectField(decoder, value, kind);
      if (field === null) return null;
      const protocol = protocolOf(decoder, field);
      const port = requiredInteger(decoder, field, "port", PORTS);
      return protocol === null || port === null ? null : [range(value, protocol, port, port)];
    }
    case "portRange": {
      const field = objectField(decoder, value, kind);
      if (field === null) return null;
      const protocol = protocolOf(decoder, field);
      const bounds = rangeOf(decoder, field);
      if (protocol === null || bounds === null) return null;
      // The schema of this version leaves it to the text of the API.
      if (bounds.start > bounds.end) {
        decoder.errors.push(invalid(field.path, bounds.start, "the Start value must be less than End"));
        return null;
      }
      return [range(value, protocol, bounds.start, bounds.end)];
    }
    case "namedPort":
      return named(decoder, value, stringField(decoder, value, kind));
    case "newer":
    case null:
      return kind;
  }
};

/** An element of `protocols` (network-policy-api apis/v1alpha2 ClusterNetworkPolicyProtocol). */
export const clusterNetworkPolicyProtocol: ReadPort = (decoder, value) => {
  const kind = onlyProperty(decoder, value, ["tcp", "udp", "sctp", "destinationNamedPort"]);
  if (kind === "newer" || kind === null) return kind;
  if (kind === "destinationNamedPort") return named(decoder, value, stringField(decoder, value, kind));
  const field = objectField(decoder, value, kind);
  if (field === null) return null;
  // The one property that there is: without it the schema refuses the protocol.
  if (isAbsent(field, "destinationPort")) {
    if (Object.keys(field.value).length > 0) return "newer";
    decoder.errors.push(tooFewProperties(field.path, 0, 1));
    return null;
  }
  const port = objectField(decoder, field, "destinationPort");
  return port === null ? null : destinationPort(decoder, value, port, PROTOCOL_OF[kind]);
};

const PROTOCOL_OF: Readonly<Record<"tcp" | "udp" | "sctp", Protocol>> = {
  tcp: "TCP",
  udp: "UDP",
  sctp: "SCTP",
};

function destinationPort(
  decoder: Decoder,
  match: Located<JsonObject>,
  port: Located<JsonObject>,
  protocol: Protocol,
): readonly PortMatch[] | "newer" | null {
  const kind = onlyProperty(decoder, port, ["number", "range"]);
  if (kind === "newer" || kind === null) return kind;
  if (kind === "number") {
    const number = requiredInteger(decoder, port, kind, PORTS);
    return number === null ? null : [range(match, protocol, number, number)];
  }
  const field = objectField(decoder, port, kind);
  const bounds = field === null ? null : rangeOf(decoder, field);
  if (field === null || bounds === null) return null;
  if (bounds.start >= bounds.end) {
    decoder.errors.push(ruleBroken(field.path, "Start port must be less than End port"));
    return null;
  }
  return [range(match, protocol, bounds.start, bounds.end)];
}

function rangeOf(
  decoder: Decoder,
  field: Located<JsonObject>,
): { readonly start: number; readonly end: number } | null {
  const start = requiredInteger(decoder, field, "start", PORTS);
  const end = requiredInteger(decoder, field, "end", PORTS);
  return start === null || end === null ? null : { start, end };
}

function range(
  { path }: { readonly path: FieldPath },
  protocol: Protocol,
  first: number,
  last: number,
): PortMatch {
  return { protocol, port: { kind: "range", first, last }, pointer: path.pointer };
}

/** The schema sets TCP where the field is missing; it takes any text, the API knows three. */
function protocolOf(decoder: Decoder, field: Located<JsonObject>): Protocol | null {
  const written = stringField(decoder, field, "protocol");
  if (written === null) return "TCP";
  const protocol = PROTOCOLS.find((one) => one === written.value);
  if (protocol === undefined) decoder.errors.push(notSupported(written.path, written.value, PROTOCOLS));
  return protocol ?? null;
}

/** A name stands for a port of whatever protocol the pod gives that name. */
function named(
  decoder: Decoder,
  value: Located<JsonObject>,
  name: Located<string> | null,
): readonly PortMatch[] | null {
  if (name === null) return null;
  if (name.value === "") {
    decoder.errors.push(invalid(name.path, name.value, "the name of a port must not be empty"));
    return null;
  }
  return PROTOCOLS.map((protocol) => ({
    protocol,
    port: { kind: "named", name: name.value },
    pointer: value.path.pointer,
  }));
}
