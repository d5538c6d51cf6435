import type { PortMatch, Protocol } from "../model/policy.ts";
import { type JsonObject, type Located, ownField } from "../schema/decode.ts";
import { child, element, type FieldPath, invalid, wrongType } from "../schema/field-error.ts";
import type { CalicoChecks } from "./checks.ts";

const PROTOCOLS: readonly Protocol[] = ["TCP", "UDP", "SCTP"];
const NUMBERS: Readonly<Record<number, Protocol>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };
const NAMES = ["TCP", "UDP", "ICMP", "ICMPv6", "SCTP", "UDPLite"];
const LAST_PORT = 65_535;
const MOST_PORTS = 50;

/** What a rule says of a protocol: one with ports, or another, which no packet of a surface has. */
export type CalicoProtocol = Protocol | "other";

/** "TCP", 6 or "6"; null where absent (api/pkg/lib/numorstring protocol.go). */
export function calicoProtocol(
  checks: CalicoChecks,
  rule: Located<JsonObject>,
  field: "protocol" | "notProtocol",
): CalicoProtocol | null {
  const value = ownField(rule.value, field);
  const path = child(rule.path, field);
  if (value === undefined || value === null) return null;
  if (typeof value !== "string" && typeof value !== "number") {
    checks.schema.errors.push(wrongType(path, value, "integer or string"));
    return null;
  }
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number") {
    if (!Number.isInteger(number) || number < 1 || number > 255)
      checks.felix.errors.push(invalid(path, value, "protocol number invalid"));
    return NUMBERS[number] ?? "other";
  }
  if (!NAMES.includes(number)) checks.felix.errors.push(invalid(path, value, "protocol name invalid"));
  return PROTOCOLS.find((one) => one === number) ?? "other";
}

/** Whether a rule about this protocol is about ICMP. */
export function isIcmp(value: unknown): boolean {
  return value === "ICMP" || value === "ICMPv6" || value === 1 || value === 58;
}

/** The protocols with ports that a rule is about. */
export function protocolsOf(
  protocol: CalicoProtocol | null,
  notProtocol: CalicoProtocol | null,
): readonly Protocol[] {
  return PROTOCOLS.filter((one) => (protocol === null || one === protocol) && one !== notProtocol);
}

export type CalicoPort =
  | { readonly kind: "range"; readonly first: number; readonly last: number; readonly pointer: string }
  | { readonly kind: "named"; readonly name: string; readonly pointer: string };

/** Numbers, ranges "80:90" and names (api/pkg/lib/numorstring port.go). */
export function calicoPorts(
  checks: CalicoChecks,
  entity: Located<JsonObject>,
  field: "ports" | "notPorts",
): readonly CalicoPort[] {
  const path = child(entity.path, field);
  const value = ownField(entity.value, field);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    checks.schema.errors.push(wrongType(path, value, "[]integer or string"));
    return [];
  }
  if (value.length > MOST_PORTS)
    checks.schema.errors.push(invalid(path, value.length, `must have at most ${MOST_PORTS} items`));
  return value.flatMap((one: unknown, index) => calicoPort(checks, one, element(path, index)) ?? []);
}

function calicoPort(checks: CalicoChecks, value: unknown, path: FieldPath): CalicoPort | null {
  const { pointer } = path;
  const range = typeof value === "string" ? /^(\d+):(\d+)$/.exec(value) : null;
  if (range !== null) return rangeOf(checks, Number(range[1]), Number(range[2]), value, path);
  if (typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value))) {
    return rangeOf(checks, Number(value), Number(value), value, path);
  }
  if (typeof value !== "string") {
    checks.schema.errors.push(wrongType(path, value, "integer or string"));
    return null;
  }
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(value)) {
    checks.felix.errors.push(invalid(path, value, `invalid name for named port (${value})`));
    return null;
  }
  return { kind: "named", name: value, pointer };
}

function rangeOf(
  checks: CalicoChecks,
  first: number,
  last: number,
  value: unknown,
  path: FieldPath,
): CalicoPort | null {
  const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= LAST_PORT;
  if (isPort(first) && isPort(last) && first <= last) {
    return { kind: "range", first, last, pointer: path.pointer };
  }
  const reason = first > last && isPort(last) ? "" : ", port number must be between 1 and 65535";
  checks.felix.errors.push(invalid(path, value, `port range invalid${reason}`));
  return null;
}

/**
 * The ports of the receiver that a rule matches. null = all of every protocol; "unknown" where the model cannot say it: a port
 * that does not have some name.
 */
export function matchedPorts(
  protocols: readonly Protocol[],
  ports: readonly CalicoPort[],
  notPorts: readonly CalicoPort[],
  pointer: string,
): readonly PortMatch[] | null | "unknown" {
  if (notPorts.some(({ kind }) => kind === "named")) return "unknown";
  if (ports.length === 0 && notPorts.length === 0) {
    return protocols.length === PROTOCOLS.length
      ? null
      : protocols.map((protocol) => ({ protocol, port: { kind: "all" }, pointer }));
  }
  const left: readonly CalicoPort[] =
    ports.length === 0 ? [{ kind: "range", first: 1, last: LAST_PORT, pointer }] : ports;
  if (notPorts.length > 0 && left.some(({ kind }) => kind === "named")) return "unknown";
  return protocols.flatMap((protocol) =>
    left.flatMap((port) =>
      (port.kind === "named" ? [port] : without(port, notPorts)).map(
        ({ pointer: own, ...match }): PortMatch => ({ protocol, port: match, pointer: own }),
      ),
    ),
  );
}

type PortRange = CalicoPort & { readonly kind: "range" };

function without(range: PortRange, taken: readonly CalicoPort[]): readonly PortRange[] {
  return taken.reduce<readonly PortRange[]>(
    (parts, hole) =>
      hole.kind === "named"
        ? parts
        : parts.flatMap((part) =>
            [
              { ...part, last: Math.min(part.last, hole.first - 1) },
              { ...part, first: Math.max(part.first, hole.last + 1) },
            ].filter(({ first, last }) => first <= last),
          ),
    [range],
  );
}
