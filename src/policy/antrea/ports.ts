import type { PortMatch, Protocol } from "../model/policy.ts";
import { outOfBounds } from "../schema/crd-error.ts";
import { isAbsent, oneOf } from "../schema/crd-field.ts";
import {
  integerField,
  integerOrStringField,
  type JsonObject,
  type Located,
  objectField,
  objectList,
  stringField,
} from "../schema/decode.ts";
import { forbidden } from "../schema/field-error.ts";
import type { AntreaReading } from "./reading.ts";

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];

export interface AntreaPorts {
  /** null = every protocol and port. Empty = a rule about ICMP or IGMP alone, which have no ports. */
  readonly ports: readonly PortMatch[] | null;
  /** It asks for ports of the sender as well, which the sender chooses. */
  readonly asksForSource: boolean;
}

/** `ports` and `protocols` add up; with neither a rule is about everything. */
export function antreaPorts(reading: AntreaReading, rule: Located<JsonObject>): AntreaPorts {
  const written = objectList(reading, rule, "ports");
  const protocols = objectList(reading, rule, "protocols");
  for (const protocol of protocols) checkProtocol(reading, protocol);
  const read = written.map((port) => portMatch(reading, port));
  return {
    ports:
      written.length + protocols.length === 0
        ? null
        : read.flatMap(({ match }) => (match === null ? [] : [match])),
    asksForSource: read.some(({ asksForSource }) => asksForSource),
  };
}

function checkProtocol(reading: AntreaReading, protocol: Located<JsonObject>): void {
  objectField(reading, protocol, "icmp");
  objectField(reading, protocol, "igmp");
  if (["icmp", "igmp"].filter((name) => !isAbsent(protocol, name)).length !== 1) {
    reading.errors.push(
      outOfBounds(protocol.path, protocol.value, "must validate one and only one schema (oneOf)"),
    );
  }
}

const LAST_PORT = 65_535;

function portMatch(
  reading: AntreaReading,
  value: Located<JsonObject>,
): { readonly match: PortMatch | null; readonly asksForSource: boolean } {
  const written = stringField(reading, value, "protocol");
  const protocol = written === null ? "TCP" : oneOf(reading, written, PROTOCOLS);
  const port = integerOrStringField(reading, value, "port");
  const end = integerField(reading, value, "endPort");
  const source = integerField(reading, value, "sourcePort");
  const sourceEnd = integerField(reading, value, "sourceEndPort");
  checkEnds(reading, { port, end, source, sourceEnd });
  const asksForSource = source !== null;
  const matched = matchedPort(port?.value ?? null, end?.value ?? null);
  return {
    match:
      protocol === null || matched === null ? null : { protocol, port: matched, pointer: value.path.pointer },
    asksForSource,
  };
}

/** Numbers that no port has match nothing. */
function matchedPort(port: number | string | null, end: number | null): PortMatch["port"] | null {
  if (port === null) return { kind: "all" };
  if (typeof port === "string") return { kind: "named", name: port };
  const [first, last] = [Math.max(port, 1), Math.min(end ?? port, LAST_PORT)];
  return first <= last ? { kind: "range", first, last } : null;
}

/** validatePort in pkg/controller/networkpolicy/validate.go. */
function checkEnds(
  { errors }: AntreaReading,
  {
    port,
    end,
    source,
    sourceEnd,
  }: {
    readonly port: Located<number | string> | null;
    readonly end: Located<number> | null;
    readonly source: Located<number> | null;
    readonly sourceEnd: Located<number> | null;
  },
): void {
  if (end !== null) {
    if (port === null) errors.push(forbidden(end.path, "if `endPort` is specified `port` must be specified"));
    else if (typeof port.value === "string") {
      errors.push(forbidden(end.path, "if `port` is a string `endPort` cannot be specified"));
    } else if (end.value < port.value) {
      errors.push(forbidden(end.path, "`endPort` should be greater than or equal to `port`"));
    }
  }
  if (sourceEnd !== null) {
    if (source === null) {
      errors.push(
        forbidden(sourceEnd.path, "if `sourceEndPort` is specified `sourcePort` must be specified"),
      );
    } else if (sourceEnd.value < source.value) {
      errors.push(
        forbidden(sourceEnd.path, "`sourceEndPort` should be greater than or equal to `sourcePort`"),
      );
    }
  }
}
