import type { Destination, NamespaceText, RegionLine } from "../../src/surface/surface.ts";
import { inBlock } from "../oracle/network-policy.ts";
import type { Destination as OracleDestination } from "../oracle/random-worlds.ts";

/** Whether a printed line holds a point, reading nothing but its texts: what a person would take it to say. */
export function lineHolds(
  line: RegionLine,
  point: OracleDestination,
  declared: ReadonlySet<string>,
): boolean {
  return portsHold(line, point) && destinationHolds(line.destination, point, declared);
}

function portsHold({ protocol, ports }: RegionLine, { end, packet }: OracleDestination): boolean {
  if (protocol !== "any" && protocol !== packet.protocol) return false;
  const [numbers = "", name] = ports.split(/ ?named /);
  if (name !== undefined && !isNamed(name, end, packet)) return false;
  if (numbers === "any" || numbers === "") return true;
  return numbers.split(", ").some((range) => {
    const [first = "", last = first] = range.split("-");
    return packet.port >= Number(first) && packet.port <= Number(last);
  });
}

function isNamed(name: string, end: OracleDestination["end"], packet: OracleDestination["packet"]): boolean {
  return (
    "pod" in end &&
    end.pod.ports.some(
      (port) => port.name === name && port.port === packet.port && port.protocol === packet.protocol,
    )
  );
}

function destinationHolds(
  destination: Destination,
  { end }: OracleDestination,
  declared: ReadonlySet<string>,
): boolean {
  switch (destination.kind) {
    case "any":
      return true;
    case "ip":
      return "address" in end && destination.cidrs.some((cidr) => inBlock(cidr, end.address));
    case "pods":
      return (
        "pod" in end &&
        namespaceHolds(destination.namespaces, end.pod.namespace, end.pod.namespaceLabels, declared) &&
        destination.labels.every((term) => termHolds(term, end.pod.labels))
      );
    default:
      throw new Error(`nobody prints ${destination.kind} yet`);
  }
}

function namespaceHolds(
  text: NamespaceText,
  name: string,
  labels: Readonly<Record<string, string>>,
  declared: ReadonlySet<string>,
): boolean {
  switch (text.kind) {
    case "every":
      return true;
    case "named":
      return text.names.includes(name);
    case "every-except":
      return !text.names.includes(name);
    case "undeclared":
      return (
        !declared.has(name) &&
        text.labels.every((term) => termHolds(term, { ...labels, "kubernetes.io/metadata.name": name }))
      );
  }
}

/** One term in the syntax of `kubectl --selector`, with "or !key" for what that cannot say. */
function termHolds(term: string, labels: Readonly<Record<string, string>>): boolean {
  const [either = "", or] = term.split(" or ");
  return simpleTermHolds(either, labels) || (or !== undefined && simpleTermHolds(or, labels));
}

function simpleTermHolds(term: string, labels: Readonly<Record<string, string>>): boolean {
  const list = /^(\S+) (in|notin) \((.*)\)$/.exec(term);
  if (list !== null) {
    const [, key = "", operator, values = ""] = list;
    const value = labels[key];
    return (value !== undefined && values.split(", ").includes(value)) === (operator === "in");
  }
  const not = /^(.+)!=(.*)$/.exec(term);
  if (not !== null) return labels[not[1] ?? ""] !== not[2];
  const is = /^(.+)=(.*)$/.exec(term);
  if (is !== null) return labels[is[1] ?? ""] === is[2];
  return term.startsWith("!") ? labels[term.slice(1)] === undefined : labels[term] !== undefined;
}
