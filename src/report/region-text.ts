import type { Destination, NamespaceText, RegionLine } from "../surface/surface.ts";
import { LIMITS } from "./limits.ts";
import { enumerate, join, name, type Phrase } from "./phrase.ts";
import { namesText } from "./subject-text.ts";

/** A region as one phrase a destination, ports joined: "pods `app=db` of `data`: TCP 5432". */
export function regionText(lines: readonly RegionLine[]): readonly Phrase[] {
  const destinations = new Map<string, { destination: Destination; ports: Map<string, string[]> }>();
  for (const { destination, protocol, ports } of lines) {
    const key = JSON.stringify(destination);
    const entry = destinations.get(key) ?? { destination, ports: new Map<string, string[]>() };
    destinations.set(key, entry);
    entry.ports.set(ports, [...(entry.ports.get(ports) ?? []), protocol]);
  }
  return [...destinations.values()].map(({ destination, ports }) => {
    const portText = [...ports].map(([text, protocols]) => portsText(protocols, text)).join(", ");
    if (destination.kind === "any")
      return portText === "any port" ? ["everything"] : [`every destination: ${portText}`];
    return [...destinationText(destination), `: ${portText}`];
  });
}

/** The first destinations of a region as one phrase, "nothing" where there are none. */
export function shortRegion(lines: readonly RegionLine[], limit: number = LIMITS.destinations): Phrase {
  const texts = regionText(lines);
  if (texts.length === 0) return ["nothing"];
  const shown = join(texts.slice(0, limit), "; ");
  return texts.length > limit ? [...shown, `; ${texts.length - limit} more`] : shown;
}

function portsText(protocols: readonly string[], ports: string): string {
  if (protocols.includes("any")) return ports === "any" ? "any port" : `port ${ports}`;
  if (ports === "53" && protocols.includes("TCP") && protocols.includes("UDP")) return "DNS (53)";
  const names = protocols.join("+");
  return ports === "any" ? `every ${names} port` : `${names} ${ports}`;
}

export function destinationText(destination: Destination): Phrase {
  switch (destination.kind) {
    case "any":
      return ["every destination"];
    case "nodes":
      return ["the nodes"];
    case "name":
      return [name(destination.name)];
    case "ip":
      return addressText(destination.cidrs);
    case "pods":
      return podsText(destination.labels, destination.namespaces);
  }
}

const EVERY_V4 = "0.0.0.0/0";
const EVERY_V6 = "::/0";

function addressText(cidrs: readonly string[]): Phrase {
  const every = new Set(cidrs);
  if (every.has("every") || (every.has(EVERY_V4) && every.has(EVERY_V6)))
    return ["every address outside the cluster"];
  const families: readonly Phrase[] = [
    ...(every.has(EVERY_V4) ? [["every IPv4 address"]] : []),
    ...(every.has(EVERY_V6) ? [["every IPv6 address"]] : []),
  ];
  const blocks = cidrs
    .filter((cidr) => cidr !== EVERY_V4 && cidr !== EVERY_V6)
    .map((cidr): Phrase => [name(cidr)]);
  return enumerate([...families, ...blocks], LIMITS.listed + families.length);
}

function podsText(labels: readonly string[], namespaces: NamespaceText): Phrase {
  const pods: Phrase = labels.length === 0 ? ["every pod"] : ["pods ", ...namesText(labels, LIMITS.listed)];
  return [...pods, " of ", ...namespaceText(namespaces)];
}

function namespaceText(namespaces: NamespaceText): Phrase {
  switch (namespaces.kind) {
    case "every":
      return ["every namespace"];
    case "named":
      return namesText(namespaces.names, LIMITS.listed);
    case "every-except":
      return ["every namespace except ", ...namesText(namespaces.names, LIMITS.listed)];
    case "undeclared":
      return namespaces.labels.length === 0
        ? ["namespaces that Git does not declare"]
        : ["namespaces with ", ...namesText(namespaces.labels, LIMITS.listed), " that Git does not declare"];
  }
}
