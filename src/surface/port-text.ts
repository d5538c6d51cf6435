import { type PortSet, type Ports, PROTOCOLS, portRanges, type TransportProtocol } from "../sets/port.ts";

/** Ports of each protocol as canonical text: "443", "80, 443", "1-1023", "any". All of all protocols is one "any". */
export function portTexts(
  ports: PortSet,
): readonly { readonly protocol: TransportProtocol | "any"; readonly ports: string }[] {
  const ranges = portRanges(ports);
  const texts = PROTOCOLS.flatMap((protocol) => {
    const own = ranges.filter((range) => range.protocol === protocol);
    return own.length === 0 ? [] : [{ protocol, ports: textOf(own) }];
  });
  const all = texts.length === PROTOCOLS.length && texts.every(({ ports }) => ports === "any");
  return all ? [{ protocol: "any", ports: "any" }] : texts;
}

function textOf(ranges: readonly Ports[]): string {
  const [only] = ranges;
  if (ranges.length === 1 && only?.first === 1 && only.last === 65_535) return "any";
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(", ");
}
