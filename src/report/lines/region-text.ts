import type { Destination, NamespaceText, RegionLine } from "../../surface/surface.ts";
import { LIMITS } from "../layout/limits.ts";
import { groupBy } from "../layout/order.ts";
import { enumerate, join, name, type Phrase } from "../layout/phrase.ts";
import { type Family, holesOf, ofFamily } from "./almost-every.ts";
import { namesText } from "./subject-text.ts";

/** A region as one phrase a destination, ports joined: "pods `app=db` of `data`: TCP 5432". */
export function regionText(lines: readonly RegionLine[]): readonly Phrase[] {
  const groups = groupBy(lines, ({ destination, before }) => JSON.stringify([destination, before]));
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    return [[...lineText(first.destination, portsOfLines(alike)), ...beforeText(first)]];
  });
}

/** What of a line was there already. */
function beforeText({ destination, before }: RegionLine): Phrase {
  if (before === undefined) return [];
  const place = JSON.stringify(destination);
  const elsewhere = before.some((line) => JSON.stringify(line.destination) !== place);
  const text: Phrase = elsewhere ? shortRegion(before, LIMITS.names) : [portsOfLines(before)];
  return [" (before only ", ...text, ")"];
}

/** The first destinations of a region as one phrase, "nothing" where there are none. */
export function shortRegion(lines: readonly RegionLine[], limit: number): Phrase {
  const texts = regionText(lines);
  if (texts.length === 0) return ["nothing"];
  const shown = join(texts.slice(0, limit), "; ");
  return texts.length > limit ? [...shown, `; ${texts.length - limit} more`] : shown;
}

function lineText(destination: Destination, ports: string): Phrase {
  return [...destinationText(destination), `${ports === EVERY_PORT ? ", " : ": "}${ports}`];
}

const EVERY_PORT = "every port";

function portsOfLines(lines: readonly RegionLine[]): string {
  const byPorts = groupBy(lines, ({ ports }) => ports);
  const texts = [...byPorts].map(([ports, alike]) =>
    portsText(new Set(alike.map(({ protocol }) => protocol)), ports),
  );
  return texts.join(", ");
}

function portsText(protocols: ReadonlySet<RegionLine["protocol"]>, ports: string): string {
  if (protocols.has("any")) return ports === "any" ? EVERY_PORT : `port ${ports}`;
  if (ports === "53" && protocols.has("TCP") && protocols.has("UDP")) return "DNS (53)";
  const names = [...protocols].join(" and ");
  return ports === "any" ? `every ${names} port` : `${names} ${ports}`;
}

function destinationText(destination: Destination): Phrase {
  switch (destination.kind) {
    case "any":
      return ["every destination"];
    case "nodes":
      return nodesText(destination);
    case "api-server":
      return ["the API server"];
    case "name":
      return destination.name === "*" ? ["every DNS name"] : [name(destination.name)];
    case "ip":
      return addressText(destination.cidrs);
    case "pods":
      return podsText(destination.labels, destination.namespaces);
  }
}

function nodesText({ which, labels }: Destination & { readonly kind: "nodes" }): Phrase {
  const nodes = { any: "every node", own: "its own node", other: "every other node" }[which];
  return labels.length === 0 ? [nodes] : ["nodes ", ...namesText(labels, LIMITS.listed)];
}

function addressText(cidrs: readonly string[]): Phrase {
  const v4 = familyText(cidrs, "IPv4");
  const v6 = familyText(cidrs, "IPv6");
  if (v4.whole && v6.whole) return ["every address outside the cluster"];
  // A whole family stands first, so that no "except" reads on into it.
  const families = v6.whole ? [v6, v4] : [v4, v6];
  const texts = families.flatMap((family) => family.texts);
  return enumerate(texts, 2 * LIMITS.listed);
}

interface FamilyText {
  readonly whole: boolean;
  readonly texts: readonly Phrase[];
}

/** Blocks, or what is missing of the whole family where that is the shorter list. */
function familyText(cidrs: readonly string[], family: Family): FamilyText {
  const holes = holesOf(cidrs, family);
  if (holes !== null) {
    const except: Phrase = holes.length === 0 ? [] : [" except ", ...namesText(holes, LIMITS.listed)];
    return { whole: holes.length === 0, texts: [[`every ${family} address`, ...except]] };
  }
  const own = ofFamily(cidrs, family);
  const blocks = own.slice(0, LIMITS.listed).map((cidr): Phrase => [name(cidr)]);
  const rest = own.length - blocks.length;
  return { whole: false, texts: rest > 0 ? [...blocks, [`${rest} more ${family} blocks`]] : blocks };
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
        : ["namespaces outside Git with ", ...namesText(namespaces.labels, LIMITS.listed)];
  }
}
