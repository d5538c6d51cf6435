import type { Destination, NamespaceText, Region } from "../surface/surface.ts";

/** Several rules speak of one region; its lines are the dearest thing about it. */
const TEXTS = new WeakMap<Region, readonly string[]>();

/** The canonical texts of a region: "every pod of every namespace: TCP 443". */
export function regionTexts(region: Region): readonly string[] {
  const known = TEXTS.get(region);
  if (known !== undefined) return known;
  const texts = textsOf(region);
  TEXTS.set(region, texts);
  return texts;
}

function textsOf(region: Region): readonly string[] {
  const ports = new Map<string, Map<string, string[]>>();
  for (const line of region.lines()) {
    const where = destinationText(line.destination);
    const byPorts = ports.get(where) ?? new Map<string, string[]>();
    ports.set(where, byPorts);
    byPorts.set(line.ports, [...(byPorts.get(line.ports) ?? []), line.protocol]);
  }
  return [...ports].map(([where, byPorts]) => {
    const texts = [...byPorts].map(([text, protocols]) => portsText(protocols, text));
    const ports = texts.join(", ");
    return `${where}${ports === EVERY_PORT ? ", " : ": "}${ports}`;
  });
}

const EVERY_PORT = "every port";

function portsText(protocols: readonly string[], ports: string): string {
  if (protocols.includes("any")) return ports === "any" ? EVERY_PORT : `port ${ports}`;
  const names = protocols.join("/");
  return ports === "any" ? `every ${names} port` : `${names} ${ports}`;
}

function destinationText(destination: Destination): string {
  switch (destination.kind) {
    case "any":
      return "every destination";
    case "nodes":
      return destination.labels.length === 0
        ? { any: "every node", own: "its own node", other: "every other node" }[destination.which]
        : `nodes labelled ${destination.labels.join(", ")}`;
    case "api-server":
      return "the API server";
    case "name":
      return destination.name === "*" ? "every DNS name" : destination.name;
    case "ip":
      return addressesText(destination.cidrs);
    case "pods": {
      const pods =
        destination.labels.length === 0 ? "every pod" : `pods labelled ${destination.labels.join(", ")}`;
      return `${pods} of ${namespacesText(destination.namespaces)}`;
    }
  }
}

const EVERY_V4 = "0.0.0.0/0";
const EVERY_V6 = "::/0";
const LONGEST_LIST = 8;

function addressesText(cidrs: readonly string[]): string {
  const texts = cidrs.map((cidr) =>
    cidr === EVERY_V4 ? "every IPv4 address" : cidr === EVERY_V6 ? "every IPv6 address" : cidr,
  );
  return cut(texts);
}

function namespacesText(namespaces: NamespaceText): string {
  switch (namespaces.kind) {
    case "every":
      return "every namespace";
    case "named":
      return cut(namespaces.names);
    case "every-except":
      return `every namespace except ${cut(namespaces.names)}`;
    case "undeclared":
      return namespaces.labels.length === 0
        ? "namespaces that Git does not declare"
        : `namespaces labelled ${namespaces.labels.join(", ")} (not in Git)`;
  }
}

function cut(texts: readonly string[]): string {
  if (texts.length <= LONGEST_LIST) return texts.join(", ");
  return `${texts.slice(0, LONGEST_LIST).join(", ")} and ${texts.length - LONGEST_LIST} more`;
}
