import { NAME_LABEL } from "../cluster/namespaces.ts";
import { allChoices, choiceSet } from "../sets/choice.ts";
import {
  type AddressSet,
  ALL_ADDRESSES,
  addressesInside,
  addressSetOfCidrs,
  intersectAddresses,
  noAddresses,
  subtractAddresses,
} from "../sets/ip.ts";
import {
  ANY_LABEL,
  IS_ABSENT,
  IS_PRESENT,
  intersectLabels,
  isNoneOf,
  isOneOf,
  type LabelSet,
  uniteLabels,
} from "../sets/label.ts";
import {
  ALL_PORTS,
  intersectPorts,
  type PortSet,
  type Ports,
  PROTOCOLS,
  portSet,
  portsOfProtocol,
} from "../sets/port.ts";
import { type Box, Space } from "../sets/space.ts";
import type { ValueSet } from "../sets/value-set.ts";
import type { Destination, NamespaceText, RegionLine } from "../surface/surface.ts";

const KINDS = ["address", "pod", "node", "name", "api-server"] as const;
type Kind = (typeof KINDS)[number];

/** A constraint on each dimension that a line speaks of. */
type Constraints = readonly (readonly [dimension: number, set: ValueSet])[];

/**
 * Canonical lines read back as sets. What a person accepted is what was printed, so that is what counts: a line says the
 * same set in whatever review it stands, as long as the namespaces that Git declares are said beside it.
 *
 * Whether a printed range is of pods or of outside addresses is told by the configured pod ranges, which are part of the
 * policy digest.
 */
export class LineSpace {
  readonly space = new Space();
  readonly #podAddresses: AddressSet;
  readonly #kind = this.space.dimension("kind", allChoices(KINDS.length));
  readonly #address = this.space.dimension("address", ALL_ADDRESSES);
  readonly #podAddress = this.space.dimension("pod address", ALL_ADDRESSES);
  readonly #port = this.space.dimension("port", ALL_PORTS);
  readonly #namespace = this.space.dimension("namespace", IS_PRESENT);
  /** The node that the pod runs on, or another. */
  readonly #nodePlace = this.space.dimension("node place", allChoices(2));
  readonly #name = this.space.dimension("name", IS_PRESENT);

  constructor(podCIDRs: readonly string[]) {
    this.#podAddresses = addressSetOfCidrs(podCIDRs) ?? ALL_ADDRESSES;
  }

  /** The boxes of a line without its `before`; null where the text is not one that this version prints. */
  boxes(line: RegionLine, declared: readonly string[]): readonly Box[] | null {
    const ports = this.#ports(line);
    const destinations = ports === null ? null : this.#destinations(line, declared);
    if (ports === null || destinations === null) return null;
    return destinations.flatMap((destination) => this.space.box([...destination, ...ports]) ?? []);
  }

  #ports({ protocol, ports }: RegionLine): Constraints | null {
    const [, numbers = "", names] = /^(.*?) ?(?:named (.+))?$/.exec(ports) ?? [];
    const set = portsOf(protocol, names !== undefined && numbers === "" ? "any" : numbers);
    if (set === null) return null;
    const named = (names?.split(" and ") ?? []).map(
      (name) => [this.space.dimension(`port name ${name}`, allChoices(2)), choiceSet([1])] as const,
    );
    return [[this.#port, set], ...named];
  }

  #destinations({ destination }: RegionLine, declared: readonly string[]): readonly Constraints[] | null {
    switch (destination.kind) {
      case "any":
        return [[]];
      case "nodes":
        return this.#nodes(destination);
      case "api-server":
        return [[this.#is("api-server")]];
      case "name":
        return [[this.#is("name"), [this.#name, isOneOf([destination.name])]]];
      case "ip":
        return this.#addresses(destination.cidrs);
      case "pods": {
        const namespaces = this.#namespaces(destination.namespaces, declared);
        const labels = this.#labels("pod", destination.labels);
        return namespaces === null || labels === null ? null : [[this.#is("pod"), ...namespaces, ...labels]];
      }
    }
  }

  #nodes({ which, labels }: Extract<Destination, { readonly kind: "nodes" }>): readonly Constraints[] | null {
    const own = this.#labels("node", labels);
    const places = which === "any" ? [0, 1] : [which === "own" ? 0 : 1];
    return own === null ? null : [[this.#is("node"), [this.#nodePlace, choiceSet(places)], ...own]];
  }

  #is(kind: Kind): readonly [number, ValueSet] {
    return [this.#kind, choiceSet([KINDS.indexOf(kind)])];
  }

  /** "Every address" says nothing of pods, whose addresses are left out of it unnamed. */
  #addresses(cidrs: readonly string[]): readonly Constraints[] | null {
    const all = addressSetOfCidrs(cidrs);
    if (all === null) return null;
    const outside: Constraints = [
      this.#is("address"),
      [this.#address, subtractAddresses(all, this.#podAddresses)],
    ];
    const pods = intersectAddresses(all, this.#podAddresses);
    if (noAddresses(pods) || addressesInside(ALL_ADDRESSES, all)) return [outside];
    return [outside, [this.#is("pod"), [this.#podAddress, pods]]];
  }

  #namespaces(text: NamespaceText, declared: readonly string[]): Constraints | null {
    switch (text.kind) {
      case "every":
        return [];
      case "named":
        return [[this.#namespace, isOneOf(text.names)]];
      case "every-except":
        return [[this.#namespace, intersectLabels(IS_PRESENT, isNoneOf(text.names))]];
      case "undeclared": {
        const labels = this.#labels("namespace", text.labels);
        if (labels === null) return null;
        return [[this.#namespace, intersectLabels(IS_PRESENT, isNoneOf(declared))], ...labels];
      }
    }
  }

  #labels(whose: "pod" | "namespace" | "node", terms: readonly string[]): Constraints | null {
    const read = terms.map(termOf);
    if (read.some((term) => term === null)) return null;
    return read.flatMap((term) => {
      if (term === null) return [];
      const { key, set } = term;
      return whose === "namespace" && key === NAME_LABEL
        ? [[this.#namespace, intersectLabels(IS_PRESENT, set)] as const]
        : [[this.space.dimension(`${whose} label ${key}`, ANY_LABEL), set] as const];
    });
  }
}

function portsOf(protocol: RegionLine["protocol"], text: string): PortSet | null {
  const protocols = protocol === "any" ? PROTOCOLS : [protocol];
  const ranges = text === "any" ? ["1-65535"] : text.split(", ");
  const ports = ranges.flatMap((range): readonly Ports[] => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    if (first === undefined) return [];
    return protocols.map((one) => ({ protocol: one, first: Number(first), last: Number(last) }));
  });
  if (ports.length !== ranges.length * protocols.length) return null;
  return protocols.length === 1
    ? intersectPorts(portSet(ports), portsOfProtocol(protocols[0] ?? "TCP"))
    : portSet(ports);
}

interface Term {
  readonly key: string;
  readonly set: LabelSet;
}

/** A term as `surface/label-text.ts` writes it; null = not one of those. Keys and values hold no blank, comma or "=". */
function termOf(text: string): Term | null {
  const [either = "", or, ...more] = text.split(" or ");
  if (more.length > 0) return null;
  const first = simpleTerm(either);
  if (first === null || or === undefined) return first;
  const second = simpleTerm(or);
  return second === null || second.key !== first.key
    ? null
    : { key: first.key, set: uniteLabels(first.set, second.set) };
}

const KEY = "[A-Za-z0-9][-A-Za-z0-9_./]*";
const VALUE = "[-A-Za-z0-9_.]*";
const LIST = new RegExp(`^(${KEY}) (in|notin) \\((${VALUE}(?:, ${VALUE})*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})(=|!=)(${VALUE})$`);
const PRESENCE = new RegExp(`^(!?)(${KEY})$`);

function simpleTerm(text: string): Term | null {
  const [, listed, operator, values = ""] = LIST.exec(text) ?? [];
  if (listed !== undefined) return { key: listed, set: valuesSet(operator === "in", values.split(", ")) };
  const [, compared, sign, value = ""] = EQUALITY.exec(text) ?? [];
  if (compared !== undefined) return { key: compared, set: valuesSet(sign === "=", [value]) };
  const [, not, key] = PRESENCE.exec(text) ?? [];
  return key === undefined ? null : { key, set: not === "!" ? IS_ABSENT : IS_PRESENT };
}

function valuesSet(isIn: boolean, values: readonly string[]): LabelSet {
  return isIn ? isOneOf(values) : isNoneOf(values);
}
