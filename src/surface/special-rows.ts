import type { Budget } from "../sets/budget.ts";
import { cidrsOf } from "../sets/ip.ts";
import { EVERY_NAME, type NameSet, noNames, subtractNames } from "../sets/name.ts";
import { NO_PORTS, type PortSet, unitePorts } from "../sets/port.ts";
import type { Box } from "../sets/space.ts";
import { inside } from "../sets/value-set.ts";
import { labelTexts } from "./label-text.ts";
import { forgetHidden, type Part, rowsWithin } from "./pod-rows.ts";
import type { SpecialLine } from "./surface.ts";
import { type NamedSet, OTHER_NODE, OWN_NODE, type Universe } from "./universe.ts";

/** Addresses by what they are: of nodes, of the API server, looked up under a name. */
export interface SpecialRow {
  readonly destination: SpecialLine["destination"];
  readonly ports: PortSet;
}

/**
 * What rules say of addresses besides their numbers. A rule over numbers alone holds for nodes and names too, and is said as
 * numbers: only what such rules leave open is here.
 */
export function specialRows(
  universe: Universe,
  plus: readonly Box[],
  minus: readonly Box[],
  budget: Budget,
): readonly SpecialRow[] {
  const special = plus.filter((box) => isSpecial(universe, box));
  const { name, place, apiServer } = universe;
  // What plain numbers say is said there.
  const said = [...minus, ...plus.filter((box) => !isSpecial(universe, box))];
  const rows = (opening: readonly Box[], part: Part, closing: readonly Box[]) =>
    opening.length === 0
      ? []
      : forgetHidden(universe, rowsWithin(universe, part, { plus: opening, minus: closing }, budget)).filter(
          ({ ports }) => ports.runs.length > 0,
        );
  const about = (dimension: number) => special.filter((box) => box.dimensions.includes(dimension));
  const nodes = within(universe, universe.isPlainNode);
  // Of several names in one row some may be new at some of the ports, and some at none.
  const portsOf = (names: NameSet): PortSet => {
    const points = universe.space.box([[name, names]]);
    const named = points === null ? null : universe.space.intersectBoxes(points, universe.isNamed);
    if (named === null) return NO_PORTS;
    return rows(about(name), within(universe, named), said)
      .map(({ ports }) => ports)
      .reduce(unitePorts, NO_PORTS);
  };
  return inOrder([
    ...rows(about(name), within(universe, universe.isNamed), said).flatMap(({ box, ports }) => {
      const held = namesOf(universe, box);
      return held.map(
        ({ text, names }): SpecialRow => ({
          destination: { kind: "name", name: text },
          ports: held.length === 1 ? ports : portsOf(names),
        }),
      );
    }),
    // Where blocks hold no nodes, "any address" has said nothing of them.
    ...(universe.blocksHoldNodes ? rows(about(place), nodes, said) : rows(plus, nodes, minus)).map(
      ({ box, ports }): SpecialRow => ({ destination: nodesText(universe, box), ports }),
    ),
    ...rows(about(apiServer), within(universe, universe.isApiServer), said).map(
      ({ ports }): SpecialRow => ({ destination: { kind: "api-server" }, ports }),
    ),
  ]);
}

/** Each destination once, with all its ports, in the order of the texts: the order of rules is none. */
function inOrder(rows: readonly SpecialRow[]): readonly SpecialRow[] {
  const byText = new Map<string, SpecialRow>();
  for (const row of rows) {
    const text = JSON.stringify(row.destination);
    const known = byText.get(text);
    byText.set(text, known === undefined ? row : { ...row, ports: unitePorts(known.ports, row.ports) });
  }
  return [...byText]
    .filter(([, { ports }]) => ports.runs.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row);
}

/** It says something of an address that its number does not say, and leaves out addresses that are nobody's. */
function isSpecial({ space, isAddress, isPlainAddress }: Universe, box: Box): boolean {
  return !space.boxesDisjoint(box, isAddress) && space.boxesDisjoint(box, isPlainAddress);
}

function within({ space, port, kind }: Universe, points: Box): Part {
  return (box) => {
    const own = space.intersectBoxes(box, points);
    return own === null ? null : space.without(own, (dimension) => dimension === port || dimension === kind);
  };
}

/** The names of a box in the words of the patterns that rules use; the widest of them. */
function namesOf({ space, name, namePatterns }: Universe, box: Box): readonly NamedSet[] {
  const set = space.setOf(space.setOn(box, name));
  if (set.kind !== "name") return [];
  if (noNames(subtractNames(EVERY_NAME, set))) return [{ text: "*", names: EVERY_NAME }];
  const held = namePatterns.filter(({ names }) => inside(names, set));
  return held.filter((one) => !held.some((other) => other !== one && isWider(other, one)));
}

/** Of two patterns that mean the same the first text is kept. */
function isWider({ text, names }: NamedSet, { text: otherText, names: other }: NamedSet): boolean {
  return inside(other, names) && (!inside(names, other) || text < otherText);
}

function nodesText(universe: Universe, box: Box): SpecialLine["destination"] {
  const { space, place, address, nodeLabels } = universe;
  const addresses = space.setOf(space.setOn(box, address));
  if (addresses.kind === "address" && box.dimensions.includes(address)) {
    return { kind: "ip", cidrs: cidrsOf(addresses) };
  }
  const places = space.setOf(space.setOn(box, place));
  const has = (member: number) => places.kind === "choice" && (places.members & (1 << member)) !== 0;
  const labels = [...nodeLabels].flatMap(([key, dimension]) => {
    const set = space.setOf(space.setOn(box, dimension));
    return box.dimensions.includes(dimension) && set.kind === "label" ? labelTexts(key, set) : [];
  });
  const which = has(OWN_NODE) ? (has(OTHER_NODE) ? "any" : "own") : "other";
  return { kind: "nodes", which, labels: labels.sort() };
}
