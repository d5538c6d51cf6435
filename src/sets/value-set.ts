import { type ChoiceSet, choiceContains } from "./choice.ts";
import {
  type AddressRange,
  type AddressSet,
  addressesContain,
  addressesDisjoint,
  addressesInside,
  intersectAddresses,
  noAddresses,
  subtractAddresses,
  uniteAddresses,
} from "./ip.ts";
import {
  intersectLabels,
  type LabelSet,
  type LabelValue,
  labelsContain,
  noLabels,
  subtractLabels,
  uniteLabels,
} from "./label.ts";
import {
  intersectNames,
  type NameSet,
  nameSetKey,
  namesContain,
  namesDisjoint,
  namesInside,
  noNames,
  subtractNames,
  uniteNames,
} from "./name.ts";
import {
  intersectPorts,
  type PortSet,
  portsContain,
  portsDisjoint,
  portsInside,
  subtractPorts,
  type TransportProtocol,
  unitePorts,
} from "./port.ts";

/**
 * The values that a box admits on one dimension. Sets of one dimension are of one kind.
 *
 * Laws, for sets of one kind: ∩ and ∪ are commutative, associative, idempotent and distribute over each other;
 * a − b = a ∩ (U − b); equal sets have equal keys, so canonical text needs no second pass.
 */
export type ValueSet = LabelSet | AddressSet | PortSet | ChoiceSet | NameSet;

export type Value =
  | { readonly kind: "label"; readonly value: LabelValue }
  | { readonly kind: "address"; readonly address: AddressRange }
  | { readonly kind: "port"; readonly protocol: TransportProtocol; readonly port: number }
  | { readonly kind: "choice"; readonly member: number }
  /** null = no name at all. */
  | { readonly kind: "name"; readonly name: string | null };

/** Two dimensions were mixed up: a mistake of the program, never of its input. */
function mismatch(a: ValueSet | Value, b: ValueSet | Value): never {
  throw new TypeError(`a set of ${a.kind} values met one of ${b.kind} values`);
}

export function intersect(a: ValueSet, b: ValueSet): ValueSet {
  if (a.kind === "label" && b.kind === "label") return intersectLabels(a, b);
  if (a.kind === "address" && b.kind === "address") return intersectAddresses(a, b);
  if (a.kind === "port" && b.kind === "port") return intersectPorts(a, b);
  if (a.kind === "choice" && b.kind === "choice") return { kind: "choice", members: a.members & b.members };
  if (a.kind === "name" && b.kind === "name") return intersectNames(a, b);
  return mismatch(a, b);
}

export function unite(a: ValueSet, b: ValueSet): ValueSet {
  if (a.kind === "label" && b.kind === "label") return uniteLabels(a, b);
  if (a.kind === "address" && b.kind === "address") return uniteAddresses(a, b);
  if (a.kind === "port" && b.kind === "port") return unitePorts(a, b);
  if (a.kind === "choice" && b.kind === "choice") return { kind: "choice", members: a.members | b.members };
  if (a.kind === "name" && b.kind === "name") return uniteNames(a, b);
  return mismatch(a, b);
}

export function subtract(a: ValueSet, b: ValueSet): ValueSet {
  if (a.kind === "label" && b.kind === "label") return subtractLabels(a, b);
  if (a.kind === "address" && b.kind === "address") return subtractAddresses(a, b);
  if (a.kind === "port" && b.kind === "port") return subtractPorts(a, b);
  if (a.kind === "choice" && b.kind === "choice") return { kind: "choice", members: a.members & ~b.members };
  if (a.kind === "name" && b.kind === "name") return subtractNames(a, b);
  return mismatch(a, b);
}

export function isEmpty(set: ValueSet): boolean {
  switch (set.kind) {
    case "label":
      return noLabels(set);
    case "address":
      return noAddresses(set);
    case "port":
      return set.runs.length === 0;
    case "choice":
      return set.members === 0;
    case "name":
      return noNames(set);
  }
}

export function disjoint(a: ValueSet, b: ValueSet): boolean {
  if (a.kind === "address" && b.kind === "address") return addressesDisjoint(a, b);
  if (a.kind === "port" && b.kind === "port") return portsDisjoint(a, b);
  if (a.kind === "name" && b.kind === "name") return namesDisjoint(a, b);
  return isEmpty(intersect(a, b));
}

/** Whether a ⊆ b. */
export function inside(a: ValueSet, b: ValueSet): boolean {
  if (a.kind === "address" && b.kind === "address") return addressesInside(a, b);
  if (a.kind === "port" && b.kind === "port") return portsInside(a, b);
  if (a.kind === "name" && b.kind === "name") return namesInside(a, b);
  return isEmpty(subtract(a, b));
}

export function contains(set: ValueSet, value: Value): boolean {
  if (set.kind === "label" && value.kind === "label") return labelsContain(set, value.value);
  if (set.kind === "address" && value.kind === "address") return addressesContain(set, value.address);
  if (set.kind === "port" && value.kind === "port") return portsContain(set, value.protocol, value.port);
  if (set.kind === "choice" && value.kind === "choice") return choiceContains(set, value.member);
  if (set.kind === "name" && value.kind === "name") return namesContain(set, value.name);
  return mismatch(set, value);
}

/** Equal sets, and only they, have equal keys. Label values are quoted: no value can imitate another key. */
export function keyOf(set: ValueSet): string {
  switch (set.kind) {
    case "label":
      return `l${set.absent ? "+" : "-"}${set.cofinite ? "!" : "="}${JSON.stringify(set.values)}`;
    case "address":
      return `a${set.v4.map(range).join()};${set.v6.map(range).join()}`;
    case "port":
      return `p${set.runs.map(range).join()}`;
    case "choice":
      return `c${set.members.toString(16)}`;
    case "name":
      return nameSetKey(set);
  }
}

function range(run: { readonly first: number | bigint; readonly last: number | bigint }): string {
  return run.first === run.last
    ? run.first.toString(36)
    : `${run.first.toString(36)}-${run.last.toString(36)}`;
}
