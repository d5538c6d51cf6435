import type { Destination, NamespaceText, RegionLine } from "../../src/surface/surface.ts";

/** A line in one string, for expectations that people read. */
export function textOf({ destination, protocol, ports, before }: RegionLine): string {
  const own = `${destinationText(destination)}: ${protocol} ${ports}`;
  return before === undefined ? own : `${own} (before: ${before.map(textOf).join("; ")})`;
}

function destinationText(destination: Destination): string {
  switch (destination.kind) {
    case "any":
      return "any";
    case "ip":
      return destination.cidrs.join(" ");
    case "pods":
      return `pods${destination.labels.map((label) => ` [${label}]`).join("")} of ${namespaceText(destination.namespaces)}`;
    case "nodes":
      return `${destination.which} nodes${destination.labels.map((label) => ` [${label}]`).join("")}`;
    case "api-server":
      return "API server";
    case "name":
      return destination.name;
  }
}

function namespaceText(text: NamespaceText): string {
  switch (text.kind) {
    case "every":
      return "every namespace";
    case "named":
      return text.names.join(" ");
    case "every-except":
      return `every namespace but ${text.names.join(" ")}`;
    case "undeclared":
      return `undeclared${text.labels.map((label) => ` [${label}]`).join("")}`;
  }
}
